"""What word indexes rank: chunks, whole pages and whole documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pagesight.document import Chunk, Document, Region
from pagesight.geometry import BBox
from pagesight.ports import Catalogue, page_id, page_of

PAGES_AT_A_TIME = 50
"""Pages whose words are read from the catalogue at a time: some hundred kilobytes."""

_SOMEWHERE = BBox(0, 0, 0, 0)
"""A word index knows pages, not places on them."""


class Units(Protocol):
    """What a word index ranks: chunks, or what is put together of them. It can be pickled."""

    def ids(self) -> set[str]:
        """Of all."""

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """As a word index takes them; unknown ids are left out."""


class ChunkUnits:
    """The chunks themselves."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def ids(self) -> set[str]:
        return self._catalogue.all_ids()

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        return self._catalogue.chunks(ids)


class PageUnits:
    """Whole pages: each the texts of the chunks that stand on it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def ids(self) -> set[str]:
        return self._catalogue.page_ids()

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        wanted: dict[str, list[int]] = {}
        for document_id, index in map(page_of, ids):
            wanted.setdefault(document_id, []).append(index)
        return [
            _as_chunk(page_id(document_id, index), document_id, index, texts[index])
            for document_id, indexes in wanted.items()
            for texts in [self._catalogue.page_texts(document_id, min(indexes), max(indexes))]
            for index in sorted(set(indexes).intersection(texts))
        ]


class DocumentUnits:
    """Documents: what one says it is (file name, title, what people say about it, titles of
    sections), and every word of its text, once.

    Once, because a document that has all words of a question is meant sooner than one that
    repeats one of them, and so that a book takes no more memory than its vocabulary.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def ids(self) -> set[str]:
        return set(self._catalogue.upkeep.document_ids())

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        documents = (self._catalogue.document(id) for id in ids)
        return [self._chunk(document) for document in documents if document is not None]

    def _chunk(self, document: Document) -> Chunk:
        about = document.metadata
        said = (document.name, document.title, about.revision, *about.tags)
        parts = (*said, *self._catalogue.headings(document.id), *self._vocabulary(document))
        return _as_chunk(document.id, document.id, 0, parts)

    def _vocabulary(self, document: Document) -> list[str]:
        """The words of a document, each spelling once, by where it stands first."""
        words: dict[str, None] = {}
        for first in range(0, document.page_count, PAGES_AT_A_TIME):
            last = first + PAGES_AT_A_TIME - 1
            for texts in self._catalogue.page_texts(document.id, first, last).values():
                words |= dict.fromkeys(" ".join(texts).casefold().split())
        return list(words)


def _as_chunk(id: str, document_id: str, page: int, texts: Sequence[str]) -> Chunk:
    """A page, or a document, as a word index takes it."""
    return Chunk(
        id=id,
        document_id=document_id,
        kind="text",
        text="\n".join(texts),
        title="",
        heading_path=(),
        spans=(),
        regions=(Region(page=page, bbox=_SOMEWHERE),),
    )
