"""Which words a box of a page holds."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.figures import CAPTION, PICTURE, TABLE
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox

_NEAR = 12.0
"""Points from a box to a word of one of its lines that it leaves out."""
_SLACK = 1.0
"""Points around a box in which the middle of a word still counts as inside."""
_UNDER_TEXT = 0.1
"""Share of a table from which a larger text box lies over it."""


def assign(words: Sequence[Word], boxes: Sequence[Box]) -> tuple[list[list[Word]], list[Word]]:
    """The words of each box, in the order given, and those of none.

    A word just outside belongs to the box that has the other words of its line.
    """
    ranked = sorted(enumerate(boxes), key=lambda item: (_rank(item[1], boxes), item[1].bbox.area))
    reaches = [(index, _reach(box.bbox)) for index, box in ranked]
    owners = [_owner(word, reaches) for word in words]
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
    return _owner(word, [(0, _reach(box))]) == 0


_Reach = tuple[float, float, float, float]


def _reach(box: BBox) -> _Reach:
    """Where the middle of a word may be: left, top, right, bottom."""
    return box.x0 - _SLACK, box.y0 - _SLACK, box.x1 + _SLACK, box.y1 + _SLACK


def _owner(word: Word, reaches: Sequence[tuple[int, _Reach]]) -> int | None:
    """The first whose reach has the word's middle. A page has some hundred thousand pairs of a
    word and a box, so that nothing is made or called for each of them."""
    x, y = word.centre
    for index, (left, top, right, bottom) in reaches:
        if left <= x <= right and top <= y <= bottom:
            return index
    return None


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
