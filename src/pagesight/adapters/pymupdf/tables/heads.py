"""Column heads: how many rows they are, which columns and rows each one covers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pagesight.adapters.pymupdf.tables.rows import (
    Row,
    heads_go_on,
    is_number,
    numeric,
    numeric_head,
    rules_between,
)
from pagesight.adapters.pymupdf.tables.ruling import Rule, Ruling, is_full
from pagesight.adapters.pymupdf.text.lines import region_text
from pagesight.adapters.pymupdf.text.words import Word, box_of
from pagesight.geometry import BBox

_MOST_ROWS = 6
_NAME = re.compile(r"\w{1,4}\W*")
"""A short number without a sign, currency or fraction."""
_NEXT_ROWS = 3
"""Rows below heads that are looked at for values."""
_MOST_HEAD_NUMBERS = 0.75
"""Share of values in a first row from which it is none of heads."""
_CENTRED = 0.06
"""Of the covered width: how far a head that is centred over columns is off their middle."""


@dataclass(frozen=True, slots=True)
class Place:
    """Words and the rows and columns that their cell covers."""

    row: int
    column: int
    words: tuple[Word, ...]
    row_span: int = 1
    column_span: int = 1

    @property
    def end(self) -> int:
        """The first column that it does not cover."""
        return self.column + self.column_span


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the words of a column stand, in points."""

    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


Reach = dict[int, tuple[int, int]]
"""The column that a head's words are in -> the first and last one that it covers."""


def head_rows(rows: Sequence[Row], width: tuple[float, float], ruling: Ruling) -> int:
    """Rows of column heads: those above the first rule right through the table, where the rows
    below have no such rules each; else the first, and those under a first one with gaps (spanning
    heads) that hold no figures. 0 where already the first row is mostly figures."""
    texts = [[region_text(row.get(column, ())) for column in sorted(row)] for row in rows]
    if numeric_head(texts[0]) > 0.5 and _names_columns(rows, texts[0]):
        return 1
    if len(rows) > 1 and numeric_head(texts[0]) > 0.5 and numeric(texts[1]) > 0.5:
        return 0
    ruled = _above_rule(rows, width, ruling)
    if ruled and all(numeric_head(each) <= _MOST_HEAD_NUMBERS for each in texts[:ruled]):
        return ruled
    if numeric_head(texts[0]) > 0.5:
        return 0
    return _above_numbers(rows, texts)


def _names_columns(rows: Sequence[Row], first: Sequence[str]) -> bool:
    """Whether a first row of numbers are the names of things ("737", "1F"): the only row without a
    label, and none of its numbers an amount."""
    labelled = 0 not in rows[0] and all(0 in row for row in rows[1:])
    return labelled and all(_NAME.fullmatch(text) or not is_number(text) for text in first)


def _above_rule(rows: Sequence[Row], width: tuple[float, float], ruling: Ruling) -> int:
    full = [
        any(is_full(rule, *width) for rule in rules_between(above, below, ruling))
        for above, below in pairwise(rows)
    ]
    columns = set[int]().union(*rows)
    for number in range(1, min(_MOST_ROWS, len(rows) - 1) + 1):
        named = set[int]().union(*rows[:number])
        if full[number - 1] and len(named) > len(columns) / 2:
            return number
    return 0


def _above_numbers(rows: Sequence[Row], texts: Sequence[Sequence[str]]) -> int:
    columns = set[int]().union(*rows) - {0}
    count = 1
    while (
        count < min(_MOST_ROWS, len(rows) - 1)
        and (columns - set(rows[count - 1]) or 0 not in rows[count])
        and columns & set(rows[count])
        and numeric_head(texts[count]) == 0
        and any(numeric(each[1:]) > 0.3 for each in _beside_labels(texts[count + 1 :]))
    ):
        count += 1
    return count


def _beside_labels(texts: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """The first rows that have more than a label."""
    return [each for each in texts if len(each) > 1][:_NEXT_ROWS]


def head_places(
    rows: Sequence[Row], count: int, body: Sequence[Extent], ruling: Ruling
) -> list[Place]:
    """The cells of the first `count` rows. Heads of several lines are one cell; a head over
    several columns covers them, and one with nothing above or below all the rows."""
    places: list[list[Place]] = []
    for number in range(count):
        bounds = {edge for row in places for each in row for edge in _bounds(each)}
        after = rows[number + 1 : number + 2]
        rules = [rule for row in after for rule in rules_between(rows[number], row, ruling)]
        reach = _ruled(rows[number:count], body, rules)
        reach = _centred_over(rows[number:count], reach, body, bounds, ruling)
        places.append(
            [
                Place(number, first, tuple(rows[number][column]), column_span=last - first + 1)
                for column, (first, last) in sorted(reach.items())
            ]
        )
    return _stacked(_over_all_below(places), count, len(body), ruling)


def _bounds(place: Place) -> set[int]:
    """The columns at which heads below one over several columns begin: they do not reach out."""
    return {place.column, place.end} if place.column_span > 1 else set()


def _over_all_below(rows: Sequence[Sequence[Place]]) -> list[list[Place]]:
    """Heads that stand alone over one of several columns cover all of these."""
    found = [[*rows[-1]]] if rows else []
    for row in rows[-2::-1]:
        wide = [each for each in found[0] if each.column_span > 1]
        found.insert(0, [_widened(each, row, wide) for each in row])
    return found


def _widened(place: Place, row: Sequence[Place], below: Sequence[Place]) -> Place:
    for wide in below:
        over = [each for each in row if each.column < wide.end and wide.column < each.end]
        inside = wide.column <= place.column and place.end <= wide.end
        if over == [place] and inside:
            return replace(place, column=wide.column, column_span=wide.column_span)
    return place


def _ruled(rows: Sequence[Row], body: Sequence[Extent], rules: Sequence[Rule]) -> Reach:
    """The first and last column of each head of the first row: those that the rule below it goes
    over, and those that it stands over itself."""
    row = rows[0]
    below = {column: box_of(words) for each in rows[:0:-1] for column, words in each.items()}
    middles = [_middle(box_of(words)) for words in row.values()]
    reach: Reach = {}
    for column, words in row.items():
        box = box_of(words)
        own = [
            rule
            for rule in rules
            if rule.start - 2 <= _middle(box) <= rule.end + 2
            and sum(rule.start <= middle <= rule.end for middle in middles) == 1
        ]
        covered = {
            place
            for place, extent in enumerate(body)
            if place not in row
            and (
                (place and any(rule.start <= extent.middle <= rule.end for rule in own))
                or _covers(box, extent)
                or (place in below and _covers(box, Extent(below[place].x0, below[place].x1)))
            )
        }
        first = last = column
        while first - 1 in covered:
            first -= 1
        while last + 1 in covered:
            last += 1
        reach[column] = (first, last) if last > first or not own else (column, column)
    return reach


def _centred_over(
    rows: Sequence[Row], reach: Reach, body: Sequence[Extent], bounds: set[int], ruling: Ruling
) -> Reach:
    """The heads of the first row with the columns that they are centred over. A head with a line
    more than those beside it is centred over them by chance; labels of rows, left of all of them,
    need no heads above theirs."""
    below = set[int]().union(*rows[1:])
    middles = {column: _middle(box_of(words)) for column, words in rows[0].items()}
    wider = _centred(reach, middles, below, body, bounds)
    if any(column > min(rows[0]) for column in below - _columns(wider)):
        for column in rows[0].keys() & rows[1].keys():
            if heads_go_on(rows[0][column], rows[1][column], ruling):
                wider[column] = reach[column]
    return wider


def _covers(box: BBox, extent: Extent) -> bool:
    overlap = min(box.x1, extent.end) - max(box.x0, extent.start)
    return overlap > 0.5 * (extent.end - extent.start)


def _columns(reach: Reach) -> set[int]:
    return {each for first, last in reach.values() for each in range(first, last + 1)}


def _middle(box: BBox) -> float:
    return (box.x0 + box.x1) / 2


def _centred(
    reach: Reach,
    middles: dict[int, float],
    below: set[int],
    body: Sequence[Extent],
    bounds: set[int],
) -> Reach:
    """The heads with the free columns that they are centred over, if each column with a head
    below then has one above."""
    free = below - {0} - _columns(reach)
    if not free:
        return {**reach}
    wider = dict(reach)
    for column, (first, last) in reach.items():
        options = [
            (start, stop)
            for start in range(first, -1, -1)
            if all(each in free for each in range(start, first))
            for stop in range(last, len(body))
            if all(each in free for each in range(last + 1, stop + 1))
            and not any(start < edge <= stop for edge in bounds)
        ]
        fitting = [
            (start, stop)
            for start, stop in options
            if abs((body[start].start + body[stop].end) / 2 - middles[column])
            <= _CENTRED * (body[stop].end - body[start].start)
        ]
        if fitting:
            wider[column] = max(fitting, key=lambda pair: pair[1] - pair[0])
    taken = [each for first, last in wider.values() for each in range(first, last + 1)]
    return wider if len(taken) == len(set(taken)) else {**reach}


def _stacked(places: list[list[Place]], count: int, columns: int, ruling: Ruling) -> list[Place]:
    """Heads with lines in several rows put together, then stretched over free rows, and the rows
    that are left empty taken out."""
    stacks: list[Place] = []
    for row in places:
        for place in row:
            above = next(
                (
                    each
                    for each in stacks
                    if each.row + each.row_span == place.row
                    and each.column == place.column
                    and each.column_span == place.column_span
                    and heads_go_on([*each.words], [*place.words], ruling)
                ),
                None,
            )
            if above is None:
                stacks.append(place)
            else:
                stacks[stacks.index(above)] = replace(
                    above,
                    row_span=above.row_span + place.row_span,
                    words=above.words + place.words,
                )
    return _without_empty(_stretched(stacks, count, columns), count)


def _stretched(stacks: Sequence[Place], count: int, columns: int) -> list[Place]:
    """Heads of one column that have free places above them cover these too, as a head set at the
    bottom does; those with free places below go down to the last row."""
    taken = {
        (row, column)
        for each in stacks
        for row in range(each.row, each.row + each.row_span)
        for column in range(each.column, each.end)
    }
    found = []
    for each in stacks:
        first, last = each.row, each.row + each.row_span
        own = range(each.column, each.end)
        while first and all((first - 1, column) not in taken for column in own):
            first -= 1
        while last < count and all((last, column) not in taken for column in own):
            last += 1
        found.append(replace(each, row=first, row_span=last - first))
        taken |= {(row, column) for row in range(first, last) for column in own}
    return found


def _without_empty(stacks: Sequence[Place], count: int) -> list[Place]:
    """Without the rows in which no head begins: lines of heads that have several."""
    begun = sorted({each.row for each in stacks})
    number = {row: sum(start < row for start in begun) for row in range(count + 1)}
    return [
        replace(
            each,
            row=number[each.row],
            row_span=number[each.row + each.row_span] - number[each.row],
        )
        for each in stacks
    ]


def body_places(rows: Sequence[Row], first: int, body: Sequence[Extent]) -> list[list[Place]]:
    """The cells of the rows from `first` on. What stands alone in a row, centred over columns, is
    a head of the rows below and covers them."""
    found = []
    for number, row in enumerate(rows[first:], first):
        places = [Place(number, column, tuple(words)) for column, words in sorted(row.items())]
        if len(places) == 1 and not is_number(region_text(places[0].words)):
            places = [_group(places[0], body)]
        found.append(places)
    return found


def _group(place: Place, body: Sequence[Extent]) -> Place:
    box = box_of(place.words)
    for start in (1, 0):
        left, right = body[start].start, body[-1].end
        apart = box.x0 - left > 0.1 * (right - left)
        if (
            apart
            and place.column >= start
            and abs((left + right) / 2 - _middle(box)) <= _CENTRED * (right - left)
        ):
            return replace(place, column=start, column_span=len(body) - start)
    return place
