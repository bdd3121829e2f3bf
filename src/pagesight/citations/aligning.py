"""The stretch of a source that a claim is about, and how much of the claim it covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pagesight.citations.sources import Source, Stretch

_WIDER = 0.15
"""Share of the claim that a second sentence must add to be quoted with the first."""


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring stretches of a source, and the words of a claim that they cover."""

    start: int
    end: int
    stretches: tuple[Stretch, ...]
    covers: frozenset[str]


def windows(source: Source, wanted: Iterable[str]) -> Iterator[Window]:
    """Every stretch of a source, and every two neighbouring sentences."""
    keys = frozenset(wanted)
    alone = [keys & stretch.words for stretch in source.stretches]
    for stretch, covers in zip(source.stretches, alone, strict=True):
        yield Window(stretch.start, stretch.end, (stretch,), covers)
    for (left, ours), (right, theirs) in pairwise(zip(source.stretches, alone, strict=True)):
        if left.row is None and right.row is None:
            yield Window(left.start, right.end, (left, right), ours | theirs)


def best_window(
    source: Source, wanted: Iterable[str], anchors: Sequence[Stretch] = ()
) -> Window | None:
    """The stretch that covers most of the wanted words; two sentences only where the second adds
    enough. `anchors` are stretches that hold the claim's quantities: a window with more of them
    goes first. None where the source says nothing."""
    keys = frozenset(wanted)
    places = {anchor.position for anchor in anchors if anchor.mark == source.mark}

    def worth(window: Window) -> tuple[float, float, int]:
        held = sum(stretch.position in places for stretch in window.stretches)
        share = len(window.covers) / max(1, len(keys))
        return held, share - _WIDER * (len(window.stretches) - 1), -window.start

    return max(windows(source, keys), key=worth, default=None)
