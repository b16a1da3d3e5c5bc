"""The errors of this package. Every message exists in Chinese and in English.

TwoLanguageError
├── EncoderError      an embedding model cannot be found, read or used
└── IndexFileError    a stored vector index is missing, damaged or of another make
"""

from __future__ import annotations

import os


def prefers_chinese() -> bool:
    """Whether the process runs in a Chinese locale (LC_ALL, LC_MESSAGES, then LANG)."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return next((os.environ[n] for n in names if os.environ.get(n)), "").startswith("zh")


class TwoLanguageError(Exception):
    """An error whose message says, in both languages, what failed and what to do next."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        return self.zh if prefers_chinese() else self.en


class EncoderError(TwoLanguageError):
    """An embedding model cannot be found, read or used."""


class IndexFileError(TwoLanguageError):
    """A stored vector index is missing, damaged or was written by something else."""
