"""The rows of a table: the network's edges, put right by rules and by lines that go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pagesight.adapters.pymupdf.tables.columns import Run, column_of, runs_of, slot
from pagesight.adapters.pymupdf.tables.parting import body_rows, head_levels
from pagesight.adapters.pymupdf.tables.ruling import Rule, Ruling, is_full
from pagesight.adapters.pymupdf.text.lines import region_text
from pagesight.adapters.pymupdf.text.words import Word, box_of

Row = dict[int, list[Word]]
"""Column -> its words; columns without words are left out."""

_CLEAR = 1.5
"""Points between a rule and the words that it parts, at least."""
_TIGHT = 0.45
"""Line heights between the lines of one cell at most."""
_HEAD_TIGHT = 0.7
"""The same in column heads, which are often set more openly."""
_MOST_RULED = 0.7
"""Share of the boundaries between rows with a rule from which every row has one."""
_OPEN_END = re.compile(r"(?:[-,/&\u2010\u00ad(]|\b(?:and|or|of|the|to|in|for|with|by|per|a|an))$")
_MOST_LETTERS = 2
"""Of a value in what may be a head; units are longer too, but seldom in a first row."""
_DAY = (
    r"(?:(?:FY\s?)?(?:19|20)\d\d(?:[-/\u2013]\d\d(?:\d\d)?)?[AEFP]?"
    r"|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4})"
)
"""A year, one that is actual, estimated, forecast or planned ("2024E"), or a day."""
_NOTED = r"(?:\s?(?:\(\w\)|[*\u2020\u2021\u00b9\u00b2\u00b3\u2070-\u207e]))*"
"""Marks of notes behind it."""
_DATE = re.compile(rf"{_DAY}(?:\s?(?:vs?\.?|to|[-/\u2013])\s?{_DAY})?\W?{_NOTED}")
_NUMBER = re.compile(r"[<>~\u2264\u2265\u00b1+\-\u2212(]*(?:[$\u20ac\u00a3]\s?)?\.?\d")


def rows_of(
    words: Sequence[Word], edges: Sequence[float], columns: Sequence[float], ruling: Ruling
) -> list[Row]:
    """The filled rows from top to bottom; a row that the network cut in two is one again."""
    edges = _with_rules(edges, words, columns, ruling)
    found: dict[int, list[Run]] = {}
    for run in runs_of(words, columns):
        found.setdefault(slot(run[0].centre[1], edges), []).append(run)
    first = min(found, default=0)
    parts = (
        head_levels(found[number], columns)
        if number == first
        else body_rows(found[number], columns)
        for number in sorted(found)
    )
    rows = [_row(part, columns) for each in parts for part in each]
    return _joined(rows, columns, ruling)


def _row(runs: Sequence[Run], columns: Sequence[float]) -> Row:
    row: Row = {}
    for run in runs:
        row.setdefault(column_of(run, columns), []).extend(run)
    return row


def rules_between(above: Row, below: Row, ruling: Ruling) -> list[Rule]:
    """Horizontal rules between the words of two rows that follow each other."""
    middle = sorted((_low(above), _high(below)))
    return ruling.between(middle[0] - _CLEAR, middle[1] + _CLEAR)


def is_number(text: str) -> bool:
    """Whether a cell is a value, its sign and currency first."""
    return bool(_NUMBER.match(text))


def numeric(texts: Sequence[str]) -> float:
    """Share of the filled ones that are values."""
    filled = [text for text in texts if text]
    return sum(map(is_number, filled)) / len(filled) if filled else 0.0


def numeric_head(texts: Sequence[str]) -> float:
    """The same for what may be column heads: dates and words with a number ("12 weeks ended") are
    none of the values."""
    filled = [text for text in texts if text]
    values = sum(is_number(text) and not _names(text) for text in filled)
    return values / len(filled) if filled else 0.0


def _names(text: str) -> bool:
    return bool(_DATE.fullmatch(text)) or sum(map(str.isalpha, text)) > _MOST_LETTERS


def _low(row: Row) -> float:
    """Where the row's own words end: the typical baseline, not the deepest of a tall cell."""
    return max(word.centre[1] for words in row.values() for word in words)


def _high(row: Row) -> float:
    return min(word.centre[1] for words in row.values() for word in words)


def _with_rules(
    edges: Sequence[float], words: Sequence[Word], columns: Sequence[float], ruling: Ruling
) -> list[float]:
    """Edges along rules that part the words of a row in their reach, a head from its parts say."""
    found = [*edges]
    for rule in ruling.level:
        if rule.end - rule.start < 0.1 * (columns[-1] - columns[0]):
            continue
        top = max((edge for edge in found if edge <= rule.y), default=None)
        bottom = min((edge for edge in found if edge > rule.y), default=None)
        if top is None or bottom is None or min(rule.y - top, bottom - rule.y) < _CLEAR:
            continue
        inside = [
            word
            for word in words
            if top <= word.centre[1] < bottom and rule.start <= word.centre[0] <= rule.end
        ]
        above = [word for word in inside if word.centre[1] < rule.y]
        if above and len(above) < len(inside):
            found.append(rule.y)
            found.sort()
    return found


def _joined(rows: list[Row], columns: Sequence[float], ruling: Ruling) -> list[Row]:
    boundaries = [rules_between(above, below, ruling) for above, below in pairwise(rows)]
    full = [any(is_full(rule, columns[0], columns[-1]) for rule in rules) for rules in boundaries]
    ruled = len(rows) > 3 and sum(full) >= _MOST_RULED * len(full)
    joined = rows[:1]
    for row, rules in zip(rows[1:], boundaries, strict=True):
        if not rules and (
            (ruled and _is_tight(joined[-1], row))
            or _goes_on(joined[-1], row, first=len(joined) == 1)
            or _label_goes_on(joined[-1], row, first=len(joined) == 1)
        ):
            for column, words in row.items():
                joined[-1].setdefault(column, []).extend(words)
        else:
            joined.append(row)
    return joined


def _is_tight(above: Row, below: Row) -> bool:
    """Whether every cell is as close to the one above it as lines of one cell are."""
    return all(
        column in above
        and box_of(words).y0 - box_of(above[column]).y1 < _TIGHT * words[0].bbox.height
        for column, words in below.items()
    )


def _goes_on(above: Row, row: Row, *, first: bool) -> bool:
    """Whether all that a row has goes on with the cells above it: no values, no new beginnings,
    and no more space than between lines."""
    if first or any(column not in above for column in row):
        return False
    texts = {column: region_text(words) for column, words in row.items()}
    if any(is_number(text) for text in texts.values()):
        return False
    for column, words in row.items():
        before = above[column]
        gap = box_of(words).y0 - box_of(before).y1
        if gap > _TIGHT * words[0].bbox.height:
            return False
        if not texts[column][:1].islower() and not _OPEN_END.search(region_text(before)):
            return False
    # A label of one small word is more likely a row of its own than the end of another one.
    return len(row) > 1 or 0 in row or len(above) > 1


def _label_goes_on(above: Row, row: Row, *, first: bool) -> bool:
    """Whether a row begins with the rest of the label above it, which stands alone there: values
    are often set at the last line of their label."""
    if first or above.keys() != {0} or 0 not in row or len(row) == 1:
        return False
    label, rest = region_text(above[0]), region_text(row[0])
    gap = box_of(row[0]).y0 - box_of(above[0]).y1
    if gap > _TIGHT * row[0][0].bbox.height or label.endswith(":"):
        return False
    return (
        rest[:1].islower() or bool(_OPEN_END.search(label)) or label.count("(") > label.count(")")
    )


def heads_go_on(above: Run, below: Run, ruling: Ruling) -> bool:
    """Whether two pieces of a column's head are lines of one: close, and no rule between."""
    over, under = box_of(above), box_of(below)
    if under.y0 - over.y1 > _HEAD_TIGHT * below[0].bbox.height:
        return False
    middle = (max(over.x0, under.x0) + min(over.x1, under.x1)) / 2
    return not any(
        rule.start <= middle <= rule.end
        for rule in ruling.between(above[-1].centre[1], below[0].centre[1])
    )
