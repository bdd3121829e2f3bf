"""CLIP with a tiny model of random weights in a local folder: real code, no download."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pagesight.adapters.open_clip import OpenClipEmbedder
from pagesight.errors import ServiceError, SettingsError
from tests.models import tiny_clip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def pictures(folder: Path, *colours: str) -> list[Path]:
    paths = []
    for number, colour in enumerate(colours):
        paths.append(folder / f"{number}.png")
        Image.new("RGB", (50 + number, 40), colour).save(paths[-1])
    return paths


def test_pictures_and_questions_are_unit_vectors_of_one_space(folder: Path, tmp_path: Path) -> None:
    embedder = OpenClipEmbedder(str(folder), "", batch_size=2)
    paths = pictures(tmp_path, "red", "blue", "red")
    vectors = embedder.embed_images(paths)
    question = embedder.embed_question("a red square")
    assert vectors.shape == (3, question.shape[0])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)
    assert float(vectors[0] @ vectors[2]) > float(vectors[0] @ vectors[1])


def test_a_folder_is_known_by_its_name_and_an_architecture_by_its_weights(folder: Path) -> None:
    assert OpenClipEmbedder(str(folder), "", batch_size=2).fingerprint == folder.name
    named = OpenClipEmbedder("ViT-B-32", "/models/mine.pt", batch_size=2)
    assert named.fingerprint == "ViT-B-32 mine.pt"


def test_an_unknown_architecture_is_a_setting_to_mend() -> None:
    with pytest.raises(SettingsError, match="neither an open_clip architecture nor a folder"):
        OpenClipEmbedder("ViT-Z-99", "x", batch_size=1).load()


def test_an_architecture_without_weights_is_a_setting_to_mend() -> None:
    with pytest.raises(SettingsError, match=r"visual\.weights is empty"):
        OpenClipEmbedder("ViT-B-32", "", batch_size=1).load()


def test_weights_that_cannot_be_had_say_what_is_needed(tmp_path: Path) -> None:
    damaged = tmp_path / "weights.pt"
    damaged.write_bytes(b"no weights")
    with pytest.raises(ServiceError, match=r"cannot be had.*open_clip_config\.json"):
        OpenClipEmbedder("ViT-B-32", str(damaged), batch_size=1).load()
