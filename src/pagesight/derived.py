"""Derived indexes: kept in step with the catalogue, checked after a crash, rebuilt when wrong.

Index NAME lives in the directory NAME-GENERATION. The catalogue's settings say which generation
serves, and whether a writer may have left it half-written ("dirty"). A rebuild fills the next
generation and then moves the setting: until that commit, the old one serves.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pagesight.document import Chunk, Page, Region
from pagesight.errors import LibraryError
from pagesight.geometry import BBox
from pagesight.ports import Catalogue, VectorIndex, WordIndex, page_id, page_of

if TYPE_CHECKING:
    from pagesight.ports import Matrix, Vector

BATCH = 1_000
"""Chunks moved from the catalogue to an index at a time: some megabytes."""

PROBES = 20
"""Vectors that are looked up by search when an index is checked. A torn graph answers wrongly
for many of its vectors, so that a few find it."""

COSINE_OF_ITSELF = 0.999
"""A stored unit vector finds itself at least this close: 1, less what float32 loses."""

log = logging.getLogger(__name__)

AnyIndex = TypeVar("AnyIndex", VectorIndex, WordIndex)
Found = TypeVar("Found")


class Feed(Protocol[AnyIndex]):
    """What the catalogue holds for one kind of index."""

    def open(self, directory: Path) -> AnyIndex: ...

    def ids(self) -> set[str]:
        """Ids of the chunks that belong into the index."""

    def add(self, index: AnyIndex, ids: Sequence[str]) -> set[str]:
        """Puts those of `ids` that belong into the index, and says which these were."""

    def fault(self, index: AnyIndex, ids: Sequence[str], *, thorough: bool) -> str:
        """What is wrong with these chunks in the index; "" if nothing is."""


class WordFeed:
    """Feeds a word index with the chunks."""

    def __init__(self, catalogue: Catalogue, opening: Callable[[Path], WordIndex]) -> None:
        self._catalogue = catalogue
        self.open = opening

    def ids(self) -> set[str]:
        return self._catalogue.all_ids()

    def add(self, index: WordIndex, ids: Sequence[str]) -> set[str]:
        chunks = self._catalogue.chunks(ids)
        index.add(chunks)
        return {chunk.id for chunk in chunks}

    def fault(self, index: WordIndex, ids: Sequence[str], *, thorough: bool) -> str:
        return ""  # it commits whole batches or nothing: what is there, is right


class PageFeed:
    """Feeds a word index with whole pages: each the texts of the chunks that stand on it."""

    def __init__(self, catalogue: Catalogue, opening: Callable[[Path], WordIndex]) -> None:
        self._catalogue = catalogue
        self.open = opening

    def ids(self) -> set[str]:
        return self._catalogue.page_ids()

    def add(self, index: WordIndex, ids: Sequence[str]) -> set[str]:
        pages: list[Chunk] = []
        for document_id in dict.fromkeys(page_of(id)[0] for id in ids):
            wanted = {page_of(id)[1] for id in ids if page_of(id)[0] == document_id}
            pages += self._pages(document_id, wanted)
        index.add(pages)
        return {page.id for page in pages}

    def fault(self, index: WordIndex, ids: Sequence[str], *, thorough: bool) -> str:
        return ""  # its ids are right, and a document's pages never change

    def _pages(self, document_id: str, wanted: Collection[int]) -> list[Chunk]:
        chunks = self._catalogue.document_chunks(document_id)
        there = [page for page in self._catalogue.pages(document_id) if page.index in wanted]
        return [_as_chunk(document_id, page, chunks) for page in there]


def _as_chunk(document_id: str, page: Page, chunks: Sequence[Chunk]) -> Chunk:
    """A page as a word index takes it."""
    texts = (chunk.text for chunk in chunks if page.index in chunk.pages)
    whole = BBox(0, 0, page.width, page.height)
    return Chunk(
        id=page_id(document_id, page.index),
        document_id=document_id,
        kind="text",
        text="\n".join(texts),
        title="",
        heading_path=(),
        spans=(),
        regions=(Region(page=page.index, bbox=whole),),
    )


class VectorFeed:
    """Feeds a vector index with the vectors of one space."""

    def __init__(
        self, catalogue: Catalogue, opening: Callable[[Path], VectorIndex], space: str
    ) -> None:
        self._catalogue = catalogue
        self._space = space
        self.open = opening

    def ids(self) -> set[str]:
        return self._catalogue.all_ids(self._space)

    def add(self, index: VectorIndex, ids: Sequence[str]) -> set[str]:
        vectors = self._catalogue.vectors(self._space, ids)
        if vectors:
            index.add(list(vectors), _matrix(vectors))
        return set(vectors)

    def fault(self, index: VectorIndex, ids: Sequence[str], *, thorough: bool) -> str:
        probes = ids[:: max(1, len(ids) // PROBES)]
        for id, vector in self._catalogue.vectors(self._space, probes).items():
            nearest = index.search(vector, 1)
            if not nearest or nearest[0][1] < COSINE_OF_ITSELF:
                return f"a search does not find {id}"
        for batch in _batches(ids) if thorough else ():
            stored = index.vectors(batch)
            for id, vector in self._catalogue.vectors(self._space, batch).items():
                if id not in stored or float(vector @ stored[id]) < COSINE_OF_ITSELF:
                    return f"it has another vector for {id}"
        return ""


class DerivedIndex(Generic[AnyIndex]):
    """One index, of whichever generation serves."""

    def __init__(
        self, name: str, folder: Path, catalogue: Catalogue, feed: Feed[AnyIndex], *, writable: bool
    ) -> None:
        self.name = name
        self._folder = folder
        self._catalogue = catalogue
        self._feed: Feed[AnyIndex] = feed
        self._writable = writable
        self._index: AnyIndex | None = None
        self._seen: object = None
        """What `_stamp` was when a reader opened the index."""
        self._marked = False
        """This process has set the dirty flag."""
        self._failed = False

    def ask(self, question: Callable[[AnyIndex], list[Found]]) -> list[Found]:
        """The answer of the index as of the catalogue's last commit; [] where there is none.

        Raises:
            LibraryError: the index is damaged; a writer's start repairs it.
        """
        self._refresh()
        try:
            return self._answer(question)
        except LibraryError:
            if self._writable:
                raise
        # A reader may have caught the files while another process was writing them.
        self._let_go()
        return self._answer(question)

    def recover(self) -> str:
        """What a writer does first: checks the index, repairs it and brings it up to date.
        Returns what was wrong with it; "" if nothing was."""
        self._retire_others()
        fault = self.fault(thorough=self.dirty())
        if fault:
            log.info("the %s index is rebuilt: %s", self.name, fault)
            self.rebuild()
        self.drain()
        return fault

    def fault(self, *, thorough: bool) -> str:
        """How the index differs from the catalogue, apart from what it still has to learn; ""
        if it does not. `thorough` compares every vector, otherwise only ids and samples."""
        waiting = {id for _, _, id in self._pending()}
        wanted = self._feed.ids() - waiting
        if self.generation() is None:
            return "it is missing" if wanted else ""
        if not self._directory().is_dir():
            return "its directory is missing"
        try:
            index = self._opened()
            if index.ids() - waiting != wanted:
                return "it holds other chunks than the catalogue"
            return self._feed.fault(index, sorted(wanted), thorough=thorough)
        except LibraryError as error:
            return str(error)

    def drain(self) -> None:
        """Teaches the index what waits in the outbox; doing it twice is doing it once.

        The rows say which chunks to look at, the catalogue says what became of them.
        """
        while rows := self._catalogue.pending(self.name, BATCH):
            if self.generation() is None:
                self._catalogue.set_setting(_generation_key(self.name), "0")
            self._mark_dirty()
            ids = list(dict.fromkeys(id for _, _, id in rows))
            with self._guarded():
                index = self._opened()
                there = self._feed.add(index, ids)
                index.remove([id for id in ids if id not in there])
            self._catalogue.settle(self.name, rows[-1][0])

    def rebuild(self) -> None:
        """Builds the next generation from the catalogue and lets it serve."""
        learnt = self._pending()
        generation = self.build(self._feed)
        self._catalogue.set_setting(_generation_key(self.name), str(generation))
        if learnt:
            self._catalogue.settle(self.name, learnt[-1][0])
        self.adopt()

    def build(self, feed: Feed[AnyIndex]) -> int:
        """Fills the directory of the next generation, and returns its number."""
        self._mark_dirty()
        serving = self.generation()
        generation = 0 if serving is None else serving + 1
        directory = self._folder / f"{self.name}-{generation}"
        shutil.rmtree(directory, ignore_errors=True)
        index = feed.open(directory)
        try:
            for batch in _batches(sorted(feed.ids())):
                feed.add(index, batch)
        finally:
            index.close()
        return generation

    def adopt(self) -> None:
        """Turns to the generation that serves now, and drops the others."""
        self._let_go()
        self._failed = False
        self._retire_others()

    def generation(self) -> int | None:
        """None where nothing was ever indexed."""
        setting = self._catalogue.setting(_generation_key(self.name))
        return None if setting is None else int(setting)

    def dirty(self) -> bool:
        """A writer is at work on the index, or died while it was."""
        return bool(self._catalogue.setting(_dirty_key(self.name)))

    def generation_setting(self, generation: int) -> dict[str, str]:
        """The catalogue's setting that lets `generation` serve."""
        return {_generation_key(self.name): str(generation)}

    def waiting(self) -> tuple[list[str], set[str]]:
        """Ids in the outbox that come, and all ids in it."""
        rows = self._pending()
        return (
            list(dict.fromkeys(id for _, operation, id in rows if operation == "add")),
            {id for _, _, id in rows},
        )

    def close(self) -> None:
        """Lets go of the files; a writer clears the dirty flag if nothing failed."""
        with self._guarded():
            self._let_go()
        if self._writable and not self._failed and self.dirty():
            self._catalogue.set_setting(_dirty_key(self.name), "")

    def _answer(self, question: Callable[[AnyIndex], list[Found]]) -> list[Found]:
        return [] if self.generation() is None else question(self._opened())

    def _refresh(self) -> None:
        # An index that is open does not learn what another process writes, and says nothing.
        if self._writable:
            return
        stamp = self._stamp()
        if stamp != self._seen:
            self._let_go()
            self._seen = stamp

    def _stamp(self) -> object:
        """Changes with whatever any process does to the index that serves. Until then, what the
        catalogue has more than the index is in the outbox."""
        return self.generation(), self._catalogue.settled(self.name)

    def _opened(self) -> AnyIndex:
        if self._index is None:
            directory = self._directory()
            if not self._writable and not directory.is_dir():
                raise LibraryError(
                    f"index {directory} is missing: the next `pagesight ingest` rebuilds it"
                )
            self._index = self._feed.open(directory)
        return self._index

    def _let_go(self) -> None:
        index, self._index = self._index, None
        if index is not None:
            index.close()

    def _directory(self) -> Path:
        return self._folder / f"{self.name}-{self.generation()}"

    def _retire_others(self) -> None:
        for directory in self._folder.glob(f"{self.name}-*"):
            if directory != self._directory():
                shutil.rmtree(directory, ignore_errors=True)

    def _pending(self) -> list[tuple[int, str, str]]:
        return self._catalogue.pending(self.name)

    def _mark_dirty(self) -> None:
        if not self._marked:
            self._catalogue.set_setting(_dirty_key(self.name), "1")
            self._marked = True

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What fails in here leaves the index dirty for the next writer to check."""
        try:
            yield
        except BaseException:
            self._failed = True
            raise


class MemoryIndex(Generic[AnyIndex]):
    """An index that is empty at every start, filled from the catalogue when it is first asked and
    whenever the catalogue has changed. It leaves the outbox to the index on disk."""

    def __init__(self, name: str, catalogue: Catalogue, feed: Feed[AnyIndex]) -> None:
        self.name = name
        self._catalogue = catalogue
        self._feed: Feed[AnyIndex] = feed
        self._index: AnyIndex | None = None
        self._revision = -1

    def ask(self, question: Callable[[AnyIndex], list[Found]]) -> list[Found]:
        """The answer of the index as of the catalogue's last commit."""
        revision = self._catalogue.revision()
        if self._index is None or revision != self._revision:
            self.close()
            self._index = self._feed.open(Path())
            for batch in _batches(sorted(self._feed.ids())):
                self._feed.add(self._index, batch)
            self._revision = revision
        return question(self._index)

    def recover(self) -> str:
        """There is nothing to repair."""
        return ""

    def fault(self, *, thorough: bool) -> str:
        """It cannot differ from the catalogue."""
        return ""

    def drain(self) -> None:
        """It learns what is new when it is asked."""

    def rebuild(self) -> None:
        """It is built anew when it is asked."""
        self.close()

    def close(self) -> None:
        index, self._index = self._index, None
        if index is not None:
            index.close()


def _generation_key(name: str) -> str:
    return f"{name}.generation"


def _dirty_key(name: str) -> str:
    return f"{name}.dirty"


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _matrix(vectors: Mapping[str, Vector]) -> Matrix:
    import numpy as np

    return np.stack(list(vectors.values()))
