"""A language model behind OpenAI's protocol: the only file that uses its client.

Each reply has a connection of its own, in an event loop of its own: it can be broken off at once,
whether the server is being reached, is thinking or is writing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import GeneratorError
from rag.writing.messages import CONTEXT, CUT, REPLY, Message, said
from rag.writing.relay import Put, relayed

if TYPE_CHECKING:
    import openai

KEY = "WENBAO_API_KEY"
"""The key's name in the environment."""

SECONDS = 60.0
"""Without a sign from the endpoint for so long, it is given up."""

CONNECT = 10.0
"""Seconds to reach it, at most."""

WHOLE = 600.0
"""Seconds for a whole reply, at most."""

RETRIES = 3
"""How often a request is made again, later each time, when the endpoint is busy or broken."""

LONGEST = 4 * REPLY
"""Characters of a reply, at most. The server is not told: it would need to be told in two ways."""

AROUND = 256
"""Tokens left for what a server puts around the messages."""


class Endpoint:
    """A model behind OpenAI's protocol. ``context``: tokens of messages and reply that the server
    takes.
    """

    def __init__(
        self,
        model: str,
        url: str,
        *,
        key: str = "",
        seconds: float = SECONDS,
        retries: int = RETRIES,
        context: int = CONTEXT,
    ) -> None:
        _check(url, key)
        self.name = f"openai:{model}@{url}"
        self.context = context - REPLY - AROUND
        self._model = model
        self._url = url
        self._key = key
        self._seconds = seconds
        self._retries = retries

    def tokens(self, text: str) -> int:
        """Its characters, and for rare ones their bytes: hardly any tokenizer needs more."""
        return sum(1 if char < "\uffff" else 4 for char in text)

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """What ``Generator.stream`` promises."""
        import openai

        try:
            yield from relayed(
                lambda put, stopped: asyncio.run(self._reply(list(messages), put, stopped))
            )
        except TimeoutError as exc:
            raise GeneratorError(
                f"模型 {self.name} 在 {WHOLE:g} 秒内没有写完。请稍后再试，或换快一些的模型。",
                f"The model {self.name} did not finish within {WHOLE:g} seconds. Try again later, "
                "or take a faster one.",
            ) from exc
        except openai.APITimeoutError as exc:
            raise GeneratorError(
                f"模型 {self.name} 在 {self._seconds:g} 秒内没有应答。请检查服务，或稍后再试。",
                f"The model {self.name} gave no sign for {self._seconds:g} seconds. Check the "
                "service, or try again later.",
            ) from exc
        except openai.APIStatusError as exc:
            raise self._refused(exc) from self._shown(exc)
        except (openai.APIError, ValueError) as exc:
            raise GeneratorError(
                f"模型 {self.name} 的服务连不上，或答得不合协议：{self._said(exc)}。"
                "请检查地址和服务。",
                f"The model {self.name} cannot be reached, or what it sends breaks the protocol: "
                f"{self._said(exc)}. Check the address and the service.",
            ) from self._shown(exc)

    async def _reply(self, messages: list[Any], put: Put, stopped: Future[None]) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def cancel(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: so has the reply
                loop.call_soon_threadsafe(task.cancel)

        stopped.add_done_callback(cancel)
        async with self._client() as client, asyncio.timeout(WHOLE):
            reply = await client.chat.completions.create(
                model=self._model, messages=messages, stream=True, temperature=0
            )
            async with reply:
                await self._pass_on(reply, put)

    async def _pass_on(self, reply: Any, put: Put) -> None:  # noqa: ANN401 - a stream of chunks
        end, written = None, 0
        async for chunk in reply:
            for choice in chunk.choices:
                end = choice.finish_reason or end
                if choice.delta.content:
                    written += len(choice.delta.content)
                    put(choice.delta.content)
            if written > LONGEST:
                end = "length"
                break
        if end is None:
            raise GeneratorError(
                f"模型 {self.name} 的回答中途断了。请再试一次。",
                f"The reply of the model {self.name} broke off. Try again.",
            )
        if end == "length":
            put(CUT)

    def _client(self) -> openai.AsyncOpenAI:
        """The client; what is left out here it would take from the environment."""
        import openai

        return openai.AsyncOpenAI(
            base_url=self._url,
            api_key=self._key or "none",
            organization="",
            project="",
            timeout=openai.Timeout(self._seconds, connect=min(CONNECT, self._seconds)),
            max_retries=self._retries,
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
            f"模型 {self.name} 的服务返回 {status}：{self._said(exc)}。{do[0]}。",
            f"The model {self.name} answered {status}: {self._said(exc)}. {do[1]}.",
        )

    def _said(self, exc: Exception) -> str:
        """What an error says, without the key, which a server may repeat."""
        return said(Exception(str(exc).replace(self._key, "***") if self._key else exc))

    def _shown(self, exc: Exception) -> Exception | None:
        """The cause that a log may show: none where the server's message repeats the key."""
        return None if self._key and self._key in str(exc) else exc


def _check(url: str, key: str) -> None:
    """Refuses what would show or break a key, and a missing client; repeats neither key nor URL."""
    if urlsplit(url).username is not None:
        raise GeneratorError(
            f"模型的地址里不能有用户名或密码。请把密钥放进环境变量 {KEY}。",
            f"The model's URL must not carry a user or password. Put the key into {KEY} in the "
            "environment.",
        )
    if not key.isascii() or any(char.isspace() or not char.isprintable() for char in key):
        raise GeneratorError(
            "密钥里有空格、换行或非 ASCII 字符。请检查密钥。",
            "The key holds a space, a line break or a character that is not ASCII. Check it.",
        )
    try:
        import openai  # noqa: F401
    except ImportError as exc:
        raise GeneratorError(
            "没有安装 openai 客户端。请运行：pip install 'wenbao[generate]'",
            "The openai client is not installed. Run: pip install 'wenbao[generate]'",
        ) from exc
