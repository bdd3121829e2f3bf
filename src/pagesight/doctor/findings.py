"""What doctor finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pagesight.document import Chunk, Document, Page

Kind = Literal[
    "strays",
    "document",
    "counts",
    "crops",
    "vectors",
    "parses",
    "index",
    "stopped",
    "erasing",
    "leftovers",
    "reembedding",
    "source",
    "writer",
]
"""What a finding is about, in the order in which they are mended: pictures before the vectors
of pictures, vectors before the index of vectors."""

_INSIDE = 0.9
"""Share of a part's box that is in the box of its figure."""

ERASING = "docs rm --erase"
"""The subject of an erasing that was not finished."""

Done = Callable[[str, int, int], None]
"""Is told (what is compared or mended, done, in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be."""

    kind: Kind
    subject: str
    """An index, a space, a table of the catalogue, or the path or URL of a document."""
    detail: str
    repairable: bool = True
    remedy: str = ""
    """What a person can do where `repair` cannot."""
    fault: bool = True
    """False: worth knowing, and nothing is broken."""
    document_id: str = ""
    ids: tuple[str, ...] = ()
    """Of chunks, or keys of crops."""


def note(kind: Kind, subject: str, detail: str, remedy: str) -> Finding:
    """Something worth knowing."""
    return Finding(
        kind=kind, subject=subject, detail=detail, repairable=False, remedy=remedy, fault=False
    )


def counted(document: Document, pages: Sequence[Page], chunks: Sequence[Chunk]) -> Document:
    """The document with counts that agree with its pages and chunks. Its tables cannot be told:
    a long one is several chunks."""
    return replace(
        document,
        page_count=len(pages),
        chunks=len(chunks),
        figures=sum(1 for _ in _whole_figures(chunks)),
        ocr_pages=sum(page.ocr for page in pages),
        failed_pages=sum(bool(page.error) for page in pages),
    )


def _whole_figures(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    """Without the chunks of their parts: "Figure 3(b)" in the box of "Figure 3"."""
    figures = [chunk for chunk in chunks if chunk.kind == "figure"]
    boxes = {(chunk.label, chunk.regions[0].page): chunk.regions[0].bbox for chunk in figures}
    for chunk in figures:
        of, _, letter = chunk.label.rpartition("(")
        whole = boxes.get((of, chunk.regions[0].page))
        if not (of and letter and whole and chunk.regions[0].bbox.inside(whole) > _INSIDE):
            yield chunk
