"""A library: the catalogue, the crops, and the indexes that are derived from the catalogue."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight.derived import DerivedIndex, MemoryIndex, PageFeed, VectorFeed, WordFeed
from pagesight.document import Chunk, Document, Page, file_name
from pagesight.errors import LibraryError, SettingsError
from pagesight.ports import (
    PAGES,
    WORDS,
    Catalogue,
    CropStore,
    VectorIndex,
    WordIndex,
    WriterLock,
    page_of,
)
from pagesight.results import Filter

if TYPE_CHECKING:
    from pagesight.ports import Vector

SPACES = ("text", "visual")
"""The vector spaces: what texts mean, and what pictures show. Never mixed."""

EXACT_LIMIT = 4_000
"""Chunks whose vectors are read from the catalogue and compared one by one, where a filter
leaves no more: some 20 ms at 384 dimensions. Above, an index search that drops what does not
pass is faster, because the filter is then weak or the library large."""

FETCH_LIMIT = 16_000
"""Neighbours fetched through a weak filter before every vector that passes is compared instead."""

SHORTEST_PREFIX = 6
"""Digits of a document's id that may stand for it; among 10,000 documents one pair in 300 shares
six, and then the candidates are listed."""

CHUNKS_A_PAGE = 10_000
"""More chunks than any page has."""

_ALL = Filter()
_NOTE = "note.{key}"
_STAGED = "{space}.staged"


class Library:
    """Documents that can be found by meaning, by pixels and by words.

    With a `lock` the library can be written, by one process at a time; without, it only reads,
    and sees what another process commits from its next search on. While another process writes,
    and after one was killed, a reader compares vectors in the catalogue one by one instead of
    asking the index. It may be used from any thread.

    `words_in_memory` says that `open_words` gives an index that is empty at every start.

    Opening it for writing checks the indexes and repairs them; `repaired` says which, and why.

    Raises:
        LibraryError: another process is writing to it, or its folder cannot be used.
    """

    def __init__(
        self,
        root: Path,
        *,
        catalogue: Catalogue,
        crops: CropStore,
        open_vectors: Callable[[Path], VectorIndex],
        open_words: Callable[[Path], WordIndex],
        words_in_memory: bool = False,
        lock: WriterLock | None = None,
    ) -> None:
        self.root = root
        self.crops = crops
        self._catalogue = catalogue
        self._writer_lock = lock
        self._thread_lock = threading.RLock()
        folder, writable = root / "index", lock is not None

        def of_words(
            name: str, feed: WordFeed | PageFeed
        ) -> MemoryIndex[WordIndex] | DerivedIndex[WordIndex]:
            if words_in_memory:
                return MemoryIndex(name, catalogue, feed)
            return DerivedIndex(name, folder, catalogue, feed, writable=writable)

        self._words = of_words(WORDS, WordFeed(catalogue, open_words))
        self._pages = of_words(PAGES, PageFeed(catalogue, open_words))
        self._spaces = {
            space: DerivedIndex(
                space,
                folder,
                catalogue,
                VectorFeed(catalogue, open_vectors, space),
                writable=writable,
            )
            for space in SPACES
        }
        self._open_vectors = open_vectors
        self._closed = False
        self.repaired: Mapping[str, str] = {}
        """Index -> what was wrong with it when the library was opened for writing."""
        if lock is not None:
            lock.acquire()
            try:
                self.repaired = self._recover()
            except BaseException:
                lock.release()
                raise

    @property
    def writable(self) -> bool:
        return self._writer_lock is not None

    def put(
        self,
        document: Document,
        pages: Sequence[Page],
        chunks: Sequence[Chunk],
        vectors: Mapping[str, Mapping[str, Vector]],
        replaces: Collection[str] = (),
    ) -> None:
        """Commits a document in place of those it replaces, then brings the indexes up to date.

        Args:
            chunks: in reading order.
            vectors: space -> chunk id -> vector of unit length.
            replaces: ids of documents to drop in the same commit.

        Raises:
            LibraryError: it could not be stored; or it is stored, and an index could not learn
                it, which the next writer's start makes good.
        """
        if unknown := set(vectors) - set(SPACES):
            raise ValueError(f"no such vector space: {sorted(unknown)}")
        with self._writing():
            self._catalogue.put(document, pages, chunks, vectors, replaces)
            self.drain()

    def remove(self, document_id: str) -> None:
        """Drops a document; unknown ids are ignored."""
        with self._writing():
            self._catalogue.remove(document_id)
            self.drain()

    def add_source(self, source: str, document_id: str) -> None:
        """Notes another path of the same bytes."""
        with self._writing():
            self._catalogue.add_source(source, document_id)

    def drain(self) -> None:
        """Brings the indexes up to date with the catalogue."""
        with self._writing():
            for index in self._indexes():
                index.drain()

    def bind(self, space: str, fingerprint: str) -> None:
        """Makes sure that the vectors of a space are this model's, before any is added or asked.

        The first fingerprint is recorded (a reader does not record it).

        Raises:
            SettingsError: the space belongs to another model.
        """
        recorded = self._catalogue.setting(_fingerprint_key(space))
        if recorded is None:
            if self.writable:
                self._catalogue.set_setting(_fingerprint_key(space), fingerprint)
        elif recorded != fingerprint:
            raise SettingsError(
                f"the {space} vectors of {self.root} were made by {recorded}, and the settings say "
                f"{fingerprint}: nothing was changed. Set the model back, or make new vectors with "
                f"`pagesight reembed --library {self.root}`"
            )

    def spaces(self) -> Mapping[str, str]:
        """Space -> fingerprint of the model that its vectors belong to."""
        recorded = {space: self._catalogue.setting(_fingerprint_key(space)) for space in SPACES}
        return {space: fingerprint for space, fingerprint in recorded.items() if fingerprint}

    def replace_space(
        self, space: str, fingerprint: str, batches: Iterable[Mapping[str, Vector]]
    ) -> None:
        """Gives a space the vectors of another model.

        They are collected beside the old ones and indexed in a new directory; then one commit
        swaps. Until then, and after any interruption, the old ones serve.

        Args:
            batches: chunk id -> vector of unit length; together, all chunks of the space.

        Raises:
            LibraryError: a chunk that has a vector got no new one; nothing was changed.
        """
        staged = _STAGED.format(space=space)
        index = self._spaces[space]
        with self._writing():
            self._catalogue.drop_vectors(staged)
        for vectors in batches:
            with self._writing():
                self._catalogue.put_vectors(staged, vectors)
        with self._writing():
            lacking = self._catalogue.all_ids(space) - self._catalogue.all_ids(staged)
            if lacking:
                self._catalogue.drop_vectors(staged)
                raise LibraryError(
                    f"{len(lacking)} chunks got no new {space} vector: nothing was changed; run "
                    "`pagesight reembed` again"
                )
            feed = VectorFeed(self._catalogue, self._open_vectors, staged)
            settings = index.generation_setting(index.build(feed))
            settings[_fingerprint_key(space)] = fingerprint
            self._catalogue.swap_vectors(staged, space, settings)
            index.adopt()

    def check(self) -> Mapping[str, str]:
        """Index -> how it differs from the catalogue; compares every id and every vector."""
        with self._thread_lock:
            faults = {index.name: index.fault(thorough=True) for index in self._indexes()}
        return {name: fault for name, fault in faults.items() if fault}

    def rebuild(self, name: str) -> None:
        """Builds an index ("words", or a space) anew; what was deleted is then gone from it."""
        with self._writing():
            next(index for index in self._indexes() if index.name == name).rebuild()

    def search_vectors(
        self, space: str, vector: Vector, count: int, filter: Filter = _ALL
    ) -> list[tuple[str, float]]:
        """At most `count` (chunk id, cosine), best first, ties by id, of the chunks that pass.

        Every commit is seen, also one that the index has not learnt yet. A space without vectors
        gives none.
        """
        if count < 1 or space not in self._spaces:
            return []
        with self._thread_lock:
            if filter:
                ids = self._catalogue.matching(filter, EXACT_LIMIT)
                if ids is not None:
                    return self._compare(space, vector, ids, count)
            # The outbox is read before the index is refreshed: what leaves it in between is
            # then found in both, and nothing is found in neither.
            coming, waiting = self._spaces[space].waiting()
            fresh = self._compare(space, vector, self._passing(coming, filter), count)
            known = self._known(space, vector, count, filter, waiting)
            if known is None:
                return self._compare(space, vector, self._every(space, filter), count)
        return _best([*fresh, *known], count)

    def search_words(self, text: str, count: int, filter: Filter = _ALL) -> list[tuple[str, float]]:
        """At most `count` (chunk id, BM25 score), best first, ties by id, of the chunks that
        share a word with `text` and pass. A commit is seen when the index has learnt it: for
        the process that writes at once, for others moments later."""
        with self._thread_lock:
            fetch = count
            while fetch > 0:
                found = self._ask_words(self._words, text, fetch, filter)
                live = self._catalogue.live([id for id, _ in found], filter)
                passing = [pair for pair in found if pair[0] in live]
                if len(passing) >= count or len(found) < fetch:
                    return passing[:count]
                fetch *= 2
        return []

    def search_pages(self, text: str, count: int, filter: Filter = _ALL) -> list[tuple[str, int]]:
        """At most `count` (document id, 0-based page index), best first by BM25 over the words
        of the whole page, ties by id; the filter's kinds do not matter here."""
        pages = Filter(documents=filter.documents, pages=filter.pages)
        with self._thread_lock:
            found = self._ask_words(self._pages, text, count, pages)
        return [page_of(id) for id, _ in found]

    def chunks_on(self, document_id: str, page: int, filter: Filter = _ALL) -> list[str]:
        """Ids of the chunks on a page (0-based index) that pass, by id."""
        narrowed = Filter(documents=(document_id,), kinds=filter.kinds, pages=(page, page))
        return self._catalogue.matching(narrowed, CHUNKS_A_PAGE) or []

    def labelled(self, labels: Sequence[str], filter: Filter = _ALL) -> list[tuple[str, str, str]]:
        """(label, document id, chunk id) of the figures and tables that have one of the labels
        ("Figure 3-2") and pass, by label, document and reading order."""
        return self._catalogue.labelled(labels, filter)

    def note(self, key: str) -> str:
        """What was noted about the library under `key`; "" if nothing was."""
        return self._catalogue.setting(_NOTE.format(key=key)) or ""

    def set_note(self, key: str, text: str) -> None:
        """Notes something about the library that is to outlive the process."""
        with self._writing():
            self._catalogue.set_setting(_NOTE.format(key=key), text)

    def revision(self) -> int:
        """Grows with every commit of any process."""
        return self._catalogue.revision()

    def content_hash(self) -> str:
        """SHA-256, hexadecimal, of the ids of all chunks and the models of the vectors: libraries
        with equal contents have equal ones, whatever happened to them before."""
        digest = sha256(json.dumps([sorted(self._catalogue.all_ids()), self.spaces()]).encode())
        return digest.hexdigest()

    def embedded(self, space: str, ids: Sequence[str]) -> set[str]:
        """Those of the chunk `ids` that have a vector in the space."""
        return set(self._catalogue.vectors(space, ids))

    def documents(self) -> list[Document]:
        """All, by source, then id."""
        return self._catalogue.documents()

    def document(self, document_id: str) -> Document | None:
        return self._catalogue.document(document_id)

    def pages(self, document_id: str) -> list[Page]:
        """In order; none for an unknown id."""
        return self._catalogue.pages(document_id)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """In the order of `ids`; those that are not in the library are left out."""
        return self._catalogue.chunks(ids)

    def document_chunks(self, document_id: str) -> list[Chunk]:
        """In reading order; none for an unknown id."""
        return self._catalogue.document_chunks(document_id)

    def sources(self) -> Mapping[str, str]:
        """Path or URL -> document id, aliases included."""
        return self._catalogue.sources()

    def crop_path(self, key: str) -> Path:
        """Where the picture of a figure or table is."""
        return self.crops.path(key)

    def find(self, reference: str) -> Document:
        """The one document meant by the beginning of its id, a path, or a file name.

        Raises:
            SettingsError: there is none, or there are several.
        """
        sources = self.sources()
        exact = sources.get(reference) or sources.get(str(Path(reference).absolute()))
        document = self.document(exact or reference)
        if document is not None:
            return document
        named = {id for path, id in sources.items() if file_name(path) == reference}
        found = [
            document
            for document in self.documents()
            if document.id in named
            or (len(reference) >= SHORTEST_PREFIX and document.id.startswith(reference.lower()))
        ]
        if len(found) == 1:
            return found[0]
        if not found:
            raise SettingsError(
                f"no such document: {reference}; `pagesight docs list` shows what is there"
            )
        candidates = ", ".join(f"{document.id[:12]} ({document.source})" for document in found)
        raise SettingsError(f"{reference} may be any of {candidates}: give more of the id")

    def find_all(self, reference: str) -> list[Document]:
        """The documents whose files lie under a folder, else the one that `find` gives.

        Raises:
            SettingsError: there is none, or `reference` is not enough to tell.
        """
        folder = Path(reference).absolute()
        under = {id for path, id in self.sources().items() if Path(path).is_relative_to(folder)}
        found = [document for document in self.documents() if document.id in under]
        return found or [self.find(reference)]

    def close(self) -> None:
        """Lets go of the files and of the lock; doing it twice is doing it once."""
        with self._thread_lock:
            if self._closed:
                return
            self._closed = True
            try:
                for index in self._indexes():
                    index.close()
            finally:
                self._catalogue.close()
                if self._writer_lock is not None:
                    self._writer_lock.release()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _indexes(
        self,
    ) -> list[MemoryIndex[WordIndex] | DerivedIndex[WordIndex] | DerivedIndex[VectorIndex]]:
        return [self._words, self._pages, *self._spaces.values()]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.writable:
            raise LibraryError(f"{self.root} is open for reading only")
        with self._thread_lock:
            yield

    def _recover(self) -> Mapping[str, str]:
        for space in SPACES:
            staged = _STAGED.format(space=space)
            if self._catalogue.all_ids(staged):
                self._catalogue.drop_vectors(staged)
        faults = {index.name: index.recover() for index in self._indexes()}
        return {name: fault for name, fault in faults.items() if fault}

    def _known(
        self, space: str, vector: Vector, count: int, filter: Filter, waiting: Collection[str]
    ) -> list[tuple[str, float]] | None:
        """What the index finds among the chunks that pass and that it is up to date about; None
        where it cannot tell: fewer than `count` of them are among the nearest `FETCH_LIMIT`, or
        another process is at work on it."""
        fetch = count + len(waiting)
        while fetch <= FETCH_LIMIT:
            if self._in_flux(space):
                return None
            try:
                found = self._ask_vectors(space, vector, fetch)
            except LibraryError:
                if self._in_flux(space):
                    return None
                raise
            live = self._catalogue.live([id for id, _ in found if id not in waiting], filter)
            passing = [pair for pair in found if pair[0] in live]
            if len(passing) >= count or len(found) < fetch:
                return passing
            fetch *= 4
        return None

    def _in_flux(self, space: str) -> bool:
        """Another process is changing the index, or died while it was. What is read from it then
        may be torn, and merely opening it would write: Chroma catches up on its log first, and
        saves the result when enough has come together."""
        return not self.writable and self._spaces[space].dirty()

    def _ask_vectors(self, space: str, vector: Vector, count: int) -> list[tuple[str, float]]:
        return self._spaces[space].ask(lambda index: index.search(vector, count))

    def _ask_words(
        self,
        words: MemoryIndex[WordIndex] | DerivedIndex[WordIndex],
        text: str,
        count: int,
        filter: Filter,
    ) -> list[tuple[str, float]]:
        return words.ask(lambda index: index.search(text, count, filter))

    def _compare(
        self, space: str, vector: Vector, ids: Sequence[str], count: int
    ) -> list[tuple[str, float]]:
        """The nearest of these chunks, by comparing each of their vectors in the catalogue."""
        import numpy as np

        vectors = self._catalogue.vectors(space, ids) if ids else {}
        if not vectors:
            return []
        cosines = np.stack(list(vectors.values())) @ np.asarray(vector, dtype=np.float32)
        # As in the index: beyond six decimals, equal vectors would differ.
        return _best(
            ((id, round(float(cosine), 6)) for id, cosine in zip(vectors, cosines, strict=True)),
            count,
        )

    def _passing(self, ids: Sequence[str], filter: Filter) -> list[str]:
        return sorted(self._catalogue.live(ids, filter)) if ids else []

    def _every(self, space: str, filter: Filter) -> list[str]:
        ids = list(self._catalogue.all_ids(space))
        return self._passing(ids, filter) if filter else ids


def _best(found: Iterable[tuple[str, float]], count: int) -> list[tuple[str, float]]:
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]


def _fingerprint_key(space: str) -> str:
    return f"{space}.fingerprint"
