"""The truth about a library."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from pagesight.document import Chunk, ChunkReferences, Counts, Document, Page
from pagesight.results import Filter

if TYPE_CHECKING:
    from pagesight.ports.embedding import Vector


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


class CatalogueReferences(Protocol):
    """The reference graph of a catalogue: which chunk is what, and which mentions what.

    A library that an older release wrote has none until the next writer has made it: its figures
    and tables are then found by their labels all the same, its pages too, and nothing else.
    Every method raises LibraryError where the catalogue cannot be read or written.
    """

    def defining(self, keys: Sequence[str], filter: Filter) -> list[tuple[str, str, str]]:
        """(key, document id, chunk id) of the chunks that pass and are one of the things, or
        pieces of it, by key, document and reading order."""

    def on_page(self, label: str, filter: Filter) -> list[tuple[str, str]]:
        """(document id, chunk id) of the chunks that pass and stand on the page on which `label`
        is printed; where a document has none and the label is a number, on the page with that
        number. By document and reading order."""

    def mentioned(self, chunk_id: str) -> list[tuple[str, str]]:
        """What a chunk mentions: (key, id of the chunk in which the thing that is meant begins),
        in its order; without that which its document does not have."""

    def mentioning(self, chunk_id: str) -> list[str]:
        """Ids of the chunks that mention the thing that begins in a chunk, in reading order."""

    def lacking(self, version: int) -> list[str]:
        """Ids of the documents without a graph made by the rules of that version."""

    def replace(self, graphs: Mapping[str, ChunkReferences], version: int) -> None:
        """Sets the graphs of documents (id -> graph) that are there, in one transaction; those
        that have gone are passed over."""


class Catalogue(Protocol):
    """The truth about a library: documents, chunks, vectors, and what derived indexes still
    have to learn (the outbox). Every method is one transaction and may be called from any thread.

    An index is named `WORDS`, or after the space whose vectors it holds. Whenever a chunk or a
    vector comes or goes, the outbox of its index gets a row, in the same transaction.

    Every method raises LibraryError where the catalogue cannot be read or written.
    """

    @property
    def references(self) -> CatalogueReferences: ...

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
        references: tuple[int, ChunkReferences] | None = None,
    ) -> None:
        """Stores a document and drops those it replaces, all or nothing.

        `chunks` are in reading order; `vectors` is space -> chunk id -> vector; `replaces` are
        document ids; `references` is the version of the rules and the graph that they made, and
        without it the document lacks its graph. A document with the same id is replaced too, and
        keeps its aliases.
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

    def owners(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Chunk id -> document id; those that are not live are left out."""

    def document_chunks(self, document_id: str) -> list[Chunk]:
        """In reading order."""

    def neighbours(self, id: str, reach: int) -> Mapping[int, Chunk]:
        """Position in its document (from 0, in reading order) -> chunk: the chunk `id` and those
        at most `reach` places before and after it, by position; empty for an unknown id."""

    def page_texts(self, document_id: str, first: int, last: int) -> Mapping[int, list[str]]:
        """0-based index -> texts of the chunks that stand on the page, in reading order, for
        each page of the document from `first` to `last`."""

    def headings(self, document_id: str) -> list[str]:
        """The titles of all sections of a document, each once, in reading order."""

    def matching(self, filter: Filter, limit: int) -> list[str] | None:
        """Ids of the chunks that pass, by id; None where there are more than `limit`."""

    def chunks_on(self, pages: Sequence[tuple[str, int]], filter: Filter) -> list[list[str]]:
        """For each page (document id and 0-based index) the ids of the chunks on it that are of
        the filter's kinds, by id."""

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
