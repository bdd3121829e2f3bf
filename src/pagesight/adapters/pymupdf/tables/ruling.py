"""The rules of a table: lines that are drawn, and rows of dashes.

Edges of shaded areas are none: many programs shade line by line of a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox

_THICKEST = 3.0
"""Points; what is thicker is a bar or a shaded cell."""
_SHORTEST = 6.0
"""Points; shorter lines are dashes and parts of letters."""
_JOINT = 1.5
"""Points between two pieces of one rule; the rules under two heads are further apart."""
_MOST_MARKS = 5000
"""On one page; more is a drawing or a map, and would take long to read."""
_AROUND = 4.0
"""Points around a table in which its outer rules are."""
_FULL = 0.8
"""Share of a table's width that a rule right through it has."""
_DOTS = re.compile(r"[.\u00b7\u2026]{4,}")
_DASHES = re.compile(r"[-_=\u2013\u2014\u2500\u2550]{5,}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal rule at height `y`, from `start` to `end` points from the left."""

    y: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Ruling:
    """The horizontal rules inside a table, by height."""

    level: tuple[Rule, ...] = ()

    def between(self, top: float, bottom: float) -> list[Rule]:
        """Horizontal rules with `top` <= y <= `bottom`."""
        return [rule for rule in self.level if top <= rule.y <= bottom]


def drawn_rules(page: Any, marks: int) -> tuple[BBox, ...]:
    """Horizontal lines and flat rectangles that a page draws, and the upper and lower borders of
    its other rectangles; none where its `marks` are too many for a table.

    Boxes of marks will not do: around a stroke they have room for a mitre ten times its width.
    """
    if not 0 < marks <= _MOST_MARKS:
        return ()
    return tuple(
        rule
        for drawing in page.get_drawings()
        for item in drawing["items"]
        for rule in _rules_of(item, stroked=drawing["type"] != "f")
    )


def _rules_of(item: Sequence[Any], *, stroked: bool) -> Iterator[BBox]:
    if item[0] == "l":
        (x0, x1), (y0, y1) = sorted((item[1].x, item[2].x)), sorted((item[1].y, item[2].y))
        if y1 - y0 < 1:
            yield BBox(x0, y0, x1, y1)
    elif item[0] in ("re", "qu"):
        box = item[1] if item[0] == "re" else item[1].rect
        x0, y0, x1, y1 = map(float, (box.x0, box.y0, box.x1, box.y1))
        if y1 - y0 <= _THICKEST:
            yield BBox(x0, y0, x1, y1)
        elif stroked:
            yield BBox(x0, y0, x1, y0)
            yield BBox(x0, y1, x1, y1)


def ruling_of(region: BBox, drawn: Iterable[BBox], words: Sequence[Word]) -> Ruling:
    """The rules inside a region; rows of dashes among its words are rules as typewriters make
    them."""
    around = region.grown(_AROUND)
    level = [
        Rule((rule.y0 + rule.y1) / 2, rule.x0, rule.x1)
        for rule in drawn
        if rule.x1 - rule.x0 > rule.y1 - rule.y0
        and around.y0 < rule.y0 < around.y1
        and min(rule.x1, around.x1) > max(rule.x0, around.x0)
    ]
    for word in words:
        if is_dashes(word):
            level.append(Rule(word.centre[1], word.bbox.x0, word.bbox.x1))
    return Ruling(_joined(level))


def is_dashes(word: Word) -> bool:
    """Whether it is a rule that is typed."""
    return bool(_DASHES.fullmatch(word.text))


def is_filling(word: Word) -> bool:
    """Whether it says nothing: a rule, or dots that lead to the next cell."""
    return is_dashes(word) or bool(_DOTS.fullmatch(word.text))


def is_full(rule: Rule, left: float, right: float) -> bool:
    """Whether it goes through the whole of a table from `left` to `right`."""
    return min(rule.end, right) - max(rule.start, left) >= _FULL * (right - left)


def _joined(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Pieces that go on from each other are one rule, short ones are none."""
    lines: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: rule.y):
        if lines and rule.y - lines[-1][0].y <= _JOINT:
            lines[-1].append(rule)
        else:
            lines.append([rule])
    found = []
    for line in lines:
        whole: list[Rule] = []
        for rule in sorted(line, key=lambda rule: rule.start):
            if whole and rule.start - whole[-1].end <= _JOINT:
                whole[-1] = replace(whole[-1], end=max(whole[-1].end, rule.end))
            else:
                whole.append(replace(rule, y=line[0].y))
        found += whole
    return tuple(rule for rule in found if rule.end - rule.start >= _SHORTEST)
