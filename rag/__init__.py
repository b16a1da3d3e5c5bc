"""Ask a newspaper archive: articles in, answers with checked citations out.

>>> archive = Archive("my-archive")
>>> archive.add(["pages/"])
>>> answer = Chatbot(archive).ask("《重庆谈判》共几集？")
>>> answer.text, answer.citations[0].quote
"""

from rag.adding import AddProgress, AddReport
from rag.archive import Archive, Counts
from rag.chatbot import Chatbot
from rag.config import Settings, load_settings
from rag.editing import Correction, SourceFile
from rag.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveLocked,
    ArchiveMissing,
    CorrectionError,
    EncoderChanged,
    GeneratorError,
    ModelError,
    QuestionError,
    ReadingError,
    SettingsError,
    UnknownArticle,
    WenbaoError,
)
from rag.generate import Generator, Message, generator_of
from rag.suggest import suggestions
from rag.types import Answer, Article, Citation, Draft, Filters, Hit, Passage, Statement, Turn

__all__ = [
    "AddProgress",
    "AddReport",
    "Answer",
    "Archive",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveLocked",
    "ArchiveMissing",
    "Article",
    "Chatbot",
    "Citation",
    "Correction",
    "CorrectionError",
    "Counts",
    "Draft",
    "EncoderChanged",
    "Filters",
    "Generator",
    "GeneratorError",
    "Hit",
    "Message",
    "ModelError",
    "Passage",
    "QuestionError",
    "ReadingError",
    "Settings",
    "SettingsError",
    "SourceFile",
    "Statement",
    "Turn",
    "UnknownArticle",
    "WenbaoError",
    "generator_of",
    "load_settings",
    "suggestions",
]
