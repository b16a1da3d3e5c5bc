"""Text to unit vectors to nearest neighbours. Knows nothing of newspapers."""

from embeddings.bundled import BUNDLED
from embeddings.encoder import Encoder, SentenceEncoder
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
]
