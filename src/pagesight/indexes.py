"""The indexes of a library: one for each vector space, three of words, searched together with the
catalogue, so that what is found is what was committed."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight.derived import DerivedIndex, MemoryIndex, in_silence
from pagesight.errors import LibraryError
from pagesight.feeds import Done, VectorFeed, WordFeed, batches, matrix
from pagesight.files import remove_folder
from pagesight.ports import (
    DOCUMENTS,
    PAGES,
    WORDS,
    Catalogue,
    VectorIndex,
    VectorStore,
    WordIndex,
    page_of,
)
from pagesight.results import Filter
from pagesight.units import ChunkUnits, DocumentUnits, PageUnits, Units

if TYPE_CHECKING:
    from pagesight.ports import Vector

SPACES = ("text", "visual")
"""The vector spaces: what texts mean, and what pictures show. Never mixed."""

NARROW = 1_000
"""Chunks whose vectors are read from the catalogue and compared one by one, where a filter leaves
no more: some 8 ms at 384 dimensions. Where it leaves more, an index search that drops what does
not pass is faster."""

FETCH_LIMIT = 8_000
"""Neighbours fetched through a filter before every vector that passes is compared instead. If fewer
than 50 of so many pass, few chunks do: to compare these takes no longer than to fetch more."""

SPARE = 1.5
"""Neighbours fetched through a filter, as a multiple of what the share of those that passed so far
promises to be enough."""

SAMPLED = 20
"""Vectors of a space whose nearest are compared one by one to tell what its index misses."""

ROUNDING = 1e-6
"""Cosines that differ by no more are equal: beyond six decimals float32 tells nothing apart."""


class Indexes:
    """The indexes in `folder`, none of which is opened before it is asked.

    `words_in_memory` says that `open_words` gives an index that is empty at every start.
    """

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        vectors: VectorStore,
        open_words: Callable[[Path], WordIndex],
        *,
        words_in_memory: bool,
        writable: bool,
    ) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._vectors = vectors
        self._writable = writable

        def of_words(name: str, units: Units) -> MemoryIndex[WordIndex] | DerivedIndex[WordIndex]:
            feed = WordFeed(catalogue, units, open_words)
            if words_in_memory:
                return MemoryIndex(name, catalogue, feed)
            return DerivedIndex(name, folder, catalogue, feed, writable=writable)

        self._words = of_words(WORDS, ChunkUnits(catalogue))
        self._pages = of_words(PAGES, PageUnits(catalogue))
        self._documents = of_words(DOCUMENTS, DocumentUnits(catalogue))
        self._spaces = {
            space: DerivedIndex(
                space,
                folder,
                catalogue,
                VectorFeed(catalogue, vectors, space),
                writable=writable,
            )
            for space in SPACES
        }

    def recover(self) -> Mapping[str, str]:
        """Checks, repairs and brings up to date. Index -> what was wrong with it."""
        faults = {index.name: index.recover() for index in self._all()}
        return {name: fault for name, fault in faults.items() if fault}

    def drain(self) -> None:
        """Brings all up to date with the catalogue."""
        for index in self._all():
            index.drain()

    def fault(self, name: str, done: Done = in_silence, *, thorough: bool = True) -> str:
        """How an index ("words", "pages", "documents" or a space) differs from the catalogue; ""
        if it does not. `thorough` compares every vector, otherwise only ids and samples.

        Raises:
            SettingsError: there is no room for the copy that a reader looks at.
        """
        return self._named(name).fault(done, thorough=thorough)

    def names(self) -> list[str]:
        return [index.name for index in self._all()]

    def stopped(self) -> list[str]:
        """Names of those that another writer is changing, or was changing when it was killed."""
        return [index.name for index in self._all() if index.stopped()]

    def others(self) -> list[Path]:
        """Directories of generations that do not serve."""
        return [directory for index in self._all() for directory in index.others()]

    def drop_others(self) -> None:
        """Drops generations that do not serve.

        Raises:
            LibraryError: a directory cannot be removed.
            ServiceError: the server that keeps one is away.
        """
        for index in self._all():
            index.drop_others()

    def rebuild(self, name: str) -> None:
        """Builds an index anew."""
        self._named(name).rebuild()

    def erase(self) -> None:
        """Builds every index anew in a new directory: what was deleted is gone from its bytes.

        Raises:
            LibraryError: a former directory cannot be removed.
        """
        for index in self._all():
            if isinstance(index, MemoryIndex):
                # What another engine left: the next writer that uses it builds it anew.
                for directory in self._folder.glob(f"{index.name}-*"):
                    remove_folder(directory)
            elif index.generation() is not None:
                index.rebuild(spotless=True)
        left = self.others()
        if left:
            raise LibraryError(f"{left[0]} cannot be removed: remove it, and then erase again")

    def replace_space(self, space: str, staged: str, settings: Mapping[str, str]) -> None:
        """Lets the vectors that the catalogue holds under `staged` take a space's place, and sets
        `settings`, in one commit."""
        index = self._spaces[space]
        feed = VectorFeed(self._catalogue, self._vectors, staged)
        generation = index.generation_setting(index.build(feed))
        with index.unasked():
            self._catalogue.swap_vectors(staged, space, {**settings, **generation})
            index.adopt()

    def search_vectors(
        self, space: str, vector: Vector, count: int, filter: Filter
    ) -> list[tuple[str, float]]:
        """At most `count` (chunk id, cosine), best first, ties by id, of the chunks that pass."""
        if count < 1 or space not in self._spaces:
            return []
        if filter:
            ids = self._catalogue.matching(filter, NARROW)
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

    def recall(self, space: str, count: int) -> float | None:
        """Share of the `count` nearest that its index finds, for some vectors of the space itself;
        None where it has none. It reads every vector: seconds for 100,000."""
        import numpy as np

        ids = sorted(self._catalogue.all_ids(space))
        if not ids:
            return None
        asked = matrix(self._catalogue.vectors(space, ids[:: -(-len(ids) // SAMPLED)]))
        parts = (self._catalogue.vectors(space, part) for part in batches(ids))
        cosines = [asked @ matrix(part).T for part in parts]
        wanted = min(count, len(ids))
        least = np.partition(np.concatenate(cosines, axis=1), -wanted, axis=1)[:, -wanted]
        shares = [
            sum(cosine >= bound - ROUNDING for _, cosine in self._nearest(space, vector, wanted))
            for vector, bound in zip(asked, least, strict=True)
        ]
        return float(np.mean(shares)) / wanted

    def search_words(self, text: str, count: int, filter: Filter) -> list[tuple[str, float]]:
        """At most `count` (chunk id, BM25 score), best first, ties by id, of the chunks that
        share a word with `text` and pass."""
        fetch = count
        while fetch > 0:
            found = _ask_words(self._words, text, fetch, filter)
            live = self._catalogue.live([id for id, _ in found], filter)
            passing = [pair for pair in found if pair[0] in live]
            if len(passing) >= count or len(found) < fetch:
                return passing[:count]
            fetch *= 2
        return []

    def search_within(
        self, document_id: str, text: str, count: int, filter: Filter
    ) -> list[tuple[str, float]]:
        """The same in one document, by its own statistics: see WordIndex."""
        found = self._words.ask(lambda index: index.search_within(document_id, text, count, filter))
        live = self._catalogue.live([id for id, _ in found], filter)
        return [pair for pair in found if pair[0] in live]

    def search_pages_within(
        self, document_id: str, text: str, count: int, filter: Filter
    ) -> list[tuple[str, int]]:
        """At most `count` (document id, 0-based page index) of one document, best first by BM25
        over the words of the whole page and by the document's own statistics, ties by id; the
        filter's kinds do not matter here."""
        pages = Filter(pages=filter.pages)
        found = self._pages.ask(lambda index: index.search_within(document_id, text, count, pages))
        return [page_of(id) for id, _ in found]

    def search_documents(self, text: str, count: int, filter: Filter) -> list[tuple[str, float]]:
        """At most `count` (document id, BM25 score), best first, ties by id; the
        filter's pages and kinds do not matter here."""
        return _ask_words(self._documents, text, count, Filter(documents=filter.documents))

    def close(self) -> None:
        """Lets go of the files."""
        for index in self._all():
            index.close()

    def _all(
        self,
    ) -> list[MemoryIndex[WordIndex] | DerivedIndex[WordIndex] | DerivedIndex[VectorIndex]]:
        return [self._words, self._pages, self._documents, *self._spaces.values()]

    def _named(
        self, name: str
    ) -> MemoryIndex[WordIndex] | DerivedIndex[WordIndex] | DerivedIndex[VectorIndex]:
        return next(index for index in self._all() if index.name == name)

    def _known(
        self, space: str, vector: Vector, count: int, filter: Filter, waiting: Collection[str]
    ) -> list[tuple[str, float]] | None:
        """What the index finds among the chunks that pass and that it is up to date about; None
        where it cannot tell: fewer than `count` of them are among the nearest `FETCH_LIMIT`, or
        another process is at work on it."""
        fetch = count
        while fetch <= FETCH_LIMIT:
            if self._in_flux(space):
                return None
            try:
                found = self._nearest(space, vector, fetch)
            except LibraryError:
                if self._in_flux(space):
                    return None
                raise
            live = self._catalogue.live([id for id, _ in found if id not in waiting], filter)
            passing = [pair for pair in found if pair[0] in live]
            if len(passing) >= count or len(found) < fetch:
                return passing
            fetch = math.ceil(SPARE * fetch * count / (len(passing) + 1))
        return None

    def _nearest(self, space: str, vector: Vector, count: int) -> list[tuple[str, float]]:
        return self._spaces[space].ask(lambda index: index.search(vector, count))

    def _in_flux(self, space: str) -> bool:
        """Another process is changing the index, or died while it was. What is read from it then
        may be torn, and merely opening it would write: Chroma catches up on its log first, and
        saves the result when enough has come together."""
        return not self._writable and self._spaces[space].dirty()

    def _compare(
        self, space: str, vector: Vector, ids: Sequence[str], count: int
    ) -> list[tuple[str, float]]:
        """The nearest of these chunks, by comparing each of their vectors in the catalogue."""
        import numpy as np

        vectors = self._catalogue.vectors(space, ids) if ids else {}
        if not vectors:
            return []
        # As in the index: beyond six decimals, equal vectors would differ.
        cosines = np.round(matrix(vectors) @ np.asarray(vector, dtype=np.float32), 6)
        least = np.partition(cosines, -count)[-count] if count < len(cosines) else -np.inf
        near = np.flatnonzero(cosines >= least)
        known = list(vectors)
        return _best(((known[row], round(float(cosines[row]), 6)) for row in near), count)

    def _passing(self, ids: Sequence[str], filter: Filter) -> list[str]:
        return sorted(self._catalogue.live(ids, filter)) if ids else []

    def _every(self, space: str, filter: Filter) -> Sequence[str]:
        if not filter:
            return list(self._catalogue.all_ids(space))
        return self._catalogue.matching(filter, sys.maxsize - 1) or ()


def _ask_words(
    words: MemoryIndex[WordIndex] | DerivedIndex[WordIndex],
    text: str,
    count: int,
    filter: Filter,
) -> list[tuple[str, float]]:
    return words.ask(lambda index: index.search(text, count, filter))


def _best(found: Iterable[tuple[str, float]], count: int) -> list[tuple[str, float]]:
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]
