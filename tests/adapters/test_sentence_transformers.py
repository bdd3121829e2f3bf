"""The installed text model, for real."""

from pathlib import Path

import numpy as np
import pytest

from pagesight.adapters.sentence_transformers import SentenceTransformerEmbedder
from pagesight.errors import ServiceError, SettingsError

MODEL = "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(MODEL, batch_size=8)


def test_vectors_are_unit_rows_in_the_order_of_the_texts(
    embedder: SentenceTransformerEmbedder,
) -> None:
    texts = ["The pump is leaking.", "Quarterly revenue rose.", "The seal of the pump drips."]
    vectors = embedder.embed_passages(texts)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    question = embedder.embed_question("Why does the pump lose oil?")
    similar = vectors @ question
    assert similar[1] < min(similar[0], similar[2])


def test_a_vector_does_not_depend_on_the_batch_that_it_was_made_in(
    embedder: SentenceTransformerEmbedder,
) -> None:
    texts = [f"Section {n}. " + "The pump delivers oil to the press. " * n for n in range(1, 20)]
    together = embedder.embed_passages(texts)
    alone = np.stack([embedder.embed_passages([text])[0] for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9999


def test_the_fingerprint_tells_models_and_prefixes_apart(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    prints = {
        SentenceTransformerEmbedder(model, batch_size=1, passage_prefix=prefix).fingerprint
        for model in (MODEL, str(tmp_path), "some/hub-model")
        for prefix in ("", "passage: ")
    }
    assert len(prints) == 6


def test_a_path_that_is_no_folder_is_refused_at_once() -> None:
    with pytest.raises(SettingsError, match="is not a folder"):
        SentenceTransformerEmbedder("./no-such-model", batch_size=1)


def test_a_folder_without_a_model_says_what_to_set(tmp_path: Path) -> None:
    broken = SentenceTransformerEmbedder(str(tmp_path), batch_size=1)
    with pytest.raises(ServiceError, match=r"cannot be loaded.*set text\.model"):
        broken.embed_question("anything")
