"""PDFs put behind each other."""

from __future__ import annotations

from pagesight.adapters.pymupdf.engine import pymupdf


def appended(first: bytes, further: bytes) -> bytes:
    """The pages of one PDF, then those of another, with the bookmarks of both."""
    with pymupdf.open("pdf", first) as document, pymupdf.open("pdf", further) as more:
        pages = len(document)
        bookmarks = document.get_toc(simple=True) + [
            [level, title, page + pages] for level, title, page in more.get_toc(simple=True)
        ]
        document.insert_pdf(more)
        document.set_toc(bookmarks)
        data: bytes = document.tobytes(garbage=3, deflate=True, no_new_id=True)
    return data
