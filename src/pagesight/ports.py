"""What the core asks of the world. Adapters implement these, one library a file.

Vectors are float32 of unit length, one row an item, in the order of the items given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from pagesight.document import Chunk, Document, DocumentProfile, Page, PageContent, ParsedDocument
from pagesight.results import Evidence, Filter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vector = npt.NDArray[np.float32]
    """Shape (dimension,)."""
    Matrix = npt.NDArray[np.float32]
    """Shape (items, dimension)."""

WORDS = "words"
"""Name of the index of the words of chunks; an index of vectors has the name of its space."""
PAGES = "pages"
"""Name of the index of the words of whole pages."""


def page_id(document_id: str, index: int) -> str:
    """The id of a page (0-based) as a unit of the index `PAGES`."""
    return f"{document_id}/{index}"


def page_of(id: str) -> tuple[str, int]:
    """Document id and 0-based page index of a `page_id`."""
    document_id, _, index = id.rpartition("/")
    return document_id, int(index)


Task = TypeVar("Task")
Result = TypeVar("Result")


class Parser(Protocol):
    """Turns a file into pages with elements."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same bytes would be parsed differently."""

    def profile(self, path: Path) -> DocumentProfile:
        """What is known before parsing.

        Raises:
            DocumentError: the file cannot be parsed; the message names it and the remedy.
        """

    def parse_pages(self, path: Path, start: int, stop: int) -> tuple[PageContent, ...]:
        """The pages with 0-based index in [start, stop). A page that fails is returned with
        its `error` and no elements.

        Raises:
            DocumentError: the file cannot be opened.
        """


class OpticalReader(Protocol):
    """Reads the words of a picture (OCR)."""

    def read(self, png: bytes, *, sparse: bool) -> tuple[OpticalWord, ...]:
        """Words in reading order; `sparse` for scattered labels, else running text.

        Raises:
            ServiceError: the OCR program is not there, or failed.
        """


class OpticalWord(Protocol):
    """A word, its box in pixels of the picture, its line, and the engine's confidence (0 to 1)."""

    @property
    def text(self) -> str: ...

    @property
    def left(self) -> int: ...

    @property
    def top(self) -> int: ...

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def line(self) -> tuple[int, int, int]:
        """Numbers of block, paragraph and line."""

    @property
    def confidence(self) -> float: ...


class TextEmbedder(Protocol):
    """Maps text into the text space."""

    @property
    def fingerprint(self) -> str:
        """Model, revision, dimension, normalisation, prefixes: vectors of two fingerprints are
        never mixed."""

    def embed_passages(self, texts: Sequence[str]) -> Matrix: ...

    def embed_question(self, text: str) -> Vector: ...


class VisualEmbedder(Protocol):
    """Maps pictures and text into the CLIP space."""

    @property
    def fingerprint(self) -> str: ...

    def embed_images(self, paths: Sequence[Path]) -> Matrix: ...

    def embed_question(self, text: str) -> Vector: ...


class VectorIndex(Protocol):
    """Nearest neighbours by cosine over ids: derived from the catalogue, never the truth.

    Every method raises LibraryError where the index is damaged or cannot be written.
    """

    def add(self, ids: Sequence[str], vectors: Matrix) -> None:
        """Adds or overwrites; doing it twice is doing it once."""

    def remove(self, ids: Sequence[str]) -> None:
        """Removes; unknown ids are ignored."""

    def search(self, vector: Vector, count: int) -> list[tuple[str, float]]:
        """At most `count` (id, cosine to 6 decimals), best first, ties by id."""

    def vectors(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        """What is stored for these ids; unknown ids are left out."""

    def ids(self) -> set[str]: ...

    def close(self) -> None:
        """Lets go of the files: the directory can be deleted or opened again."""


class WordIndex(Protocol):
    """BM25 over the words of chunks: derived from the catalogue, never the truth.

    Every method raises LibraryError where the index is damaged or cannot be written.
    """

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Adds or overwrites; doing it twice is doing it once."""

    def remove(self, ids: Sequence[str]) -> None:
        """Removes; unknown ids are ignored."""

    def search(self, text: str, count: int, filter: Filter) -> list[tuple[str, float]]:
        """At most `count` (id, BM25 score), best first, ties by id; only chunks that share a
        word with `text` and pass `filter`. `text` is words, never query syntax."""

    def ids(self) -> set[str]: ...

    def close(self) -> None:
        """Lets go of the files: the directory can be deleted or opened again."""


class CropStore(Protocol):
    """Content-addressed PNG files."""

    def put(self, png: bytes) -> str:
        """Stores the bytes durably and returns their key; the same bytes give the same key."""

    def path(self, key: str) -> Path:
        """Where the crop of this key is, or would be.

        Raises:
            LibraryError: it is no key.
        """


class ParseCache(Protocol):
    """Parsed documents by content and parser."""

    def get(self, document_id: str, fingerprint: str) -> ParsedDocument | None:
        """None where there is none that can be read, or where one of its crops is gone."""

    def put(self, parsed: ParsedDocument, fingerprint: str) -> None: ...


class WriterLock(Protocol):
    """Lets one process at a time write to a library."""

    def acquire(self) -> None:
        """Takes the lock without waiting.

        Raises:
            LibraryError: another process holds it, or it cannot be taken in this folder.
        """

    def release(self) -> None: ...


class Catalogue(Protocol):
    """The truth about a library: documents, chunks, vectors, and what derived indexes still
    have to learn (the outbox). Every method is one transaction and may be called from any thread.

    An index is named `WORDS`, or after the space whose vectors it holds. Whenever a chunk or a
    vector comes or goes, the outbox of its index gets a row, in the same transaction.

    Every method raises LibraryError where the catalogue cannot be read or written.
    """

    def revision(self) -> int:
        """Grows with every commit of any process."""

    def setting(self, key: str) -> str | None: ...

    def set_setting(self, key: str, value: str) -> None: ...

    def put(
        self,
        document: Document,
        pages: Sequence[Page],
        chunks: Sequence[Chunk],
        vectors: Mapping[str, Mapping[str, Vector]],
        replaces: Collection[str],
    ) -> None:
        """Stores a document and drops those it replaces, all or nothing.

        `chunks` are in reading order; `vectors` is space -> chunk id -> vector; `replaces` are
        document ids. A document with the same id is replaced too, and keeps its aliases.
        """

    def remove(self, document_id: str) -> None:
        """Drops a document with its pages, chunks, vectors and sources; unknown ids are ignored."""

    def add_source(self, source: str, document_id: str) -> None:
        """Another path of the same bytes (an alias)."""

    def put_vectors(self, space: str, vectors: Mapping[str, Vector]) -> None:
        """Sets the vectors of chunks that are there; unknown ids are ignored."""

    def drop_vectors(self, space: str) -> None:
        """Drops the vectors of a space and its outbox rows: its index must go as well."""

    def swap_vectors(self, staged: str, space: str, settings: Mapping[str, str]) -> None:
        """The vectors of `staged` take the place of those of `space`, whose outbox rows go, and
        `settings` are set: all or nothing."""

    def documents(self) -> list[Document]:
        """All, by source, then id."""

    def document(self, document_id: str) -> Document | None: ...

    def sources(self) -> Mapping[str, str]:
        """Path -> document id, aliases included."""

    def pages(self, document_id: str) -> list[Page]: ...

    def page_ids(self) -> set[str]:
        """A `page_id` for every page of every document: the ids of the index `PAGES`."""

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """In the order of `ids`; those that are not live are left out."""

    def document_chunks(self, document_id: str) -> list[Chunk]:
        """In reading order."""

    def matching(self, filter: Filter, limit: int) -> list[str] | None:
        """Ids of the chunks that pass, by id; None where there are more than `limit`."""

    def labelled(self, labels: Sequence[str], filter: Filter) -> list[tuple[str, str, str]]:
        """(label, document id, chunk id) of the chunks that pass and have one of the labels
        ("Figure 3-2"), by label, document and reading order."""

    def live(self, ids: Sequence[str], filter: Filter) -> set[str]:
        """Those of `ids` that are chunks of the library and pass `filter`."""

    def all_ids(self, space: str = "") -> set[str]:
        """Ids of all chunks, or of those that have a vector in `space`."""

    def vectors(self, space: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        """Chunk id -> vector, for those of `ids` that have one."""

    def pending(self, index: str, limit: int | None = None) -> list[tuple[int, str, str]]:
        """Outbox rows of an index, oldest first: (sequence number, "add" or "remove", chunk
        id)."""

    def settle(self, index: str, up_to: int) -> None:
        """Forgets outbox rows of the index with sequence number <= `up_to`."""

    def settled(self, index: str) -> int:
        """The last `up_to`: it grows whenever the index has learnt something; 0 at first."""

    def close(self) -> None: ...


class ChatModel(Protocol):
    """A (vision) LLM behind an endpoint."""

    @property
    def name(self) -> str: ...

    def stream(self, system: str, parts: Sequence[str | Path]) -> Iterator[str]:
        """Streams the reply to one user message made of texts and image files, in order.

        Raises:
            ServiceError: the endpoint refused or failed.
        """

    def usage(self) -> Mapping[str, int]:
        """Tokens of the last finished reply, as the endpoint reported them."""


class Answerer(Protocol):
    """Writes an answer from evidence, with [n] marks."""

    @property
    def name(self) -> str: ...

    def write(self, question: str, evidence: Sequence[Evidence]) -> Iterator[str]:
        """Streams the text; each claim ends with the marks of its evidence, like [2]."""

    def usage(self) -> Mapping[str, int]: ...


class WorkerPool(Protocol):
    """Runs one function over many tasks in killable processes."""

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        limit: Callable[[Task], float],
    ) -> Iterator[tuple[Task, Result | Exception]]:
        """Results in the order of the tasks. `limit` gives a task's seconds. A task that
        raises, outlives its limit or dies is yielded with the error, and the rest go on."""
