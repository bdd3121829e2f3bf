"""Labels of several rows: cells that no rule parts from those below, where others have one, and
cells in the middle of rows between two rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pagesight.adapters.pymupdf.tables.heads import Place
from pagesight.adapters.pymupdf.tables.rows import Row, is_number, rules_between
from pagesight.adapters.pymupdf.tables.ruling import Ruling, is_full
from pagesight.adapters.pymupdf.text.lines import region_text
from pagesight.adapters.pymupdf.text.words import box_of
from pagesight.geometry import union

_MOST_RULED = 0.7
"""Share of the boundaries between rows that have such rules in a table ruled row by row."""
_LEAST_RULED = 0.5
"""Share of a row's columns with a rule below them from which the others lack it on purpose."""
_MOST_OFF = 0.3
"""Of a row's height: how far a label is off the middle of its rows."""


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
        open_below = _beside_labels(rows, ruling, edges)
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


def _beside_labels(
    rows: Sequence[Sequence[Place]], ruling: Ruling, edges: Sequence[float]
) -> list[set[int] | None]:
    """The first column, as one that is open below, for the rows between two rules through the
    whole table, if in all such groups the label stands in the middle of its rows."""
    closed: list[set[int] | None] = [None] * (len(rows) - 1)
    groups: list[range] = []
    start = 0
    for number, (above, below) in enumerate(pairwise(rows), 1):
        rules = rules_between(_words(above), _words(below), ruling)
        if any(is_full(rule, edges[0], edges[-1]) for rule in rules):
            groups.append(range(start, number))
            start = number
    groups = [each for each in (*groups, range(start, len(rows))) if len(each) > 1]
    if (
        not start
        or not groups
        or not all(_is_middle(rows[each.start : each.stop]) for each in groups)
    ):
        return closed
    inner = {number for each in groups for number in each[:-1]}
    return [{0} if number in inner else None for number in range(len(closed))]


def _words(row: Sequence[Place]) -> Row:
    return {place.column: [*place.words] for place in row}


def _is_middle(rows: Sequence[Sequence[Place]]) -> bool:
    """Whether at most half of the rows have words in the first column, all in the middle."""
    labels = [place for row in rows for place in row if place.column == 0]
    others = [place for row in rows for place in row if place.column]
    if not labels or len(labels) > len(rows) / 2 or any(place.column_span > 1 for place in labels):
        return False
    if not all(any(place.column for place in row) for row in rows):
        return False
    own, beside = (union(box_of(place.words) for place in each) for each in (labels, others))
    off = abs(own.y0 + own.y1 - beside.y0 - beside.y1) / 2
    return off <= _MOST_OFF * beside.height / len(rows)


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
