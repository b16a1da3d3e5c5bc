"""Text to unit vectors to nearest neighbours. Knows nothing of newspapers."""

from embeddings.bundled import BUNDLED, bundled_folder
from embeddings.encoder import (
    Encoder,
    SentenceEncoder,
    bundled_tokenizer,
    computing,
    quiet,
    share_words,
)
from embeddings.errors import EncoderError, IndexFileError
from embeddings.index import IndexStamp, VectorIndex

__all__ = [
    "BUNDLED",
    "Encoder",
    "EncoderError",
    "IndexFileError",
    "IndexStamp",
    "SentenceEncoder",
    "VectorIndex",
    "bundled_folder",
    "bundled_tokenizer",
    "computing",
    "quiet",
    "share_words",
]
