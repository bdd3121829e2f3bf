"""Claims about rows of a table: that their words and cells come from one row, in its order."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.citations.claims import Statement
from pagesight.citations.folding import fold
from pagesight.citations.sources import Stretch, parts
from pagesight.citations.words import Reading, read
from pagesight.quantities import same
from pagesight.tables import row_cells

_FEWEST_CELLS = 2
"""A cell alone names no row."""


def mixed(claim: Reading, stretches: Sequence[Stretch]) -> str:
    """A word of the claim from another row than the rest of what it says.

    A claim about several rows passes where each part of it names its row.
    """
    problem = _strange(claim, claim.all, stretches)
    bags = [bag for part in parts(claim.text) if (bag := claim.bag(*part))]
    if not problem or len(bags) < 2:
        return problem
    named = all(_names_row(bag, stretches) for bag in bags)
    return "" if named and not any(_strange(claim, bag, stretches) for bag in bags) else problem


def _names_row(keys: frozenset[str], stretches: Sequence[Stretch]) -> bool:
    best = max(stretches, key=lambda each: len(keys & each.words))
    return best.row is not None and bool(keys & read(best.row[1].label[0]).all)


def _strange(claim: Reading, keys: frozenset[str], stretches: Sequence[Stretch]) -> str:
    best = max(stretches, key=lambda each: len(keys & each.words))
    if best.row is None or not keys & best.reading.all:
        return ""
    left = keys - best.words
    for row in best.row[0].rows:
        strange = sorted(left & row.words)
        if strange:
            return f"'{claim.written(strange[0])}' is not in the row of {best.row[1].label[0]}"
    return ""


def copied(statement: Statement, stretches: Sequence[Stretch]) -> tuple[int, int] | None:
    """Where all cells of a row under a header stand in one row of a source, each in a column with
    that header, in the same order: [start, end), or None. Columns may be left out, and heads that
    span several columns."""
    cells = row_cells(statement.text) if statement.shape == "row" else None
    if cells is None or len(statement.header) != len(cells) or len(cells) < _FEWEST_CELLS:
        return None
    wanted = _folded(statement.header, cells)
    for stretch in stretches:
        grid, row = stretch.row or (None, None)
        if grid is not None and row is not None and len(grid.header) == len(row.cells):
            there = iter(_folded(grid.header, row.cells))
            # `any` goes on in `there` where the last one found stopped, which keeps the order.
            if all(any(_is_under(*pair, *other) for other in there) for pair in wanted):
                return stretch.start, stretch.end
    return None


def _folded(heads: Sequence[str], cells: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of head and cell, as they are compared."""
    pairs = zip(heads, cells, strict=True)
    return [(fold(head).text.strip(), fold(cell).text.strip()) for head, cell in pairs]


def _is_under(head: str, cell: str, own_head: str, own_cell: str) -> bool:
    """Whether two cells are the same, and the head that is given is the lower part of the own."""
    return cell == own_cell and (not head or f" {own_head}".endswith(f" {head}"))


def misplaced(statement: Statement, stretches: Sequence[Stretch]) -> str:
    """A number of a row that its source has in another cell, or not in this row; "" if none.

    Compared are rows with as many cells: the one of the source that has most cells in common.
    Rows under a header of their own are not compared by position.
    """
    cells = row_cells(statement.text) if statement.shape == "row" else None
    rows = [each.row[1] for each in stretches if each.row is not None]
    rows = [row for row in rows if cells is not None and len(row.cells) == len(cells)]
    if cells is None or statement.header or not rows:
        return ""
    best = max(rows, key=lambda row: sum(map(_agree, cells, row.cells)))
    for cell, other in zip(cells, best.cells, strict=True):
        if not _agree(cell, other) and (read(cell).quantities or read(cell).identifiers):
            return f"its source has {other or 'nothing'} in place of {cell}"
    return ""


def _agree(cell: str, other: str) -> bool:
    """Whether two cells say the same; numbers by their value."""
    if fold(cell).text.strip() == fold(other).text.strip():
        return True
    ours, theirs = read(cell).quantities, read(other).quantities
    alike = len(ours) == len(theirs) > 0
    return alike and all(map(same, ours, theirs)) and read(cell).words == read(other).words
