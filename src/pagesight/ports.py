"""What the core asks of the world. Adapters implement these, one library a file.

Vectors are float32 of unit length, one row an item, in the order of the items given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from pagesight.document import (
    Chunk,
    Counts,
    Document,
    DocumentProfile,
    Page,
    PageContent,
    ParsedDocument,
)
from pagesight.flow import Rendition, Segment
from pagesight.results import Evidence, Filter, ImagePart, Message, Reply

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

    def profile(self, path: Path, passwords: Sequence[str] = ()) -> DocumentProfile:
        """What is known before parsing. An encrypted file is opened by the first password that
        fits.

        Raises:
            DocumentError: the file cannot be parsed; the message names it and the remedy.
        """

    def parse_pages(
        self, path: Path, start: int, stop: int, passwords: Sequence[str] = ()
    ) -> tuple[PageContent, ...]:
        """The pages with 0-based index in [start, stop). A page that fails is returned with
        its `error` and no elements.

        Raises:
            DocumentError: the file cannot be opened.
        """


class Converter(Protocol):
    """Makes a PDF of a file of another kind."""

    def __call__(self, path: Path) -> Rendition:
        """The file as a PDF.

        Raises:
            DocumentError: it cannot be read; the message names it and the remedy.
        """


class Segmenter(Protocol):
    """Divides a page into regions."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same page would be divided differently."""

    def segments(
        self, pdf: bytes, png: Callable[[], bytes], size: tuple[float, float], *, has_text: bool
    ) -> tuple[Segment, ...]:
        """The regions of a page in reading order, boxes in points of the page.

        Args:
            pdf: the page alone, upright, not encrypted.
            png: renders it for OCR.
            size: width and height in points.
            has_text: whether it has a text layer.

        Raises:
            ServiceError: a model or program that it needs is not there.
        """


class Illustrator(Protocol):
    """Adds what only the pixels of a PDF tell to pages whose elements are known."""

    def illustrate(
        self, path: Path, contents: Sequence[PageContent], passwords: Sequence[str] = ()
    ) -> tuple[PageContent, ...]:
        """The pages, their figures and tables with crops, and figures that have no words with
        those that can be read in them.

        Raises:
            DocumentError: the file cannot be opened.
            OSError: a crop cannot be stored.
        """


class RemoteFiles(Protocol):
    """Files behind URLs: https://, s3:// and the like."""

    def find(self, url: str) -> list[str]:
        """URLs of the documents below a folder or that a glob matches, sorted; a file is found
        itself.

        Raises:
            DocumentError: it cannot be read; the message names it and the remedy.
        """

    def fetch(self, url: str) -> Path:
        """A local copy of what is behind the URL now. It stays, so that its pages can be shown,
        and is fetched again only where the server says that the content changed.

        Raises:
            DocumentError: it cannot be read; the message names it and the remedy.
        """


class OpticalReader(Protocol):
    """Reads the words of a picture (OCR)."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same picture would be read differently."""

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

    def embed_questions(self, texts: Sequence[str]) -> Matrix: ...

    def embed_question(self, text: str) -> Vector: ...


class VisualEmbedder(Protocol):
    """Maps pictures and text into the CLIP space."""

    @property
    def fingerprint(self) -> str: ...

    def embed_images(self, paths: Sequence[Path]) -> Matrix: ...

    def embed_question(self, text: str) -> Vector: ...


class VectorIndex(Protocol):
    """Nearest neighbours by cosine over ids: derived from the catalogue, never the truth.

    Every method raises LibraryError where the index is damaged or cannot be written, and
    ServiceError where the server that keeps it is away.
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


class VectorStore(Protocol):
    """Where vector indexes are kept, each under a directory. It can be pickled."""

    @property
    def remote(self) -> bool:
        """They are on a server: a directory only names one, and to open it is not to write."""

    def open(self, directory: Path) -> VectorIndex:
        """The index of a directory, which is made where it is missing or empty.

        Raises:
            LibraryError: the index is damaged or gone.
            ServiceError: the server is away.
        """

    def drop(self, directory: Path) -> None:
        """Removes an index with its directory, if it is there.

        Raises:
            LibraryError: the directory cannot be removed.
            ServiceError: the server that keeps it is away.
        """


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


class CropWriter(Protocol):
    """Takes the crops that a parser cuts."""

    def put(self, png: bytes) -> str:
        """Stores the bytes durably and returns their key; the same bytes give the same key."""


class CropStore(CropWriter, Protocol):
    """Content-addressed PNG files."""

    def path(self, key: str) -> Path:
        """Where the crop of this key is, or would be.

        Raises:
            LibraryError: it is no key.
        """

    def keys(self) -> set[str]:
        """Of all crops that are there."""

    def whole(self, key: str) -> bool:
        """Whether the crop is there and its bytes are those that were stored."""

    def remove(self, keys: Iterable[str]) -> int:
        """Removes crops; unknown keys are ignored. Returns the bytes that they took."""


class ParseCache(Protocol):
    """Parsed documents by content and parser."""

    def get(self, document_id: str, fingerprint: str) -> ParsedDocument | None:
        """None where there is none that can be read, or where one of its crops is gone."""

    def put(self, parsed: ParsedDocument, fingerprint: str) -> None: ...

    def entries(self) -> Mapping[Path, str]:
        """File -> id of its document; "" for a file that is no entry."""

    def readable(self, path: Path) -> bool:
        """Whether the entry in a file can be read."""

    def remove(self, document_id: str) -> None:
        """Removes what is kept of a document, by any parser; unknown ids are ignored."""

    def discard(self, paths: Iterable[Path]) -> int:
        """Removes these files of `entries`. Returns the bytes that they took."""


class WriterLock(Protocol):
    """Lets one process at a time write to a library."""

    def acquire(self) -> None:
        """Takes the lock without waiting for its holder to be done.

        Raises:
            LibraryError: another process holds it, or it cannot be taken in this folder.
        """

    def release(self) -> None: ...

    def held(self) -> bool:
        """Another process holds it."""


class CatalogueUpkeep(Protocol):
    """What a catalogue tells and does for its own upkeep.

    Every method raises LibraryError where the catalogue cannot be read or written.
    """

    def snapshot(self) -> AbstractContextManager[None]:
        """All that is read inside is of one moment, whatever other processes commit."""

    def damage(self, *, quick: bool) -> str:
        """What is wrong with the file itself; "" if nothing is. `quick` does not compare its
        indexes with its rows."""

    def strays(self) -> Mapping[str, int]:
        """Table -> rows that belong to a document or a chunk that is not there."""

    def drop_strays(self) -> None:
        """Drops such rows."""

    def document_ids(self) -> list[str]:
        """All, by source, then id, whether or not the document itself can be read."""

    def lacking(self) -> set[str]:
        """Ids of the documents that lack a chunk or a page in the middle."""

    def images(self) -> set[str]:
        """Keys of the crops of all chunks."""

    def odd_vectors(self, space: str) -> Mapping[str, str]:
        """Chunk id -> what is wrong with its vector: its length is not that of most, it has
        values that are no numbers, or it is not of unit length."""

    def shrink(self) -> None:
        """Writes the file anew: what was deleted is gone from its bytes.

        Raises:
            LibraryError: another process is reading; nothing is lost, and it can be done again.
        """


class Catalogue(Protocol):
    """The truth about a library: documents, chunks, vectors, and what derived indexes still
    have to learn (the outbox). Every method is one transaction and may be called from any thread.

    An index is named `WORDS`, or after the space whose vectors it holds. Whenever a chunk or a
    vector comes or goes, the outbox of its index gets a row, in the same transaction.

    Every method raises LibraryError where the catalogue cannot be read or written.
    """

    @property
    def upkeep(self) -> CatalogueUpkeep: ...

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

    def update(self, document: Document) -> None:
        """Sets what is said about a document that is there; its pages and chunks stay."""

    def add_source(self, source: str, document_id: str) -> None:
        """Another path of the same bytes (an alias)."""

    def remove_source(self, source: str) -> None:
        """Forgets a path; its document stays."""

    def put_vectors(self, space: str, vectors: Mapping[str, Vector]) -> None:
        """Sets the vectors of chunks that are there; unknown ids are ignored."""

    def drop_vectors(self, space: str) -> None:
        """Drops the vectors of a space and its outbox rows: its index must go as well."""

    def swap_vectors(self, staged: str, space: str, settings: Mapping[str, str]) -> None:
        """The vectors of `staged` take the place of those of `space`, whose outbox rows go, and
        `settings` are set: all or nothing."""

    def documents(self) -> list[Document]:
        """All, by source, then id."""

    def superseding(self) -> list[Document]:
        """Documents that say which others they supersede, by source, then id."""

    def document(self, document_id: str) -> Document | None: ...

    def sources(self) -> Mapping[str, str]:
        """Path -> document id, aliases included."""

    def pages(self, document_id: str, only: Collection[int] | None = None) -> list[Page]:
        """In order; those with the 0-based indices `only`, where given."""

    def page_ids(self) -> set[str]:
        """A `page_id` for every page of every document: the ids of the index `PAGES`."""

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """In the order of `ids`; those that are not live are left out."""

    def document_chunks(self, document_id: str) -> list[Chunk]:
        """In reading order."""

    def neighbours(self, id: str, reach: int) -> Mapping[int, Chunk]:
        """Position in its document (from 0, in reading order) -> chunk: the chunk `id` and those
        at most `reach` places before and after it, by position; empty for an unknown id."""

    def page_texts(self, document_id: str, first: int, last: int) -> Mapping[int, list[str]]:
        """0-based index -> texts of the chunks that stand on the page, in reading order, for
        each page of the document from `first` to `last`."""

    def matching(self, filter: Filter, limit: int) -> list[str] | None:
        """Ids of the chunks that pass, by id; None where there are more than `limit`."""

    def chunks_on(self, pages: Sequence[tuple[str, int]], filter: Filter) -> list[list[str]]:
        """For each page (document id and 0-based index) the ids of the chunks on it that are of
        the filter's kinds, by id."""

    def labelled(self, labels: Sequence[str], filter: Filter) -> list[tuple[str, str, str]]:
        """(label, document id, chunk id) of the chunks that pass and have one of the labels
        ("Figure 3-2"), by label, document and reading order."""

    def shows(self, image: str) -> bool:
        """Whether a figure or table has the crop with this key."""

    def counts(self) -> Counts:
        """How much is there."""

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

    def stream(self, system: str, parts: Sequence[str | Path]) -> Reply:
        """The reply to one user message made of texts and image files, in order. For a file that
        cannot be read a text says so.

        Its pieces raise:
            UnfinishedReplyError: the reply broke off, was cut at the model's limit, or was
                withheld; what came before was yielded.
            ServiceError: the endpoint refused or failed.
        """


class VisionModel(ChatModel, Protocol):
    """A ChatModel that tells beforehand how it is sent a picture."""

    def fit(self, path: Path, most: int) -> tuple[ImagePart, ...]:
        """A picture file as it is sent: whole, or in at most `most` tiles.

        Raises:
            OSError: the file is gone, or is no picture that can be read.
        """

    def stream(self, system: str, parts: Sequence[str | Path | ImagePart]) -> Reply:
        """See ChatModel; what was fitted before is sent as it is."""


class Answerer(Protocol):
    """Writes an answer from evidence, with [n] marks."""

    @property
    def name(self) -> str: ...

    def write(
        self, question: str, evidence: Sequence[Evidence], picture: Path | None = None
    ) -> Reply:
        """The text; each claim ends with the marks of its evidence, like [2].

        Args:
            question: where a picture asks alone, the words that are read in it; there may be none.
            picture: the picture file that asks, or belongs to the question.
        """

    def messages(
        self, question: str, evidence: Sequence[Evidence], picture: Path | None = None
    ) -> tuple[Message, ...]:
        """Exactly what `write` sends to a model; empty where no model is asked."""


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
