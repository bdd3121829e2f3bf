"""Boxes of text made paragraphs: those drawn over several parted, and those drawn over parts of one
put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.text.lines import Line, line_text, lines_of
from pagesight.adapters.pymupdf.text.words import Word, box_of
from pagesight.geometry import BBox, union
from pagesight.references import parse_caption

_TEXT, _ITEM = "text", "list-item"
_BLOCK_GAP = 3.0
"""Line heights between two lines of one paragraph at most."""
_SPACED = 3.6
"""Heights of words from line to line of a page typed with double spaces, at most."""
_SAME_PITCH = 0.15
"""Of the distance of two lines, by which that of others of the same paragraph differs at most."""
_FULL = 3.0
"""Line heights that a line which goes on below ends before the margin, at most: a word's length."""
_INDENT = 6.0
"""Line heights that the first line of a paragraph begins right of the second, at most."""
_SAME_SIZE = 0.3
"""Of its height, by which the height of a line differs from that of the line above, at most."""
_SENTENCE_ENDS = (".", ":", "!", "?", ")", "\u201d")
_LEAST_WORDS = 3
"""Of a line that reaches the margin."""
_ENDS = (*_SENTENCE_ENDS, ";")


def parted(box: Box, words: Sequence[Word]) -> list[Box]:
    """A text box that the layout drew over several paragraphs far below each other, as it does
    beside a column of pictures, is one box for each of them; and what begins a caption below a
    paragraph is parted from it."""
    if box.kind not in (_TEXT, _ITEM) or not words:
        return [box]
    lines = sorted(lines_of(words), key=lambda line: box_of(line).y0)
    parts = [[lines[0]]]
    for line in lines[1:]:
        if _is_far_below(parts[-1], line) or _begins_caption(parts[-1][-1], line):
            parts.append([])
        parts[-1].append(line)
    if len(parts) == 1:
        return [box]
    return [replace(box, bbox=union(w.bbox for line in part for w in line)) for part in parts]


def _is_far_below(part: Sequence[Line], line: Line) -> bool:
    box = box_of(line)
    bottom = max(word.bbox.y1 for above in part for word in above)
    return box.y0 - bottom > _BLOCK_GAP * box.height


def _begins_caption(above: Line, line: Line) -> bool:
    """Whether a line that reads as a caption has a block of its own, after a sentence: running
    text names figures at the beginning of lines too."""
    return (
        line[0].block != above[-1].block
        and line_text(above).endswith(_SENTENCE_ENDS)
        and parse_caption(line_text(line)) is not None
    )


def joined(boxes: Sequence[Box], words: Sequence[Sequence[Word]]) -> list[Box]:
    """The boxes, of which those are one that have lines of one paragraph: on pages with wide spaces
    between lines, the layout takes some of them for paragraphs.

    Args:
        words: of each of the boxes.
    """
    lines = {
        index: sorted(lines_of(own), key=lambda line: box_of(line).y0)
        for index, (box, own) in enumerate(zip(boxes, words, strict=True))
        if own and box.kind in (_TEXT, _ITEM)
    }
    places = {index: [box_of(line) for line in own] for index, own in lines.items()}
    parts = {index: index for index in lines}
    for index in sorted(lines, key=lambda each: boxes[each].bbox.y0):
        above = _nearest_above(index, places) if boxes[index].kind == _TEXT else None
        if above is not None and _goes_on(lines[above], lines[index], _margin(above, places)):
            parts[index] = parts[above]
    return [
        replace(box, bbox=union(boxes[each].bbox for each in parts if parts[each] == index))
        if index in parts
        else box
        for index, box in enumerate(boxes)
        if parts.get(index, index) == index
    ]


def _nearest_above(index: int, places: dict[int, list[BBox]]) -> int | None:
    """The text right above another one."""
    first = places[index][0]
    above = {
        each: other[-1]
        for each, other in places.items()
        if each != index and other[-1].y1 < first.y0 + _SAME_SIZE * first.height
    }
    over = [each for each, last in above.items() if last.x0 < first.x1 and first.x0 < last.x1]
    return max(over, key=lambda each: above[each].y1, default=None)


def _margin(index: int, places: dict[int, list[BBox]]) -> float:
    """Where the lines of the text end, or, of a text of one line, those above and below it."""
    own = places[index]
    first = own[0]
    return max(
        box.x1
        for other in ([own] if len(own) > 1 else places.values())
        for box in other
        if box.x0 < first.x1 and first.x0 < box.x1
    )


def _goes_on(above: Sequence[Line], below: Sequence[Line], margin: float) -> bool:
    """Whether a text is the rest of the one above: that one's last line is full and ends no
    sentence, and this one begins small or at the distance of the lines above."""
    last, first = box_of(above[-1]), box_of(below[0])
    height, step = _height(above[-1]), _level(below[0]) - _level(above[-1])
    return (
        len(above[-1]) >= _LEAST_WORDS
        and not line_text(above[-1]).endswith(_ENDS)
        and line_text(below[0])[:1].isalnum()
        and margin - last.x1 <= _FULL * height
        and abs(_height(below[0]) - height) <= _SAME_SIZE * height
        and -_INDENT * height <= first.x0 - last.x0 <= height
        and step <= _SPACED * height
        and (line_text(below[0])[:1].islower() or _has_pitch_of(above, below[0]))
    )


def _has_pitch_of(above: Sequence[Line], line: Line) -> bool:
    levels = [_level(each) for each in above]
    if len(levels) < 2 or abs(box_of(line).x0 - box_of(above[-1]).x0) > _height(line):
        return False
    pitch = median(lower - upper for upper, lower in pairwise(levels))
    return abs(_level(line) - levels[-1] - pitch) <= _SAME_PITCH * pitch


def _height(line: Line) -> float:
    """That of most words: one stain makes a line twice as high."""
    return median(word.bbox.height for word in line)


def _level(line: Line) -> float:
    return median(word.centre[1] for word in line)
