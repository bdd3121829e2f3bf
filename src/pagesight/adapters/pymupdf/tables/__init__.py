"""From a grid and words to the cells of a table, and what only looks like a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pagesight.adapters.pymupdf.engine import Grid
from pagesight.adapters.pymupdf.tables.columns import settled_columns
from pagesight.adapters.pymupdf.tables.heads import (
    Extent,
    Place,
    body_places,
    head_places,
    head_rows,
)
from pagesight.adapters.pymupdf.tables.labels import with_labels
from pagesight.adapters.pymupdf.tables.rows import Row, rows_of
from pagesight.adapters.pymupdf.tables.ruling import Ruling, is_filling
from pagesight.adapters.pymupdf.text.lines import has_leaders, lines_of, region_text
from pagesight.adapters.pymupdf.text.words import Word, box_of
from pagesight.document import Cell
from pagesight.geometry import BBox, union

_PROSE_CELL = 250
"""Mean characters of a filled cell from which the "table" is boxed paragraphs."""

_CONTENTS_COLUMNS = 3
"""A table of contents has no more: number, heading, page."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a table by row, then column, on page 0; places without words are cells too."""

    cells: tuple[Cell, ...]
    header_rows: int

    @property
    def rows(self) -> int:
        return max(cell.row + cell.row_span for cell in self.cells)


def read_cells(grid: Grid, words: Sequence[Word], ruling: Ruling | None = None) -> Cells | None:
    """Puts each word into the cell it stands in; empty rows and columns are left out.

    None where fewer than two columns or one row are left.
    """
    ruling = ruling or Ruling()
    words = [word for word in words if not is_filling(word)]
    columns = settled_columns(grid, words)
    rows = rows_of(words, grid.rows, columns, ruling)
    filled = sorted(set[int]().union(*rows))
    if len(filled) < 2 or not rows:
        return None
    numbers = {column: number for number, column in enumerate(filled)}
    rows = [{numbers[column]: own for column, own in row.items()} for row in rows]
    edges = [columns[0], *(columns[column] for column in filled[1:]), columns[-1]]
    count = head_rows(rows, (columns[0], columns[-1]), ruling)
    places, heads = _places(rows, count, edges, ruling)
    return Cells(tuple(_cells(places, _row_edges(places, grid), edges)), heads)


def is_prose(cells: Cells, words: Sequence[Word]) -> bool:
    """Boxed paragraphs, or a table of contents: better read as text."""
    filled = [cell.text for cell in cells.cells if cell.text]
    leaders = sum(has_leaders(line) for line in lines_of(words))
    width = max(cell.column + cell.column_span for cell in cells.cells)
    if width <= _CONTENTS_COLUMNS and leaders >= max(3, 0.4 * cells.rows):
        return True
    return sum(map(len, filled)) > _PROSE_CELL * len(filled)


def _places(
    rows: Sequence[Row], count: int, edges: Sequence[float], ruling: Ruling
) -> tuple[list[Place], int]:
    body = _extents(rows, count, edges)
    heads = head_places(rows, count, body, ruling)
    height = max((each.row + each.row_span for each in heads), default=0)
    places = with_labels(body_places(rows, count, body), ruling, edges)
    return [*heads, *(replace(each, row=each.row - count + height) for each in places)], height


def _extents(rows: Sequence[Row], count: int, edges: Sequence[float]) -> list[Extent]:
    """Where the words below the heads stand, column by column; the edges where there are none."""
    found = []
    for column, (left, right) in enumerate(pairwise(edges)):
        boxes = [
            box_of(row[column])
            for row in rows[count:]
            if column in row and (column or len(row) > 1)
        ]
        # What reaches far over its column's edges stands over several columns.
        boxes = [box for box in boxes if box.x0 > left - 9 and box.x1 < right + 9]
        whole = union(boxes) if boxes else BBox(left, 0, right, 0)
        found.append(Extent(whole.x0, whole.x1))
    return found


def _row_edges(places: Sequence[Place], grid: Grid) -> list[float]:
    """Heights between the rows, halfway between the words of one and the next."""
    count = max(each.row + each.row_span for each in places)
    tops = [grid.rows[-1]] * count
    bottoms = [grid.rows[0]] * count
    for each in places:
        box = box_of(each.words)
        last = each.row + each.row_span - 1
        if each.row_span == 1 or box.y0 < tops[each.row]:
            tops[each.row] = min(tops[each.row], box.y0)
        bottoms[last] = max(bottoms[last], box.y1)
    inner = [(bottom + top) / 2 for bottom, top in zip(bottoms, tops[1:], strict=False)]
    edges = [min(grid.rows[0], tops[0]), *inner, max(grid.rows[-1], bottoms[-1])]
    return [max(edges[: number + 1]) for number in range(len(edges))]


def _cells(places: Sequence[Place], rows: Sequence[float], columns: Sequence[float]) -> list[Cell]:
    cells = [_cell(each, rows, columns) for each in places]
    covered = {
        (row, column)
        for cell in cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }
    empty = [
        _cell(Place(row, column, ()), rows, columns)
        for row in range(len(rows) - 1)
        for column in range(len(columns) - 1)
        if (row, column) not in covered
    ]
    return sorted([*cells, *empty], key=lambda cell: (cell.row, cell.column))


def _cell(place: Place, rows: Sequence[float], columns: Sequence[float]) -> Cell:
    """The place between the edges, and its words where they reach over these."""
    own = BBox(
        columns[place.column], rows[place.row], columns[place.end], rows[place.row + place.row_span]
    )
    box = union([own, *(word.bbox for word in place.words)])
    return Cell(
        row=place.row,
        column=place.column,
        text=region_text(place.words).replace("\n", " ") if place.words else "",
        row_span=place.row_span,
        column_span=place.column_span,
        page=0,
        bbox=box.rounded(),
    )
