"""Claims about rows of a table: that their words and cells come from one row, in its order."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.citations.claims import Statement
from pagesight.citations.folding import fold
from pagesight.citations.sources import Stretch, parts
from pagesight.citations.words import Reading, read
from pagesight.quantities import same
from pagesight.tables import row_cells


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
