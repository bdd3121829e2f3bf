"""Rows that the network takes for one: heads in two levels, and rows set close together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pagesight.adapters.pymupdf.tables.columns import Run, column_of
from pagesight.adapters.pymupdf.text.words import box_of
from pagesight.geometry import BBox

_SAME_LEVEL = 0.5
"""Line heights between the middles of two runs of one line, at most."""
_CENTRED = 0.1
"""Of its width: how far the next line of a head is off the middle of the one above it, at most."""
_LEAST_COLUMNS = 3
"""Columns that rows set close together have: a label and two values."""
_VALUE = re.compile(r"[^\w\s]*(?:\d.*|[*\-\u2013\u2014]+|n\.?[am]\.?)", re.IGNORECASE | re.DOTALL)
"""A number with its signs and unit, or what stands in its place."""


def head_levels(runs: Sequence[Run], columns: Sequence[float]) -> list[list[Run]]:
    """The runs of the first row, those of heads over several columns apart from the heads of these
    columns below them."""
    lines = _lines(runs)
    stop = _last_spanning(lines, columns) or _beside_middle(lines)
    if not stop:
        return [[*runs]]
    return [
        [run for line in lines[:stop] for run in line],
        [run for line in lines[stop:] for run in line],
    ]


def body_rows(runs: Sequence[Run], columns: Sequence[float]) -> list[list[Run]]:
    """The runs of a row of the body, line by line where every line has a label and its values in
    the same columns."""
    lines = _lines(runs)
    filled = [{column_of(run, columns): run for run in line} for line in lines]
    if len(lines) > 1 and all(_is_row(line) and line.keys() == filled[0].keys() for line in filled):
        return lines
    return [[*runs]]


def _is_row(line: dict[int, Run]) -> bool:
    return (
        len(line) >= _LEAST_COLUMNS
        and 0 in line
        and all(_VALUE.fullmatch(_text(run)) for column, run in line.items() if column)
    )


def _text(run: Run) -> str:
    return " ".join(word.text for word in run)


def _lines(runs: Sequence[Run]) -> list[list[Run]]:
    """From top to bottom, each from left to right."""
    lines: list[list[Run]] = []
    for run in sorted(runs, key=_middle):
        if lines and _middle(run) - _middle(lines[-1][0]) <= _SAME_LEVEL * run[0].bbox.height:
            lines[-1].append(run)
        else:
            lines.append([run])
    return [sorted(line, key=lambda run: run[0].bbox.x0) for line in lines]


def _middle(run: Run) -> float:
    return run[0].centre[1]


def _last_spanning(lines: Sequence[Sequence[Run]], columns: Sequence[float]) -> int:
    """How many of the lines are above the heads of single columns: up to the last one with a run
    that stands over several columns' runs of a line below, and the lines that go on with it.
    Below heads of several columns are no heads over them, but lines set close together."""
    for number in range(len(lines) - 1, 0, -1):
        over = [
            run
            for run in lines[number - 1]
            if any(_covers_several(run, line, columns) for line in lines[number:])
            and not any(_covers_several(run, line, columns) for line in lines[: number - 1])
        ]
        if over:
            while number < len(lines) - 1 and all(_goes_on(run, over) for run in lines[number]):
                number += 1
            return number
    return 0


def _covers_several(run: Run, line: Sequence[Run], columns: Sequence[float]) -> bool:
    box = box_of(run)
    covered = [other for other in line if _overlap(box, box_of(other)) > 0.5 * box_of(other).width]
    return len({column_of(other, columns) for other in covered}) > 1


def _overlap(one: BBox, other: BBox) -> float:
    return min(one.x1, other.x1) - max(one.x0, other.x0)


def _goes_on(run: Run, heads: Sequence[Run]) -> bool:
    box = box_of(run)
    return any(
        abs(box.x0 + box.x1 - above.x0 - above.x1) <= 2 * _CENTRED * above.width
        for above in map(box_of, heads)
    )


def _beside_middle(lines: Sequence[Sequence[Run]]) -> int:
    """Of three lines where the second one is halfway beside the others, and the third one has more
    runs than the first: heads over several columns, heads of two rows, heads of columns."""
    if len(lines) != 3 or len(lines[2]) <= len(lines[0]):
        return 0
    beside = [box_of(run) for run in lines[1]]
    others = [box_of(run) for run in (*lines[0], *lines[2])]
    apart = all(_overlap(box, other) <= 0 for box in beside for other in others)
    steps = [_middle(below[0]) - _middle(above[0]) for above, below in pairwise(lines)]
    return 2 if apart and abs(steps[0] - steps[1]) < 0.5 * min(steps) else 0
