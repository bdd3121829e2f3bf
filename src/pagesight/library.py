"""A library: the catalogue, the crops, and the indexes that are derived from the catalogue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight.contents import Contents, fingerprint_key, note_key
from pagesight.derived import in_silence
from pagesight.document import Chunk, Document, Page
from pagesight.errors import LibraryError, SettingsError
from pagesight.feeds import Done, batches
from pagesight.files import remove_folder
from pagesight.indexes import SPACES, Indexes
from pagesight.leftovers import (
    Leftovers,
    Swept,
    leftovers,
    readings_folder,
    stale_downloads,
    sweep,
)
from pagesight.ports import (
    Catalogue,
    CropStore,
    ParseCache,
    VectorStore,
    WordIndex,
    WriterLock,
)
from pagesight.references import RULES_VERSION, chunk_references
from pagesight.results import Filter
from pagesight.sources import is_remote, local_copy

if TYPE_CHECKING:
    from pagesight.ports import Vector

EMBED_BATCH = 256
"""Chunks that are embedded and committed at a time when a space is made anew: what an
interruption costs."""

REFER_BATCH = 20
"""Documents whose reference graphs are made and committed at a time: a second's work."""

_ALL = Filter()
_ERASING = "erasing"


class Library(Contents):
    """Documents that can be found by meaning, by pixels and by words.

    With a `lock` the library can be written, by one process at a time; without, it only reads,
    and sees what another process commits from its next search on. While another process writes,
    and after one was killed, a reader compares vectors in the catalogue one by one instead of
    asking the index. It may be used from any thread: searches do not wait for each other, nor for a
    thread that writes.

    `words_in_memory` says that `open_words` gives an index that is empty at every start.

    Opening it for writing checks the indexes and repairs them, unless `recover` is False;
    `repaired` says which, and why.

    Raises:
        LibraryError: another process is writing to it, or its folder cannot be used.
    """

    def __init__(
        self,
        root: Path,
        *,
        catalogue: Catalogue,
        crops: CropStore,
        parses: ParseCache,
        vectors: VectorStore,
        open_words: Callable[[Path], WordIndex],
        words_in_memory: bool = False,
        lock: WriterLock | None = None,
        recover: bool = True,
    ) -> None:
        super().__init__(root, catalogue, crops)
        self.parses = parses
        self._writer_lock = lock
        self._thread_lock = threading.RLock()
        self.indexes = Indexes(
            root / "index",
            catalogue,
            vectors,
            open_words,
            words_in_memory=words_in_memory,
            writable=lock is not None,
        )
        self._closed = False
        self.repaired: Mapping[str, str] = {}
        """Index -> what was wrong with it when the library was opened for writing."""
        if lock is not None:
            lock.acquire()
            try:
                if recover:
                    self.repaired = self.indexes.recover()
                    self._refer()
            except BaseException:
                lock.release()
                raise

    def _refer(self) -> None:
        """Makes the reference graphs that are missing, or that older rules have made."""
        references = self.catalogue.references
        for ids in batches(references.lacking(RULES_VERSION), REFER_BATCH):
            graphs = {}
            for id in ids:
                with suppress(LibraryError):  # a broken row, of which doctor tells
                    graphs[id] = chunk_references(self.document_chunks(id))
            references.replace(graphs, RULES_VERSION)

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
            graph = RULES_VERSION, chunk_references(chunks)
            self.catalogue.put(document, pages, chunks, vectors, replaces, graph)
            self.drain()

    def remove(self, document_id: str) -> None:
        """Drops a document; unknown ids are ignored. Its crops and cached parses stay for the
        next `sweep`: a document that is being parsed may share them."""
        with self._writing():
            self.catalogue.remove(document_id)
            self.drain()

    def forget(self, document_ids: Collection[str], *, erase: bool = False) -> None:
        """Drops documents and their files: crops that no other chunk shows, cached parses,
        renditions, copies of downloads, and uploads. Unknown ids are ignored. Nothing may be
        parsed meanwhile."""
        with self._writing():
            if erase:
                self.catalogue.set_setting(_ERASING, "1")
            sources = [path for path, id in self.sources().items() if id in document_ids]
            shown = self.catalogue.upkeep.images()
            for id in document_ids:
                self.catalogue.remove(id)
            self.drain()
            self.crops.remove(shown - self.catalogue.upkeep.images())
            for id in document_ids:
                self.parses.remove(id)
                self.renditions.remove(id)
            remove_folder(readings_folder(self.root))
            for source in filter(is_remote, sources):
                remove_folder(local_copy(source, self.downloads).parent)
            for path in map(Path, sources):
                if path.is_relative_to(self.uploads):
                    path.unlink(missing_ok=True)
            if erase:
                self.erase()

    def erase(self) -> None:
        """Makes sure that what was removed is gone from the bytes of the library's files: writes
        the catalogue anew and builds every index in a new directory. Nothing may be parsed
        meanwhile, and processes that found the removed by search should have ended: Chroma
        writes memory to its files that it did not clear, whenever it opens them.

        Raises:
            LibraryError: another process is reading, or a file cannot be removed; `erasing` then
                stays true until it was done again.
        """
        with self._writing():
            self.catalogue.set_setting(_ERASING, "1")
            self.sweep()
            remove_folder(readings_folder(self.root))
            for folder in stale_downloads(self.downloads, self.sources()):
                remove_folder(folder)
            # The catalogue first: a process that reads it must not see what is erased.
            self.catalogue.upkeep.shrink()
            self.indexes.erase()
            self.catalogue.set_setting(_ERASING, "")

    def erasing(self) -> bool:
        """An `erase` was begun and not finished."""
        return bool(self.catalogue.setting(_ERASING))

    def leftovers(self) -> Leftovers:
        """What `sweep` would remove."""
        return leftovers(
            self.root, self.catalogue, self.crops, self.parses, self.renditions, self.indexes
        )

    def sweep(self) -> Swept:
        """Removes crops, cached parses and renditions that no document refers to, and what kills
        have left. Nothing may be parsed meanwhile."""
        with self._writing():
            return sweep(self.leftovers(), self.crops, self.parses, self.indexes)

    def add_source(self, source: str, document_id: str) -> None:
        """Notes another path of the same bytes."""
        with self._writing():
            self.catalogue.add_source(source, document_id)

    def remove_source(self, source: str) -> None:
        """Forgets a path; its document goes with it unless it has another path."""
        with self._writing():
            sources = self.catalogue.sources()
            document = self.catalogue.document(sources.get(source, ""))
            if document is None:
                return
            others = [path for path, id in sources.items() if id == document.id and path != source]
            if not others:
                self.catalogue.remove(document.id)
                self.drain()
                return
            if document.source == source:
                self.catalogue.update(replace(document, source=others[0]))
            self.catalogue.remove_source(source)

    def update(self, document: Document) -> None:
        """Sets what is said about a document that is there; its pages and chunks stay."""
        with self._writing():
            self.catalogue.update(document)

    def drain(self) -> None:
        """Brings the indexes up to date with the catalogue."""
        with self._writing():
            self.indexes.drain()

    def bind(self, space: str, fingerprint: str, model: str = "NAME") -> None:
        """Makes sure that the vectors of a space are this model's, before any is added or asked.

        The first fingerprint is recorded (a reader does not record it). `model` is the setting
        that names the model, for the remedy.

        Raises:
            SettingsError: the space belongs to another model.
        """
        recorded = self.catalogue.setting(fingerprint_key(space))
        if recorded is None:
            if self.writable:
                self.catalogue.set_setting(fingerprint_key(space), fingerprint)
        elif recorded != fingerprint:
            visual = " --visual" if space == "visual" else ""
            raise SettingsError(
                f"the {space} vectors of {self.root} were made by {recorded}, and the settings say "
                f"{fingerprint}: nothing was changed. Set the model back, or make new vectors with "
                f"`pagesight reembed{visual} --model {model} --library {self.root}`"
            )

    def stage(self, space: str) -> tuple[str, int]:
        """Model and number of the vectors that an unfinished `replace_space` has made so far;
        ("", 0) where there is none."""
        staged = _staged(space)
        made = len(self.catalogue.all_ids(staged))
        return (self.catalogue.setting(fingerprint_key(staged)) or "", made) if made else ("", 0)

    def replace_space(
        self,
        space: str,
        fingerprint: str,
        embed: Callable[[Sequence[Chunk]], Mapping[str, Vector]],
        done: Done = in_silence,
    ) -> None:
        """Gives a space the vectors of another model.

        They are collected beside the old ones and indexed in a new directory; then one commit
        swaps. Until then the old ones serve. Interrupted, the next call for the same model goes
        on; chunks that have come or gone in between are taken into account.

        Args:
            embed: chunk id -> vector of unit length, for chunks of which some need have none.
            done: is told (chunks done, chunks in all).

        Raises:
            LibraryError: a chunk that has a vector got no new one; nothing was changed.
        """
        staged = _staged(space)
        with self._writing():
            if self.catalogue.setting(fingerprint_key(staged)) != fingerprint:
                self.catalogue.drop_vectors(staged)
                self.catalogue.set_setting(fingerprint_key(staged), fingerprint)
        wordless: set[str] = set()
        while True:
            with self._writing():
                there = self.catalogue.all_ids()
                missing = sorted(there - self.catalogue.all_ids(staged) - wordless)
                if not missing:
                    self._swap(space, fingerprint)
                    return
            ready = len(there) - len(missing)
            for number, ids in enumerate(batches(missing, EMBED_BATCH)):
                done(ready + number * EMBED_BATCH, len(there))
                vectors = embed(self.chunks(ids))
                with self._writing():
                    self.catalogue.put_vectors(staged, vectors)
                wordless |= set(ids) - set(vectors)
            done(len(there), len(there))

    def _swap(self, space: str, fingerprint: str) -> None:
        staged = _staged(space)
        lacking = self.catalogue.all_ids(space) - self.catalogue.all_ids(staged)
        if lacking:
            raise LibraryError(
                f"{len(lacking)} chunks got no new {space} vector: nothing was changed; "
                "`pagesight doctor --repair` may say why, and then `pagesight reembed` goes on"
            )
        settings = {fingerprint_key(space): fingerprint, fingerprint_key(staged): ""}
        self.indexes.replace_space(space, staged, settings)

    def add_vectors(self, space: str, vectors: Mapping[str, Vector]) -> None:
        """Sets the vectors of chunks that are there; the index learns them with the next
        `drain`."""
        with self._writing():
            self.catalogue.put_vectors(space, vectors)

    def drop_strays(self) -> None:
        """Drops rows of the catalogue that belong to a document or a chunk that is not there."""
        with self._writing():
            self.catalogue.upkeep.drop_strays()

    def recover(self) -> Mapping[str, str]:
        """Checks the indexes, repairs them and brings them up to date. Index -> what was wrong
        with it."""
        with self._writing():
            return self.indexes.recover()

    def check(self) -> Mapping[str, str]:
        """Index -> how it differs from the catalogue; compares every id and every vector."""
        with self._thread_lock:
            faults = {name: self.indexes.fault(name) for name in self.indexes.names()}
        return {name: fault for name, fault in faults.items() if fault}

    def rebuild(self, name: str) -> None:
        """Builds an index ("words", "pages", "documents" or a space) anew; what was deleted is
        then gone from it."""
        with self._writing():
            self.indexes.rebuild(name)

    def search_vectors(
        self, space: str, vector: Vector, count: int, filter: Filter = _ALL
    ) -> list[tuple[str, float]]:
        """At most `count` (chunk id, cosine), best first, ties by id, of the chunks that pass.

        Every commit is seen, also one that the index has not learnt yet. A space without vectors
        gives none.
        """
        return self.indexes.search_vectors(space, vector, count, filter)

    def search_words(self, text: str, count: int, filter: Filter = _ALL) -> list[tuple[str, float]]:
        """At most `count` (chunk id, BM25 score), best first, ties by id, of the chunks that
        share a word with `text` and pass. A commit is seen when the index has learnt it: for
        the thread that writes at once, for others moments later."""
        return self.indexes.search_words(text, count, filter)

    def search_within(
        self, document_id: str, text: str, count: int, filter: Filter = _ALL
    ) -> list[tuple[str, float]]:
        """As `search_words`, in one document and by its own statistics: a word counts the more,
        the fewer of that document's chunks have it."""
        return self.indexes.search_within(document_id, text, count, filter)

    def search_pages_within(
        self, document_id: str, text: str, count: int, filter: Filter = _ALL
    ) -> list[tuple[str, int]]:
        """At most `count` (document id, 0-based page index) of one document, best first by BM25
        over the words of the whole page and by the document's own statistics, ties by id; the
        filter's kinds do not matter here."""
        return self.indexes.search_pages_within(document_id, text, count, filter)

    def search_documents(
        self, text: str, count: int, filter: Filter = _ALL
    ) -> list[tuple[str, float]]:
        """At most `count` (document id, BM25 score), best first, ties by id, by what a document
        says it is (name, title, sections) and every word of it, once."""
        return self.indexes.search_documents(text, count, filter)

    def set_note(self, key: str, text: str) -> None:
        """Notes something about the library that is to outlive the process."""
        with self._writing():
            self.catalogue.set_setting(note_key(key), text)

    def close(self) -> None:
        """Lets go of the files and of the lock; doing it twice is doing it once."""
        with self._thread_lock:
            if self._closed:
                return
            self._closed = True
            try:
                self.indexes.close()
            finally:
                self.catalogue.close()
                if self._writer_lock is not None:
                    self._writer_lock.release()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.writable:
            raise LibraryError(f"{self.root} is open for reading only")
        with self._thread_lock:
            yield


def _staged(space: str) -> str:
    """The name under which the catalogue collects the vectors that are to take a space's place."""
    return f"{space}.staged"
