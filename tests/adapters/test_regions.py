from __future__ import annotations

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.regions import captioned
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox

COLUMN = BBox(200, 100, 400, 600)


def written(text: str, top: float, *, block: int) -> list[Word]:
    """A line of one text block, ten points high."""
    return [
        Word(word, BBox(200 + 45 * at, top, 240 + 45 * at, top + 10), block=block, line=0)
        for at, word in enumerate(text.split())
    ]


def test_a_caption_is_one_in_the_margin_of_a_page_too() -> None:
    caption = written("Figure 1. The blocks of the unit.", 710, block=0)
    number = written("Figure drawings 17", 740, block=1)
    for kind in ("page-footer", "page-header", "text"):
        assert captioned(Box(kind, COLUMN), caption) == Box("caption", COLUMN, label="Figure 1")
        assert captioned(Box(kind, COLUMN), number) == Box(kind, COLUMN)
