"""The installed text model, for real."""

from pathlib import Path

import pytest

from pagesight.adapters.sentence_transformers import SentenceTransformerEmbedder
from pagesight.errors import ServiceError, SettingsError

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
