"""Generators: language models that write a reply to messages, piece by piece.

None is needed and none is the default. What one writes is never trusted: whoever asks it checks
the reply against the paper's own words.

``openai:MODEL@URL`` is any endpoint with OpenAI's protocol (vLLM, Ollama, llama.cpp, a provider).
Its key comes from WENBAO_API_KEY or from the file that WENBAO_API_KEY_FILE names, never from the
command line. What is in the environment for OpenAI itself goes to no other address.

Anything else is a model on this machine: a folder, a file ``*.gguf``, a hub's ``OWNER/MODEL``, or
one GGUF file of a hub's model, ``OWNER/MODEL:FILE.gguf``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from rag.errors import GeneratorError
from rag.writing.endpoint import KEY, Endpoint
from rag.writing.local import LocalModel, is_local
from rag.writing.messages import CUT, Generator, Message

__all__ = [
    "CUT",
    "KEY",
    "KEY_FILE",
    "Endpoint",
    "Generator",
    "LocalModel",
    "Message",
    "generator_of",
]

KEY_FILE = "WENBAO_API_KEY_FILE"

_ENDPOINT = re.compile(r"openai:(?P<model>[^\s@]+(?:@[^\s@/]+)*)@(?P<url>https?://\S+)")


def generator_of(name: str, environ: Mapping[str, str] = os.environ) -> Generator:
    """The generator of this name, loaded; ``GeneratorError`` when it names none or can't be."""
    match = _ENDPOINT.fullmatch(name)
    if match:
        return Endpoint(match["model"], match["url"], key=_key(environ))
    if is_local(name):
        return LocalModel(name)
    raise GeneratorError(
        f"“{name}”不是语言模型的写法。请写成 openai:模型名@地址，"
        "例如 openai:qwen3@http://127.0.0.1:11434/v1；或本机的模型文件夹、.gguf 文件；"
        "或模型站上的名字，例如 Qwen/Qwen3-4B-Instruct-2507。",
        f"{name!r} does not name a language model. Write openai:MODEL@URL, for example "
        "openai:qwen3@http://127.0.0.1:11434/v1; or a model folder or .gguf file on this machine; "
        "or a hub's name, for example Qwen/Qwen3-4B-Instruct-2507.",
    )


def _key(environ: Mapping[str, str]) -> str:
    path = environ.get(KEY_FILE)
    if not path:
        return environ.get(KEY, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise GeneratorError(
            f"读不出密钥文件 {path}（{KEY_FILE}）。请检查路径和权限。",
            f"The key file {path} ({KEY_FILE}) cannot be read. Check its path and permissions.",
        ) from exc
