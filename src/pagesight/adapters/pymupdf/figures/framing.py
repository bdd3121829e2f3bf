"""Figures that are text: prompts, listings and forms between rules, in a frame or on a tint."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.geometry import BBox, union

_FARTHEST = 45.0
"""Points from a caption to the edge of its frame."""
_LEAST_WIDTH = 100.0
"""Points of an edge; shorter rules underline words or part footnotes from the text."""
_LEAST_HEIGHT = 25.0
_SAME_EDGE = 4.0
"""Points by which the ends of the rules of one frame differ."""
_PADDING = 14.0
"""Points between an edge and the text inside; outside, text keeps more distance."""
_LEAST_WORDS = 5
_PAGE_SHARE = 0.9
"""Of the page's width or height; longer edges are those of the page."""


def framed_text(
    caption: BBox, above: bool, words: Sequence[BBox], marks: Sequence[BBox], page: BBox
) -> BBox | None:
    """The text between rules or in boxes of one width that ends at the caption (`above`) or begins
    there; None where there is no such thing.

    `marks` are the boxes of drawing operations: rules, frames and tints are alike in that each
    has the left and the right end of the whole.
    """
    flip = 1.0 if above else -1.0
    wide = [mark for mark in marks if _is_wide(mark, page)]
    near = [mark for mark in wide if -3 <= _gap(mark, caption, flip) <= _FARTHEST]
    near = [mark for mark in near if min(mark.x1, caption.x1) > max(mark.x0, caption.x0)]
    if not near:
        return None
    frame = min(near, key=lambda mark: _gap(mark, caption, flip))
    column = [
        word for word in words if word.intersection(BBox(frame.x0, page.y0, frame.x1, page.y1))
    ]
    if _between(frame, caption, column, flip):
        return None
    alike = [mark for mark in wide if _has_ends_of(mark, frame)]
    for mark in sorted(alike, key=lambda mark: -flip * (mark.y0 + mark.y1)):
        if _gap(mark, frame, flip) < 0:
            frame = union([frame, mark]) if mark.intersection(frame.grown(1)) else frame
        elif _is_continued(mark, frame, column, flip):
            frame = union([frame, mark])
        else:
            break
    inside = [word for word in column if word.inside(frame) > 0.5]
    crossing = [word for word in inside if word.inside(frame.grown(_SAME_EDGE)) < 1]
    is_text = len(inside) >= _LEAST_WORDS and not crossing
    return frame if is_text and frame.height >= _LEAST_HEIGHT else None


def _is_wide(mark: BBox, page: BBox) -> bool:
    return _LEAST_WIDTH <= mark.width < _PAGE_SHARE * page.width and (
        mark.height < _PAGE_SHARE * page.height
    )


def _gap(mark: BBox, other: BBox, flip: float) -> float:
    """Points from a mark to what follows it on the way to the caption."""
    return other.y0 - mark.y1 if flip > 0 else mark.y0 - other.y1


def _has_ends_of(mark: BBox, frame: BBox) -> bool:
    return abs(mark.x0 - frame.x0) <= _SAME_EDGE and abs(mark.x1 - frame.x1) <= _SAME_EDGE


def _between(first: BBox, second: BBox, words: Sequence[BBox], flip: float) -> list[BBox]:
    """The words whose middle is between two boxes over each other."""
    upper, lower = (first, second) if flip > 0 else (second, first)
    return [word for word in words if upper.y1 < (word.y0 + word.y1) / 2 < lower.y0]


def _is_continued(mark: BBox, frame: BBox, words: Sequence[BBox], flip: float) -> bool:
    """Whether what is between a mark and the frame belongs to both: nothing, or text that stands
    close to either."""
    between = _between(mark, frame, words, flip)
    if not between:
        return _gap(mark, frame, flip) <= _PADDING
    text = union(between)
    upper, lower = (mark, frame) if flip > 0 else (frame, mark)
    return max(text.y0 - upper.y1, lower.y0 - text.y1) <= _PADDING
