"""A language model on this machine: a causal model of transformers, by folder, GGUF file or hub id.

Greedy: the same messages have the same reply. What messages hold is text to it: words in them that
the model's chat template knows as marks are taken apart, so no text can pose as another message.
"""

from __future__ import annotations

import contextlib
import copy
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings import computing, quiet
from rag.errors import GeneratorError
from rag.writing.messages import CONTEXT, CUT, REPLY, Message, said
from rag.writing.relay import Put, relayed

if TYPE_CHECKING:
    import torch

AROUND = 128
"""Tokens left for what the chat template puts around messages."""

CHUNK = 128
"""Tokens of the messages that are read at once: between two chunks others get their turn."""

WAIT = 0.05
"""Seconds between two looks at whether somebody still waits for the model."""

_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(?::[\w./-]+\.gguf)?")


def is_local(name: str) -> bool:
    """Whether this names a folder, a GGUF file or a model of a hub; not whether it can be had."""
    if os.path.exists(name):
        return os.path.isdir(name) or name.endswith(".gguf")
    return _HUB.fullmatch(name) is not None


class LocalModel:
    """A causal language model with a chat template, loaded at once, one reply at a time.

    Raises ``GeneratorError`` when it can't be loaded. ``reply``: tokens of a reply, at most.
    """

    def __init__(self, name: str, *, reply: int = REPLY) -> None:
        self.name = name
        self._tokenizer, self._model = _loaded(name)
        config = self._model.config.get_text_config()
        window = min(getattr(config, "max_position_embeddings", CONTEXT), CONTEXT)
        self._reply = min(reply, window // 2)
        self._room = window - self._reply
        self.context = max(1, self._room - AROUND)
        self._marks = _marks(self._tokenizer)
        self._settings = _greedy(self._model, self._tokenizer, self._reply)
        self._free = threading.Lock()
        self._check_template()

    def tokens(self, text: str) -> int:
        """Tokens of a text."""
        plain = self._apart(text)
        return len(self._tokenizer(plain, add_special_tokens=False, verbose=False)["input_ids"])

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """What ``Generator.stream`` promises. Who comes second waits for the first one's end."""
        prompt = self._prompt(messages)
        try:
            yield from relayed(lambda put, stopped: self._take_turn(prompt, put, stopped))
        except (RuntimeError, MemoryError) as exc:
            raise GeneratorError(
                f"模型 {self.name} 写回答时出错：{said(exc)}。如果是内存不足，请换小一些的模型。",
                f"The model {self.name} failed while it wrote: {said(exc)}. If memory ran out, "
                "take a smaller model.",
            ) from exc

    def _prompt(self, messages: Sequence[Message]) -> torch.Tensor:
        """The messages in the model's own form, shape (1, tokens)."""
        prompt: torch.Tensor = self._templated(messages)["input_ids"]
        if prompt.shape[1] > self._room:
            raise GeneratorError(
                f"问题和段落共 {prompt.shape[1]} 个词元，模型 {self.name} 只收 {self._room} 个。"
                "请减少段落。",
                f"The question and its passages have {prompt.shape[1]} tokens, and the model "
                f"{self.name} takes {self._room}. Give it fewer passages.",
            )
        return prompt

    def _templated(self, messages: Sequence[Message]) -> Any:  # noqa: ANN401 - a BatchEncoding
        from jinja2 import TemplateError

        plain = [{**message, "content": self._apart(message["content"])} for message in messages]
        try:
            return self._tokenizer.apply_chat_template(
                plain,
                add_generation_prompt=True,
                return_tensors="pt",
                return_dict=True,
                enable_thinking=False,  # for the models that ask; the others' templates don't look
            )
        except TemplateError as exc:
            raise GeneratorError(
                f"模型 {self.name} 的对话模板不能用：{said(exc)}。请换一个模型。",
                f"The chat template of the model {self.name} cannot be used: {said(exc)}. Take "
                "another model.",
            ) from exc

    def _apart(self, text: str) -> str:
        """The text, its words that the model takes for marks broken by a space."""
        return self._marks.sub(lambda mark: f"{mark[0][0]} {mark[0][1:]}", text)

    def _check_template(self) -> None:
        if not self._tokenizer.chat_template:
            raise GeneratorError(
                f"模型 {self.name} 没有对话模板，不能对话。请选用对话（Instruct / Chat）模型。",
                f"The model {self.name} has no chat template. Take an instruct or chat model.",
            )
        self._templated([{"role": "system", "content": "1"}, {"role": "user", "content": "2"}])

    def _take_turn(self, prompt: torch.Tensor, put: Put, stopped: Future[None]) -> None:
        while not self._free.acquire(timeout=WAIT):
            if stopped.done():
                return
        try:
            with contextlib.suppress(_Stopped):
                self._write(prompt, put, stopped)
        finally:
            self._free.release()

    def _write(self, prompt: torch.Tensor, put: Put, stopped: Future[None]) -> None:
        import torch

        text = _Text(self._decode, put)
        placed = prompt.to(self._model.device)
        with _Steps(stopped).watched(self._model), torch.inference_mode():
            written = self._model.generate(
                placed,
                attention_mask=torch.ones_like(placed),
                generation_config=copy.deepcopy(self._settings),
                streamer=text,
            )[0, prompt.shape[1] :].tolist()
        if len(written) >= self._reply and written[-1] not in self._settings.eos_token_id:
            put(CUT)

    def _decode(self, ids: list[int]) -> str:
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )


class _Stopped(Exception):
    """Nobody reads the reply any more."""


class _Text:
    """Puts out the text of tokens as soon as they make whole characters: a transformers streamer,
    which is given the prompt first.
    """

    def __init__(self, decode: Callable[[list[int]], str], put: Put) -> None:
        self._decode = decode
        self._put = put
        self._ids: list[int] | None = None
        self._sent = 0

    def put(self, ids: torch.Tensor) -> None:
        """One more token."""
        if self._ids is None:
            self._ids = []
            return
        self._ids += ids.flatten().tolist()
        self._send(self._decode(self._ids).rstrip("\ufffd"))

    def end(self) -> None:
        """No more comes."""
        self._send(self._decode(self._ids or []))

    def _send(self, text: str) -> None:
        if len(text) > self._sent:
            self._put(text[self._sent :])
            self._sent = len(text)


class _Steps:
    """The steps of a model in which it reads messages and writes a reply: they end by ``_Stopped``
    as soon as nobody reads any more, and on a processor take turns with other models' batches.
    """

    def __init__(self, stopped: Future[None]) -> None:
        self._stopped = stopped
        self._holds = False

    @contextlib.contextmanager
    def watched(self, model: Any) -> Iterator[None]:  # noqa: ANN401 - a transformers model
        """While inside, the model's steps are these."""
        parts = [module for module in model.modules() if not any(module.children())]
        hooks = [part.register_forward_pre_hook(self._look) for part in parts]
        if model.device.type == "cpu":
            hooks.append(model.register_forward_pre_hook(self._take))
            hooks.append(model.register_forward_hook(self._give, always_call=True))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _look(self, *_: object) -> None:
        if self._stopped.done():
            raise _Stopped

    def _take(self, *_: object) -> None:
        while not computing.acquire(timeout=WAIT):
            self._look()
        self._holds = True

    def _give(self, *_: object) -> None:
        if self._holds:  # a step that was stopped while it waited has nothing to give back
            self._holds = False
            computing.release()


def _loaded(name: str) -> tuple[Any, Any]:
    """Tokenizer and model."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    source, options = _source(name)
    with quiet() if options["local_files_only"] else contextlib.nullcontext():
        from transformers import AutoModelForCausalLM, AutoTokenizer

        device, dtype = _device()
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, **options)
            model = AutoModelForCausalLM.from_pretrained(
                source, dtype=dtype, device_map={"": device}, use_safetensors=True, **options
            )
        except Exception as exc:  # damaged files raise anything, tokenizers a bare Exception
            raise GeneratorError(
                f"无法加载语言模型 {name}：{said(exc)}。请检查名字、网络和内存，"
                "缺程序库时运行：pip install 'wenbao[generate]'",
                f"The language model {name} cannot be loaded: {said(exc)}. Check the name, the "
                "network and the memory; where a library is missing, run: pip install "
                "'wenbao[generate]'",
            ) from exc
    return tokenizer, model


def _source(name: str) -> tuple[str, dict[str, Any]]:
    """What transformers is asked for, and the options that say how."""
    path = Path(name)
    options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": os.path.exists(name)}
    if path.is_file():
        return str(path.parent), options | {"gguf_file": path.name}
    if path.is_dir():
        return name, options
    hub, _, file = name.partition(":")
    return hub, options | ({"gguf_file": file} if file else {})


def _device() -> tuple[str, torch.dtype]:
    """Where to compute, and in which numbers."""
    import torch

    if torch.cuda.is_available():
        return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if torch.backends.mps.is_available():
        return "mps", torch.bfloat16
    able: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    short = any(has for what, has in able.items() if what.endswith("bf16"))
    return "cpu", torch.bfloat16 if short else torch.float32


def _greedy(model: Any, tokenizer: Any, reply: int) -> Any:  # noqa: ANN401
    """The model's own settings, without chance. A reply ends where the model or its tokenizer says
    that one does.
    """
    settings = copy.deepcopy(model.generation_config)
    own = settings.eos_token_id
    ends = {*(own if isinstance(own, list) else [own]), tokenizer.eos_token_id} - {None}
    settings.update(
        do_sample=False,
        temperature=None,
        top_p=None,
        top_k=None,
        min_p=None,
        max_length=None,
        max_new_tokens=reply,
        eos_token_id=sorted(ends),
        prefill_chunk_size=CHUNK,
    )
    if settings.pad_token_id is None and ends:
        settings.pad_token_id = min(ends)
    return settings


def _marks(tokenizer: Any) -> re.Pattern[str]:  # noqa: ANN401
    """Matches what the tokenizer reads as a mark and not as text."""
    known = tokenizer.added_tokens_decoder.values()
    marks = {str(token) for token in known if token.special} | set(tokenizer.all_special_tokens)
    longest_first = sorted((mark for mark in marks if len(mark) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
