import pickle
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pagesight.adapters.sqlite import SCHEMA_VERSION, SQLiteCatalogue
from pagesight.document import Chunk, ChunkMention, ChunkReferences, Counts
from pagesight.errors import LibraryError
from pagesight.ports import DOCUMENTS, WORDS, Catalogue
from pagesight.results import Filter
from tests.builders import a_chunk, a_document, an_id, some_pages, vectors_for


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = SQLiteCatalogue(tmp_path / "library" / "catalogue.db")
    yield opened
    opened.close()


def chunks_of(name: str, count: int = 3) -> list[Chunk]:
    return [a_chunk(f"{name}-{i}", document_id=an_id(name), pages=(i,)) for i in range(count)]


def put(
    catalogue: Catalogue, name: str, chunks: list[Chunk], replaces: tuple[str, ...] = ()
) -> None:
    vectors = {"text": vectors_for(chunks)}
    catalogue.put(a_document(name), some_pages(), chunks, vectors, [an_id(n) for n in replaces])


def settle_all(catalogue: Catalogue) -> None:
    for index in (WORDS, "text", "visual"):
        for sequence, _, _ in catalogue.pending(index):
            catalogue.settle(index, sequence)


def operations(catalogue: Catalogue, index: str) -> list[tuple[str, str]]:
    return [(operation, id) for _, operation, id in catalogue.pending(index)]


def test_what_is_put_comes_back_as_it_was(catalogue: Catalogue) -> None:
    chunks = [
        a_chunk("b", "Ω first", document_id=an_id("m"), heading_path=("1 Start", "1.1 Now")),
        replace(
            a_chunk("a", "second", document_id=an_id("m"), kind="table", pages=(0, 2), image="ab"),
            html="<table>",
            label="Table 1",
        ),
    ]
    document = replace(a_document("m"), figures=2, tables=1, ocr_pages=1)
    vectors = vectors_for(chunks)
    catalogue.put(document, some_pages(), chunks, {"text": vectors}, [])
    assert catalogue.documents() == [document]
    assert catalogue.document(document.id) == document
    assert catalogue.pages(document.id) == some_pages()
    assert catalogue.document_chunks(document.id) == chunks
    assert catalogue.chunks(["a", "unknown", "b"]) == chunks[::-1]
    stored = catalogue.vectors("text", ["a", "b", "unknown"])
    assert set(stored) == {"a", "b"}
    assert all(np.array_equal(stored[id], vectors[id]) for id in stored)
    assert catalogue.sources() == {document.source: document.id}


def test_the_texts_of_a_page_are_those_of_the_chunks_that_stand_on_it(
    catalogue: Catalogue,
) -> None:
    chunks = [
        a_chunk("b", "first", document_id=an_id("m")),
        a_chunk("c", "across", document_id=an_id("m"), pages=(0, 2)),
        a_chunk("a", "last", document_id=an_id("m"), pages=(2,)),
    ]
    pages = [replace(some_pages()[0], index=index) for index in range(4)]
    catalogue.put(a_document("m"), pages, chunks, {}, [])
    put(catalogue, "n", chunks_of("n"))
    found = catalogue.page_texts(an_id("m"), 0, 2)
    assert found == {0: ["first", "across"], 1: [], 2: ["across", "last"]}
    assert catalogue.page_texts(an_id("m"), 2, 9) == {2: ["across", "last"], 3: []}
    assert catalogue.page_texts("unknown", 0, 9) == {}


def test_the_headings_of_a_document_come_once_and_in_reading_order(catalogue: Catalogue) -> None:
    paths = [("2 Safety",), ("2 Safety", "2.1 Wiring"), ("1 Care",), ("2 Safety",), ()]
    chunks = [
        a_chunk(f"m-{number}", "text", document_id=an_id("m"), heading_path=path)
        for number, path in enumerate(paths)
    ]
    put(catalogue, "m", chunks)
    put(catalogue, "n", [a_chunk("n-0", "text", document_id=an_id("n"), heading_path=("Other",))])
    assert catalogue.headings(an_id("m")) == ["2 Safety", "2.1 Wiring", "1 Care"]
    assert catalogue.headings("unknown") == []


def test_chunks_know_their_documents(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m", 2))
    put(catalogue, "n", chunks_of("n", 1))
    owners = catalogue.owners(["n-0", "gone", "m-1"])
    assert owners == {"n-0": an_id("n"), "m-1": an_id("m")}


def test_whatever_changes_a_profile_reaches_its_index(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m", 1))
    settled = catalogue.pending(DOCUMENTS)
    assert [(operation, id) for _, operation, id in settled] == [("add", an_id("m"))]
    catalogue.settle(DOCUMENTS, settled[-1][0])
    catalogue.update(replace(a_document("m"), title="Another"))
    assert [row[1:] for row in catalogue.pending(DOCUMENTS)] == [("add", an_id("m"))]
    catalogue.remove(an_id("m"))
    assert catalogue.pending(DOCUMENTS)[-1][1:] == ("remove", an_id("m"))


def test_the_neighbours_of_a_chunk_come_with_their_positions(catalogue: Catalogue) -> None:
    chunks = chunks_of("m", 5)
    put(catalogue, "m", chunks)
    put(catalogue, "other", chunks_of("other", 5))
    assert catalogue.neighbours("m-2", 1) == {1: chunks[1], 2: chunks[2], 3: chunks[3]}
    assert list(catalogue.neighbours("m-0", 2)) == [0, 1, 2]
    assert list(catalogue.neighbours("m-4", 9)) == [0, 1, 2, 3, 4]
    assert catalogue.neighbours("m-2", 0) == {2: chunks[2]}
    assert catalogue.neighbours("unknown", 3) == {}


def test_figures_and_tables_are_found_by_their_labels(catalogue: Catalogue) -> None:
    def labelled(id: str, name: str, label: str, page: int) -> Chunk:
        chunk = a_chunk(id, label, document_id=an_id(name), kind="figure", pages=(page,))
        return replace(chunk, label=label)

    first = [labelled("m1", "m", "Figure 2", 1), labelled("m2", "m", "Figure 1", 0)]
    second = [labelled("n1", "n", "Figure 1", 0), a_chunk("n2", document_id=an_id("n"))]
    put(catalogue, "m", first)
    put(catalogue, "n", second)
    found = catalogue.references.defining(["Figure 2", "Figure 1", "Figure 9", ""], Filter())
    in_order = sorted([(an_id("m"), "m2"), (an_id("n"), "n1")])
    assert found == [
        *(("Figure 1", document, id) for document, id in in_order),
        ("Figure 2", an_id("m"), "m1"),
    ]
    only = catalogue.references.defining(["Figure 1"], Filter(documents=(an_id("n"),)))
    assert only == [("Figure 1", an_id("n"), "n1")]
    assert catalogue.references.defining(["Figure 1"], Filter(pages=(1, 2))) == []
    catalogue.remove(an_id("m"))
    left = catalogue.references.defining(["Figure 1", "Figure 2"], Filter())
    assert [id for *_, id in left] == ["n1"]


GRAPH = ChunkReferences(
    defined=(("Section 1", "m-0"), ("Section 1", "m-1"), ("Equation 4", "m-2")),
    mentions=(
        ChunkMention(chunk_id="m-0", key="Equation 4", target="m-2"),
        ChunkMention(chunk_id="m-0", key="Equation 9"),
        ChunkMention(chunk_id="m-1", key="Equation 4", target="m-2"),
    ),
)


def put_with_graph(catalogue: Catalogue) -> None:
    catalogue.put(a_document("m"), some_pages(), chunks_of("m"), {}, [], (1, GRAPH))


def test_what_a_graph_defines_is_found_in_reading_order(catalogue: Catalogue) -> None:
    put_with_graph(catalogue)
    m, references = an_id("m"), catalogue.references
    found = references.defining(["Section 1", "Equation 4", "Figure 1"], Filter())
    assert found == [("Equation 4", m, "m-2"), ("Section 1", m, "m-0"), ("Section 1", m, "m-1")]
    assert references.defining(["Section 1"], Filter(pages=(1, 1))) == [("Section 1", m, "m-1")]


def test_mentions_are_found_from_both_ends(catalogue: Catalogue) -> None:
    put_with_graph(catalogue)
    references = catalogue.references
    assert references.mentioned("m-0") == [("Equation 4", "m-2")]
    assert references.mentioned("unknown") == []
    assert references.mentioning("m-2") == ["m-0", "m-1"]


def test_a_page_goes_by_its_printed_label_and_else_by_its_number(catalogue: Catalogue) -> None:
    pages = [
        replace(some_pages()[0], index=n, label=label) for n, label in enumerate(["ii", "1", "2"])
    ]
    catalogue.put(a_document("m"), pages, chunks_of("m"), {}, [])
    put(catalogue, "n", [a_chunk("n-0", document_id=an_id("n"), pages=(0, 1))])
    m, n, references = an_id("m"), an_id("n"), catalogue.references
    assert references.on_page("1", Filter()) == sorted([(m, "m-1"), (n, "n-0")])
    assert references.on_page("2", Filter(documents=(m,))) == [(m, "m-2")]
    assert references.on_page("3", Filter(documents=(m,))) == [(m, "m-2")]
    assert references.on_page("1-2", Filter()) == [(n, "n-0")]
    assert references.on_page("xx", Filter()) == []


def test_references_go_with_their_document(catalogue: Catalogue) -> None:
    put_with_graph(catalogue)
    catalogue.put(a_document("m"), some_pages(), chunks_of("m"), {}, [])
    assert catalogue.references.defining(["Equation 4"], Filter()) == []
    put_with_graph(catalogue)
    catalogue.remove(an_id("m"))
    assert catalogue.references.defining(["Equation 4"], Filter()) == []
    assert catalogue.references.mentioning("m-2") == []
    assert catalogue.upkeep.strays() == {}


def test_documents_whose_graph_is_missing_or_made_by_other_rules_are_told(
    catalogue: Catalogue,
) -> None:
    put_with_graph(catalogue)
    put(catalogue, "n", chunks_of("n"))
    references = catalogue.references
    assert references.lacking(1) == [an_id("n")]
    assert set(references.lacking(2)) == {an_id("m"), an_id("n")}
    other = ChunkReferences(defined=(("Section 2", "m-1"),))
    references.replace({an_id("m"): other, an_id("gone"): GRAPH}, 2)
    assert references.lacking(2) == [an_id("n")]
    assert references.defining(["Section 1", "Section 2"], Filter()) == [
        ("Section 2", an_id("m"), "m-1")
    ]
    assert references.mentioned("m-0") == []
    catalogue.put(a_document("m"), some_pages(), chunks_of("m"), {}, [])
    assert an_id("m") in references.lacking(2)


def test_a_library_without_the_graph_is_read_by_labels(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    with closing(SQLiteCatalogue(path)) as catalogue:
        chunk = replace(a_chunk("m1", document_id=an_id("m"), kind="figure"), label="Figure 1")
        put(catalogue, "m", [chunk])
    with closing(sqlite3.connect(path)) as database:
        for table in ("graph", "definition", "mention"):
            database.execute(f"DROP TABLE {table}")
    with closing(SQLiteCatalogue(path, read_only=True)) as reader:
        found = reader.references.defining(["Figure 1", "Section 1"], Filter())
        assert found == [("Figure 1", an_id("m"), "m1")]
        assert reader.references.mentioned("m1") == []
        assert reader.references.mentioning("m1") == []
    with closing(SQLiteCatalogue(path)) as writer:
        assert writer.references.lacking(1) == [an_id("m")]


def test_what_is_not_there_is_nothing(catalogue: Catalogue) -> None:
    assert catalogue.documents() == []
    assert catalogue.document("unknown") is None
    assert catalogue.pages("unknown") == []
    assert catalogue.chunks(["unknown"]) == []
    assert catalogue.document_chunks("unknown") == []
    assert catalogue.setting("unknown") is None
    catalogue.remove("unknown")


def test_replaced_documents_vanish_in_the_same_commit(catalogue: Catalogue) -> None:
    put(catalogue, "old", chunks_of("old"))
    before = catalogue.revision()
    put(catalogue, "new", chunks_of("new"), replaces=("old",))
    assert catalogue.revision() == before + 1
    assert [document.id for document in catalogue.documents()] == [an_id("new")]
    assert catalogue.all_ids() == {"new-0", "new-1", "new-2"}
    assert catalogue.all_ids("text") == catalogue.all_ids()
    assert list(catalogue.sources().values()) == [an_id("new")]


def test_the_outbox_adds_what_is_new_before_it_removes_what_is_old(catalogue: Catalogue) -> None:
    put(catalogue, "old", chunks_of("old", 1))
    settle_all(catalogue)
    put(catalogue, "new", chunks_of("new", 1), replaces=("old",))
    for index in (WORDS, "text"):
        assert operations(catalogue, index) == [("add", "new-0"), ("remove", "old-0")]
    assert operations(catalogue, "visual") == []


def test_putting_the_same_ids_again_leaves_them_live(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m", 3))
    settle_all(catalogue)
    put(catalogue, "m", chunks_of("m", 2))
    expected = [("add", "m-0"), ("add", "m-1"), ("remove", "m-2")]
    assert operations(catalogue, WORDS) == operations(catalogue, "text") == expected
    assert catalogue.all_ids() == {"m-0", "m-1"}


def test_a_vector_that_does_not_come_back_is_removed_from_its_index(catalogue: Catalogue) -> None:
    chunks = chunks_of("m", 1)
    both = {"text": vectors_for(chunks), "visual": vectors_for(chunks)}
    catalogue.put(a_document("m"), [], chunks, both, [])
    settle_all(catalogue)
    put(catalogue, "m", chunks)
    assert operations(catalogue, "visual") == [("remove", "m-0")]


def test_removing_a_document_removes_all_of_it(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m", 1))
    catalogue.add_source("/elsewhere/copy.pdf", an_id("m"))
    settle_all(catalogue)
    catalogue.remove(an_id("m"))
    assert catalogue.all_ids() == catalogue.all_ids("text") == set()
    assert catalogue.sources() == {}
    assert catalogue.pages(an_id("m")) == []
    assert operations(catalogue, WORDS) == operations(catalogue, "text") == [("remove", "m-0")]


def test_aliases_survive_another_parse_of_the_same_bytes(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m"))
    catalogue.add_source("/elsewhere/copy.pdf", an_id("m"))
    put(catalogue, "m", chunks_of("m"))
    assert set(catalogue.sources()) == {"/documents/m.pdf", "/elsewhere/copy.pdf"}


def test_a_failed_put_changes_nothing(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m"))
    before = (catalogue.revision(), operations(catalogue, WORDS))
    twice = [a_chunk("same", document_id=an_id("n")), a_chunk("same", document_id=an_id("n"))]
    with pytest.raises(LibraryError):
        catalogue.put(a_document("n"), [], twice, {}, [an_id("m")])
    assert (catalogue.revision(), operations(catalogue, WORDS)) == before
    assert [document.id for document in catalogue.documents()] == [an_id("m")]


def test_outbox_rows_are_forgotten_only_up_to_where_they_were_settled(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m", 3))
    rows = catalogue.pending(WORDS, 2)
    assert [id for _, _, id in rows] == ["m-0", "m-1"]
    assert catalogue.settled(WORDS) == 0
    catalogue.settle(WORDS, rows[-1][0])
    assert catalogue.settled(WORDS) == rows[-1][0]
    assert operations(catalogue, WORDS) == [("add", "m-2")]
    assert len(catalogue.pending("text")) == 3


def test_sequence_numbers_are_never_used_again(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m"))
    last = max(row[0] for index in (WORDS, "text") for row in catalogue.pending(index))
    settle_all(catalogue)
    put(catalogue, "n", chunks_of("n"))
    assert catalogue.pending(WORDS)[0][0] > last


@pytest.mark.parametrize(
    "filter",
    [
        Filter(),
        Filter(documents=(an_id("one"), "unknown")),
        Filter(kinds=("figure", "table")),
        Filter(pages=(2, 4)),
        Filter(documents=(an_id("two"),), kinds=("text",), pages=(0, 4)),
    ],
)
def test_a_filter_admits_in_the_catalogue_what_it_admits_by_itself(
    catalogue: Catalogue, filter: Filter
) -> None:
    chunks = []
    for number, name in enumerate(("one", "two", "three")):
        own = [
            a_chunk(
                f"{name}-{i}",
                document_id=an_id(name),
                kind=("text", "figure", "table", "text")[i % 4],
                pages=((i,), (1, 5), (), (0, 3, 9))[(i + number) % 4],
            )
            for i in range(8)
        ]
        catalogue.put(a_document(name), [], own, {}, [])
        chunks += own
    admitted = sorted(chunk.id for chunk in chunks if filter.admits(chunk))
    assert catalogue.matching(filter, 100) == admitted
    assert catalogue.matching(filter, len(admitted)) == admitted
    assert catalogue.matching(filter, len(admitted) - 1) is None
    assert catalogue.live([chunk.id for chunk in chunks] + ["dead"], filter) == set(admitted)


def test_vectors_of_unknown_chunks_are_ignored(catalogue: Catalogue) -> None:
    chunks = chunks_of("m", 2)
    put(catalogue, "m", chunks)
    catalogue.put_vectors("visual", vectors_for([*chunks, a_chunk("unknown")]))
    assert catalogue.all_ids("visual") == {"m-0", "m-1"}
    assert operations(catalogue, "visual") == [("add", "m-0"), ("add", "m-1")]
    catalogue.drop_vectors("visual")
    assert catalogue.all_ids("visual") == set()
    assert operations(catalogue, "visual") == []


def test_swapped_vectors_take_the_place_of_the_old_ones(catalogue: Catalogue) -> None:
    chunks = chunks_of("m", 2)
    put(catalogue, "m", chunks)
    new = vectors_for(chunks, 4, seed=9)
    catalogue.put_vectors("next", new)
    catalogue.swap_vectors("next", "text", {"model": "new"})
    stored = catalogue.vectors("text", ["m-0", "m-1"])
    assert all(np.array_equal(stored[id], new[id]) for id in new)
    assert catalogue.all_ids("next") == set()
    assert catalogue.pending("text") == catalogue.pending("next") == []
    assert catalogue.setting("model") == "new"


def test_documents_are_listed_by_source(catalogue: Catalogue) -> None:
    for name in ("b", "c", "a"):
        put(catalogue, name, [])
    assert [document.name for document in catalogue.documents()] == ["a.pdf", "b.pdf", "c.pdf"]


def test_threads_can_share_a_catalogue(catalogue: Catalogue) -> None:
    def work(number: int) -> None:
        for round_number in range(5):
            put(catalogue, f"d{number}", chunks_of(f"d{number}", 2 + round_number))
            assert len(catalogue.document_chunks(an_id(f"d{number}"))) == 2 + round_number

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(catalogue.all_ids()) == 4 * 6
    assert catalogue.revision() == 20


class _Held(dict[str, Any]):
    """Vectors that are read when they may be."""

    def __init__(self, vectors: dict[str, Any]) -> None:
        super().__init__(vectors)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def items(self):  # type: ignore[no-untyped-def]
        self.reached.set()
        assert self.go_on.wait(60)
        return super().items()


def test_a_thread_reads_what_was_committed_while_another_one_writes(catalogue: Catalogue) -> None:
    put(catalogue, "old", chunks_of("old"))
    new = chunks_of("new")
    held = _Held(dict(vectors_for(new)))
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(
            catalogue.put, a_document("new"), some_pages(), new, {"text": held}, [an_id("old")]
        )
        try:
            assert held.reached.wait(60)
            assert catalogue.all_ids() == {"old-0", "old-1", "old-2"}
            assert catalogue.live(["old-0", "new-0"], Filter()) == {"old-0"}
        finally:
            held.go_on.set()
        writing.result(60)
    assert catalogue.all_ids() == {"new-0", "new-1", "new-2"}


def test_chunks_and_pages_are_found_by_their_numbers(catalogue: Catalogue) -> None:
    gapped = replace(a_chunk("gapped", document_id=an_id("m"), kind="table"), spans=())
    gapped = replace(gapped, regions=a_chunk("any", pages=(0, 2)).regions)
    put(catalogue, "m", [*chunks_of("m"), gapped])
    put(catalogue, "other", chunks_of("other"))
    pages = [(an_id("m"), 2), (an_id("m"), 1), (an_id("other"), 0), ("gone", 0)]
    assert catalogue.chunks_on(pages, Filter()) == [["gapped", "m-2"], ["m-1"], ["other-0"], []]
    tables = Filter(kinds=("table",), documents=("not looked at",))
    assert catalogue.chunks_on(pages, tables) == [["gapped"], [], [], []]
    assert catalogue.pages(an_id("m"), {2, 0, 7}) == [some_pages()[0], some_pages()[2]]
    assert catalogue.pages(an_id("m"), ()) == []
    assert catalogue.pages("gone", {0}) == []


def test_a_reader_sees_commits_and_cannot_write(catalogue: Catalogue, tmp_path: Path) -> None:
    reader = SQLiteCatalogue(tmp_path / "library" / "catalogue.db", read_only=True)
    before = reader.revision()
    put(catalogue, "m", chunks_of("m"))
    assert reader.revision() == before + 1
    assert len(reader.all_ids()) == 3
    with pytest.raises(LibraryError, match=r"catalogue\.db.*make the folder writable"):
        reader.set_setting("a", "b")
    reader.close()


def test_a_missing_library_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"there is no library at .*nowhere"):
        SQLiteCatalogue(tmp_path / "nowhere" / "catalogue.db", read_only=True)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(b"not a database at all, " * 100)
    with pytest.raises(LibraryError, match=r"catalogue\.db.*no pagesight library"):
        SQLiteCatalogue(path, read_only=read_only)
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("read_only", [True, False])
def test_another_programs_database_is_refused_and_left_alone(
    tmp_path: Path, read_only: bool
) -> None:
    path = tmp_path / "catalogue.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (a)")
    other.close()
    content = path.read_bytes()
    with pytest.raises(LibraryError, match="another program"):
        SQLiteCatalogue(path, read_only=read_only)
    assert path.read_bytes() == content


def test_a_newer_schema_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "library" / "catalogue.db"
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    other.close()
    with pytest.raises(LibraryError, match="upgrade pagesight"):
        SQLiteCatalogue(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match=r"file.*catalogue\.db"):
        SQLiteCatalogue(tmp_path / "file" / "catalogue.db")


def execute(tmp_path: Path, statement: str, *values: object) -> None:
    """Changes the file behind the catalogue's back."""
    with sqlite3.connect(tmp_path / "library" / "catalogue.db") as other:
        other.execute(statement, values)
    other.close()


def test_a_sound_catalogue_finds_nothing_wrong_with_itself(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m"))
    upkeep = catalogue.upkeep
    assert upkeep.damage(quick=False) == upkeep.damage(quick=True) == ""
    assert upkeep.strays() == {}
    assert upkeep.odd_vectors("text") == {}
    assert upkeep.lacking() == set()
    assert upkeep.document_ids() == [an_id("m")]


def test_rows_of_nobody_are_told_and_dropped(catalogue: Catalogue, tmp_path: Path) -> None:
    put(catalogue, "m", chunks_of("m"))
    put(catalogue, "n", chunks_of("n"))
    execute(tmp_path, "DELETE FROM document WHERE id = ?", an_id("m"))
    assert catalogue.upkeep.strays() == {"chunk": 3, "page": 3, "source": 1}
    catalogue.upkeep.drop_strays()
    assert catalogue.upkeep.strays() == {}
    assert catalogue.all_ids() == catalogue.all_ids("text") == {"n-0", "n-1", "n-2"}


@pytest.mark.parametrize("table", ["chunk", "page"])
def test_a_document_without_its_middle_is_told(
    catalogue: Catalogue, tmp_path: Path, table: str
) -> None:
    put(catalogue, "m", chunks_of("m"))
    put(catalogue, "n", chunks_of("n"))
    delete = f"DELETE FROM {table} WHERE position = 1 AND document_id = ?"
    execute(tmp_path, delete, an_id("m"))
    assert catalogue.upkeep.lacking() == {an_id("m")}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\0\0\x80", "3 bytes where others have 64"),
        (np.ones(8, np.float32).tobytes(), "32 bytes where others have 64"),
        (np.full(16, np.nan, np.float32).tobytes(), "no numbers"),
        (np.ones(16, np.float32).tobytes(), "length 4.000 instead of 1"),
    ],
)
def test_odd_vectors_are_told(catalogue: Catalogue, tmp_path: Path, data: bytes, said: str) -> None:
    put(catalogue, "m", chunks_of("m"))
    execute(tmp_path, "UPDATE vector SET data = ? WHERE chunk_id = 'm-1'", data)
    odd = catalogue.upkeep.odd_vectors("text")
    assert list(odd) == ["m-1"]
    assert said in odd["m-1"]


def test_a_broken_vector_or_row_is_an_error_with_the_remedy(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    put(catalogue, "m", chunks_of("m"))
    execute(tmp_path, "UPDATE vector SET data = x'00' WHERE chunk_id = 'm-1'")
    with pytest.raises(LibraryError, match="pagesight doctor --repair"):
        catalogue.vectors("text", ["m-1"])
    execute(tmp_path, "UPDATE chunk SET body = json_object() WHERE id = 'm-1'")
    with pytest.raises(LibraryError, match=r"no chunk.*pagesight doctor"):
        catalogue.chunks(["m-1"])
    assert len(catalogue.chunks(["m-0", "m-2"])) == 2


def test_the_crops_of_all_chunks_are_known(catalogue: Catalogue) -> None:
    figures = [
        a_chunk(f"m{i}", document_id=an_id("m"), image=image) for i, image in enumerate("aab")
    ]
    put(catalogue, "m", [*figures, a_chunk("text", document_id=an_id("m"))])
    assert catalogue.upkeep.images() == {"a", "b"}
    assert [catalogue.shows(image) for image in ("a", "c", "")] == [True, False, False]


def test_it_tells_how_much_it_holds(catalogue: Catalogue) -> None:
    assert catalogue.counts() == Counts(documents=0, pages=0, chunks=0)
    put(catalogue, "m", chunks_of("m"))
    put(catalogue, "n", chunks_of("n", 2))
    assert catalogue.counts() == Counts(documents=2, pages=6, chunks=5)
    catalogue.remove(an_id("m"))
    assert catalogue.counts() == Counts(documents=1, pages=3, chunks=2)


def test_inside_a_snapshot_nothing_changes(catalogue: Catalogue, tmp_path: Path) -> None:
    put(catalogue, "m", chunks_of("m"))
    reader = SQLiteCatalogue(tmp_path / "library" / "catalogue.db", read_only=True)
    with reader.upkeep.snapshot():
        assert len(reader.documents()) == 1
        put(catalogue, "n", chunks_of("n"))
        assert len(reader.documents()) == 1
    assert len(reader.documents()) == 2
    reader.close()


def test_what_was_removed_is_gone_from_the_file_after_shrinking(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    words = "Vermilion paint covers the impeller."
    gone = a_chunk("gone", words, document_id=an_id("gone"))
    put(catalogue, "gone", [gone])
    put(catalogue, "kept", chunks_of("kept"))
    catalogue.remove(an_id("gone"))

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in (tmp_path / "library").iterdir())

    assert words.encode() in files()
    catalogue.upkeep.shrink()
    assert words.encode() not in files()
    assert catalogue.all_ids() == {"kept-0", "kept-1", "kept-2"}


def test_a_catalogue_that_is_sent_to_another_process_reads_there(catalogue: Catalogue) -> None:
    put(catalogue, "m", chunks_of("m"))
    sent = pickle.loads(pickle.dumps(catalogue))
    assert sent.documents() == catalogue.documents()
    with pytest.raises(LibraryError, match="writable"):
        sent.remove(an_id("m"))
    sent.close()
