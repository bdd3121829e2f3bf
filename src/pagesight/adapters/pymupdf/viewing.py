"""A page of a PDF file as it is: its picture, and the text that its own text layer holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pagesight.adapters.pymupdf import opened
from pagesight.adapters.pymupdf.render import Renderer
from pagesight.adapters.pymupdf.text.characters import clean
from pagesight.geometry import BBox


def page_picture(path: Path, index: int, dpi: int, passwords: Sequence[str] = ()) -> bytes:
    """The page (0-based index) as PNG, turned as readers see it.

    Raises:
        DocumentError: the file cannot be opened, or no password opens it.
        IndexError: it has no such page.
    """
    with opened(path, passwords) as document:
        page = document[index]
        rect = page.rect
        return Renderer(page, dpi).crop(BBox(rect.x0, rect.y0, rect.x1, rect.y1)).png


def text_layer(path: Path, index: int, passwords: Sequence[str] = ()) -> str:
    """The words of the page's own text layer in the order of the file; "" for a scan.

    Raises:
        DocumentError: the file cannot be opened, or no password opens it.
        IndexError: it has no such page.
    """
    with opened(path, passwords) as document:
        return clean(document[index].get_text())
