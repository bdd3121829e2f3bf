import gzip
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pagesight.adapters.chromadb.embedded import ChromaVectorIndex
from pagesight.adapters.sqlite import SQLiteCatalogue
from pagesight.document import (
    Chunk,
    DocumentProfile,
    Kind,
    Metadata,
    ParsedDocument,
    TextBlock,
)
from pagesight.errors import LibraryError, SettingsError
from pagesight.geometry import BBox
from pagesight.indexes import FETCH_LIMIT, NARROW
from pagesight.leftovers import Swept
from pagesight.library import Library
from pagesight.results import Filter
from tests.builders import (
    a_chunk,
    a_document,
    a_png,
    an_id,
    open_library,
    prose,
    some_pages,
    unit_vectors,
    vectors_for,
)
from tests.conftest import run_pagesight

Vectors = dict[str, npt.NDArray[np.float32]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def library(root: Path) -> Iterator[Library]:
    with open_library(root) as opened:
        yield opened


def chunks_of(name: str, count: int = 4) -> list[Chunk]:
    return [
        a_chunk(f"{name}-{i}", f"{name} says word{i}", document_id=an_id(name), pages=(i,))
        for i in range(count)
    ]


def put(library: Library, name: str, *, replaces: tuple[str, ...] = (), seed: int = 0) -> Vectors:
    chunks = chunks_of(name)
    vectors = vectors_for(chunks, seed=seed)
    library.put(
        a_document(name), some_pages(), chunks, {"text": vectors}, [an_id(n) for n in replaces]
    )
    return vectors


def nearest(
    vectors: Mapping[str, npt.NDArray[np.float32]],
    question: npt.NDArray[np.float32],
    count: int,
) -> list[str]:
    return sorted(vectors, key=lambda id: (-round(float(vectors[id] @ question), 6), id))[:count]


def ids_of(found: list[tuple[str, float]]) -> list[str]:
    return [id for id, _ in found]


def test_a_stored_document_is_found_by_vector_and_by_word(library: Library) -> None:
    vectors = put(library, "pump")
    assert library.search_vectors("text", vectors["pump-2"], 1) == [("pump-2", 1.0)]
    assert ids_of(library.search_words("word2", 5)) == ["pump-2"]
    assert library.documents() == [library.document(an_id("pump"))]
    assert library.pages(an_id("pump")) == some_pages()
    assert library.chunks(["pump-1"]) == library.document_chunks(an_id("pump"))[1:2]


def test_an_empty_library_finds_nothing(library: Library) -> None:
    assert library.search_vectors("text", unit_vectors(1)[0], 5) == []
    assert library.search_vectors("visual", unit_vectors(1)[0], 5, Filter(pages=(0, 1))) == []
    assert library.search_vectors("no such space", unit_vectors(1)[0], 5) == []
    assert library.search_words("anything", 5) == []
    assert library.search_words("anything", 0) == []


def test_the_chunks_of_a_replaced_document_vanish(library: Library) -> None:
    old = put(library, "old")
    put(library, "new", replaces=("old",), seed=1)
    found = library.search_vectors("text", old["old-0"], 10)
    assert sorted(ids_of(found)) == ["new-0", "new-1", "new-2", "new-3"]
    assert library.search_words("old", 10) == []
    assert len(library.search_words("new", 10)) == 4
    assert library.check() == {}


def test_a_document_put_again_is_found_by_its_new_vectors(library: Library) -> None:
    old = put(library, "pump")
    new = put(library, "pump", seed=1)
    assert library.search_vectors("text", new["pump-3"], 1) == [("pump-3", 1.0)]
    assert library.search_vectors("text", old["pump-3"], 1)[0][1] < 0.99
    assert len(library.search_words("pump", 10)) == 4


def test_a_removed_document_is_found_no_more(library: Library) -> None:
    vectors = put(library, "pump")
    put(library, "fan", seed=1)
    library.remove(an_id("pump"))
    assert all(
        id.startswith("fan") for id in ids_of(library.search_vectors("text", vectors["pump-0"], 9))
    )
    assert library.search_words("pump", 9) == []
    assert library.check() == {}


def test_a_commit_that_no_index_has_learnt_is_visible(library: Library, root: Path) -> None:
    vectors = put(library, "pump")
    behind = SQLiteCatalogue(root / "catalogue.db")
    chunks = chunks_of("fan")
    fresh = vectors_for(chunks, seed=1)
    behind.put(a_document("fan"), [], chunks, {"text": fresh}, [])
    behind.remove(an_id("pump"))
    with open_library(root, write=False) as reader:
        for which in (library, reader):
            found = which.search_vectors("text", fresh["fan-1"], 10)
            assert ids_of(found) == nearest(fresh, fresh["fan-1"], 10)
            assert which.search_vectors("text", vectors["pump-0"], 1)[0][0].startswith("fan")
            assert which.search_words("pump", 10) == []
            limited = which.search_vectors("text", fresh["fan-1"], 10, Filter(pages=(2, 3)))
            assert sorted(ids_of(limited)) == ["fan-2", "fan-3"]
    library.drain()
    assert ids_of(library.search_words("word1", 10)) == ["fan-1"]
    assert library.check() == {}
    behind.close()


@pytest.fixture(scope="module")
def machines(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Library, list[Chunk], Vectors]]:
    """700 chunks of seven documents."""
    chunks = prose(700)
    vectors = vectors_for(chunks)
    with open_library(tmp_path_factory.mktemp("machines")) as library:
        for number in range(7):
            name = f"machine {number}"
            own = [chunk for chunk in chunks if chunk.document_id == an_id(name)]
            of_own = {chunk.id: vectors[chunk.id] for chunk in own}
            library.put(a_document(name), [], own, {"text": of_own})
        yield library, chunks, vectors


@pytest.mark.parametrize(
    "filter",
    [
        Filter(documents=(an_id("machine 3"),)),
        Filter(pages=(10, 40)),
        Filter(kinds=("text",)),
        Filter(documents=(an_id("machine 1"), an_id("machine 2")), pages=(0, 20)),
        Filter(documents=("unknown",)),
    ],
)
def test_a_filter_gives_the_same_best_as_brute_force(
    machines: tuple[Library, list[Chunk], Vectors], filter: Filter
) -> None:
    library, chunks, vectors = machines
    admitted = {chunk.id: vectors[chunk.id] for chunk in chunks if filter.admits(chunk)}
    for question in unit_vectors(5, seed=3):
        found = library.search_vectors("text", question, 10, filter)
        assert ids_of(found) == nearest(admitted, question, 10)
        assert [score for _, score in found] == pytest.approx(
            [float(vectors[id] @ question) for id, _ in found], abs=1e-5
        )
    words = library.search_words("pump pressure", 10, filter)
    everything = library.search_words("pump pressure", len(chunks))
    assert words == [pair for pair in everything if pair[0] in admitted][:10]


@pytest.fixture(scope="module")
def plenty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, Vectors]]:
    """More texts than are fetched from the index, around one direction, and more figures than
    are compared without being asked, around the opposite one."""
    texts = [a_chunk(f"text-{i}", "", document_id=an_id("big")) for i in range(FETCH_LIMIT)]
    figures = [
        a_chunk(f"figure-{i}", "", document_id=an_id("big"), kind="figure", pages=(i % 2,))
        for i in range(NARROW + 10)
    ]
    rows = unit_vectors(len(texts) + len(figures), 4)
    rows[:, 0] = np.abs(rows[:, 0]) + 0.5
    rows[len(texts) :] *= -1
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    chunks = [*texts, *figures]
    vectors = {chunk.id: row for chunk, row in zip(chunks, rows, strict=True)}
    with open_library(tmp_path_factory.mktemp("plenty")) as library:
        library.put(a_document("big"), [], chunks, {"text": vectors})
        yield library, vectors


@pytest.mark.parametrize("kind", ["text", "figure"])
@pytest.mark.parametrize("side", [1, -1])
def test_a_weak_filter_gives_the_same_best_as_brute_force(
    plenty: tuple[Library, Vectors], kind: Kind, side: int
) -> None:
    library, vectors = plenty
    admitted = {id: vector for id, vector in vectors.items() if id.startswith(kind)}
    question = np.array([side, 0.1, 0.0, 0.0], np.float32) / np.float32(np.sqrt(1.01))
    found = library.search_vectors("text", question, 10, Filter(kinds=(kind,)))
    assert ids_of(found) == nearest(admitted, question, 10)


def empty(directory: Path) -> None:
    shutil.rmtree(directory)
    directory.mkdir()


def overwrite(directory: Path) -> None:
    for path in directory.rglob("*"):
        if path.is_file():
            path.write_bytes(b"junk" * 1000)


@pytest.mark.parametrize("damage", [shutil.rmtree, empty, overwrite])
@pytest.mark.parametrize("name", ["text", "words"])
def test_a_damaged_index_is_rebuilt_by_the_next_writer(
    root: Path, name: str, damage: Callable[[Path], None]
) -> None:
    with open_library(root) as library:
        vectors = put(library, "pump")
    damage(root / "index" / f"{name}-0")
    with open_library(root) as library:
        assert list(library.repaired) == [name]
        assert library.search_vectors("text", vectors["pump-1"], 1) == [("pump-1", 1.0)]
        assert ids_of(library.search_words("word1", 5)) == ["pump-1"]
        assert library.check() == {}
        assert not (root / "index" / f"{name}-0").exists()
    with open_library(root) as library:
        assert library.repaired == {}


def test_words_of_an_earlier_version_are_read_and_then_built_anew_by_a_writer(root: Path) -> None:
    with open_library(root) as library:
        put(library, "pump")
    catalogue = SQLiteCatalogue(root / "catalogue.db")
    for name in ("words", "pages"):
        catalogue.set_setting(f"{name}.version", "")  # as libraries were before they had one
    catalogue.close()
    with open_library(root, write=False) as reader:
        assert ids_of(reader.search_words("word1", 5)) == ["pump-1"]
        assert "another version" in reader.check()["words"]
    with open_library(root) as library:
        assert list(library.repaired) == ["words", "pages"]
        assert ids_of(library.search_words("word1", 5)) == ["pump-1"]
        assert library.check() == {}
    with open_library(root) as library:
        assert library.repaired == {}


def test_a_table_is_read_in_the_language_of_its_document(library: Library) -> None:
    said = (
        "Schalten Sie die Pumpe aus, bevor Sie das Ventil öffnen, und warten Sie, bis es kalt ist."
    )
    table = "| Drehmomente | Nm |\n| --- | --- |\n| Schrauben | 12 |"
    chunks = [a_chunk("text", said), a_chunk("table", table, kind="table", image="i")]
    vectors = vectors_for(chunks)
    library.put(a_document("manual"), some_pages(), chunks, {"text": vectors})
    assert ids_of(library.search_words("Drehmoment der Schraube", 5)) == ["table"]
    assert ids_of(library.search_words("Pumpen", 5)) == ["text"]


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("text", lambda reader: reader.search_vectors("text", unit_vectors(1)[0], 5)),
        ("words", lambda reader: reader.search_words("pump", 5)),
    ],
)
def test_a_reader_names_a_missing_index_and_changes_nothing(
    root: Path, name: str, search: Callable[[Library], object]
) -> None:
    with open_library(root) as library:
        put(library, "pump")
    shutil.rmtree(root / "index" / f"{name}-0")
    missing = f"{name}-0 is missing: `pagesight doctor --repair`"
    with open_library(root, write=False) as reader, pytest.raises(LibraryError, match=missing):
        search(reader)
    assert not (root / "index" / f"{name}-0").exists()


def test_a_reader_gets_along_without_an_index_that_a_writer_is_changing(root: Path) -> None:
    with open_library(root) as library:
        vectors = put(library, "pump")
        with open_library(root, write=False) as reader:
            overwrite(root / "index" / "text-0")  # as torn as it can be
            found = reader.search_vectors("text", vectors["pump-1"], 9)
            assert ids_of(found) == nearest(vectors, vectors["pump-1"], 9)
        library.rebuild("text")


def test_wrong_vectors_are_noticed_after_a_crash(root: Path) -> None:
    with open_library(root) as library:
        vectors = put(library, "pump")
    index = ChromaVectorIndex(root / "index" / "text-0")
    index.add(["pump-1"], unit_vectors(1, seed=8))
    index.close()
    catalogue = SQLiteCatalogue(root / "catalogue.db")
    catalogue.set_setting("text.dirty", "1")  # as a killed writer leaves it
    catalogue.close()
    with open_library(root) as library:
        assert list(library.repaired) == ["text"]
        assert library.search_vectors("text", vectors["pump-1"], 1) == [("pump-1", 1.0)]


def test_a_second_writer_is_refused_and_a_reader_is_not(library: Library, root: Path) -> None:
    put(library, "pump")
    with pytest.raises(LibraryError, match=r"another pagesight process is writing to .*library"):
        open_library(root)
    with open_library(root, write=False) as reader:
        assert len(reader.documents()) == 1
        with pytest.raises(LibraryError, match="reading only"):
            reader.remove(an_id("pump"))
    library.close()
    open_library(root).close()


def test_a_reader_sees_what_another_process_commits(root: Path) -> None:
    with open_library(root) as library:
        put(library, "pump")
    with open_library(root, write=False) as reader, open_library(root, write=False) as second:
        fan = vectors_for(chunks_of("fan"), seed=1)
        for which in (reader, second):
            assert len(which.search_vectors("text", fan["fan-1"], 10)) == 4
            assert which.search_words("fan", 10) == []
        in_another_process("put(library, 'fan', replaces=('pump',), seed=1)", root)
        for which in (reader, second):
            assert which.search_vectors("text", fan["fan-1"], 10)[0] == ("fan-1", 1.0)
            assert ids_of(which.search_words("word1", 10)) == ["fan-1"]
            assert which.search_words("pump", 10) == []


def test_a_killed_writer_leaves_a_library_that_the_next_one_puts_right(root: Path) -> None:
    work = "put(library, 'pump'); library.catalogue.remove(an_id('pump')); "
    work += "library.catalogue.put(a_document('fan'), [], chunks_of('fan'), "
    work += "{'text': vectors_for(chunks_of('fan'), seed=1)}, []); "
    work += "os.kill(os.getpid(), signal.SIGKILL)"
    assert in_another_process(work, root, check=False) == -signal.SIGKILL
    fan = vectors_for(chunks_of("fan"), seed=1)
    with open_library(root, write=False) as reader:
        assert ids_of(reader.search_vectors("text", fan["fan-1"], 9)) == nearest(
            fan, fan["fan-1"], 9
        )
    with open_library(root) as library:
        assert library.repaired == {}
        assert ids_of(library.search_words("word1", 9)) == ["fan-1"]
        assert library.check() == {}


def in_another_process(work: str, root: Path, *, check: bool = True) -> int:
    code = (
        "import sys; from pathlib import Path; from tests.test_library import *\n"
        f"with open_library(Path(sys.argv[1])) as library: {work}"
    )
    folder = Path(__file__).parent.parent
    paths = os.pathsep.join([str(folder / "src"), str(folder)])
    run = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        env={**os.environ, "PYTHONPATH": paths},
        check=check,
        timeout=60,
    )
    return run.returncode


def test_a_space_belongs_to_the_model_that_was_bound_first(library: Library, root: Path) -> None:
    library.bind("text", "model-a/384")
    library.bind("text", "model-a/384")
    assert library.spaces() == {"text": "model-a/384"}
    with pytest.raises(SettingsError) as refused:
        library.bind("text", "model-b/768", "m/b")
    for part in (
        "model-a/384",
        "model-b/768",
        "nothing was changed",
        f"reembed --model m/b --library {root}",
    ):
        assert part in str(refused.value)
    assert library.spaces() == {"text": "model-a/384"}


def test_a_reader_records_no_model(root: Path) -> None:
    open_library(root).close()
    with open_library(root, write=False) as reader:
        reader.bind("text", "model-a/384")
        assert reader.spaces() == {}


def embedder(vectors: Vectors) -> Callable[[Sequence[Chunk]], Vectors]:
    return lambda chunks: {chunk.id: vectors[chunk.id] for chunk in chunks if chunk.id in vectors}


def test_a_replaced_space_answers_with_the_new_vectors(library: Library, root: Path) -> None:
    put(library, "pump")
    library.bind("text", "old")
    new = vectors_for(chunks_of("pump"), 8, seed=5)
    with open_library(root, write=False) as reader:
        assert reader.search_vectors("text", unit_vectors(1)[0], 1)
        library.replace_space("text", "new", embedder(new))
        for which in (library, reader):
            assert which.spaces() == {"text": "new"}
            assert which.search_vectors("text", new["pump-2"], 1) == [("pump-2", 1.0)]
    assert [path.name for path in (root / "index").glob("text-*")] == ["text-1"]
    assert library.check() == {}


def test_a_space_that_some_chunks_get_no_vector_of_is_not_replaced(library: Library) -> None:
    vectors = put(library, "pump")
    library.bind("text", "old")
    one = vectors_for(chunks_of("pump")[:1], 8)
    with pytest.raises(LibraryError, match="3 chunks got no new text vector"):
        library.replace_space("text", "new", embedder(one))
    assert library.search_vectors("text", vectors["pump-2"], 1) == [("pump-2", 1.0)]
    assert library.spaces() == {"text": "old"}


def test_a_rebuilt_index_finds_the_same(library: Library, root: Path) -> None:
    vectors = put(library, "pump")
    before = library.search_vectors("text", vectors["pump-2"], 4), library.search_words("pump", 4)
    library.rebuild("text")
    library.rebuild("words")
    after = library.search_vectors("text", vectors["pump-2"], 4), library.search_words("pump", 4)
    assert after == before
    assert sorted(path.name for path in (root / "index").iterdir()) == [
        "documents-0",
        "pages-0",
        "text-1",
        "words-1",
    ]


def test_documents_are_found_by_what_they_are_called_and_by_every_word_of_theirs(
    library: Library,
) -> None:
    pump = [
        a_chunk("p0", "An acme product", document_id=an_id("pump"), heading_path=("Lubrication",)),
        a_chunk("p1", "Gaskets are cheap", document_id=an_id("pump"), pages=(1,)),
    ]
    library.put(a_document("pump"), some_pages(), pump, {"text": vectors_for(pump)})
    put(library, "fan")
    for words in ("pump.pdf", "Pump", "lubrication", "acme", "gaskets"):
        assert library.search_documents(words, 5)[0][0] == an_id("pump"), words
    only = Filter(documents=(an_id("fan"),))
    assert library.search_documents("pump", 5, only) == []
    library.update(replace(a_document("pump"), metadata=Metadata(revision="F12", tags=("wet",))))
    library.drain()
    for words in ("F12", "wet"):
        assert [id for id, _ in library.search_documents(words, 5)] == [an_id("pump")], words
    library.remove(an_id("pump"))
    assert library.search_documents("acme", 5) == []


def test_a_library_without_an_index_of_documents_gets_it_from_its_next_writer(
    library: Library, root: Path
) -> None:
    put(library, "pump")
    library.close()
    shutil.rmtree(root / "index" / "documents-0")
    with sqlite3.connect(root / "catalogue.db") as database:
        database.execute("DELETE FROM setting WHERE key LIKE 'documents.%'")
    database.close()
    with open_library(root, write=False) as reader:
        assert reader.search_documents("pump", 5) == []
    with open_library(root) as writer:
        assert writer.repaired == {"documents": "it is missing"}
        assert [id for id, _ in writer.search_documents("pump", 5)] == [an_id("pump")]


def test_a_document_is_found_by_id_path_alias_and_name(library: Library) -> None:
    put(library, "pump")
    library.add_source("/elsewhere/copy.pdf", an_id("pump"))
    id = an_id("pump")
    for reference in (id, id[:6].upper(), "/documents/pump.pdf", "pump.pdf", "copy.pdf"):
        assert library.find(reference).id == id


def test_a_relative_path_finds_its_document(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.put(a_document("pump", source=str(tmp_path / "sub" / "pump.pdf")), [], [], {})
    monkeypatch.chdir(tmp_path)
    assert library.find("sub/pump.pdf").id == an_id("pump")


def test_what_names_no_document_or_several_is_refused(library: Library) -> None:
    library.put(a_document("one", source="/a/manual.pdf"), [], [], {})
    library.put(a_document("two", source="/b/manual.pdf"), [], [], {})
    for reference in ("other.pdf", an_id("one")[:5], ""):
        with pytest.raises(SettingsError, match="no such document"):
            library.find(reference)
    with pytest.raises(SettingsError) as refused:
        library.find("manual.pdf")
    for part in ("/a/manual.pdf", "/b/manual.pdf", an_id("one")[:12], an_id("two")[:12]):
        assert part in str(refused.value)


def test_threads_can_search_while_one_writes(root: Path, library: Library) -> None:
    put(library, "pump")
    errors: list[BaseException] = []

    def search(which: Library) -> None:
        try:
            for vector in unit_vectors(40, seed=2):
                found = which.search_vectors("text", vector, 4)
                words = which.search_words("says", 4)
                assert len(found) == len(words) == 4
        except BaseException as error:
            errors.append(error)

    with open_library(root, write=False) as reader:
        threads = [threading.Thread(target=search, args=(which,)) for which in (library, reader)]
        for thread in threads:
            thread.start()
        for number in range(12):
            put(library, f"fan{number}", seed=number)
        for thread in threads:
            thread.join()
    assert errors == []


def test_an_unknown_space_is_refused_before_anything_is_stored(library: Library) -> None:
    with pytest.raises(ValueError, match="no such vector space"):
        library.put(a_document(), [], [], {"sound": {}})
    assert library.documents() == []


def test_closing_twice_is_closing_once(root: Path) -> None:
    library = open_library(root)
    put(library, "pump")
    library.close()
    library.close()


def test_words_in_memory_follow_the_catalogue_and_leave_the_index_on_disk_alone(root: Path) -> None:
    with open_library(root) as library:
        put(library, "pump")
    with open_library(root, words_in_memory=True) as library:
        put(library, "fan")
        assert ids_of(library.search_words("word1", 9)) == ["fan-1", "pump-1"]
        library.remove(an_id("pump"))
        assert ids_of(library.search_words("word1", 9)) == ["fan-1"]
    with open_library(root, write=False, words_in_memory=True) as reader:
        assert ids_of(reader.search_words("word1", 9)) == ["fan-1"]
    with open_library(root) as library:
        assert library.repaired == {}
        assert ids_of(library.search_words("word1", 9)) == ["fan-1"]


PHRASE = "the zyzzogeton valve is painted vermilion"


def put_with_files(library: Library, name: str, phrase: str, *, seed: int, shade: int) -> Vectors:
    """A document with a text, a figure of its own, one that all share, and a cached parse."""
    id = an_id(name)
    own, shared = library.crops.put(a_png(shade)), library.crops.put(a_png(0))
    text = a_chunk(f"{name}-text", phrase, document_id=id)
    figures = [
        a_chunk(f"{name}-{key[:4]}", f"{name} figure", document_id=id, kind="figure", image=key)
        for key in (own, shared)
    ]
    chunks = [text, *figures]
    vectors = vectors_for(chunks, seed=seed)
    library.put(a_document(name), some_pages(), chunks, {"text": vectors, "visual": vectors})
    profile = DocumentProfile(id=id, source=f"/documents/{name}.pdf", title="", page_count=3)
    span = TextBlock(page=0, bbox=BBox(0, 0, 9, 9), role="paragraph", text=phrase, spans=())
    parsed = ParsedDocument(
        profile=profile, title=name, pages=tuple(some_pages()), elements=(span,)
    )
    library.parses.put(parsed, "parser")
    return vectors


def traces(root: Path, needle: bytes) -> set[str]:
    """Files below the library folder that hold the bytes, by their names; packed ones too."""
    found = set()
    for path in root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if needle in (gzip.decompress(data) if path.suffix == ".gz" else data):
                found.add(path.name)
    return found


def test_a_forgotten_document_takes_its_files_along(library: Library, root: Path) -> None:
    put_with_files(library, "pump", PHRASE, seed=1, shade=1)
    put_with_files(library, "fan", "the fan is green", seed=2, shade=2)
    url = "https://example.org/fan.pdf"
    library.add_source(url, an_id("fan"))
    copy = library.file_of(url)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"%PDF-")
    assert len(library.crops.keys()) == 3
    library.forget([an_id("fan"), "unknown"])
    assert [document.name for document in library.documents()] == ["pump.pdf"]
    assert library.search_words("fan green", 9) == []
    assert library.parses.get(an_id("fan"), "parser") is None
    assert library.parses.get(an_id("pump"), "parser") is not None
    assert library.crops.keys() == {
        chunk.image for chunk in library.document_chunks(an_id("pump")) if chunk.image
    }
    assert not copy.exists()
    assert library.check() == {}


def test_what_is_erased_is_in_no_file_any_more(root: Path) -> None:
    with open_library(root) as library:
        vector = put_with_files(library, "pump", PHRASE, seed=1, shade=1)["pump-text"].tobytes()
        kept = put_with_files(library, "fan", "the fan is green", seed=2, shade=2)
    assert {"catalogue.db", "chroma.sqlite3"} <= traces(root, vector)
    packed = {name for name in traces(root, b"zyzzogeton") if name.endswith(".gz")}
    assert {"catalogue.db", *packed} <= traces(root, PHRASE.encode())
    assert packed
    before = sorted(path.name for path in (root / "index").iterdir())
    assert before == ["documents-0", "pages-0", "text-0", "visual-0", "words-0"]

    removed = run_pagesight("docs", "rm", "pump.pdf", "--library", root)
    assert removed.returncode == 0, removed.stderr
    with open_library(root, write=False) as reader:
        assert reader.search_words("zyzzogeton", 9) == []
    assert "chroma.sqlite3" in traces(root, vector)  # why erasing is more than removing

    erased = run_pagesight("docs", "rm", "--erase", "--library", root)
    assert erased.returncode == 0, erased.stderr
    assert traces(root, vector) == traces(root, b"zyzzogeton") == set()
    after = sorted(path.name for path in (root / "index").iterdir())
    assert after == ["documents-1", "pages-1", "text-1", "visual-1", "words-1"]
    with open_library(root) as library:
        assert library.repaired == {}
        assert library.check() == {}
        assert not library.erasing()
        assert library.search_vectors("text", kept["fan-text"], 1) == [("fan-text", 1.0)]
        assert ids_of(library.search_words("fan green", 1)) == ["fan-text"]


def test_removing_and_erasing_are_one_command(root: Path) -> None:
    with open_library(root) as library:
        vector = put_with_files(library, "pump", PHRASE, seed=1, shade=1)["pump-text"].tobytes()
        put_with_files(library, "fan", "the fan is green", seed=2, shade=2)
    done = run_pagesight("docs", "rm", "pump.pdf", "--erase", "--library", root)
    assert "removed pump.pdf" in done.stdout
    assert traces(root, vector) == traces(root, b"zyzzogeton") == set()
    refused = run_pagesight("docs", "rm", "--library", root)
    assert refused.returncode == 2
    assert "name the documents" in refused.stderr


def test_an_erasing_that_did_not_finish_is_remembered(root: Path) -> None:
    with open_library(root) as library:
        put_with_files(library, "pump", PHRASE, seed=1, shade=1)
        library.forget([an_id("pump")])
        stuck = root / "downloads" / "ab" / "stuck"
        stuck.parent.mkdir(parents=True)
        stuck.write_bytes(b"no folder, which cannot be removed as one")
        with pytest.raises(LibraryError, match="cannot remove"):
            library.erase()
    with open_library(root) as library:
        assert library.erasing()
        stuck.unlink()
        library.erase()
        assert not library.erasing()
    assert traces(root, PHRASE.encode()) == set()


def test_erasing_takes_an_index_of_words_along_that_another_engine_left(root: Path) -> None:
    with open_library(root) as library:
        put(library, "pump")
    with open_library(root, words_in_memory=True) as library:
        library.forget([an_id("pump")], erase=True)
        put(library, "fan")
    assert not list((root / "index").glob("words-*"))
    with open_library(root) as library:
        assert ids_of(library.search_words("word1", 9)) == ["fan-1"]


def test_sweeping_removes_what_no_document_needs_and_nothing_else(
    library: Library, root: Path
) -> None:
    put_with_files(library, "pump", PHRASE, seed=1, shade=1)
    put_with_files(library, "fan", "the fan is green", seed=2, shade=2)
    assert library.sweep() == Swept()
    library.remove(an_id("fan"))
    temporary = root / "crops" / f".{'0' * 32}.tmp"
    temporary.write_bytes(b"half")
    mine = root / "crops" / ".mine.tmp"
    mine.write_bytes(b"not ours")
    swept = library.sweep()
    assert (swept.crops, swept.parses, swept.temporary) == (1, 1, 1)
    assert swept.bytes > len(a_png()) + 4
    assert not temporary.exists()
    assert mine.exists()
    assert len(library.crops.keys()) == 2
    assert library.parses.get(an_id("pump"), "parser") is not None
    assert library.sweep() == Swept()


def test_a_document_is_read_where_its_source_or_its_copy_is(library: Library, root: Path) -> None:
    url = "https://example.org/manuals/pump.pdf"
    assert library.original(a_document()) == Path("/documents/manual.pdf")
    copy = library.original(a_document(source=url))
    assert copy.is_relative_to(root / "downloads")
    assert copy == library.file_of(url)


def test_a_picture_that_is_gone_is_none(library: Library) -> None:
    key = library.crops.put(a_png())
    figure = a_chunk("figure", kind="figure", image=key)
    assert library.picture(figure) == library.crop_path(key)
    library.crop_path(key).unlink()
    assert library.picture(figure) is None
    assert library.picture(a_chunk("text")) is None


def test_what_an_index_misses_is_measured(plenty: tuple[Library, Vectors], tmp_path: Path) -> None:
    library, _ = plenty
    assert library.indexes.recall("visual", 10) is None
    found = library.indexes.recall("text", 10)
    assert found is not None
    assert found > 0.97
    with open_library(tmp_path) as small:
        chunks = [a_chunk(f"c{number}", document_id=an_id("manual")) for number in range(60)]
        near, other = unit_vectors(60), unit_vectors(60, seed=1)
        vectors = {chunk.id: row for chunk, row in zip(chunks, near, strict=True)}
        small.put(a_document(), [], chunks, {"text": vectors})
        assert small.indexes.recall("text", 20) == 1.0
        # The index is not told.
        moved = {chunk.id: row for chunk, row in zip(chunks, other, strict=True)}
        small.catalogue.put_vectors("text", moved)
        missed = small.indexes.recall("text", 20)
        assert missed is not None
        assert missed < 1.0
