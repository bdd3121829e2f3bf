"""Every TokenEmbedder keeps the same promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pagesight.adapters.openvino import OpenVinoEmbedder
from pagesight.adapters.sentence_transformers import SentenceTransformerEmbedder
from pagesight.ports import TokenEmbedder
from tests.models import HashedWords

MODEL = "all-MiniLM-L6-v2"
PREFIX = "a prefix that is no part of a text: "
EMBEDDERS: dict[str, Callable[[], TokenEmbedder]] = {
    "hashed words": HashedWords,
    "openvino": lambda: OpenVinoEmbedder(MODEL, batch_size=8, passage_prefix=PREFIX),
    "sentence_transformers": lambda: SentenceTransformerEmbedder(
        MODEL, batch_size=8, passage_prefix=PREFIX
    ),
}
TEXTS = ["The seal drips.", "", "R12 = 4.7 kΩ, see Table 3-2", "Bolts and nuts " * 300]


@pytest.fixture(scope="module", params=EMBEDDERS)
def embedder(request: pytest.FixtureRequest) -> TokenEmbedder:
    return EMBEDDERS[request.param]()


def test_each_token_has_a_unit_vector_and_its_place_in_the_text(embedder: TokenEmbedder) -> None:
    found = embedder.embed_tokens(TEXTS)
    assert len(found) == len(TEXTS)
    for text, tokens in zip(TEXTS, found, strict=True):
        assert tokens.vectors.shape[0] == len(tokens.spans) > 0
        if text:
            assert np.allclose(np.linalg.norm(tokens.vectors, axis=1), 1, atol=1e-3)
        assert all(0 <= start <= end <= len(text) for start, end in tokens.spans)
    words = [TEXTS[0][start:end] for start, end in found[0].spans]
    assert [word for word in words if word.isalpha()][:2] == ["The", "seal"]


def test_no_text_gives_nothing(embedder: TokenEmbedder) -> None:
    assert embedder.embed_tokens([]) == []


def test_both_engines_give_the_same_vectors() -> None:
    fast, plain = (EMBEDDERS[name]().embed_tokens(TEXTS) for name in list(EMBEDDERS)[1:])
    for mine, theirs in zip(fast, plain, strict=True):
        assert list(mine.spans) == list(theirs.spans)
        assert (mine.vectors * theirs.vectors).sum(axis=1).mean() > 0.999
        assert (mine.vectors * theirs.vectors).sum(axis=1).min() > 0.98
