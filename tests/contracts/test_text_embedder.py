"""Every TextEmbedder keeps the same promises."""

from collections.abc import Callable

import numpy as np
import pytest

from pagesight.adapters.openvino import OpenVinoEmbedder
from pagesight.adapters.sentence_transformers import SentenceTransformerEmbedder
from pagesight.ports import TextEmbedder
from tests.models import HashedWords

MODEL = "all-MiniLM-L6-v2"
EMBEDDERS: dict[str, Callable[[], TextEmbedder]] = {
    "hashed words": HashedWords,
    "openvino": lambda: OpenVinoEmbedder(MODEL, batch_size=8),
    "sentence_transformers": lambda: SentenceTransformerEmbedder(MODEL, batch_size=8),
}


@pytest.fixture(scope="module", params=EMBEDDERS)
def embedder(request: pytest.FixtureRequest) -> TextEmbedder:
    return EMBEDDERS[request.param]()


def test_vectors_are_unit_rows_in_the_order_of_the_texts(embedder: TextEmbedder) -> None:
    texts = ["The pump leaks oil.", "Quarterly revenue rose.", "The seal of the pump drips."]
    vectors = embedder.embed_passages(texts)
    assert vectors.shape[0] == 3
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    question = embedder.embed_question("Why does the pump lose oil?")
    assert question.shape == vectors.shape[1:]
    similar = vectors @ question
    assert similar[1] < min(similar[0], similar[2])


def test_a_vector_does_not_depend_on_the_batch_that_it_was_made_in(embedder: TextEmbedder) -> None:
    texts = [f"Section {n}. " + "The pump delivers oil to the press. " * n for n in range(1, 20)]
    together = embedder.embed_passages(texts)
    alone = np.stack([embedder.embed_passages([text])[0] for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9999


def test_the_same_texts_give_the_same_bytes(embedder: TextEmbedder) -> None:
    texts = ["Oil.", "The seal of the pump drips.", "Bolts " * 300]
    first, again = (embedder.embed_passages(texts) for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_the_fingerprint_stays_the_same(embedder: TextEmbedder) -> None:
    before = embedder.fingerprint
    embedder.embed_question("What is the torque?")
    assert before
    assert embedder.fingerprint == before
