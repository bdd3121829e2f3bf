"""Ranks inside the documents that a question is about, in each by its own statistics of words.

The name of what a manual is about is rare elsewhere and stands on each of its pages: it finds the
manual, and tells none of its pages from another. So a word counts here the more, the fewer chunks
or pages of the same document have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from pagesight.fusion import Ranks, ranked
from pagesight.library import Library
from pagesight.results import Filter

DEPTH = 20
"""Chunks, and pages, that are taken from each. 20 and 50 were measured and give the same hits."""


def chunks_inside(library: Library, words: str, filter: Filter, documents: Sequence[str]) -> Ranks:
    """Chunk id -> its rank in its document, for all of `documents`."""
    return {
        id: rank
        for document in documents
        for id, rank in ranked(
            id for id, _ in library.search_within(document, words, DEPTH, filter)
        ).items()
    }


def pages_inside(
    library: Library,
    words: str,
    filter: Filter,
    documents: Sequence[str],
    so_far: Sequence[str],
) -> Ranks:
    """Chunk id -> rank of its page in its document, for all of `documents`; each page is told by
    the chunk on it that stands first in `so_far` (chunk ids, best first).

    A page says what no single chunk says: the words of a question are often spread over the
    paragraphs, captions and cells of one page.
    """
    found = [library.search_pages_within(document, words, DEPTH, filter) for document in documents]
    order = {id: number for number, id in enumerate(so_far)}
    on_page = iter(library.chunks_on([page for pages in found for page in pages], filter))

    def told() -> Iterator[tuple[str, int]]:
        for pages in found:
            chosen = (
                min(ids, key=lambda id: order.get(id, len(order)))
                for ids in islice(on_page, len(pages))
                if ids
            )
            yield from ranked(chosen).items()

    return dict(told())
