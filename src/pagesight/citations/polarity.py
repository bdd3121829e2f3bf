"""Whether a claim says yes where its source says no, "open" where it says "close", or turns the
order of two steps round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pagesight.citations.sources import Stretch
from pagesight.citations.words import Reading, Word, read, with_digits

_CLAUSE = re.compile(
    r"[;:]\s|,\s(?!or\b|nor\b)|\s[—–]\s"
    r"|\s(?:and|but|while|whereas|because|if|when|so that|unless|und|aber|wenn)\s",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(r"\s(?:because|if|when|while|wenn)\s", re.IGNORECASE)
_CELL = re.compile(r"\s*\|\s*")
"""Of a row each cell is a clause."""
_NO_NEGATION = re.compile(
    r"\bnot\s+only\b|\bwhether\s+or\s+not\b|\bno\.\s?(?:\d|[a-z])"
    r"|(?:\b(?:no|not|never|nor|cannot)|n['’]t)\s+(?:\w+\s+){0,2}?(?:(?:more|less|fewer|later|longer"
    r"|higher|lower|greater|larger|smaller)\s+than|exceed\w*|below|above|over|under)\b",
    re.IGNORECASE,
)
"""Limits and phrases that negate nothing."""
_FORBIDDEN = (
    r"\b(?:forbidden|prohibited|disallowed|verboten|unzulässig)\b"
    r"|\b(?:not|cannot|n['’]t)\s+(?:be\s+)?(?:allowed|permitted|permissible|possible|zulässig)\b"
)
_NEGATOR = re.compile(
    rf"(?P<whole>{_FORBIDDEN})"
    r"|\b(?:not|never|no|none|neither|cannot|without|avoid(?:ed|s|ing)?"
    r"|nicht|nie|niemals|kein(?:e[nmrs]?)?|ohne)\b|n['’]t\b",
    re.IGNORECASE,
)
_SCOPE = 3
"""Content words behind a negator that it is about."""
_SENTENCE = 0.3
"""What a shared word counts that stands in another clause of the sentence."""
_NEARLY = 0.5
"""By how much a clause with the contrast may fit worse than one without."""
_PAIRS = """
open opens opened opening | close closes closed closing shut
increase increases increased increasing rise rises | decrease decreases decreased decreasing drops
clockwise | counterclockwise anticlockwise
minimum min minimal | maximum max maximal
left | right
on | off
upper | lower
top | bottom
input inputs | output outputs
inlet inlets | outlet outlets
higher | lower
high | low
more | less fewer
front | rear back
inner inside internal internally | outer outside external externally
positive | negative
start starts started starting | stop stops stopped stopping
enable enables enabled enabling | disable disables disabled disabling
connect connects connected connecting | disconnect disconnects disconnected disconnecting
tighten tightens tightened tightening | loosen loosens loosened loosening
insert inserts inserted install installs installed installing | remove removes removed removing
raise raises raised raising | lower lowers lowered lowering
suction | discharge
charge charges charging charged | discharge discharges discharging discharged
primary | secondary
green | red | yellow | blue | orange | amber | white | black
horizontal horizontally | vertical vertically
hot warm | cold
master | slave
rising | falling
series | parallel
ac | dc
lock locks locked locking | unlock unlocks unlocked unlocking
wet oiled | dry
always | never
hourly | daily | weekly | monthly | quarterly | yearly annually
read reads reading | write writes writing written
transmit transmits transmitted send sends sent | receive receives received
heating | cooling
full | empty
long | short
large | small
manual manually | automatic automatically
profit | loss
mandatory standard | optional
""".strip()
"""One contrast a line; the sides of each exclude one another."""
_SIDES: Mapping[str, tuple[tuple[int, int], ...]] = {
    word: tuple(
        (number, side)
        for number, line in enumerate(_PAIRS.splitlines())
        for side, words in enumerate(line.split("|"))
        if word in words.split()
    )
    for word in _PAIRS.replace("|", " ").split()
}
"""Word -> the contrasts and sides that it is on."""
_SWITCHED = re.compile(
    r"\b(?:switch\w*|turn\w*|power\w*|is|are|be|stays?|goes|led|lamp)\s+(?:\w+\s+){0,2}?(on|off)\b",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[^\W\d_]+")
_ORDER = re.compile(r"\b(before|after|prior to|then|vor|nach|bevor|nachdem)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:only|before|until|till|unless|after|instead|except|once|nur|bevor|bis)\b", re.IGNORECASE
)
"""What turns "not" into a condition: "do not open it until" is "wait before you open it"."""
_DURATION = re.compile(r"\s*(?:at\s+least\s+|about\s+)?\d")
"""What follows "after" without naming a step: "after 500 hours"."""
_FROM_TO = re.compile(r"\bfrom\s+([^,.;]{1,40}?)\s+to\s+([^,.;]{1,40})", re.IGNORECASE)
_EARLIER = frozenset(("before", "prior to", "then", "vor", "bevor"))


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause with what it negates."""

    keys: frozenset[str]
    sides: Mapping[tuple[int, int], str]
    """Side of a contrast -> the word that is on it."""
    contrasting: Mapping[int, frozenset[str]]
    """Contrast -> those of its words that have a side in it."""
    negators: tuple[str, ...]
    targets: frozenset[str]
    """The words that the negators are about."""
    is_under_no: bool = False
    """It is the condition of a negated clause: "do not open it when it is hot"."""

    @property
    def negated(self) -> bool:
        """Two negations are none."""
        return len(self.negators) % 2 == 1


def contradiction(claim: Reading, stretches: Sequence[Stretch]) -> str:
    """What of a claim is turned round against the stretches that it is about; "" if nothing."""
    given = [(clause, each.words) for each in stretches for clause in _clauses_of(each)]
    whole = [(_whole_of(each), each.words, 0.0) for each in stretches]
    # What else the claim speaks of tells which of two like clauses is meant.
    for clause in filter(lambda each: each.keys, clauses(claim)):
        hints = claim.all - clause.keys
        hinted = [(other, words, _SENTENCE * len(hints & words)) for other, words in given]
        if problem := _negation(clause, hinted) or _contrast(clause, hinted):
            return problem
    return (
        _contrast(_clause(claim, 0, len(claim.text)), whole)
        or _excluded(claim, stretches)
        or _reversed(claim, stretches)
    )


def _excluded(claim: Reading, stretches: Sequence[Stretch]) -> str:
    """A word that the sources speak of only to exclude it: "never with acetone"."""
    if _CONDITION.search(claim.text):
        return ""
    given = [
        clause
        for each in stretches
        if not _CONDITION.search(each.reading.text)
        for clause in _clauses_of(each)
    ]
    spoken = frozenset().union(*(each.keys - each.targets for each in given))
    for clause in clauses(claim):
        if clause.negated or clause.is_under_no:
            continue
        for other in given:
            out = (clause.keys & other.targets) - spoken
            if out and other.negated and _swapped(clause, other) is None:
                return f"the source says '{other.negators[0]}'"
    return ""


_Given = Sequence[tuple["Clause", frozenset[str], float]]
"""Clauses of the sources, with the words of their stretch, and how well the rest of it fits."""


def _negation(clause: Clause, given: _Given) -> str:
    """A "not" on one side only. A swapped contrast takes it back: "not open" is "closed"."""
    problems = [
        _negated(clause, other) if _swapped(clause, other) is None else ""
        for other in _closest(clause.keys, given)
    ]
    return problems[0] if problems and all(problems) else ""


def _negated(clause: Clause, other: Clause) -> str:
    if clause.negated == other.negated or clause.is_under_no or not _touches(clause, other):
        return ""
    if clause.negators and not other.negators:
        return f"its source does not say '{clause.negators[0]}'"
    return f"the source says '{other.negators[0]}'"


def _contrast(clause: Clause, given: _Given) -> str:
    """The other side of a contrast in what fits the claim best otherwise."""
    for group, side in clause.sides:
        rest = clause.keys - clause.contrasting[group]
        closest = _closest(rest, given, group)
        found = [_swapped(clause, other, group) for other in closest]
        if found and all(found) and found[0]:
            if any(clause.negated != other.negated for other in closest):
                continue
            return f"the source says '{found[0][1]}', not '{clause.sides[group, side]}'"
    return ""


def _closest(keys: frozenset[str], given: _Given, group: int = -1) -> list[Clause]:
    """The clauses that share most of the words; none where nothing is shared.

    Of those with a word of the contrast `group`, where it is given; none where others fit better.
    """
    fits = [(_fit(keys, other, words, rest), other) for other, words, rest in given]
    best = max((fit for fit, _ in fits), default=0.0)
    if group >= 0:
        least = max(1.0, best - _NEARLY)
        fits = [(fit, other) for fit, other in fits if group in other.contrasting]
        best = max((fit for fit, _ in fits), default=0.0)
        return [other for fit, other in fits if fit > best - 1e-6] if best >= least else []
    return [other for fit, other in fits if fit > best - 1e-6] if best >= 1 else []


def _fit(keys: frozenset[str], other: Clause, words: frozenset[str], rest: float) -> float:
    here = len(keys & other.keys)
    return here + _SENTENCE * (len(keys & words) - here) + (rest if here else 0.0)


def _touches(clause: Clause, other: Clause) -> bool:
    """Whether what is negated on one side is spoken of on the other."""
    negative, positive = (clause, other) if clause.negated else (other, clause)
    return not negative.targets or bool(negative.targets & positive.keys)


def _swapped(clause: Clause, other: Clause, only: int = -1) -> tuple[str, str] | None:
    """The words on two sides of a contrast, where neither clause has both."""
    for (group, side), word in clause.sides.items():
        theirs = {at: each for (number, at), each in other.sides.items() if number == group}
        ours = {at for number, at in clause.sides if number == group}
        if only in (-1, group) and theirs and side not in theirs and not ours & set(theirs):
            return word, next(iter(theirs.values()))
    return None


def _clauses_of(stretch: Stretch) -> tuple[Clause, ...]:
    """Of a row each cell with its header is a clause."""
    text = stretch.reading.text
    if stretch.row is None:
        return _read_clauses(text, False)
    columns = stretch.row[0].columns
    cells = _read_clauses(text, True)[1:]
    heads = (*columns, *(frozenset[str]() for _ in cells))
    found = (replace(cell, keys=cell.keys | head) for cell, head in zip(cells, heads, strict=False))
    return tuple(clause for clause in found if clause.keys)


def _whole_of(stretch: Stretch) -> Clause:
    return _read_whole(stretch.reading.text)


@lru_cache(maxsize=4096)
def _read_clauses(text: str, is_row: bool) -> tuple[Clause, ...]:
    return clauses(read(text), _CELL if is_row else _CLAUSE)


@lru_cache(maxsize=4096)
def _read_whole(text: str) -> Clause:
    return _clause(read(text), 0, len(text))


def clauses(reading: Reading, end: re.Pattern[str] = _CLAUSE) -> tuple[Clause, ...]:
    """The clauses that say something, in order."""
    cuts = [match.span() for match in end.finditer(reading.text)]
    starts = [0, *(stop for _, stop in cuts)]
    stops = [*(start for start, _ in cuts), len(reading.text)]
    found = [_clause(reading, *place) for place in zip(starts, stops, strict=True)]
    for number, cut in enumerate(cuts):
        if found[number].negated and _CONDITIONAL.fullmatch(reading.text, *cut):
            found[number + 1] = replace(found[number + 1], is_under_no=True)
    return tuple(found)


def _clause(reading: Reading, start: int, end: int) -> Clause:
    part = _NO_NEGATION.sub(lambda match: " " * len(match[0]), reading.text[start:end])
    sides = {side: word for word in _contrasting(part) for side in _SIDES[word]}
    contrasting: dict[int, frozenset[str]] = {}
    for (group, _), word in sides.items():
        contrasting[group] = contrasting.get(group, frozenset()) | read(word).all
    negators = list(_NEGATOR.finditer(part))
    words = [word for word in reading.words if start <= word.start < end]
    return Clause(
        keys=reading.bag(start, end),
        sides=sides,
        contrasting=contrasting,
        negators=tuple(match[0].strip() for match in negators),
        targets=frozenset(key for match in negators for key in _targets(words, start, match)),
    )


def _contrasting(part: str) -> Iterator[str]:
    """The words of contrasts; "on" only where something is switched."""
    plain = part.replace("counter-", "counter").replace("anti-", "anti")
    for match in _PLAIN.finditer(plain):
        word = match[0].casefold()
        if word in _SIDES and word not in ("on", "off"):
            yield word
    yield from (match[1].casefold() for match in _SWITCHED.finditer(part))


def _targets(words: Sequence[Word], start: int, negator: re.Match[str]) -> list[str]:
    after = [word.key for word in words if word.start >= start + negator.end()][:_SCOPE]
    before = [word.key for word in words if word.end <= start + negator.start()]
    if negator["whole"]:
        return before + after
    return after or before


def _reversed(claim: Reading, stretches: Sequence[Stretch]) -> str:
    """Steps in the other order."""
    given = [pair for stretch in stretches for pair in _ordered(stretch.reading.text)]
    for first, second in _ordered(claim.text):
        for earlier, later in given:
            forward = len(first & earlier) + len(second & later)
            crossed = min(len(first & later), len(second & earlier))
            if crossed and len(first & later) + len(second & earlier) > forward:
                return "its source has the steps in the other order"
    return ""


@lru_cache(maxsize=4096)
def _ordered(text: str) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """What comes earlier and what later, in words: "X before Y", "After Y, X", "X, then Y"."""
    parts = _ORDER.split(text)
    main, pairs = parts[0], []
    for word, part in zip(parts[1::2], parts[2::2], strict=True):
        if not read(main).all:
            part, _, main = part.partition(",")
        earlier, later = (main, part) if word.casefold() in _EARLIER else (part, main)
        if not _DURATION.match(with_digits(part)):
            pairs.append((read(earlier).all, read(later).all))
        if word.casefold() == "then":
            main = part
    for match in _FROM_TO.finditer(text):
        pairs.append((read(match[1]).all, read(match[2]).all))
    pairs += [(first, last) for first, one in pairs for other, last in pairs if one == other]
    return tuple(pair for pair in pairs if all(pair))
