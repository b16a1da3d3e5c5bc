"""Everything that can go wrong and that a caller may want to tell apart.

WenbaoError
├── SettingsError         an unknown key, or a value out of range
├── QuestionError         a question that is empty, too long or garbled
├── ReadingError          one file that cannot be read; the others go on
├── ModelError            a model cannot be loaded or used
├── GeneratorError        a language model is not there, or its reply failed
└── ArchiveError          the archive folder cannot be used
    ├── ArchiveMissing    there is no archive at this path
    ├── ArchiveLocked     another process is writing to it
    ├── ArchiveDamaged    the database is not readable
    ├── EncoderChanged    it was embedded by another model
    ├── CorrectionError   a correction that cannot be made
    └── UnknownArticle    no article or file of this name in it
"""

from __future__ import annotations

from embeddings.errors import TwoLanguageError


class WenbaoError(TwoLanguageError):
    """Base of all errors of this package: ``zh`` and ``en`` carry the message."""


class SettingsError(WenbaoError):
    """A setting has an unknown name or a value out of range."""


class QuestionError(WenbaoError):
    """A question that cannot be asked: empty, longer than the limit, or with half a character."""


class ReadingError(WenbaoError):
    """One file cannot be read."""


class ModelError(WenbaoError):
    """The embedding or the reading model cannot be loaded or used."""


class GeneratorError(WenbaoError):
    """A language model cannot be reached, refuses, or broke off its reply."""


class ArchiveError(WenbaoError):
    """The archive folder cannot be used."""


class ArchiveMissing(ArchiveError):
    """There is no archive at the given path."""


class ArchiveLocked(ArchiveError):
    """Another process is writing to the archive."""


class ArchiveDamaged(ArchiveError):
    """The archive's database is not readable."""


class EncoderChanged(ArchiveError):
    """The archive's vectors were made by another model than the one given."""


class CorrectionError(ArchiveError):
    """A correction of an article that cannot be made."""


class UnknownArticle(ArchiveError):
    """The archive holds no article or file of the given name."""
