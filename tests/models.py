"""Models small enough to make in a test."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pagesight.ports import TokenVectors
from pagesight.tokens import tokenize

if TYPE_CHECKING:
    from pagesight.ports import Matrix, Vector

CLIP = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {
        "context_length": 77,
        "vocab_size": 49408,
        "width": 32,
        "heads": 2,
        "layers": 1,
    },
}


def tiny_clip(folder: Path) -> Path:
    """An open_clip folder with random weights, always the same ones."""
    import open_clip
    import torch

    torch.manual_seed(0)
    config = {"model_cfg": CLIP, "preprocess_cfg": {"size": 32}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    model = open_clip.CLIP(
        CLIP["embed_dim"], vision_cfg=CLIP["vision_cfg"], text_cfg=CLIP["text_cfg"]
    )
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    return folder


def _tiny_bert(folder: Path, kind: str, *, labels: int = 0) -> tuple[Path, int]:
    """Folder and width of a network with random weights, always the same ones, and its words:
    letters. `kind` is the name of its class in transformers."""
    import torch
    import transformers

    letters = [mark + letter for mark in ("", "##") for letter in "abcdefghijklmnopqrstuvwxyz."]
    words = ["[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, "[PAD]"]
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words),
        pad_token_id=len(words) - 1,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    if labels:
        config.num_labels = labels
    bare = folder / "bare"
    getattr(transformers, kind)(config).save_pretrained(bare)
    tokenizer = transformers.BertTokenizer({word: number for number, word in enumerate(words)})
    tokenizer.save_pretrained(bare)
    return bare, config.hidden_size


def tiny_text(folder: Path, *, pooling: str = "cls", longest: int = 24) -> Path:
    """A sentence-transformers folder with random weights, always the same ones."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    bare, width = _tiny_bert(folder, "BertModel")
    transformer = Transformer(str(bare), max_seq_length=longest)
    whole = folder / "whole"
    modules = [transformer, Pooling(width, pooling_mode=pooling)]
    SentenceTransformer(modules=modules, device="cpu").save(str(whole))
    return whole


def tiny_cross_encoder(folder: Path, *, scores: int = 1) -> Path:
    """A cross-encoder's folder with random weights, always the same ones."""
    from sentence_transformers import CrossEncoder

    bare, _ = _tiny_bert(folder, "BertForSequenceClassification", labels=scores)
    whole = folder / "whole"
    CrossEncoder(str(bare), max_length=64, device="cpu").save_pretrained(str(whole))
    return whole


class HashedWords:
    """A real, if small, text embedder: words hashed into 256 dimensions."""

    fingerprint = "hashed words"

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        return np.stack([self.embed_question(text) for text in texts])

    def embed_questions(self, texts: Sequence[str]) -> Matrix:
        return np.stack([self.embed_question(text) for text in texts])

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        return [self._tokens(text) for text in texts]

    def _tokens(self, text: str) -> TokenVectors:
        """One a word."""
        words = list(re.finditer(r"\w+", text))
        vectors = [self.embed_question(word[0]) for word in words]
        return TokenVectors(
            vectors=np.stack(vectors) if vectors else np.zeros((1, 256), dtype=np.float32),
            spans=[word.span() for word in words] or [(0, 0)],
        )

    def embed_question(self, text: str) -> Vector:
        vector = np.full(256, 1e-6, dtype=np.float32)
        for token in tokenize(text):
            vector[sum(token.encode()) % 256] += 1
        unit: Vector = vector / np.linalg.norm(vector)
        return unit
