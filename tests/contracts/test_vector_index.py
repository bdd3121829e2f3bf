import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pagesight.adapters.chromadb.collection import BATCH
from pagesight.adapters.chromadb.embedded import ChromaVectorIndex
from pagesight.adapters.chromadb.stores import ChromaFolders, ChromaServer
from pagesight.adapters.numpy import HEADER, PackedFolders, PackedVectorIndex
from pagesight.errors import LibraryError
from pagesight.files import remove_folder
from pagesight.ports import VectorIndex, VectorStore
from tests.builders import DIMENSION, unit_vectors
from tests.chroma_server import Server, running


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@pytest.fixture(params=["embedded", "packed", "server"])
def store(request: pytest.FixtureRequest) -> VectorStore:
    if request.param == "embedded":
        return ChromaFolders()
    if request.param == "packed":
        return PackedFolders(drop=remove_folder)
    server: Server = request.getfixturevalue("chroma")
    return ChromaServer(url=server.url)


@pytest.fixture
def index(store: VectorStore, tmp_path: Path) -> Iterator[VectorIndex]:
    opened = store.open(tmp_path / "text-0")
    yield opened
    opened.close()


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert index.search(unit_vectors(1)[0], 5) == []
    assert index.ids() == set()
    assert index.vectors(["a"]) == {}


def test_the_nearest_come_first_with_their_cosine(index: VectorIndex) -> None:
    vectors = unit_vectors(300)
    index.add([f"c{i:03d}" for i in range(300)], vectors)
    question = unit_vectors(1, seed=5)[0]
    cosines = vectors @ question
    expected = sorted(range(300), key=lambda i: -cosines[i])[:10]
    found = index.search(question, 10)
    assert [id for id, _ in found] == [f"c{i:03d}" for i in expected]
    assert [cosine for _, cosine in found] == pytest.approx(
        [float(cosines[i]) for i in expected], abs=1e-5
    )


def test_ties_are_broken_by_id_also_where_they_are_cut(index: VectorIndex) -> None:
    row = unit_vectors(1)
    ids = [f"c{i:02d}" for i in range(40)]
    index.add(ids[::-1], np.repeat(row, 40, axis=0))
    assert [id for id, _ in index.search(row[0], 5)] == ids[:5]


def test_adding_twice_is_adding_once_and_the_last_vector_counts(index: VectorIndex) -> None:
    first, second = unit_vectors(2)
    index.add(["a"], first[None])
    index.add(["a"], second[None])
    assert index.ids() == {"a"}
    assert index.search(second, 3) == [("a", 1.0)]
    assert np.allclose(index.vectors(["a", "unknown"])["a"], second)


def test_what_is_removed_is_not_found_and_unknown_ids_are_ignored(index: VectorIndex) -> None:
    vectors = unit_vectors(3)
    index.add(["a", "b", "c"], vectors)
    index.remove(["b", "never there"])
    index.remove([])
    assert index.ids() == {"a", "c"}
    assert {id for id, _ in index.search(vectors[1], 3)} == {"a", "c"}


def test_more_records_than_one_call_takes_are_stored(index: VectorIndex) -> None:
    count = BATCH + 700
    ids = [f"c{i}" for i in range(count)]
    vectors = unit_vectors(count, 4)
    index.add(ids, vectors)
    assert len(index.vectors(ids)) == count
    index.remove(ids[1:])
    assert index.ids() == {"c0"}


def test_no_count_finds_nothing(index: VectorIndex) -> None:
    index.add(["a"], unit_vectors(1))
    assert index.search(unit_vectors(1)[0], 0) == []


def test_a_closed_index_can_be_opened_again_and_deleted(store: VectorStore, tmp_path: Path) -> None:
    directory = tmp_path / "text-0"
    for round_number in range(3):
        index = store.open(directory)
        assert len(index.ids()) == round_number
        index.add([f"c{round_number}"], unit_vectors(1))
        index.close()
    shutil.rmtree(directory)
    index = store.open(directory)
    assert index.ids() == set()
    index.close()


def test_a_dropped_index_is_gone_with_its_directory(store: VectorStore, tmp_path: Path) -> None:
    directory = tmp_path / "text-0"
    index = store.open(directory)
    index.add(["a"], unit_vectors(1))
    index.close()
    store.drop(directory)
    assert not directory.exists()
    store.drop(directory)
    again = store.open(directory)
    assert again.ids() == set()
    again.close()


def test_indexes_of_two_libraries_are_apart(store: VectorStore, tmp_path: Path) -> None:
    here, there = (store.open(tmp_path / name / "text-0") for name in ("here", "there"))
    here.add(["a"], unit_vectors(1))
    assert (here.ids(), there.ids()) == ({"a"}, set())
    here.close()
    there.close()


def test_a_newly_opened_index_sees_what_another_one_added(
    store: VectorStore, tmp_path: Path
) -> None:
    writer = store.open(tmp_path / "text-0")
    first, second = unit_vectors(2)
    writer.add(["a"], first[None])
    reader = store.open(tmp_path / "text-0")
    assert reader.search(second, 2)[0][0] == "a"
    writer.add(["b"], second[None])
    again = store.open(tmp_path / "text-0")
    assert again.search(second, 1) == [("b", 1.0)]
    for opened in (writer, reader, again):
        opened.close()


@pytest.mark.parametrize(
    ("kind", "file"), [(ChromaVectorIndex, "chroma.sqlite3"), (PackedVectorIndex, HEADER)]
)
def test_damage_is_reported_with_the_directory_and_the_remedy(
    kind: Callable[[Path], VectorIndex], file: str, tmp_path: Path
) -> None:
    kind(tmp_path / "text-0").close()
    (tmp_path / "text-0" / file).write_bytes(b"junk" * 4096)
    with pytest.raises(LibraryError, match=r"text-0.*pagesight doctor --repair"):
        kind(tmp_path / "text-0")


@pytest.mark.parametrize(
    ("kind", "other"),
    [(ChromaVectorIndex, PackedVectorIndex), (PackedVectorIndex, ChromaVectorIndex)],
)
def test_an_index_of_another_kind_is_refused(
    kind: Callable[[Path], VectorIndex], other: Callable[[Path], VectorIndex], tmp_path: Path
) -> None:
    other(tmp_path / "text-0").close()
    with pytest.raises(LibraryError, match=r"text-0.*pagesight doctor --repair"):
        kind(tmp_path / "text-0")


def test_a_vector_of_another_dimension_is_refused(index: VectorIndex) -> None:
    index.add(["a"], unit_vectors(1))
    with pytest.raises(LibraryError, match="dimension"):
        index.search(unit_vectors(1, DIMENSION + 1)[0], 1)
