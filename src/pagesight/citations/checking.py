"""Whether the cited sources say what a claim says, as far as code can tell.

Checked are, in this order: that the quantities, identifiers and names are in the sources, the
quantities in the right place; that nothing is negated or turned round; and that one stretch of a
source covers the words. A claim that stands there word for word passes. Synonyms cannot be known: a
claim in quite other words is not called wrong by this, only unverified.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pagesight.citations.aligning import best_window
from pagesight.citations.claims import Statement, text_of_claim
from pagesight.citations.folding import find_verbatim
from pagesight.citations.naming import misnamed, turned_round, unnamed
from pagesight.citations.placing import place, wanted
from pagesight.citations.polarity import contradiction
from pagesight.citations.rows import copied, misplaced, mixed
from pagesight.citations.sources import Source, Stretch, parts
from pagesight.citations.tables import BRACKET
from pagesight.citations.words import Reading, read
from pagesight.references import BIBLIOGRAPHIC
from pagesight.tables import row_cells

WITH_QUANTITY, WITHOUT = 0.5, 0.65
"""Share of a claim's words that its sources must have in one stretch: less is enough where a
quantity or an identifier was found in its place."""
_HELPS = 0.3
"""Share of the words from which a source bears a claim out or helps to."""
_UNIT_WORDS: Mapping[str, str] = {
    "newton_metre": "torque",
    "volt": "voltage",
    "ampere": "current",
    "ohm": "resistance",
    "watt": "power",
    "pascal": "pressure",
    "bar": "pressure",
    "psi": "pressure",
    "degree_Celsius": "temperature",
    "degree_Fahrenheit": "temperature",
    "hertz": "frequency",
    "gram": "weight weigh mass",
    "minute": "time duration",
    "hour": "time duration",
    "second": "time duration",
    "angle_turn/minute": "speed",
    "meter": "length",
    "farad": "capacitance",
}
"""What a unit says by itself; units with a prefix end with these."""
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")


@dataclass(frozen=True, slots=True)
class Quote:
    """Characters [start, end) of a source's chunk that a claim is held against."""

    mark: int
    start: int
    end: int
    helps: bool
    """It bears the claim out or helps to."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a claim."""

    problem: str
    """"" if its sources say it."""
    quotes: tuple[Quote, ...]


def check(statement: Statement, sources: Sequence[Source]) -> Checked:
    """Holds a claim against the sources that it cites."""
    if not sources:
        return Checked("", ())
    vocabulary = frozenset().union(*(source.keys for source in sources))
    claim = read(plain_text(statement)).spelled_as(vocabulary)
    verbatim = {} if statement.header else _verbatim(statement, sources)
    rows = _copied(statement, sources)
    if rows:
        return Checked("", tuple(_quotes(claim, sources, (), rows)))
    if verbatim and not _torn(claim, verbatim, sources):
        return Checked("", tuple(_quotes(claim, sources, (), verbatim)))
    if not any(source.stretches for source in sources):
        return Checked("its source has no words to check it by", _nowhere(sources))
    facts = [fact for source in sources for fact in source.facts]
    placed = [place(one, facts) for one in wanted(claim, statement.lead)]
    anchors = [each.fact.stretch for each in placed if each.fact is not None]
    problems = (each.problem for each in placed)
    problem = next(filter(None, (*problems, *_problems(statement, claim, sources, anchors))), "")
    return Checked(problem, tuple(_quotes(claim, sources, anchors, verbatim)))


def plain_text(statement: Statement) -> str:
    """The claim without markup; a row as "header: cell", cell by cell."""
    text = _EMPHASIS.sub("", text_of_claim(statement.text))
    cells = row_cells(text) if statement.shape == "row" else None
    if cells is None:
        return text
    heads = statement.header if len(statement.header) == len(cells) else ("",) * len(cells)
    return ", ".join(_under(head, cell) for head, cell in zip(heads, cells, strict=True) if cell)


def _under(head: str, cell: str) -> str:
    unit = BRACKET.search(head)
    if unit and re.search(r"\d$", cell):
        cell = f"{cell} {unit[1]}"
    name = BRACKET.sub("", head).strip()
    return f"{name} {cell}" if name else cell


def _verbatim(statement: Statement, sources: Sequence[Source]) -> dict[int, tuple[int, int]]:
    """Mark -> where the claim stands word for word."""
    said = text_of_claim(statement.text)
    found: dict[int, tuple[int, int]] = {}
    for source in sources:
        place = find_verbatim(said, source.shown)
        if place is not None and _same_units(said, source.shown[slice(*place)]):
            found[source.mark] = place
    return found


def _copied(statement: Statement, sources: Sequence[Source]) -> dict[int, tuple[int, int]]:
    """Mark -> where a row stands cell by cell under the header that the answer gives it. What
    leads into it must not be about something else."""
    found: dict[int, tuple[int, int]] = {}
    for source in sources:
        place = copied(statement, source.stretches)
        if place is not None and not unnamed(read(statement.lead), [source]):
            found[source.mark] = place
    return found


def _same_units(said: str, found: str) -> bool:
    """Whether case, which a verbatim match does not look at, makes other units: "1 MΩ", "1 mΩ"."""
    found = BIBLIOGRAPHIC.sub("", found)
    letters, others = (re.sub(r"\W+", "", text) for text in (said, found))
    return letters[1:] == others[1:] or [each.unit for each in read(said).quantities] == [
        each.unit for each in read(found).quantities
    ]


def _torn(
    claim: Reading, verbatim: Mapping[int, tuple[int, int]], sources: Sequence[Source]
) -> bool:
    """Whether the words are the rest of a sentence that says the opposite ("Do not ...")."""
    for source in sources:
        if source.mark in verbatim:
            start, end = verbatim[source.mark]
            inside = [each for each in source.stretches if each.start < end and each.end > start]
            if not contradiction(claim, inside):
                return False
    return True


def _problems(
    statement: Statement, claim: Reading, sources: Sequence[Source], anchors: Sequence[Stretch]
) -> Iterator[str]:
    """What is wrong with a claim whose quantities are in place."""
    stretches = [stretch for source in sources for stretch in source.stretches]
    yield misplaced(statement, stretches)
    yield unnamed(claim, sources)
    yield misnamed(claim, stretches)
    yield turned_round(claim, stretches)
    if statement.shape == "sentence":
        yield contradiction(claim, stretches)
    if not claim.quantities:
        yield mixed(claim, stretches)
    yield _not_covered(claim, sources, anchors)


def _not_covered(claim: Reading, sources: Sequence[Source], anchors: Sequence[Stretch]) -> str:
    keys = content(claim)
    if not keys:
        known = claim.quantities or claim.identifiers
        return "" if known else "it says too little to be checked"
    firm = bool(claim.quantities or claim.identifiers)
    least = WITH_QUANTITY if firm else WITHOUT
    covers = _covers(keys, sources, anchors)
    if len(covers) >= least * len(keys) or _by_clauses(claim, sources, least):
        return ""
    everywhere = frozenset().union(*(source.keys for source in sources))
    missing = sorted(keys - everywhere)
    if missing:
        names = " and ".join(f"'{claim.written(key)}'" for key in missing[:2])
        return f"{names} {'is' if len(missing) == 1 else 'are'} not in its sources"
    return "its sources do not say this in one place"


def _covers(
    keys: frozenset[str], sources: Sequence[Source], anchors: Sequence[Stretch]
) -> frozenset[str]:
    """The words that the best stretch of each source covers, and those that hold quantities."""
    found: frozenset[str] = frozenset()
    for source in sources:
        window = best_window(source, keys, anchors)
        if window is not None:
            found |= window.covers
    return found.union(*(keys & anchor.words for anchor in anchors))


def _by_clauses(claim: Reading, sources: Sequence[Source], least: float) -> bool:
    """Whether each clause of a summary has a stretch of its own."""
    keys = content(claim)
    bags = [bag for part in parts(claim.text) if (bag := keys & claim.bag(*part))]
    if len(bags) < 2:
        return False
    return all(len(_covers(bag, sources, ())) >= (least + 0.1) * len(bag) for bag in bags)


def content(claim: Reading) -> frozenset[str]:
    """The words that a source must have: no identifiers, nothing that a unit says already."""
    implied = {
        key
        for quantity in claim.quantities
        for unit, words in _UNIT_WORDS.items()
        if quantity.unit.partition("@")[0].endswith(unit)
        for key in read(words).all
    }
    return frozenset(word.key for word in claim.words if word.sort != "identifier") - implied


def _quotes(
    claim: Reading,
    sources: Sequence[Source],
    anchors: Sequence[Stretch],
    verbatim: Mapping[int, tuple[int, int]],
) -> Iterator[Quote]:
    """The quote of each source; a second where a quantity stands outside of the first."""
    keys = claim.all
    for source in sources:
        if source.mark in verbatim:
            yield Quote(source.mark, *verbatim[source.mark], helps=True)
            continue
        window = best_window(source, keys, anchors)
        if window is None:
            yield from _nowhere([source])
            continue
        held = [each for each in anchors if each.mark == source.mark]
        share = len(window.covers) / max(1, len(keys))
        inside = [each for each in held if window.start <= each.start < window.end]
        yield Quote(source.mark, window.start, window.end, bool(inside) or share >= _HELPS)
        for extra in [each for each in held if each not in inside][:1]:
            yield Quote(source.mark, extra.start, extra.end, helps=True)


def _nowhere(sources: Collection[Source]) -> tuple[Quote, ...]:
    return tuple(Quote(source.mark, 0, 0, helps=False) for source in sources)
