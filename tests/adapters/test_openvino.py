"""The fast route gives the vectors of float32 torch, or says that it cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pagesight.adapters.openvino import OpenVinoEmbedder
from pagesight.adapters.openvino.encoding import FAITHFUL, REFERENCE, UNFIT
from pagesight.adapters.openvino.store import translated
from pagesight.adapters.sentence_transformers import SentenceTransformerEmbedder
from pagesight.adapters.sqlite import SQLiteCatalogue
from pagesight.errors import ServiceError, SettingsError
from pagesight.ingest.vectors import passage
from tests.conftest import CACHE, ROOT
from tests.models import HashedWords, tiny_text

if TYPE_CHECKING:
    from pagesight.ports import Matrix

MODEL = "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_text(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def tiny_copy(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the translated tiny model, in a cache folder of its own."""
    with translated(tiny, lambda _: None) as shared:
        copy = tmp_path / "cache" / "text-models" / shared.name
        shutil.copytree(shared, copy)
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return copy


def questions() -> list[str]:
    lines = (ROOT / "eval" / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def least_cosine(some: Matrix, other: Matrix) -> float:
    return float((some * other).sum(axis=1).min())


@pytest.mark.parametrize("precision", ["bf16", "f32"])
def test_the_vectors_are_those_of_sentence_transformers(precision: str) -> None:
    texts = [*questions(), *(" ".join(questions()[:count]) for count in (5, 10, 40, 120))]
    mine = OpenVinoEmbedder(MODEL, batch_size=16, precisions=(precision, "f32"))
    theirs = SentenceTransformerEmbedder(MODEL, batch_size=16)
    assert least_cosine(mine.embed_passages(texts), theirs.embed_passages(texts)) >= FAITHFUL


def test_the_vectors_of_an_ingested_library_are_those_of_float32_torch(
    samples_library: Path,
) -> None:
    catalogue = SQLiteCatalogue(samples_library / "catalogue.db", read_only=True)
    ids = sorted(catalogue.all_ids("text"))[::3]
    texts = [passage(chunk) for chunk in catalogue.chunks(ids)]
    stored = catalogue.vectors("text", ids)
    catalogue.close()
    theirs = SentenceTransformerEmbedder(MODEL, batch_size=64).embed_passages(texts)
    assert len(ids) > 40
    assert least_cosine(np.stack([stored[id] for id in ids]), theirs) >= FAITHFUL


def test_another_model_is_cut_pooled_and_prefixed_alike(tiny: Path) -> None:
    texts = ["a.", "The seal of the pump drips.", "Which torque? " * 50, ""]
    mine, theirs = (
        embedder(str(tiny), batch_size=3, passage_prefix="passage. ", question_prefix="what. ")
        for embedder in (OpenVinoEmbedder, SentenceTransformerEmbedder)
    )
    vectors = theirs.embed_passages(texts)
    assert least_cosine(mine.embed_passages(texts), vectors) >= FAITHFUL
    assert (vectors @ vectors.T)[~np.eye(len(texts), dtype=bool)].max() < FAITHFUL
    assert mine.embed_question("a.") @ theirs.embed_question("a.") >= FAITHFUL


@pytest.mark.parametrize("prefix", ["", "passage: "])
def test_an_index_made_by_either_serves_both(prefix: str) -> None:
    assert (
        OpenVinoEmbedder(MODEL, batch_size=1, passage_prefix=prefix).fingerprint
        == SentenceTransformerEmbedder(MODEL, batch_size=8, passage_prefix=prefix).fingerprint
    )


def test_nothing_of_torch_is_loaded_and_nobody_is_told(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pagesight.adapters.openvino import OpenVinoEmbedder\n"
        f"OpenVinoEmbedder({MODEL!r}, batch_size=1).embed_question('What is the torque?')\n"
        "print(*sorted(name for name, module in sys.modules.items() if module))"
    )
    OpenVinoEmbedder(MODEL, batch_size=1).embed_question("made ready before")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "openvino" in loaded
    assert not loaded & {"torch", "transformers", "sentence_transformers", "openvino_telemetry"}
    assert list(tmp_path.iterdir()) == []


def test_two_that_come_at_the_same_time_get_the_same_model(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path))

    def folder(_: int) -> Path:
        with translated(tiny, lambda _: None) as found:
            assert (found / REFERENCE).is_file()
            return found

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(folder, range(2))
    assert first == second
    assert list((tmp_path / "text-models").iterdir()) == [first]


def test_a_cache_folder_that_cannot_be_written_only_costs_time(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(CACHE, str(tmp_path / "file"))
    mine = OpenVinoEmbedder(str(tiny), batch_size=3).embed_passages(["a.", "b."])
    theirs = SentenceTransformerEmbedder(str(tiny), batch_size=3).embed_passages(["a.", "b."])
    assert least_cosine(mine, theirs) >= FAITHFUL


def test_other_vectors_than_those_of_torch_are_never_used(tiny: Path, tiny_copy: Path) -> None:
    np.save(tiny_copy / REFERENCE, np.roll(np.load(tiny_copy / REFERENCE), 1, axis=0))
    with pytest.raises(ServiceError, match=f"other vectors.*delete {tiny_copy}"):
        OpenVinoEmbedder(str(tiny), batch_size=1).embed_question("a.")
    told: list[str] = []
    embedder = OpenVinoEmbedder(str(tiny), batch_size=1, otherwise=HashedWords, notify=told.append)
    assert (embedder.embed_question("oil") == HashedWords().embed_question("oil")).all()
    assert (embedder.embed_passages(["oil"]) == HashedWords().embed_passages(["oil"])).all()
    assert [line for line in told if "torch embeds the text instead" in line] == told[:1]


def test_a_damaged_model_says_what_to_delete(tiny: Path, tiny_copy: Path) -> None:
    (tiny_copy / "model.bin").write_bytes(b"half")
    with pytest.raises(ServiceError, match=f"delete {tiny_copy}"):
        OpenVinoEmbedder(str(tiny), batch_size=1).embed_question("a.")


def test_a_model_that_openvino_cannot_run_is_tried_once(tiny: Path, tiny_copy: Path) -> None:
    for path in tiny_copy.iterdir():
        path.unlink()
    (tiny_copy / UNFIT).write_text("openvino cannot run this model: reason")
    with pytest.raises(ServiceError, match="cannot run this model: reason"):
        OpenVinoEmbedder(str(tiny), batch_size=1).embed_question("a.")


def test_a_model_that_is_not_plain_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"openvino cannot run .*: it is not a local folder"):
        OpenVinoEmbedder("some/hub-model", batch_size=1)
    with pytest.raises(SettingsError, match=r"modules\.json.*set text\.engine to auto"):
        OpenVinoEmbedder(str(tmp_path), batch_size=1)


def test_weights_that_cannot_be_read_are_an_error_of_the_model(tiny: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(tiny, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ServiceError, match="could not be made ready"):
        OpenVinoEmbedder(str(broken), batch_size=1).embed_question("a.")
