"""Chooses some of many: evenly over kinds, spread over a document, the same for the same seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import TypeVar

Item = TypeVar("Item")
Kind = TypeVar("Kind", bound=Hashable)


def balanced(
    items: Sequence[Item],
    count: int,
    rng: Random,
    *,
    kind: Callable[[Item], Kind],
    source: Callable[[Item], str],
    preferred: Callable[[Item], bool],
    per_source: int,
) -> list[Item]:
    """At most `count` of `items`, which are in the order of the document.

    Kinds get equal shares as far as they reach. Within a kind no source gives a second item
    before every other has given one, none gives more than `per_source`, its preferred items come
    first, and the sources are taken from all over the document.
    """
    by_kind: dict[Kind, list[Item]] = defaultdict(list)
    for item in items:
        by_kind[kind(item)].append(item)
    rounds = {
        each: _rounds(of_kind, rng, source, preferred)[:per_source]
        for each, of_kind in by_kind.items()
    }
    shares = _shares({each: sum(map(len, turns)) for each, turns in rounds.items()}, count, rng)
    return [item for each, turns in rounds.items() for item in _spread(turns, shares[each], rng)]


def _rounds(
    items: Sequence[Item],
    rng: Random,
    source: Callable[[Item], str],
    preferred: Callable[[Item], bool],
) -> list[list[Item]]:
    """The first item of each source, then the second of each, and so on."""
    by_source: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_source[source(item)].append(item)
    rounds: list[list[Item]] = []
    for each in by_source.values():
        rng.shuffle(each)
        each.sort(key=preferred, reverse=True)
        for turn, item in enumerate(each):
            if turn == len(rounds):
                rounds.append([])
            rounds[turn].append(item)
    return rounds


def _shares(sizes: Mapping[Kind, int], count: int, rng: Random) -> dict[Kind, int]:
    """How many to take of each kind: one at a time in turn, until `count` or nothing is left."""
    shares = dict.fromkeys(sizes, 0)
    order = rng.sample(list(sizes), len(sizes))
    while count > 0 and (left := [kind for kind in order if shares[kind] < sizes[kind]]):
        for kind in left[:count]:
            shares[kind] += 1
        count -= len(left[:count])
    return shares


def _spread(rounds: Sequence[Sequence[Item]], count: int, rng: Random) -> list[Item]:
    """`count` items: all of a round before any of the next."""
    taken: list[Item] = []
    for each in rounds:
        taken += _even(each, count - len(taken), rng)
    return taken


def _even(items: Sequence[Item], count: int, rng: Random) -> list[Item]:
    """One random item of each of `count` equal stretches; all where there are no more."""
    if count >= len(items):
        return list(items)
    edges = [number * len(items) // (count or 1) for number in range(count + 1)]
    return [items[rng.randrange(low, high)] for low, high in pairwise(edges)]
