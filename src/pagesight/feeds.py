"""What the catalogue feeds into each kind of derived index, and how one is compared with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from pagesight.document import Chunk
from pagesight.errors import LibraryError
from pagesight.files import remove_folder
from pagesight.languages import ENGLISH, language_of
from pagesight.ports import Catalogue, VectorIndex, VectorStore, WordIndex
from pagesight.results import Filter
from pagesight.tokens import TOKENS_VERSION, tokenize
from pagesight.units import Units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pagesight.ports import Matrix, Vector

BATCH = 256
"""Chunks moved from the catalogue to an index at a time: some megabytes."""

FILLED = 2_048
"""The same while an index is made anew, when nobody waits for the single chunk: an index of words
commits every time, which takes as long for 10 chunks as for 1,000."""

TOGETHER = 64
"""Vectors that an index is given in one call. Chroma lets no other thread of the process run
meanwhile: 50 ms for so many, in an index of 100,000."""

PROBES = 20
"""Chunks that are looked up by search when an index is checked. A torn index answers wrongly for
many of them, so that a few find it."""

PROBE_WORDS = 12
"""Words of a chunk that are searched for on its page: any one of them finds it."""

PAGE_LIMIT = 1_000
"""More chunks than stand on a page."""

COSINE_OF_ITSELF = 0.999
"""A stored unit vector finds itself at least this close: 1, less what float32 loses."""

WORDS_VERSION = f"{TOKENS_VERSION}.1"
"""Of an index of words: raised behind the dot with every change of its fields, and of the
languages that texts are taken for."""

OPENING = 20
"""Pages from the start of a document: it is taken to be in the language of most of them."""

AnyIndex = TypeVar("AnyIndex", VectorIndex, WordIndex)

Done = Callable[[int, int], None]
"""Is told (done, in all)."""


class Feed(Protocol[AnyIndex]):
    """What the catalogue holds for one kind of index. It can be pickled, if what opens the index
    can."""

    version: str
    """Of what it makes of the catalogue. An index of another version still answers, and the next
    writer builds it anew."""
    fragile: bool
    """To read a damaged index may bring the process down."""
    remote: bool
    """An index is on a server: its directory only names it, and to open it is not to write."""

    def open(self, directory: Path) -> AnyIndex: ...

    def drop(self, directory: Path) -> None:
        """Removes an index with its directory, if it is there.

        Raises:
            LibraryError: the directory cannot be removed.
            ServiceError: the server that keeps it is away.
        """

    def ids(self) -> set[str]:
        """Ids of the chunks that belong into the index."""

    def add(self, index: AnyIndex, ids: Sequence[str]) -> set[str]:
        """Puts those of `ids` that belong into the index, and says which these were."""

    def fault(self, index: AnyIndex, ids: Sequence[str], done: Done, *, thorough: bool) -> str:
        """What is wrong with these chunks in the index; "" if nothing is. A few are looked up by
        search; `thorough` compares whatever else can be compared, of all."""


class _Spoken:
    """The languages of texts: a text's own where it shows one, else its document's."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[tuple[str, str], str] = {}
        """(Document id, recipe of its chunks) -> language."""

    def of(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """Chunk id -> language."""
        own = {chunk.id: language_of(chunk.text) for chunk in chunks}
        unclear = {chunk.document_id for chunk in chunks if not own[chunk.id]}
        documents = {id: self._of_document(id) for id in unclear}
        return {chunk.id: own[chunk.id] or documents[chunk.document_id] for chunk in chunks}

    def _of_document(self, id: str) -> str:
        document = self._catalogue.document(id)
        key = id, document.recipe if document else ""
        if key not in self._known:
            pages = self._catalogue.page_texts(id, 0, OPENING - 1).values()
            spoken = Counter(filter(None, (language_of("\n".join(texts)) for texts in pages)))
            self._known[key] = max(spoken, key=lambda each: spoken[each], default=ENGLISH)
        return self._known[key]


class WordFeed:
    """Feeds a word index with units."""

    version = WORDS_VERSION
    fragile = False
    remote = False
    drop = staticmethod(remove_folder)

    def __init__(
        self, catalogue: Catalogue, units: Units, opening: Callable[[Path], WordIndex]
    ) -> None:
        self._units = units
        self._spoken = _Spoken(catalogue)
        self.open = opening

    def ids(self) -> set[str]:
        return self._units.ids()

    def add(self, index: WordIndex, ids: Sequence[str]) -> set[str]:
        chunks = self._units.chunks(ids)
        index.add(chunks, self._spoken.of(chunks))
        return {chunk.id for chunk in chunks}

    def fault(self, index: WordIndex, ids: Sequence[str], done: Done, *, thorough: bool) -> str:
        # It commits whole batches or nothing, and the words of a unit follow from its id.
        return _unfound(index, self._units.chunks(_probes(ids)))


class VectorFeed:
    """Feeds a vector index with the vectors of one space."""

    version = ""

    def __init__(self, catalogue: Catalogue, store: VectorStore, space: str) -> None:
        self._catalogue = catalogue
        self._space = space
        self.remote = store.remote
        self.fragile = not store.remote
        self.open = store.open
        self.drop = store.drop

    def ids(self) -> set[str]:
        return self._catalogue.all_ids(self._space)

    def add(self, index: VectorIndex, ids: Sequence[str]) -> set[str]:
        vectors = self._catalogue.vectors(self._space, ids)
        for part in batches(list(vectors), TOGETHER):
            index.add(part, matrix({id: vectors[id] for id in part}))
        return set(vectors)

    def fault(self, index: VectorIndex, ids: Sequence[str], done: Done, *, thorough: bool) -> str:
        for id, vector in self._catalogue.vectors(self._space, _probes(ids)).items():
            nearest = index.search(vector, 1)
            if not nearest or not nearest[0][1] >= COSINE_OF_ITSELF:
                return f"a search does not find {id}"
        compared = 0
        for batch in batches(ids) if thorough else ():
            stored = index.vectors(batch)
            for id, vector in self._catalogue.vectors(self._space, batch).items():
                if id not in stored or not _same(vector, stored[id]):
                    return f"it has another vector for {id}"
            compared += len(batch)
            done(compared, len(ids))
        return ""


def fill(feed: Feed[AnyIndex], directory: Path, done: Done) -> None:
    """Makes an index of what the catalogue holds, in a directory that is not there yet."""
    ids = sorted(feed.ids())
    index = feed.open(directory)
    try:
        for number, batch in enumerate(batches(ids, FILLED), start=1):
            feed.add(index, batch)
            done(min(number * FILLED, len(ids)), len(ids))
    finally:
        index.close()


def difference(
    feed: Feed[AnyIndex], index: AnyIndex, waiting: Collection[str], done: Done, *, thorough: bool
) -> str:
    """How an index differs from what the catalogue holds, apart from the ids that it waits for;
    "" if it does not."""
    wanted = feed.ids() - set(waiting)
    try:
        if index.ids() - set(waiting) != wanted:
            return "it holds other chunks than the catalogue"
        return feed.fault(index, sorted(wanted), done, thorough=thorough)
    except LibraryError as error:
        return str(error)


def difference_of_files(
    feed: Feed[AnyIndex], directory: Path, waiting: Collection[str], thorough: bool, done: Done
) -> str:
    """The same of the index in a directory, which is opened and closed."""
    try:
        index = feed.open(directory)
    except LibraryError as error:
        return str(error)
    try:
        return difference(feed, index, waiting, done, thorough=thorough)
    finally:
        index.close()


def batches(ids: Sequence[str], size: int = BATCH) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _probes(ids: Sequence[str]) -> Sequence[str]:
    return ids[:: max(1, len(ids) // PROBES)]


def _unfound(index: WordIndex, chunks: Sequence[Chunk]) -> str:
    """Says which of the chunks is not found by its words; "" if all are."""
    for chunk in chunks:
        words = " ".join(chunk.text.split()[:PROBE_WORDS])
        on_page = (chunk.pages[0], chunk.pages[0]) if chunk.pages else None
        own = Filter(documents=(chunk.document_id,), pages=on_page)
        found = index.search(words, PAGE_LIMIT, own)
        if tokenize(words) and len(found) < PAGE_LIMIT and chunk.id not in dict(found):
            return f"a search does not find {chunk.id}"
    return ""


def _same(vector: Vector, other: Vector) -> bool:
    return vector.shape == other.shape and bool(vector @ other >= COSINE_OF_ITSELF)


def matrix(vectors: Mapping[str, Vector]) -> Matrix:
    """The vectors, one row each, in their order.

    Raises:
        LibraryError: they are of different lengths.
    """
    import numpy as np

    if len({len(vector) for vector in vectors.values()}) > 1:
        raise LibraryError(
            "the catalogue has vectors of different lengths in one space: "
            "`pagesight doctor --repair` makes them anew"
        )
    return np.stack(list(vectors.values()))
