import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pagesight.adapters.chromadb.stores import ChromaFolders
from pagesight.adapters.numpy import (
    LEVELS,
    LOG,
    RESCORED,
    VECTORS,
    PackedFolders,
    PackedVectorIndex,
)
from pagesight.app import build
from pagesight.errors import LibraryError
from pagesight.library import Library
from pagesight.settings import load
from tests.builders import a_chunk, a_document, an_id, open_library, unit_vectors

PACKED = PackedFolders(drop=ChromaFolders().drop)
FAR = 3
"""Times as many vectors as are compared as a whole."""
QUESTION = unit_vectors(1, 96, seed=7)[0]


def put(library: Library, name: str, seed: int = 0) -> None:
    chunks = [a_chunk(f"{name}-{n}", document_id=an_id(name)) for n in range(4)]
    rows = unit_vectors(4, 96, seed=seed)
    vectors = {chunk.id: row for chunk, row in zip(chunks, rows, strict=True)}
    library.put(a_document(name), [], chunks, {"text": vectors})


def found(library: Library) -> list[str]:
    return sorted(id for id, _ in library.search_vectors("text", QUESTION, 100))


@pytest.fixture
def index(tmp_path: Path) -> PackedVectorIndex:
    opened = PackedVectorIndex(tmp_path / "text-0")
    opened.add(["a", "b"], unit_vectors(2, 96))
    opened.close()
    return opened


@pytest.mark.parametrize("name", [VECTORS, LEVELS, LOG])
def test_what_a_kill_left_half_written_is_not_there_and_is_written_over(
    index: PackedVectorIndex, tmp_path: Path, name: str
) -> None:
    with (tmp_path / "text-0" / name).open("ab") as file:
        file.write(b'{"add": ["c"')
    again = PackedVectorIndex(tmp_path / "text-0")
    assert again.ids() == {"a", "b"}
    row = unit_vectors(1, 96, seed=3)
    again.add(["d"], row)
    third = PackedVectorIndex(tmp_path / "text-0")
    assert third.ids() == {"a", "b", "d"}
    assert third.search(row[0], 1) == [("d", 1.0)]


@pytest.mark.parametrize("name", [VECTORS, LEVELS])
def test_vectors_that_are_gone_are_reported_with_the_remedy(
    index: PackedVectorIndex, tmp_path: Path, name: str
) -> None:
    (tmp_path / "text-0" / name).write_bytes(b"")
    with pytest.raises(LibraryError, match=r"text-0.*pagesight doctor --repair"):
        PackedVectorIndex(tmp_path / "text-0").search(QUESTION, 1)


def test_a_large_index_finds_nearly_all_of_the_nearest(tmp_path: Path) -> None:
    rows = unit_vectors(FAR * RESCORED, 96) + unit_vectors(1, 96, seed=5)[0] / 4
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"c{number:05d}" for number in range(len(rows))]
    index = PackedVectorIndex(tmp_path / "text-0")
    index.add(ids, rows)
    index.remove(ids[::7])
    live = np.array([number for number in range(len(rows)) if number % 7])
    shared = 0
    for question in unit_vectors(20, 96, seed=9):
        best = live[np.argsort(-(rows[live] @ question))[:50]]
        shared += len({ids[row] for row in best} & {id for id, _ in index.search(question, 50)})
    assert shared >= 0.97 * 20 * 50


def test_more_equal_vectors_than_are_compared_are_still_told_apart_by_id(tmp_path: Path) -> None:
    ids = [f"c{number:05d}" for number in range(RESCORED + 500)]
    index = PackedVectorIndex(tmp_path / "text-0")
    index.add(ids[::-1], np.repeat(unit_vectors(1, 96), len(ids), axis=0))
    assert [id for id, _ in index.search(unit_vectors(1, 96)[0], 3)] == ids[:3]


def test_a_library_moves_to_packed_vectors_and_back_and_remembers(tmp_path: Path) -> None:
    def opened(server: str, *, create: bool = False) -> list[str]:
        """What was told when the library was opened for writing."""
        told: list[str] = []
        settings = load(overrides=[f"vectors.server={server}"])
        with build(settings, tmp_path, writable=True, create=create, notify=told.append) as app:
            if create:
                put(app.library, "pump")
            assert len(found(app.library)) == 4
            assert app.library.check() == {}
        return told

    def kinds() -> set[str]:
        return {path.name for path in (tmp_path / "index").glob("text-*/*") if path.is_file()}

    assert opened("", create=True) == []
    rebuilt, loss = opened("packed")
    assert "text index was rebuilt" in rebuilt
    assert loss == "text vectors are packed: 100.00% of the 50 nearest are found"
    assert opened("packed") == []
    assert LOG in kinds()
    assert "chroma.sqlite3" not in kinds()
    assert opened("") == []
    with build(load(), tmp_path, notify=lambda message: None) as reader:
        assert len(found(reader.library)) == 4
    assert any("text index was rebuilt" in line for line in opened("folder"))
    assert LOG not in kinds()


def test_a_reader_sees_what_is_packed_meanwhile(tmp_path: Path) -> None:
    with open_library(tmp_path, vectors=PACKED) as writer:
        put(writer, "pump")
        with open_library(tmp_path, vectors=PACKED, write=False) as reader:
            assert len(found(reader)) == 4
            put(writer, "valve", seed=1)
            assert len(found(reader)) == 8
            writer.remove(an_id("pump"))
            assert len(found(reader)) == 4
    with open_library(tmp_path, vectors=PACKED) as library:
        assert library.repaired == {}
        library.erase()
        assert len(found(library)) == 4


ADDING = """
import sys
import subprocess
import sys
from pathlib import Path
import numpy as np
from pagesight.adapters.numpy import PackedVectorIndex
index = PackedVectorIndex(Path(sys.argv[1]))
rows = np.load(sys.argv[2])
for start in range(len(index.ids()), len(rows), 5):
    index.add([f"c{row}" for row in range(start, start + 5)], rows[start : start + 5])
    print(start + 5, flush=True)
"""


def test_kills_lose_nothing_that_was_added(tmp_path: Path) -> None:
    directory = tmp_path / "text-0"
    rows = unit_vectors(5_000, 96)
    np.save(saved := tmp_path / "rows.npy", rows)
    added = 0
    for goal in (40, 400):
        command = [sys.executable, "-c", ADDING, str(directory), str(saved)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            while added < goal:
                added = int(writer.stdout.readline())
            writer.kill()
            added = int((writer.stdout.read().splitlines() or [str(added)])[-1])
        index = PackedVectorIndex(directory)
        assert {f"c{row}" for row in range(added)} <= index.ids()
        stored = index.vectors(sorted(index.ids()))
        assert all(np.array_equal(vector, rows[int(id[1:])]) for id, vector in stored.items())
        assert index.search(rows[added - 1], 1) == [(f"c{added - 1}", 1.0)]
