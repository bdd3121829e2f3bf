"""Labels of several rows: cells that no rule parts from those below, where others have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pagesight.adapters.pymupdf.tables.columns import box_of
from pagesight.adapters.pymupdf.tables.heads import Place
from pagesight.adapters.pymupdf.tables.rows import is_number
from pagesight.adapters.pymupdf.tables.ruling import Ruling
from pagesight.adapters.pymupdf.text.lines import region_text

_MOST_RULED = 0.7
"""Share of the boundaries between rows that have such rules in a table ruled row by row."""
_LEAST_RULED = 0.5
"""Share of a row's columns with a rule below them from which the others lack it on purpose."""


def with_labels(
    rows: Sequence[Sequence[Place]], ruling: Ruling, edges: Sequence[float]
) -> list[Place]:
    """The cells of all rows, those of one column put together that are not ruled off from each
    other while the rest of their rows is. Rules over totals are no such rules: those tables are
    not ruled row by row."""
    open_below = [
        _open_columns(above, below, ruling, edges) if above and below else None
        for above, below in pairwise(rows)
    ]
    ruled = sum(each is not None for each in open_below)
    if ruled < _MOST_RULED * len(open_below):
        open_below = [None] * len(open_below)
    whole = [place for row in rows for place in row if place.column_span > 1]
    found = [*whole]
    first = rows[0][0].row if rows else 0
    for column in range(len(edges) - 1):
        number = 0
        while number < len(rows):
            last = number
            while last < len(open_below) and column in (open_below[last] or ()):
                last += 1
            own = [
                place
                for row in rows[number : last + 1]
                for place in row
                if place.column == column and place.column_span == 1
            ]
            if own:
                words = tuple(word for place in own for word in place.words)
                spans = last - number + 1
                found.append(replace(own[0], row=first + number, words=words, row_span=spans))
            number = last + 1
    return found


def _open_columns(
    above: Sequence[Place], below: Sequence[Place], ruling: Ruling, edges: Sequence[float]
) -> set[int] | None:
    """Columns without a rule between two rows of which most columns have one; None where they
    have none. Cells over several columns and values are not joined with what is below them."""
    bottom = min(box_of(place.words).y1 for place in above)
    top = max(box_of(place.words).y0 for place in below)
    rules = ruling.between(min(bottom, top) - 2, max(bottom, top) + 2)
    ruled = {
        column
        for column, (left, right) in enumerate(pairwise(edges))
        if any(rule.start <= (left + right) / 2 <= rule.end for rule in rules)
    }
    columns = len(edges) - 1
    if len(ruled) <= _LEAST_RULED * columns:
        return None
    if any(place.column_span > 1 for place in (*above, *below)):
        return set()
    values = [
        {place.column for place in row if is_number(region_text(place.words))}
        for row in (above, below)
    ]
    return set(range(columns)) - ruled - (values[0] & values[1])
