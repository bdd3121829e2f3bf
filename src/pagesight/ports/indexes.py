"""What is derived from the catalogue to find chunks by: vectors and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pagesight.document import Chunk
from pagesight.results import Filter

if TYPE_CHECKING:
    from pagesight.ports.embedding import Matrix, Vector


WORDS = "words"
"""Name of the index of the words of chunks; an index of vectors has the name of its space."""
PAGES = "pages"
"""Name of the index of the words of whole pages."""
DOCUMENTS = "documents"
"""Name of the index of the words of whole documents."""


def page_id(document_id: str, index: int) -> str:
    """The id of a page (0-based) as a unit of the index `PAGES`."""
    return f"{document_id}/{index}"


def page_of(id: str) -> tuple[str, int]:
    """Document id and 0-based page index of a `page_id`."""
    document_id, _, index = id.rpartition("/")
    return document_id, int(index)


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

    def add(self, chunks: Sequence[Chunk], languages: Mapping[str, str] | None = None) -> None:
        """Adds or overwrites; doing it twice is doing it once. `languages` is chunk id -> the
        language that its words are cut in, English where it says nothing; questions are cut in
        each that the index has."""

    def remove(self, ids: Sequence[str]) -> None:
        """Removes; unknown ids are ignored."""

    def search(self, text: str, count: int, filter: Filter) -> list[tuple[str, float]]:
        """At most `count` (id, BM25 score), best first, ties by id; only chunks that share a
        word with `text` and pass `filter`. `text` is words, never query syntax."""

    def search_within(
        self, document_id: str, text: str, count: int, filter: Filter
    ) -> list[tuple[str, float]]:
        """The same in one document and by its own statistics: a word counts the more, the fewer of
        that document's chunks have it. The name of what a manual is about is rare elsewhere and
        tells none of its own chunks from another. The filter's documents do not matter here."""

    def ids(self) -> set[str]: ...

    def close(self) -> None:
        """Lets go of the files: the directory can be deleted or opened again."""
