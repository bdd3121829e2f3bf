"""Hits: the chunks behind a ranking, with what a reader needs to know of where they stand."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.document import Chunk, Document
from pagesight.fusion import Fused
from pagesight.library import Library
from pagesight.results import Hit


def hits_of(library: Library, fused: Sequence[Fused]) -> list[Hit]:
    """The chunks behind a part of a ranking; those that have left the library are left out."""
    chunks = {chunk.id: chunk for chunk in library.chunks([item.id for item in fused])}
    documents = _Documents(library)
    hits: list[Hit] = []
    for item in fused:
        chunk = chunks.get(item.id)
        hit = documents.hit(chunk, item, len(hits) + 1) if chunk else None
        if hit is not None:
            hits.append(hit)
    return hits


class _Documents:
    """Documents of one result, each read once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._newer = library.superseded()
        self._known: dict[str, Document | None] = {}

    def hit(self, chunk: Chunk, item: Fused, rank: int) -> Hit | None:
        """None where the document has left the library since the chunk was read."""
        document = self._of(chunk.document_id)
        pages = self._library.pages(chunk.document_id, chunk.pages)
        if document is None or len(pages) < len(chunk.pages):
            return None
        newer = self._newer.get(document.id)
        return Hit(
            chunk=chunk,
            document=document,
            page_labels=tuple(page.label for page in pages),
            rank=rank,
            score=item.score,
            ranks=item.ranks,
            superseded_by=newer.name if newer else "",
        )

    def _of(self, document_id: str) -> Document | None:
        if document_id not in self._known:
            self._known[document_id] = self._library.document(document_id)
        return self._known[document_id]
