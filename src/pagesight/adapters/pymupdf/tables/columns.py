"""The columns of a table: the network's edges, put right by what stands between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median

from pagesight.adapters.pymupdf.engine import Grid
from pagesight.adapters.pymupdf.text.words import Word, box_of

_CELL_GAP = 0.45
"""Font sizes between words from which a column's edge may part them; a space is about 0.3."""
_MOSTLY = 0.6
"""Share of a run's width in one column from which it belongs there alone."""
_GAP = 1.0
"""Font sizes of white that parts two columns which the network took for one."""
_LEAST_ROWS = 3
"""Rows that must have something on both sides of such a gap; all, where there are fewer."""
_FEWEST_ROWS = 2
"""A row of heads and one of values."""
_LEAST_BESIDE = 0.6
"""Share of a column's rows that must."""
_MOST_CROSSING = 0.2
"""Share of the rows with words across it, say heads over several columns."""
_SELDOM = 0.35
"""Share of the rows that have both of two close pieces, up to which they are one column."""

_SIGN_GAP = 2.5
"""Font sizes between a number and the sign behind it, which some tables set in a column."""
_CURRENCY = frozenset("$\u20ac\u00a3\u00a5")
"""Signs before a number."""
_BEHIND = frozenset(("%", ")%", "%)", ")"))
"""Signs behind a number; ")" where negative numbers are aligned at their last digit."""
_VALUE = re.compile(r"[(+\-\u2212\u2013\u2014.]*\d|[-\u2013\u2014]+$")
"""The first word of a number, or a dash in its place."""

Run = list[Word]
"""Words of one line that stand in one cell."""


def runs_of(words: Sequence[Word], edges: Sequence[float]) -> list[Run]:
    """Words of one line that belong together: no wide gap, or no column's edge in it. A currency
    is with the number behind it, "%" with the one before it, wherever the edges are."""
    runs: list[Run] = []
    for _, line in groupby(words, key=lambda word: (word.block, word.line)):
        before: Word | None = None
        for word in line:
            if before is None or _is_parted(before, word, edges):
                runs.append([])
            runs[-1].append(word)
            before = word
    return _with_signs(runs)


def _with_signs(runs: Sequence[Run]) -> list[Run]:
    """Signs that stand alone put to their numbers: lines of a text layer often end at a gap."""
    kept = [*runs]
    for run in runs:
        if len(run) == 1 and run[0].text in _CURRENCY | _BEHIND:
            sign = run[0]
            beside = [each for each in kept if each is not run and _is_level(each[0], sign)]
            before = sign.text in _CURRENCY
            own = _number_after(sign, beside) if before else _number_before(sign, beside)
            if own is not None:
                own.insert(0 if before else len(own), sign)
                kept = [each for each in kept if each is not run]
    return kept


def _number_after(sign: Word, runs: Sequence[Run]) -> Run | None:
    right = [run for run in runs if run[0].bbox.x0 > sign.bbox.x0]
    own = min(right, key=lambda run: run[0].bbox.x0, default=None)
    return own if own and _VALUE.match(own[0].text) else None


def _number_before(sign: Word, runs: Sequence[Run]) -> Run | None:
    left = [run for run in runs if run[-1].bbox.x0 < sign.bbox.x0]
    own = max(left, key=lambda run: run[-1].bbox.x0, default=None)
    if own is None or not _VALUE.match(own[-1].text):
        return None
    near = sign.bbox.x0 - own[-1].bbox.x1 < _SIGN_GAP * (sign.size or sign.bbox.height)
    return own if near else None


def _is_level(word: Word, other: Word) -> bool:
    return abs(word.centre[1] - other.centre[1]) < 0.5 * min(word.bbox.height, other.bbox.height)


def column_of(run: Run, edges: Sequence[float]) -> int:
    """The column that has most of a run; the first of several. Of a price or a share the number
    counts."""
    box = box_of(_number_of(run))
    first, last = slot(box.x0, edges), slot(box.x1, edges)
    shares = [
        min(box.x1, edges[column + 1]) - max(box.x0, edges[column])
        for column in range(first, last + 1)
    ]
    for column, share in enumerate(shares, first):
        if share >= _MOSTLY * box.width:
            return column
    # An edge a little off leaves a sliver in the column before.
    return first + 1 if shares[0] < 0.15 * box.width and len(shares) > 1 else first


def _number_of(run: Run) -> Run:
    start = 1 if len(run) > 1 and run[0].text in _CURRENCY else 0
    stop = len(run) - 1 if len(run) - start > 1 and run[-1].text in _BEHIND else len(run)
    return run[start:stop]


def slot(value: float, edges: Sequence[float]) -> int:
    """Which of the places between ascending edges a value is in; the nearest one outside."""
    return min(max(bisect_right(edges, value) - 1, 0), len(edges) - 2)


def settled_columns(grid: Grid, words: Sequence[Word]) -> tuple[float, ...]:
    """The edges without those that part nothing, and with those that are missing."""
    return _without_idle(_with_missing(grid, words), grid.rows, words)


def _with_missing(grid: Grid, words: Sequence[Word]) -> tuple[float, ...]:
    """Edges in the white between words that goes through nearly all rows of a column."""
    edges = [*grid.columns]
    for left, right in pairwise(grid.columns):
        rows: dict[int, list[Word]] = {}
        for word in words:
            if left <= word.centre[0] < right:
                rows.setdefault(slot(word.centre[1], grid.rows), []).append(word)
        edges += _gaps(list(rows.values()))
    return tuple(sorted(edges))


def _gaps(rows: Sequence[Sequence[Word]]) -> Iterator[float]:
    """Middles of the white stripes between words that have words on both sides in many rows."""
    if len(rows) < _FEWEST_ROWS:
        return
    size = median(word.size or word.bbox.height for row in rows for word in row)
    allowed = int(_MOST_CROSSING * len(rows))
    steps = sorted(
        [(word.bbox.x0, 1) for row in rows for word in row]
        + [(word.bbox.x1, -1) for row in rows for word in row]
    )
    depth, since = 0, steps[0][0]
    for x, step in steps:
        if depth <= allowed < depth + step and x - since > _GAP * size:
            middle = (since + x) / 2
            if _parts(middle, rows):
                yield middle
        if depth > allowed >= depth + step:
            since = x
        depth += step


def _parts(middle: float, rows: Sequence[Sequence[Word]]) -> bool:
    beside = sum(
        any(word.bbox.x1 <= middle and _says_something(word) for word in row)
        and any(word.bbox.x0 >= middle and _says_something(word) for word in row)
        for row in rows
    )
    return beside >= max(min(_LEAST_ROWS, len(rows)), _LEAST_BESIDE * len(rows))


def _says_something(word: Word) -> bool:
    """Bullets make no column."""
    return any(map(str.isalnum, word.text))


def _without_idle(
    edges: tuple[float, ...], rows: Sequence[float], words: Sequence[Word]
) -> tuple[float, ...]:
    """Without edges between two columns of which hardly a row has both, apart from each other."""
    filled: list[dict[int, Run]] = [{} for _ in edges[1:]]
    for run in runs_of(words, edges):
        own = filled[column_of(run, edges)]
        own.setdefault(slot(run[0].centre[1], rows), []).extend(run)
    kept = [edges[0]]
    before = filled[0]
    for edge, here in zip(edges[1:-1], filled[1:], strict=True):
        if _are_columns(before, here):
            kept.append(edge)
            before = here
        else:
            before = {row: [*before.get(row, ()), *here.get(row, ())] for row in before | here}
    return (*kept, edges[-1])


def _are_columns(before: dict[int, Run], here: dict[int, Run]) -> bool:
    """Whether what stands on both sides of an edge are two columns, and not one: pieces that are
    seldom beside each other, or always a word's space apart (a number and its unit)."""
    if not (before and here):
        return False
    both = sorted(before.keys() & here.keys())
    if not both:
        return not _is_spill(set(before), set(here))
    if all(_is_close(before[row], here[row]) for row in both):
        texts = {" ".join(word.text for word in here[row]) for row in both}
        seldom = len(both) <= _SELDOM * max(len(before), len(here))
        return not (seldom or (len(both) > _LEAST_ROWS and len(texts) == 1))
    return True


def _is_close(left: Run, right: Run) -> bool:
    one, other = box_of(left), box_of(right)
    return other.x0 - one.x1 < _GAP * (right[0].size or other.height)


def _is_spill(before: set[int], here: set[int]) -> bool:
    """Whether one of two columns that are never filled together is but a few cells of the other:
    heads and totals that are centred or moved in. Two columns of marks ("yes", "no") are both."""
    return min(len(before), len(here)) <= max(2, 0.25 * max(len(before), len(here)))


def _is_parted(before: Word, word: Word, edges: Sequence[float]) -> bool:
    size = before.size or before.bbox.height
    gap = word.bbox.x0 - before.bbox.x1
    if gap < 0 or before.text in _CURRENCY or word.text in _CURRENCY:
        return True
    edge_between = slot(before.centre[0], edges) != slot(word.centre[0], edges)
    return (edge_between or before.text in _BEHIND) and gap > _CELL_GAP * size
