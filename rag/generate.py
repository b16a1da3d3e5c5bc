"""Generators: language models that write a reply to messages, piece by piece.

None is needed and none is the default. What one writes is never trusted: whoever asks it checks
the reply against the paper's own words.

``openai:MODEL@URL`` is any endpoint with OpenAI's protocol (vLLM, Ollama, llama.cpp, a provider).
Its key comes from WENBAO_API_KEY or from the file that WENBAO_API_KEY_FILE names, never from the
command line. What is in the environment for OpenAI itself goes to no other address.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict

from rag.errors import GeneratorError

if TYPE_CHECKING:
    import openai

SECONDS = 60.0
"""Without a sign from the endpoint for so long, it is given up."""

RETRIES = 3
"""How often a request is made again, later each time, when the endpoint is busy or broken."""

KEY, KEY_FILE = "WENBAO_API_KEY", "WENBAO_API_KEY_FILE"
SAID = 200
"""Characters of an endpoint's own message that an error repeats."""

_ENDPOINT = re.compile(r"openai:(?P<model>[^\s@]+(?:@[^\s@/]+)*)@(?P<url>https?://\S+)")


class Message(TypedDict):
    """One message of a dialogue."""

    role: Literal["system", "user", "assistant"]
    content: str


class Generator(Protocol):
    """Writes replies. ``name`` says which model, for records and messages."""

    @property
    def name(self) -> str: ...  # noqa: D102

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The pieces of a reply as they come; closing the iterator ends the request. Raises
        ``GeneratorError``, also after some pieces.
        """


class Endpoint:
    """A model behind OpenAI's protocol."""

    def __init__(
        self,
        model: str,
        url: str,
        *,
        key: str = "",
        seconds: float = SECONDS,
        retries: int = RETRIES,
    ) -> None:
        self.name = f"openai:{model}@{url}"
        self._model = model
        self._seconds = seconds
        self._client = _client(url, key, seconds, retries)

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """What ``Generator.stream`` promises."""
        import openai

        try:
            yield from self._pieces(messages)
        except openai.APITimeoutError as exc:
            raise GeneratorError(
                f"模型 {self.name} 在 {self._seconds:g} 秒内没有应答。请检查服务，或稍后再试。",
                f"The model {self.name} gave no sign for {self._seconds:g} seconds. Check the "
                "service, or try again later.",
            ) from exc
        except openai.APIStatusError as exc:
            raise self._refused(exc) from exc
        except (openai.APIError, ValueError) as exc:
            raise GeneratorError(
                f"模型 {self.name} 的服务连不上，或答得不合协议：{_said(exc)}。请检查地址和服务。",
                f"The model {self.name} cannot be reached, or what it sends breaks the protocol: "
                f"{_said(exc)}. Check the address and the service.",
            ) from exc

    def _pieces(self, messages: Sequence[Message]) -> Iterator[str]:
        asked: Any = list(messages)
        reply = self._client.chat.completions.create(
            model=self._model, messages=asked, stream=True, temperature=0
        )
        finished = False
        with reply:
            for chunk in reply:
                for choice in chunk.choices:
                    finished = finished or choice.finish_reason is not None
                    if choice.delta.content:
                        yield choice.delta.content
        if not finished:
            raise GeneratorError(
                f"模型 {self.name} 的回答中途断了。请再试一次。",
                f"The reply of the model {self.name} broke off. Try again.",
            )

    def _refused(self, exc: openai.APIStatusError) -> GeneratorError:
        status = exc.status_code
        key = (f"请检查密钥（环境变量 {KEY}）", f"Check the key ({KEY} in the environment)")
        do = {
            401: key,
            403: key,
            404: ("请检查模型名和地址", "Check the model's name and the address"),
            429: ("它忙不过来，请稍后再试", "It is too busy: try again later"),
        }.get(status, ("请检查服务", "Check the service"))
        return GeneratorError(
            f"模型 {self.name} 的服务返回 {status}：{_said(exc)}。{do[0]}。",
            f"The model {self.name} answered {status}: {_said(exc)}. {do[1]}.",
        )


def generator_of(name: str, environ: Mapping[str, str] = os.environ) -> Generator:
    """The generator of this name; ``GeneratorError`` when it names none."""
    match = _ENDPOINT.fullmatch(name)
    if match is None:
        raise GeneratorError(
            f"“{name}”不是语言模型的写法。请写成 openai:模型名@地址，"
            "例如 openai:qwen3@http://127.0.0.1:11434/v1。",
            f"{name!r} does not name a language model. Write openai:MODEL@URL, for example "
            "openai:qwen3@http://127.0.0.1:11434/v1.",
        )
    return Endpoint(match["model"], match["url"], key=_key(environ))


def _key(environ: Mapping[str, str]) -> str:
    path = environ.get(KEY_FILE)
    if not path:
        return environ.get(KEY, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise GeneratorError(
            f"读不出密钥文件 {path}（{KEY_FILE}）。请检查路径和权限。",
            f"The key file {path} ({KEY_FILE}) cannot be read. Check its path and permissions.",
        ) from exc


def _client(url: str, key: str, seconds: float, retries: int) -> openai.OpenAI:
    """The client; what is left out here it would take from the environment."""
    try:
        import openai
    except ImportError as exc:
        raise GeneratorError(
            "没有安装 openai 客户端。请运行：pip install 'wenbao[generate]'",
            "The openai client is not installed. Run: pip install 'wenbao[generate]'",
        ) from exc
    return openai.OpenAI(
        base_url=url,
        api_key=key or "none",
        organization="",
        project="",
        timeout=seconds,
        max_retries=retries,
    )


def _said(exc: Exception) -> str:
    """What an error says, on one line, not endlessly."""
    return " ".join(str(exc).split())[:SAID]
