"""The pipeline of an ingest over real files, parsed in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pymupdf
import pytest

from pagesight.adapters.filesystem import FileCropStore, FileParseCache
from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.document import DocumentProfile, Metadata
from pagesight.errors import DocumentError, LibraryError, StoppedError
from pagesight.ingest import Ingester, Looker, Parsing, Recipe, Request, Storer
from pagesight.ingest.parsing import ParsedWindow, Window
from pagesight.library import Library
from pagesight.ports import Result, Task
from pagesight.results import Event, Failed, Plan, Planned, Progress, Removed, Skipped, Stored
from pagesight.settings import load
from tests.builders import open_library
from tests.models import HashedWords

SETTINGS = load(overrides=["parse.window_pages=4", "parse.page_seconds=30"])


class HereAndNow:
    """A WorkerPool without workers."""

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        limit: Callable[[Task], float],
    ) -> Iterator[tuple[Task, Result | Exception]]:
        for task in tasks:
            try:
                yield task, function(task)
            except Exception as error:
                yield task, error


class NoRemoteFiles:
    """There is no network here."""

    def find(self, url: str) -> list[str]:
        raise DocumentError(f"{url}: no network")

    def fetch(self, url: str) -> Path:
        raise DocumentError(f"{url}: no network")


class Bench:
    """An ingester over a library in a folder; counts what it parses, and can be made to stumble."""

    def __init__(self, root: Path) -> None:
        self.library = open_library(root)
        self.parsed: list[tuple[str, int, int]] = []
        self.stumbles: Callable[[Window], None] = lambda window: None
        self.chunk = SETTINGS.chunk
        self.parser = "a parser"
        self._pymupdf = PyMuPDFParser(FileCropStore(root / "crops"), None)

    def ingester(self) -> Ingester:
        pool, library = HereAndNow(), self.library
        return Ingester(
            library=library,
            remote=NoRemoteFiles(),
            looker=Looker(pool, self._profile),
            parsing=Parsing(pool, self._parse, SETTINGS.parse),
            storer=Storer(
                library=library, text=HashedWords(), visual=lambda: None, chunk=self.chunk
            ),
            cache=FileParseCache(library.root / "parsed", library.crops),
            recipe=Recipe(parser=self.parser, chunk=self.chunk),
        )

    def ingest(
        self,
        *paths: Path,
        metadata: dict[str, Metadata] | None = None,
        prune: bool = False,
        reparse: bool = False,
    ) -> list[Event]:
        said = metadata or {}
        request = Request(
            paths=[str(path) for path in paths],
            metadata=lambda source: said.get(Path(source).name, Metadata()),
            prune=prune,
            reparse=reparse,
        )
        return list(self.ingester().ingest(request))

    def plan(self, *paths: Path, prune: bool = False) -> dict[str, str]:
        """File name -> action."""
        request = Request(paths=[str(path) for path in paths], prune=prune)
        events = self.ingester().plan(request)
        return {
            Path(event.source).name: event.action for event in events if isinstance(event, Planned)
        }

    def names(self) -> list[str]:
        return sorted(Path(document.source).name for document in self.library.documents())

    def text(self) -> str:
        """All that the library says."""
        documents = self.library.documents()
        chunks = [c for d in documents for c in self.library.document_chunks(d.id)]
        return "\n".join(chunk.text for chunk in chunks)

    def _profile(self, task: tuple[Path, tuple[str, ...]]) -> DocumentProfile:
        return self._pymupdf.profile(*task)

    def _parse(self, window: Window) -> ParsedWindow:
        self.stumbles(window)
        self.parsed.append((window.path.name, window.start, window.stop))
        contents = self._pymupdf.parse_pages(window.path, window.start, window.stop)
        return ParsedWindow(contents=contents, cpu_seconds=0.1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "library")
    with made.library:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "documents"
    path.mkdir()
    return path


def a_pdf(path: Path, *pages: str) -> Path:
    with pymupdf.open() as document:
        for text in pages:
            document.new_page().insert_textbox(pymupdf.Rect(72, 200, 520, 700), text)
        document.save(path)
    return path


PROSE = "It is fastened with four bolts and has to be inspected before every season. " * 6
"""Enough of it, and the layout network does not take a lonely line for a footer."""


def of(kind: type[Event], events: Sequence[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def test_every_file_has_one_outcome_and_the_plan_comes_before_the_work(
    bench: Bench, folder: Path
) -> None:
    a_pdf(folder / "one.pdf", "The pump delivers 4 litres.", "It weighs 12 kg.")
    a_pdf(folder / "two.pdf", "The valve opens at 3 bar.")
    (folder / "bad.pdf").write_bytes(b"not a PDF")
    events = bench.ingest(folder)
    assert [type(event) for event in events if not isinstance(event, Progress)][-3:] == [
        Plan,
        Stored,
        Stored,
    ]
    assert of(Plan, events) == [Plan(documents=2, pages=3)]
    assert [event.source for event in events if isinstance(event, Failed)] == [
        str(folder / "bad.pdf")
    ]


def test_known_bytes_are_not_parsed_again_whatever_they_are_called(
    bench: Bench, folder: Path
) -> None:
    one = a_pdf(folder / "one.pdf", "The pump delivers 4 litres.")
    bench.ingest(folder)
    bench.parsed.clear()
    os.utime(one, (1, 1))
    (folder / "copy.pdf").write_bytes(one.read_bytes())
    events = bench.ingest(folder)
    assert len(of(Skipped, events)) == 2
    assert bench.parsed == []
    assert {Path(path).name for path in bench.library.sources()} == {"one.pdf", "copy.pdf"}
    assert len(bench.library.documents()) == 1


def test_copies_share_the_fate_of_the_first(bench: Bench, folder: Path) -> None:
    a_pdf(folder / "a.pdf", "The pump delivers 4 litres.")
    (folder / "b.pdf").write_bytes((folder / "a.pdf").read_bytes())
    a_pdf(folder / "c.pdf", "")
    (folder / "d.pdf").write_bytes((folder / "c.pdf").read_bytes())
    events = bench.ingest(folder)
    outcomes = {
        Path(event.document.source if isinstance(event, Stored) else event.source).name: event.type
        for event in events
        if isinstance(event, Stored | Skipped | Failed)
    }
    assert outcomes == {"a.pdf": "stored", "b.pdf": "skipped", "c.pdf": "failed", "d.pdf": "failed"}


def test_a_page_that_is_stopped_costs_that_page_only(bench: Bench, folder: Path) -> None:
    parts = ["bolt", "nut", "shaft", "seal", "fan", "belt", "gear", "cover", "valve", "spring"]
    a_pdf(folder / "long.pdf", *(f"About the {part}.\n\n{PROSE}" for part in parts))

    def hang_on_page_6(window: Window) -> None:
        if window.start <= 5 < window.stop:
            raise StoppedError("took longer than 30 s")

    bench.stumbles = hang_on_page_6
    (stored,) = of(Stored, bench.ingest(folder))
    assert isinstance(stored, Stored)
    assert stored.document.failed_pages == 1
    assert any("page 6: took longer than 30 s" in finding for finding in stored.findings)
    said = bench.text()
    assert [part for part in parts if f"About the {part}." not in said] == ["belt"]
    assert bench.parsed.count(("long.pdf", 4, 5)) == 1, "its neighbours were tried alone"


def test_a_document_that_uses_up_its_time_is_given_up_and_the_others_go_on(
    bench: Bench, folder: Path
) -> None:
    a_pdf(folder / "a-slow.pdf", *(f"Section {n}." for n in range(40)))
    a_pdf(folder / "b-good.pdf", "The valve opens at 3 bar.")

    def hang(window: Window) -> None:
        if window.path.name == "a-slow.pdf":
            raise StoppedError("took longer than 30 s")

    bench.stumbles = hang
    events = bench.ingest(folder)
    (failed,) = of(Failed, events)
    assert isinstance(failed, Failed)
    assert "was given up after" in failed.reason
    assert "parse.document_seconds" in failed.reason
    assert bench.names() == ["b-good.pdf"]


def test_a_full_disk_stops_the_run_instead_of_failing_every_document(
    bench: Bench, folder: Path
) -> None:
    a_pdf(folder / "a.pdf", "The pump delivers 4 litres.")

    def full(window: Window) -> None:
        raise LibraryError("no space left: free some")

    bench.stumbles = full
    with pytest.raises(LibraryError, match="free some"):
        bench.ingest(folder)


def test_a_file_that_changes_while_it_is_read_is_not_stored(bench: Bench, folder: Path) -> None:
    path = a_pdf(folder / "a.pdf", "First edition.")

    def change(window: Window) -> None:
        a_pdf(path, "Second edition, with much more to say.")

    bench.stumbles = change
    (failed,) = of(Failed, bench.ingest(folder))
    assert isinstance(failed, Failed)
    assert "changed while it was being read" in failed.reason
    assert bench.names() == []


def test_other_chunk_settings_chunk_anew_without_parsing(bench: Bench, folder: Path) -> None:
    a_pdf(folder / "a.pdf", " ".join(f"Pump number {n} delivers {n} litres." for n in range(40)))
    bench.ingest(folder)
    before = bench.library.documents()[0]
    bench.parsed.clear()
    bench.chunk = load(overrides=["chunk.words=20", "chunk.least_words=5"]).chunk
    (stored,) = of(Stored, bench.ingest(folder))
    assert bench.parsed == []
    assert isinstance(stored, Stored)
    assert stored.document.id == before.id
    assert stored.document.chunks > before.chunks
    assert of(Stored, bench.ingest(folder)) == [], "and only once"


def test_another_parser_parses_anew_and_reparse_does_so_always(bench: Bench, folder: Path) -> None:
    a_pdf(folder / "a.pdf", "The pump delivers 4 litres.")
    bench.ingest(folder)
    bench.parser = "a better parser"
    assert len(of(Stored, bench.ingest(folder))) == 1
    assert len(bench.parsed) == 2
    assert len(of(Stored, bench.ingest(folder, reparse=True))) == 1
    assert len(bench.parsed) == 3


def test_a_changed_file_takes_the_place_of_its_old_version(bench: Bench, folder: Path) -> None:
    path = a_pdf(folder / "a.pdf", "The torque is 5 Nm.")
    bench.ingest(folder)
    a_pdf(path, "The torque is 7 Nm.")
    (stored,) = of(Stored, bench.ingest(folder))
    assert isinstance(stored, Stored)
    assert len(stored.replaced) == 1
    assert "7 Nm" in bench.text()
    assert "5 Nm" not in bench.text()


def test_an_old_version_stays_where_another_path_has_it(bench: Bench, folder: Path) -> None:
    path = a_pdf(folder / "a.pdf", "The torque is 5 Nm.")
    (folder / "b.pdf").write_bytes(path.read_bytes())
    bench.ingest(folder)
    a_pdf(path, "The torque is 7 Nm.")
    bench.ingest(folder)
    assert "7 Nm" in bench.text()
    assert "5 Nm" in bench.text()


def test_prune_removes_what_is_gone_and_nothing_else(
    bench: Bench, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("keep.pdf", "gone.pdf"):
        a_pdf(folder / name, f"This is {name}.")
    a_pdf(elsewhere / "other.pdf", "This is elsewhere.")
    bench.ingest(folder, elsewhere)
    (folder / "gone.pdf").unlink()
    (elsewhere / "other.pdf").unlink()
    assert of(Removed, bench.ingest(folder)) == [], "only where it is asked for"
    assert bench.plan(folder, prune=True)["gone.pdf"] == "remove"
    (removed,) = of(Removed, bench.ingest(folder, prune=True))
    assert isinstance(removed, Removed)
    assert removed.source == str(folder / "gone.pdf")
    assert bench.names() == ["keep.pdf", "other.pdf"]


def test_a_share_that_is_not_mounted_takes_nothing_away(bench: Bench, folder: Path) -> None:
    a_pdf(folder / "keep.pdf", "The pump delivers 4 litres.")
    bench.ingest(folder)
    (folder / "keep.pdf").unlink()
    bench.ingest(folder, prune=True)
    assert bench.names() == ["keep.pdf"]


def test_a_pruned_path_leaves_the_document_that_stands_elsewhere_too(
    bench: Bench, folder: Path
) -> None:
    first = a_pdf(folder / "a.pdf", "The pump delivers 4 litres.")
    (folder / "b.pdf").write_bytes(first.read_bytes())
    bench.ingest(folder)
    first.unlink()
    bench.ingest(folder, prune=True)
    assert bench.names() == ["b.pdf"]
    assert list(bench.library.sources()) == [str(folder / "b.pdf")]


def test_what_is_said_about_a_document_is_kept_and_can_change(bench: Bench, folder: Path) -> None:
    a_pdf(folder / "a.pdf", "The pump delivers 4 litres.")
    bench.ingest(folder, metadata={"a.pdf": Metadata(revision="B", tags=("pump",))})
    assert bench.library.documents()[0].metadata.revision == "B"
    bench.parsed.clear()
    bench.ingest(folder)
    assert bench.library.documents()[0].metadata.tags == ("pump",), "silence changes nothing"
    events = bench.ingest(folder, metadata={"a.pdf": Metadata(revision="C")})
    assert len(of(Skipped, events)) == 1
    assert bench.library.documents()[0].metadata == Metadata(revision="C")
    assert bench.parsed == []


def test_another_title_is_embedded_with_every_chunk(bench: Bench, folder: Path) -> None:
    a_pdf(folder / "a.pdf", "The pump delivers 4 litres.")
    bench.ingest(folder)
    bench.parsed.clear()
    bench.ingest(folder, metadata={"a.pdf": Metadata(title="Hydra P4")})
    document = bench.library.documents()[0]
    assert document.title == "Hydra P4"
    assert {chunk.title for chunk in bench.library.document_chunks(document.id)} == {"Hydra P4"}
    assert bench.parsed == []


def test_a_plan_says_what_would_happen_and_changes_nothing(bench: Bench, folder: Path) -> None:
    known = a_pdf(folder / "known.pdf", "Known.")
    changed = a_pdf(folder / "changed.pdf", "Edition 1.")
    bench.ingest(folder)
    before = bench.library.revision()
    bench.parsed.clear()
    a_pdf(changed, "Edition 2.")
    a_pdf(folder / "new.pdf", "New.")
    (folder / "copy.pdf").write_bytes(known.read_bytes())
    assert bench.plan(folder) == {
        "known.pdf": "skip",
        "changed.pdf": "replace",
        "new.pdf": "store",
        "copy.pdf": "alias",
    }
    assert bench.parsed == []
    assert bench.library.revision() == before


def test_stopping_keeps_what_is_stored_and_the_next_run_goes_on(bench: Bench, folder: Path) -> None:
    for number in range(3):
        a_pdf(folder / f"{number}.pdf", f"This is document {number}.")
    bench.stumbles = lambda window: None
    running = bench.ingester().ingest(Request(paths=[str(folder)]))
    for event in running:
        if isinstance(event, Progress):
            break
    running.close()
    bench.ingest(folder)
    assert bench.names() == ["0.pdf", "1.pdf", "2.pdf"]


def test_a_library_is_the_same_whatever_order_it_was_made_in(tmp_path: Path, folder: Path) -> None:
    paths = [a_pdf(folder / f"{n}.pdf", f"This is document {n}.") for n in range(3)]
    hashes = set()
    for name, order in (("x", paths), ("y", paths[::-1])):
        bench = Bench(tmp_path / name)
        with bench.library as library:
            for path in order:
                bench.ingest(path)
            hashes.add(content(library))
    assert len(hashes) == 1


def content(library: Library) -> str:
    return library.content_hash()
