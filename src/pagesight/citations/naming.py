"""Whether the identifiers and names of a claim are in its sources, and belong to what is said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from pagesight.citations.sources import Source, Stretch, parts, verbs
from pagesight.citations.words import Reading, Word, read, shape

_ELSEWHERE = 0.5
_SENTENCE = 0.75
_NO_VERB = re.compile(r",|\b(?:and|or|by|from|with|of|to|in)\b")
"""What makes the order of two names say little."""
_MARGINS = {"identifier": 0.5, "name": 1.0}
"""By how much the words fit another one better before the claim's is called wrong."""
_MARGIN_INSIDE = 0.2
"""The same within a sentence, where one word in the clause of the other is enough."""


def unnamed(claim: Reading, sources: Sequence[Source]) -> str:
    """The first identifier or name of a claim that none of its sources has; "" if there is none."""
    keys = frozenset().union(*(source.keys for source in sources))
    for word in claim.words:
        written = claim.text[word.start : word.end]
        known = word.key in keys or any(written.casefold() in source.whole for source in sources)
        if word.sort == "identifier" and word.key not in keys:
            return f"{written} is in none of its sources"
        if word.sort == "name" and not known:
            return f"{written} is in none of its sources"
    return ""


def misnamed(claim: Reading, stretches: Sequence[Stretch]) -> str:
    """An identifier of which the sources say something else than the claim; "" if there is none.

    The words of the claim may fit another identifier of the same shape better: "E08 stands for oil
    overtemperature", where that is E07.
    """
    for word in claim.words:
        if word.sort != "word" and any(word.key in each.words for each in stretches):
            other = _better(claim, word, stretches)
            if other:
                written = claim.text[word.start : word.end]
                return f"its source says this of {other}, not of {written}"
    return ""


def turned_round(claim: Reading, stretches: Sequence[Stretch]) -> str:
    """Two names on the other sides of the same verb: "A acquired B" for "B acquired A"."""
    named = {word.key for each in stretches for word in each.reading.words if word.sort != "word"}
    mine = [word for word in claim.words if word.key in named]
    if len(mine) != 2 or mine[0].key == mine[1].key:
        return ""
    for stretch in stretches:
        first = {word.key: word for word in reversed(stretch.reading.words)}
        ends = [first.get(word.key) for word in mine]
        if stretch.row is None and ends[0] and ends[1] and ends[1].start < ends[0].start:
            said = _verb_between(claim, mine[0], mine[1])
            if said and said & _verb_between(stretch.reading, ends[1], ends[0]):
                return "its source has the names the other way round"
    return ""


def _verb_between(reading: Reading, left: Word, right: Word) -> frozenset[str]:
    """The words between two names; none in a list, or a passive ("bought by")."""
    if _NO_VERB.search(reading.text, left.end, right.start):
        return frozenset()
    return reading.bag(left.end, right.start)


def _better(claim: Reading, word: Word, stretches: Sequence[Stretch]) -> str:
    """What fits better: an identifier of the same shape, or another name; "" if nothing does."""
    own = {each.key for each in claim.words if each.sort != "word"}
    alike = {each.key for each in claim.words if _are_alike(each, word)}
    weights = {key: each for key, each in _weights(claim, word).items() if key not in alike}
    mine, here = _best(weights, word.key, stretches)
    for stretch in stretches:
        margin = _MARGIN_INSIDE if stretch in here else _MARGINS[word.sort]
        for other in stretch.reading.words:
            rival = other.key not in own and _are_alike(other, word)
            if rival and _fit(weights, other.key, stretch, word.key) > mine + margin:
                return stretch.reading.text[other.start : other.end]
    return ""


def _are_alike(one: Word, other: Word) -> bool:
    if one.sort != other.sort or one.sort == "word":
        return False
    return one.sort == "name" or shape(one.key) == shape(other.key)


def _weights(claim: Reading, word: Word) -> dict[str, float]:
    near = next(claim.bag(*part) for part in parts(claim.text) if part[1] > word.start)
    return dict.fromkeys(claim.all, _ELSEWHERE) | dict.fromkeys(near, 1.0)


def _best(
    weights: Mapping[str, float], key: str, stretches: Sequence[Stretch]
) -> tuple[float, list[Stretch]]:
    """How well the words fit the best stretch that has `key`, and the stretches that have it.

    A year that only the title has says less than one in the sentence.
    """
    holding = [each for each in stretches if key in each.reading.all]
    share = 1.0 if holding else _SENTENCE
    among = holding or [each for each in stretches if key in each.words]
    return share * max(_fit(weights, key, each) for each in among), holding


def _fit(weights: Mapping[str, float], key: str, stretch: Stretch, without: str = "") -> float:
    """How well the words fit a stretch around `key`; 0 where the clause has `without` too."""
    near = _near(stretch, key)
    if without in near:
        return 0.0
    whole = stretch.words
    return sum(
        weight * (1.0 if word in near else _SENTENCE if word in whole else 0.0)
        for word, weight in weights.items()
    )


def _near(stretch: Stretch, key: str) -> frozenset[str]:
    """Words of the clause that has `key`; of the whole row, or of the whole where none has."""
    if stretch.row is not None:
        return stretch.words
    bags = _clause_bags(stretch.reading.text)
    return next((bag for bag in bags if key in bag), stretch.reading.all)


@lru_cache(maxsize=4096)
def _clause_bags(text: str) -> tuple[frozenset[str], ...]:
    reading, places = read(text), parts(text)
    shared = verbs(reading, *places[0])
    return tuple(reading.bag(*place) | shared for place in places)
