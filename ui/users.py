"""Who may log in: a file of names with salted hashes of their passwords."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rag import WenbaoError
from ui.texts import both

MIN_PASSWORD = 8
"""Characters; length is what makes a password hard to guess."""

COST, _BLOCK, _PARALLEL = 2**15, 8, 3
"""scrypt as OWASP's cheat sheet on storing passwords advises: 32 MB and about 0.2 s a try."""

_MOST = 2**20
"""The cost that a file can ask for at most: 1 GB."""

_NAME = re.compile(r"[^\s:\x00-\x1f\x7f]{1,64}")


class UsersError(WenbaoError):
    """The file of users cannot be read or written, or a name or password cannot be taken."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A password's scrypt hash with its salt and cost. ``str`` is how the file holds it."""

    salt: bytes
    digest: bytes
    cost: int = COST

    @classmethod
    def of(cls, password: str, cost: int = COST) -> Secret:
        """Of a new password, with a fresh salt; ``UsersError`` when it is too short."""
        if len(password) < MIN_PASSWORD:
            raise UsersError(*both("password_short", least=MIN_PASSWORD))
        salt = secrets.token_bytes(16)
        return cls(salt, _scrypt(password, salt, cost), cost)

    @classmethod
    def read(cls, text: str) -> Secret:
        """From what ``str`` gave; ``ValueError`` for anything else."""
        kind, cost, *parts = text.split("$")
        salt, digest = (base64.b64decode(part, validate=True) for part in parts)
        made = cls(salt, digest, int(cost))
        sizes = kind, len(made.salt), len(made.digest), made.cost.bit_count()
        if sizes != ("scrypt", 16, 32, 1) or not 1 < made.cost <= _MOST:
            raise ValueError(kind)
        return made

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"scrypt${self.cost}${salt}${digest}"

    def matches(self, password: str) -> bool:
        """Whether this is the hash of the password; takes as long whether it is or not."""
        return hmac.compare_digest(self.digest, _scrypt(password, self.salt, self.cost))


NOBODY = Secret(bytes(16), bytes(32))
"""Matches no password, and takes as long to say so as the hash of somebody."""


def read_users(path: Path) -> dict[str, Secret]:
    """The users of a file with lines ``name:hash``; blank lines and those with # are left out.

    Raises ``UsersError`` that names the line, never what it holds.
    """
    users: dict[str, Secret] = {}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, secret = line.strip().partition(":")
        try:
            users[name] = Secret.read(secret)
        except ValueError as exc:
            raise UsersError(*both("users_line", path=path, line=number)) from exc
    if not users:
        raise UsersError(*both("users_none", path=path))
    return users


def set_password(path: Path, name: str, password: str) -> None:
    """Adds the user to the file, or changes their password; the rest stays as it is. Only the
    file's owner can read it afterwards. It is there whole, or as before.
    """
    if not _NAME.fullmatch(name) or name.startswith("#"):
        raise UsersError(*both("user_name", name=name))
    line = f"{name}:{Secret.of(password)}"
    kept = [old for old in (_lines(path) if path.exists() else []) if not _is_of(name, old)]
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            file.write("".join(f"{each}\n" for each in [*kept, line]))
        fresh.replace(path)
    except OSError as exc:
        fresh.unlink(missing_ok=True)
        raise UsersError(*both("users_unwritable", path=path, reason=exc)) from exc


def check(users: Mapping[str, Secret], name: str, password: str) -> bool:
    """Whether the user has this password; an unknown name takes as long as a known one."""
    return users.get(name, NOBODY).matches(password)


def _is_of(name: str, line: str) -> bool:
    return line.strip().partition(":")[0] == name


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise UsersError(*both("users_unreadable", path=path, reason=exc)) from exc


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    words = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    memory = 256 * cost * _BLOCK  # twice of what it takes
    return hashlib.scrypt(words, salt=salt, n=cost, r=_BLOCK, p=_PARALLEL, maxmem=memory, dklen=32)
