"""Which words a box of a page holds."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.figures import CAPTION, PICTURE, TABLE
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox

_NEAR = 12.0
"""Points from a box to a word of one of its lines that it leaves out."""
_UNDER_TEXT = 0.1
"""Share of a table from which a larger text box lies over it."""


def assign(words: Sequence[Word], boxes: Sequence[Box]) -> tuple[list[list[Word]], list[Word]]:
    """The words of each box, in the order given, and those of none.

    A word just outside belongs to the box that has the other words of its line.
    """
    ranked = sorted(enumerate(boxes), key=lambda item: (_rank(item[1], boxes), item[1].bbox.area))
    owners = [
        next((index for index, box in ranked if holds(box.bbox, word)), None) for word in words
    ]
    lines = {
        (word.block, word.line): owner
        for word, owner in zip(words, owners, strict=True)
        if owner is not None
    }
    found: list[list[Word]] = [[] for _ in boxes]
    rest = []
    for word, owner in zip(words, owners, strict=True):
        near = owner if owner is not None else lines.get((word.block, word.line))
        if near is None or not boxes[near].bbox.grown(_NEAR).intersection(word.bbox):
            rest.append(word)
        else:
            found[near].append(word)
    return found, rest


def holds(box: BBox, word: Word) -> bool:
    """Whether the middle of the word is in the box."""
    x, y = word.centre
    return box.x0 - 1 <= x <= box.x1 + 1 and box.y0 - 1 <= y <= box.y1 + 1


def _rank(box: Box, boxes: Sequence[Box]) -> int:
    """Whose word it is, where boxes overlap: captions, text, tables, pictures; but what stands in
    a table is the table's where a larger text reaches over it from the column beside."""
    if box.kind == TABLE and any(
        other.kind == "text"
        and other.bbox.area > box.bbox.area
        and box.bbox.intersection(other.bbox) > _UNDER_TEXT * box.bbox.area
        for other in boxes
    ):
        return 0
    return {CAPTION: 0, TABLE: 2, PICTURE: 3}.get(box.kind, 1)
