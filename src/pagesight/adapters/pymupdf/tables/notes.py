"""What the network takes into a table that is none of it: its caption above, notes below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pagesight.adapters.pymupdf.engine import Grid
from pagesight.adapters.pymupdf.tables.rows import is_number
from pagesight.adapters.pymupdf.tables.ruling import Ruling, is_filling, is_full
from pagesight.adapters.pymupdf.text.lines import Line, line_text, lines_of
from pagesight.adapters.pymupdf.text.words import Word, box_of
from pagesight.references import parse_caption

_SPACE = 1.5
"""Font sizes between the words of a line at most that is prose and no row."""
_LEAST_WIDTH = 0.35
"""Share of the table's width that such a line has, but for the last one of a note."""
_OVER = 9.0
"""Points by which it reaches over the first column."""
_LEAST_ROWS = 2
"""Lines that are left to the table."""
_MOST_LINES = 8
"""Of the notes below a table."""
_MOST_BETWEEN = 0.5
"""Share of the columns' edges that are between the words of a line of prose, at most."""
_MOST_VALUES = 0.4
"""Share of its words that are numbers."""
_NOTE = re.compile(
    r"(?:notes?|sources?|abbreviations?|legend|key|remarks?)\b\s*[:.\u2014-]|[*\u2020\u2021\u00a7]+\s*\w",
    re.IGNORECASE,
)


def extent(grid: Grid, words: Sequence[Word], ruling: Ruling) -> tuple[float, float]:
    """Top and bottom of the table proper, in points: the grid's own where nothing is to be cut."""
    lines = lines_of([word for word in words if not is_filling(word)])
    above = _caption_lines(lines, grid, ruling)
    below = _note_lines(lines[above:], grid, ruling)
    top, bottom = grid.rows[0], grid.rows[-1]
    if above:
        top = (_bottom(lines[above - 1]) + _top(lines[above])) / 2
    if below:
        bottom = (_bottom(lines[-below - 1]) + _top(lines[-below])) / 2
    return top, bottom


def _caption_lines(lines: Sequence[Line], grid: Grid, ruling: Ruling) -> int:
    """How many of the first lines are a caption: what reads as one, and its further lines."""
    if len(lines) <= _LEAST_ROWS or not _is_together(lines[0]):
        return 0
    if parse_caption(line_text(lines[0])) is None:
        return 0
    count = 1
    while (
        count < len(lines) - _LEAST_ROWS
        and _is_prose(lines[count], grid)
        and not _is_ruled(lines[count - 1], lines[count], grid, ruling)
    ):
        count += 1
    return count


def _note_lines(lines: Sequence[Line], grid: Grid, ruling: Ruling) -> int:
    """How many of the last lines are notes: prose under a rule through the whole table, or what
    begins as notes do."""
    found = 0
    for count in range(1, min(_MOST_LINES, len(lines) // 2) + 1):
        line = lines[-count]
        begins = bool(_NOTE.match(line_text(line))) and _is_together(line)
        if begins or (_is_prose(line, grid) and _is_ruled(lines[-count - 1], line, grid, ruling)):
            found = count
        elif not (_is_prose(line, grid) or (count == 1 and _is_together(line))):
            break
    return found


def _is_prose(line: Line, grid: Grid) -> bool:
    """Words without a column's gap that reach over the first column, and are no row: the edges of
    the columns are anywhere in them."""
    box = box_of(line)
    wide = box.width >= _LEAST_WIDTH * (grid.columns[-1] - grid.columns[0])
    if not (_is_together(line) and wide and box.x1 > grid.columns[1] + _OVER):
        return False
    edges = [edge for edge in grid.columns[1:-1] if box.x0 < edge < box.x1]
    between = sum(
        any(before.bbox.x1 - 1 <= edge <= word.bbox.x0 + 1 for before, word in pairwise(line))
        for edge in edges
    )
    values = sum(is_number(word.text) for word in line)
    return between <= _MOST_BETWEEN * len(edges) and values <= _MOST_VALUES * len(line)


def _is_together(line: Line) -> bool:
    return all(
        word.bbox.x0 - before.bbox.x1 < _SPACE * (word.size or word.bbox.height)
        for before, word in pairwise(line)
    )


def _is_ruled(above: Line, below: Line, grid: Grid, ruling: Ruling) -> bool:
    rules = ruling.between(
        min(word.centre[1] for word in above), max(word.centre[1] for word in below)
    )
    return any(is_full(rule, grid.columns[0], grid.columns[-1]) for rule in rules)


def _top(line: Line) -> float:
    return box_of(line).y0


def _bottom(line: Line) -> float:
    return box_of(line).y1
