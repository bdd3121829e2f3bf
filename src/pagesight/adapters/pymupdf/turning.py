"""Pages whose text runs sideways: which way to turn them, and boxes there and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from pagesight.adapters.pymupdf.text.lines import is_leftward
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.document import Caption, Element, Figure, Span, Table, TextBlock
from pagesight.geometry import BBox

_LEAST_LINES = 2
"""Lines of two words or more; fewer are a label or a stamp in the margin."""
_MOST = 0.7
"""Share of the letters that have to run the same way."""


def turn_of(words: Sequence[Word]) -> int:
    """Degrees clockwise (0, 90, 180, 270) that put most of the text upright."""
    letters: Counter[int] = Counter()
    lines = 0
    for _, group in groupby(words, key=lambda word: (word.block, word.line)):
        line = list(group)
        if len(line) > 1:
            lines += 1
            letters[_turn(line[0], line[-1])] += sum(len(word.text) for word in line)
    if lines < _LEAST_LINES:
        return 0
    turn, most = letters.most_common(1)[0]
    return turn if most >= _MOST * letters.total() else 0


def _turn(first: Word, last: Word) -> int:
    across = last.centre[0] - first.centre[0]
    down = last.centre[1] - first.centre[1]
    if abs(across) >= abs(down):
        # Files give the words of right-to-left script in either order.
        return 180 if across < 0 and not is_leftward(first) else 0
    return 270 if down > 0 else 90


def straighten(page: Any) -> None:
    """Takes the page's rotation into its content, so that it looks the same without."""
    if page.rotation:
        # PyMuPDF would forget what the page was cropped to, and show all of it, moved.
        media, crop = page.mediabox, page.cropbox
        page.set_mediabox((crop.x0, media.y1 - crop.y1, crop.x1, media.y1 - crop.y0))
        page.remove_rotation()


def turned(box: BBox, turn: int, page: BBox) -> BBox:
    """The box on the page after turning it clockwise by `turn` degrees; `page` is before."""
    if turn == 90:
        return BBox(page.y1 - box.y1, box.x0, page.y1 - box.y0, box.x1)
    if turn == 180:
        return BBox(page.x1 - box.x1, page.y1 - box.y1, page.x1 - box.x0, page.y1 - box.y0)
    if turn == 270:
        return BBox(box.y0, page.x1 - box.x1, box.y1, page.x1 - box.x0)
    return box


def turned_back(element: Element, turn: int, page: BBox) -> Element:
    """The element with its boxes as the page is displayed; `page` is the turned one."""
    if not turn:
        return element
    back = (360 - turn) % 360

    def spans(of: Sequence[Span]) -> tuple[Span, ...]:
        return tuple(replace(span, bbox=turned(span.bbox, back, page)) for span in of)

    def caption(of: Caption | None) -> Caption | None:
        return replace(of, spans=spans(of.spans)) if of else None

    bbox = turned(element.bbox, back, page)
    match element:
        case TextBlock():
            return replace(element, bbox=bbox, spans=spans(element.spans))
        case Figure():
            parts = tuple(
                replace(part, bbox=turned(part.bbox, back, page)) for part in element.parts
            )
            return replace(element, bbox=bbox, parts=parts, caption=caption(element.caption))
        case Table():
            return replace(
                element,
                bbox=bbox,
                cells=tuple(
                    replace(cell, bbox=cell.bbox and turned(cell.bbox, back, page))
                    for cell in element.cells
                ),
                caption=caption(element.caption),
            )
