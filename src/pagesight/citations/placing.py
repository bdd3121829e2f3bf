"""Whether the quantities of a claim stand in its sources, and in the right place there.

A right number in the wrong place is the commonest mistake: that of another row, another column or
another product. A quantity of a source has words near it: those of its clause, or of its row and
column. The claim's words have to fit them at least as well as those of any other quantity of the
same kind that the claim could mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pagesight.citations.bounds import bound, is_about, named_bound
from pagesight.citations.folding import fold
from pagesight.citations.sources import Cell, Fact, segments
from pagesight.citations.tables import Grid, Row
from pagesight.citations.words import Reading, Word, comparable, quantity_key, read, shape
from pagesight.quantities import Quantity, same
from pagesight.quantities.units import CURRENCIES

AROUND, CONTEXT = 0.75, 0.4
"""What a word of the claim counts that stands in the sentence of a quantity, or beside it; one in
its clause, or its row and column, counts 1."""
_ELSEWHERE = 0.5
"""What a word of the claim counts for a quantity that it has in another clause."""
_TELLING = 2.0
"""What an identifier counts, and another quantity: a condition."""
_MARGIN = 0.3
"""By how much another place must fit better before the claim's is called wrong."""
_MARGIN_INSIDE = 0.2
"""The same within a sentence, where one word in the clause of the other is enough."""
_FALLS = re.compile(
    r"\b(?:fell|fall(?:s|en)?|declin\w+|decreas\w+|dropp?\w*|down|lower|loss(?:es)?|negative|reduc\w+)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(r"\b(?:change|growth|variance|increase|delta)\b|Δ", re.IGNORECASE)
_ABOUT = 0.015
"""Relative tolerance of "about 94 %"."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quantity of a claim, and the words that say what it is of."""

    quantity: Quantity
    clause: tuple[int, int]
    """Characters [start, end) of the claim that are about it."""
    reading: Reading
    weights: Mapping[str, float]
    identifiers: frozenset[str]
    """Those of its clause; of the claim where its clause has none."""
    falls: bool
    """It is said to be a decrease or loss: "fell by 6 %" is -6 % in a table."""
    counted: str
    """The word behind a bare number ("bolt"), which it counts; "" if there is none."""

    def fit(self, fact: Fact) -> float:
        """How well the words of the claim fit those around a fact."""
        own = (quantity_key(fact.printed), quantity_key(fact.full))
        shared = ((key, weight) for key, weight in self.weights.items() if key not in own)
        return sum(weight * _closeness(key, fact) for key, weight in shared)

    def weigh(self, keys: Iterable[str]) -> float:
        """Weight of the claim's words among `keys`."""
        return sum(self.weights.get(key, 0.0) for key in keys)

    def meets(self, found: Quantity) -> bool:
        """Whether a quantity of the source says this one."""
        if not comparable(self.quantity.unit, found.unit):
            return False
        tolerance = _ABOUT if is_about(self.reading.text, self.quantity) else 0.0
        if self.falls and found.value < 0:
            found = replace(found, value=-found.value)
        return same(self.quantity, found, tolerance)


def _closeness(key: str, fact: Fact) -> float:
    """0 to 1."""
    if key in fact.near:
        return 1.0
    if key in fact.around:
        return AROUND
    return CONTEXT if key in fact.context else 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a quantity was found, or what is wrong with it."""

    fact: Fact | None = None
    problem: str = ""


def wanted(claim: Reading, lead: str = "") -> list[Wanted]:
    """The quantities of a claim. Words of the lead-in above it count as those elsewhere."""
    above = read(lead)
    found = []
    for quantity, (start, end) in zip(claim.quantities, segments(claim), strict=True):
        own = claim.bag(start, end)
        weights = dict.fromkeys(above.all | claim.all, _ELSEWHERE) | dict.fromkeys(own, 1.0)
        for other in claim.quantities:
            # The other end of a range, or another value of the kind, is no condition.
            if _of_one_kind(quantity, other):
                weights.pop(quantity_key(other), None)
        names = {word.key for word in claim.words if word.sort == "identifier"}
        others = {quantity_key(each) for each in claim.quantities}
        heavy = {key: _TELLING * weights[key] for key in names | others if key in weights}
        near = _identifiers(claim.words, start, end) or frozenset(names) or above.identifiers
        falls = _FALLS.search(claim.text[start:end]) is not None
        counted = _counted(claim, quantity)
        weights.pop(counted, None)
        clause = (start, end)
        found.append(Wanted(quantity, clause, claim, weights | heavy, near, falls, counted))
    return found


def place(one: Wanted, facts: Sequence[Fact]) -> Placed:
    """The fact that says what a quantity of a claim says; else the problem."""
    there = [fact for fact in facts if _says(one, fact)]
    if there and _in_a_name(one, facts):
        return Placed()
    if not there:
        return Placed(problem=f"{one.quantity.text} is in none of its sources")
    there.sort(key=lambda fact: -one.fit(fact))
    problems = [_problem(one, fact, facts) for fact in there]
    for fact, problem in zip(there, problems, strict=True):
        if not problem:
            return Placed(fact=fact)
    return Placed(fact=there[0], problem=problems[0])


def _in_a_name(one: Wanted, facts: Sequence[Fact]) -> bool:
    """Whether the number is part of a label that the claim has whole ("Tier 1", "Level 3")."""
    grids = {id(fact.cell.grid): fact.cell.grid for fact in facts if fact.cell is not None}
    said = fold(one.reading.text).text
    return any(
        label in said and any(map(one.meets, numbers))
        for grid in grids.values()
        for label, numbers in grid.numbered_names
    )


def _says(one: Wanted, fact: Fact) -> bool:
    if one.meets(fact.full):
        if one.quantity.unit:
            return bool(fact.full.unit) or _may_lack_unit(one, fact)
        # "3 bolts" is not said by "3 V".
        return not (one.counted and fact.printed.unit)
    bare = not one.quantity.unit and fact.implied is not None
    return bare and one.meets(fact.printed)


def _may_lack_unit(one: Wanted, fact: Fact) -> bool:
    """Amounts of money stand bare in tables; other units are looked for beside the number."""
    if one.quantity.unit in CURRENCIES:
        return fact.cell is not None
    return fact.stretch.row is None and one.quantity.unit in _units_beside(fact)


def _units_beside(fact: Fact) -> frozenset[str]:
    """Units of a figure's axis, or of the other quantities of the sentence."""
    return frozenset(each.unit for each in fact.stretch.reading.quantities if each.unit)


def _problem(one: Wanted, fact: Fact, facts: Sequence[Fact]) -> str:
    """What is wrong with taking `fact` for what the claim says; "" if nothing is."""
    return (
        _limit(one, fact)
        or _trend(one, fact)
        or (_label(one, fact.cell) if fact.cell else "")
        or _stranger(one, fact)
        or _rival(one, fact, facts)
    )


def _limit(one: Wanted, fact: Fact) -> str:
    """A limit that the source sets the other way round."""
    said = bound(one.reading.text, one.quantity) or named_bound(
        one.reading.text[slice(*one.clause)]
    )
    given = fact.bound or fact.named
    if not said or not given or said == given:
        return ""
    word = {"upper": "at most", "lower": "at least"}
    return f"{one.quantity.text} is a limit the other way round: the source says {word[given]}"


def _trend(one: Wanted, fact: Fact) -> str:
    """A growth that is said to be a fall."""
    cell = fact.cell
    if cell is None or cell.column >= len(cell.grid.header) or fact.printed.value <= 0:
        return ""
    changes = _CHANGE.search(cell.grid.header[cell.column])
    return f"{one.quantity.text} is no decrease in its source" if changes and one.falls else ""


def _label(one: Wanted, cell: Cell) -> str:
    """A row or column that the claim names rather than the one of the cell."""
    grid, own = cell.grid, cell.row
    for row in grid.rows:
        if row is own or not _competes(one, grid, row, cell.column):
            continue
        if _is_meant(one, row.words, own.words):
            extra = row.words - own.words or row.words
            names = _names(own, row, extra & one.weights.keys())
            return f"{one.quantity.text} stands in the row of {names[0]}, not of {names[1]}"
    return _column(one, cell)


def _column(one: Wanted, cell: Cell) -> str:
    grid, own = cell.grid, cell.column
    if own >= len(grid.columns):
        return ""
    for column, words in enumerate(grid.columns):
        if column in (0, own) or not _competes(one, grid, cell.row, column, empty=False):
            continue
        if _is_condition(one, [full or raw for raw, full in grid.quantities(cell.row, column)]):
            continue
        if _is_meant(one, words, grid.columns[own]):
            return (
                f"{one.quantity.text} stands in the column {grid.header[own]!r}, "
                f"not {grid.header[column]!r}"
            )
    return ""


def _is_condition(one: Wanted, found: Sequence[Quantity]) -> bool:
    """Whether another quantity of the claim, in another unit, says what a cell or fact says: in
    "at 10 kg the dose is 5 mg" the weight is not mistaken for the dose."""
    others = [each for each in one.reading.quantities if each.unit != one.quantity.unit]
    return any(
        bool(each.unit) == bool(other.unit)
        and comparable(each.unit, other.unit)
        and same(each, other)
        for each in others
        for other in found
    )


def _is_meant(one: Wanted, other: frozenset[str], own: frozenset[str]) -> bool:
    """Whether the claim names another label rather than the own one.

    It has more of its words; or as many, and all of them, where the own label says more than the
    claim: "revenue 2022" is the column "2022" and not the column "Change 2022 to 2021".
    """
    theirs, mine = one.weigh(other), one.weigh(own)
    if not theirs:
        return False
    if theirs > mine + _MARGIN:
        return any(key in one.weights for key in other - own)
    whole = all(key in one.weights for key in other)
    return whole and theirs >= mine and not own <= one.weights.keys()


def _competes(one: Wanted, grid: Grid, row: Row, column: int, *, empty: bool = True) -> bool:
    """Whether the claim could mean this cell: it holds a quantity of the kind, or nothing."""
    if column >= len(row.cells):
        return False
    found = grid.quantities(row, column)
    if not found:
        return empty
    return any(comparable(one.quantity.unit, (full or raw).unit) for raw, full in found)


def _names(own: Row, other: Row, extra: Iterable[str]) -> tuple[str, str]:
    """The cells that tell two rows apart, those that the claim names."""
    wanted_keys = set(extra)
    for number, cell in enumerate(other.label):
        if cell and wanted_keys & read(cell).all and number < len(own.label):
            return own.label[number] or own.label[0], cell
    return own.label[0], other.label[0]


def _stranger(one: Wanted, fact: Fact) -> str:
    """A number of another product or part, told by identifiers of the same shape."""
    for scope in fact.scopes:
        shapes = {shape(key): key for key in sorted(one.identifiers)}
        alike = sorted(key for key in scope if shape(key) in shapes)
        if alike:
            if one.identifiers & frozenset(alike):
                return ""
            mine = shapes[shape(alike[0])]
            said = (each for each in one.reading.words if each.key == mine)
            name = next((one.reading.text[each.start : each.end] for each in said), mine)
            return f"{one.quantity.text} is said of {alike[0].upper()}, not of {name}"
    return ""


def _rival(one: Wanted, fact: Fact, facts: Sequence[Fact]) -> str:
    """Another quantity of the kind, whose place fits the claim better."""
    mine = one.fit(fact)
    for other in facts:
        if other.full.unit == "" and one.quantity.unit:
            continue
        if other.cell and (other.cell.column == 0 or _other_row(fact, other)):
            continue
        if _is_condition(one, [other.full]):
            continue
        if not comparable(one.quantity.unit, other.full.unit) or _says(one, other):
            continue
        if one.quantity.unit == "" and other.full.unit:
            continue
        extra = [key for key in one.weights if key in other.near and key not in fact.near]
        margin = _MARGIN_INSIDE if other.stretch is fact.stretch else _MARGIN
        if extra and one.fit(other) > mine + margin:
            return f"the source says {other.printed.text}, where the claim says {one.quantity.text}"
    return ""


def _identifiers(words: Sequence[Word], start: int, end: int) -> frozenset[str]:
    return frozenset(
        word.key for word in words if word.sort == "identifier" and start <= word.start < end
    )


def _other_row(fact: Fact, other: Fact) -> bool:
    """Between the rows of a table the labels decide."""
    mine, theirs = fact.cell, other.cell
    return bool(mine and theirs and mine.grid is theirs.grid and mine.row is not theirs.row)


def _of_one_kind(one: Quantity, other: Quantity) -> bool:
    return bool(one.unit) == bool(other.unit) and comparable(one.unit, other.unit)


def _counted(claim: Reading, quantity: Quantity) -> str:
    if quantity.unit:
        return ""
    follows = (word for word in claim.words if 0 <= word.start - quantity.end <= 1)
    return next((word.key for word in follows if word.sort == "word"), "")
