"""From a grid and words to the rows of a table, and what only looks like a table."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pagesight.adapters.pymupdf.engine import Grid
from pagesight.adapters.pymupdf.text import has_leaders, lines_of, region_text
from pagesight.adapters.pymupdf.words import Word
from pagesight.geometry import BBox, union

_CELL_GAP = 0.45
"""Font sizes between words from which a column's edge may part them; a space is about 0.3."""
_MOSTLY = 0.6
"""Share of a run's width in one column from which it belongs there alone."""
_PROSE_CELL = 250
"""Mean characters of a filled cell from which the "table" is boxed paragraphs."""
_NUMBER = re.compile(r"[<>~\u2264\u2265\u00b1+\-\u2212(]*[$\u20ac\u00a3]?\d")
_MOST_HEADER_ROWS = 3


@dataclass(frozen=True, slots=True)
class Cells:
    """Texts and boxes row by row, all rows equally long."""

    rows: tuple[tuple[str, ...], ...]
    boxes: tuple[tuple[BBox, ...], ...]
    header_rows: int


def read_cells(grid: Grid, words: Sequence[Word]) -> Cells | None:
    """Puts each word into the cell it stands in; empty rows and columns are left out.

    Words that stand together over several columns (a spanning header) go to the first of them.
    None where fewer than two columns or one row are left.
    """
    height, width = len(grid.rows) - 1, len(grid.columns) - 1
    cells: list[list[list[Word]]] = [[[] for _ in range(width)] for _ in range(height)]
    for run in _runs(words, grid):
        column = _column(run, grid)
        for word in run:
            cells[_slot(word.centre[1], grid.rows)][column].append(word)
    columns = [column for column in range(width) if any(row[column] for row in cells)]
    filled = [row for row in range(height) if any(cells[row])]
    if len(columns) < 2 or not filled:
        return None
    rows = tuple(tuple(_cell_text(cells[row][column]) for column in columns) for row in filled)
    boxes = tuple(
        tuple(_cell_box(grid, row, column, cells[row][column]) for column in columns)
        for row in filled
    )
    return Cells(rows, boxes, _header_rows(rows))


def is_prose(cells: Cells, words: Sequence[Word]) -> bool:
    """Boxed paragraphs, or a table of contents: better read as text."""
    filled = [cell for row in cells.rows for cell in row if cell]
    leaders = sum(has_leaders(line) for line in lines_of(words))
    if leaders >= max(3, 0.4 * len(cells.rows)):
        return True
    return sum(map(len, filled)) > _PROSE_CELL * len(filled)


def _cell_box(grid: Grid, row: int, column: int, words: Sequence[Word]) -> BBox:
    """The place between the grid's lines, and its words where they reach over these."""
    place = BBox(grid.columns[column], grid.rows[row], grid.columns[column + 1], grid.rows[row + 1])
    box = union([place, *(word.bbox for word in words)])
    return BBox(round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2))


def _runs(words: Sequence[Word], grid: Grid) -> Iterator[list[Word]]:
    """Words of one line that belong together: no wide gap, or no column's edge in it."""
    for _, line in groupby(words, key=lambda word: (word.block, word.line)):
        run: list[Word] = []
        for word in line:
            if run and _is_parted(run[-1], word, grid):
                yield run
                run = []
            run.append(word)
        if run:
            yield run


def _is_parted(before: Word, word: Word, grid: Grid) -> bool:
    size = before.size or before.bbox.height
    gap = word.bbox.x0 - before.bbox.x1
    if gap < 0:
        return True
    edge_between = _slot(before.centre[0], grid.columns) != _slot(word.centre[0], grid.columns)
    return edge_between and gap > _CELL_GAP * size


def _column(run: Sequence[Word], grid: Grid) -> int:
    box = union(word.bbox for word in run)
    first, last = _slot(box.x0, grid.columns), _slot(box.x1, grid.columns)
    shares = [
        min(box.x1, grid.columns[column + 1]) - max(box.x0, grid.columns[column])
        for column in range(first, last + 1)
    ]
    for column, share in enumerate(shares, first):
        if share >= _MOSTLY * box.width:
            return column
    # An edge a little off leaves a sliver in the column before.
    return first + 1 if shares[0] < 0.15 * box.width and len(shares) > 1 else first


def _slot(value: float, edges: Sequence[float]) -> int:
    return min(max(bisect_right(edges, value) - 1, 0), len(edges) - 2)


def _cell_text(words: Sequence[Word]) -> str:
    return region_text(words).replace("\n", " ") if words else ""


def _header_rows(rows: Sequence[Sequence[str]]) -> int:
    """Rows of column heads: the first, and those under a first one with gaps (spanning heads),
    as long as they hold no figures; 0 where already the first row is mostly figures."""
    if len(rows) > 1 and _numeric(rows[0]) > 0.5:
        return 0
    count = 1
    while (
        count < min(_MOST_HEADER_ROWS, len(rows) - 1)
        and "" in rows[count - 1][1:]
        and _numeric(rows[count]) == 0
        and _numeric(rows[count + 1]) > 0.3
    ):
        count += 1
    return count


def _numeric(row: Sequence[str]) -> float:
    filled = [cell for cell in row if cell]
    return sum(bool(_NUMBER.match(cell)) for cell in filled) / len(filled) if filled else 0.0
