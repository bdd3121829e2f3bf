"""The installed text model, for real."""

from pathlib import Path

import pytest

from pagesight.adapters.huggingface_hub import prefer_local_files
from pagesight.adapters.sentence_transformers import (
    SentenceTransformerEmbedder,
    SentenceTransformersReranker,
)
from pagesight.errors import ServiceError, SettingsError
from tests.models import tiny_cross_encoder

MODEL = "all-MiniLM-L6-v2"


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


def test_a_cross_encoder_that_cannot_be_had_says_what_to_set(tmp_path: Path) -> None:
    for model in ("nobody/has-this-model", str(tmp_path)):
        reranker = SentenceTransformersReranker(model, batch_size=1, before_hub=prefer_local_files)
        with pytest.raises(SettingsError, match=r"cannot be loaded.*rerank\.model.*tokens") as said:
            reranker.load()
        assert "\n" not in str(said.value)
    with pytest.raises(SettingsError, match=r"rerank\.model: \./none is not a folder"):
        SentenceTransformersReranker("./none", batch_size=1)


def test_a_model_whose_scores_rank_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="without a head that scores"):
        SentenceTransformersReranker(MODEL, batch_size=1).load()
    three = tiny_cross_encoder(tmp_path, scores=3)
    with pytest.raises(SettingsError, match="gives 3 scores a pair"):
        SentenceTransformersReranker(str(three), batch_size=1).load()
