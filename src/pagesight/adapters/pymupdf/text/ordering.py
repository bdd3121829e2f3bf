"""The order in which the boxes of a page are read.

A page is cut between columns where nothing reaches over the gap between them, and from top to
bottom where something does; the parts are cut in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pagesight.adapters.pymupdf.engine import Box
from pagesight.geometry import BBox, union

_GUTTER = 1.0
"""Points between two columns at least."""
_WIDE_GUTTER = 8.0
"""Points between columns that go on below a gap in all of them; what follows each other with less
between is indented."""
_OVERLAP = 1.0
"""Points by which boxes below each other may overlap: descenders do."""
_INSIDE = 0.8
"""Share of a box from which it stands in another one."""
_INDENT = 40.0
"""Points by which the boxes that begin a column are further right than those below at most."""
_SAME_EDGE = 12.0
"""Points by which columns that end, or begin, level differ at most."""
_SAME_ROW = 3.0
"""Points by which the tops of boxes of one row differ at most."""
_LEAST_ROWS = 3
"""Rows of a form, say names with what they stand for."""
_LINES = 30.0
"""Points of a row at most; longer paragraphs of two columns may begin at one height by chance."""
_NARROW = 0.5
"""Of the width of the text to its left, up to which a column has notes, or is a side bar."""
_TEXT = 200.0
"""Points of such a text at least: labels and addresses stand beside each other too."""
_BAR_GAP = 30.0
"""Points between two boxes of a side bar at most; notes are further apart."""
_TALL = 72.0
"""Points of a side bar at least; notes are a few lines that belong to the paragraph beside them."""

_HEADER, _FOOTER = "page-header", "page-footer"
_Boxes = list[BBox]


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Indices of the boxes in the order they are read, headers first and footers last. What stands
    inside another box comes right after it, and a side bar after the text that it stands beside."""
    parts: dict[str, list[int]] = {_HEADER: [], "": [], _FOOTER: []}
    for index, box in enumerate(boxes):
        parts[box.kind if box.kind in parts else ""].append(index)
    order = []
    for part in parts.values():
        order += [part[place] for place in _with_inner([boxes[index].bbox for index in part])]
    return order


def _with_inner(boxes: Sequence[BBox]) -> list[int]:
    inner: dict[int, list[int]] = {}
    outer = []
    for index in range(len(boxes)):
        owner = _owner(index, boxes)
        if owner is None:
            outer.append(index)
        else:
            inner.setdefault(owner, []).append(index)
    return [
        index
        for each in _indices(boxes, outer)
        for index in (each, *_indices(boxes, inner.get(each, ())))
    ]


def _owner(index: int, boxes: Sequence[BBox]) -> int | None:
    """The largest box that holds this one; of equal ones the first."""
    box = boxes[index]
    holders = [
        (other.area, -place)
        for place, other in enumerate(boxes)
        if (other.area, -place) > (box.area, -index) and box.inside(other) > _INSIDE
    ]
    return -max(holders)[1] if holders else None


def _indices(boxes: Sequence[BBox], part: Sequence[int]) -> list[int]:
    left: dict[BBox, list[int]] = {}
    for index in part:
        left.setdefault(boxes[index], []).append(index)
    return [left[box].pop(0) for box in _ordered([boxes[index] for index in part])]


def _ordered(part: _Boxes) -> _Boxes:
    if len(part) < 2:
        return part
    parts = [*_merged(_bands(part))]
    if len(parts) == 1:
        columns = _columns(part)
        if len(columns) == 1:
            return sorted(part, key=lambda box: (box.y0, box.x0))
        parts = _parts_beside(part, columns)
    return [box for each in parts for box in _ordered(each)]


def _columns(part: _Boxes, gutter: float = _GUTTER) -> list[_Boxes]:
    """Parts beside each other, from left to right."""
    return _cut(part, [(box.x0, box.x1) for box in part], gutter)


def _bands(part: _Boxes) -> list[_Boxes]:
    """Parts below each other, from top to bottom."""
    return _cut(part, [(box.y0, box.y1) for box in part], -_OVERLAP)


def _cut(part: _Boxes, extents: Sequence[tuple[float, float]], gap: float) -> list[_Boxes]:
    parts: list[_Boxes] = []
    end = 0.0
    for number in sorted(range(len(part)), key=lambda number: extents[number]):
        start, stop = extents[number]
        if not parts or start - end > gap:
            parts.append([])
            end = stop
        parts[-1].append(part[number])
        end = max(end, stop)
    return parts


def _merged(bands: Sequence[_Boxes]) -> Iterator[_Boxes]:
    """Bands that follow each other are one as long as they have the same columns: a gap that runs
    through all of them by chance does not end them."""
    merged = bands[0]
    for band in bands[1:]:
        if _have_same_columns(merged, band):
            merged = merged + band
        else:
            yield merged
            merged = band
    yield merged


def _have_same_columns(above: _Boxes, below: _Boxes) -> bool:
    """Whether neither of two bands reaches over a gap of the other, and, where each has columns,
    those of the lower one keep to those above: the columns of a paper are wider than the authors
    who stand over them."""
    upper, lower = ([union(column) for column in _columns(band)] for band in (above, below))
    most = max(len(upper), len(lower))
    if most < 2 or len(_columns(above + below, _WIDE_GUTTER)) < most:
        return False
    if min(len(upper), len(lower)) == 1:
        return True
    return len(upper) == len(lower) and all(
        box.x0 > column.x0 - _INDENT for column, box in zip(upper, lower, strict=True)
    )


def _parts_beside(part: _Boxes, columns: list[_Boxes]) -> list[_Boxes]:
    """A part that has columns, cut as it is read: row by row, column by column, or at what stands
    alone between its columns."""
    bands = _bands(part)
    if len(columns) == 2 and _is_narrow(columns):
        return columns if _is_side_bar(columns[1]) or len(bands) == 1 else bands
    if len(bands) >= _LEAST_ROWS and all(_is_row(band, len(columns)) for band in bands):
        return bands
    places = [number for number in range(len(bands)) if _stands_alone(bands, number)]
    edges = sorted({0, len(bands), *places, *(place + 1 for place in places)})
    parts = [_together(bands[start:end]) for start, end in pairwise(edges)]
    return parts if len(parts) > 1 else columns


def _together(bands: Sequence[_Boxes]) -> _Boxes:
    return [box for band in bands for box in band]


def _is_row(band: _Boxes, columns: int) -> bool:
    tops = [box.y0 for box in band]
    is_level = max(tops) - min(tops) <= _SAME_ROW
    return len(band) == columns and is_level and union(band).height <= _LINES


def _stands_alone(bands: Sequence[_Boxes], number: int) -> bool:
    """Whether a box, with nothing beside it, comes between columns that end, and begin, level."""
    above, below = bands[:number], bands[number + 1 :]
    if len(bands[number]) > 1:
        return False
    ends = [max(box.y1 for box in column) for column in _columns(_together(above))]
    begins = [min(box.y0 for box in column) for column in _columns(_together(below))]
    return all(
        len(edges) > 1 and max(edges) - min(edges) <= _SAME_EDGE
        for edges, others in ((ends, above), (begins, below))
        if others
    )


def _is_narrow(columns: Sequence[_Boxes]) -> bool:
    text, notes = (union(column) for column in columns)
    return text.width >= _TEXT and notes.width <= _NARROW * text.width


def _is_side_bar(notes: _Boxes) -> bool:
    """Whether the boxes beside a text are one tall piece."""
    ordered = sorted(notes, key=lambda box: box.y0)
    gaps = (below.y0 - above.y1 for above, below in pairwise(ordered))
    return union(notes).height >= _TALL and all(gap <= _BAR_GAP for gap in gaps)
