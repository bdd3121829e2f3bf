"""Lists: which paragraphs are items, and which item stands under which."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from pagesight.assembly.editing import Edit, edited
from pagesight.document import Element, Span, TextBlock

INDENT = "   "
"""Of an item under another one: Markdown takes it for nested under "-" and under "1." alike."""
_STEP = 4.0
"""Points by which items of one depth differ at most at their left."""
_DEEPEST = 5
_SIGN = re.compile(r"[\u2022\u2023\u2043\u204c\u204d\u25a0\u25aa\u25cf\u25e6\u2756\u27a2]\s*\w")
"""Bullets that are nothing else."""
_DASH = re.compile(r"([-\u2013\u2014*o\u00b7\u2219])\s+\w")
"""Bullets where there are several of them at the same place."""
_COUNTED = re.compile(r"(\(?)(\d{1,2}|[ivx]{1,4}|[a-zA-Z])([.)])\s+\S")
_ROMANS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")

_Mark = tuple[str, str, int]
"""Brackets, kind of number, and its value."""


def listed(elements: Sequence[Element]) -> list[Element]:
    """The elements with paragraphs that are items made items: those with a bullet, and those whose
    mark goes on from, or is gone on with by, one at the same left edge or on the next page. Every
    item has its depth, and those of one block are indented."""
    items = _Items(elements)
    outline = _Nesting()
    return [outline.placed(items.settled(element)) for element in elements]


class _Items:
    """The marks of a document's paragraphs and items."""

    def __init__(self, elements: Sequence[Element]) -> None:
        self._lefts: defaultdict[tuple[int, _Mark], list[float]] = defaultdict(list)
        self._dashes: Counter[tuple[int, str, int]] = Counter()
        for block in filter(_may_be_item, elements):
            for mark in _marks(block.text):
                self._lefts[block.page, mark].append(block.bbox.x0)
            for place in _dash_places(block):
                self._dashes[place] += 1

    def settled(self, element: Element) -> Element:
        if not _may_be_item(element):
            return element
        is_item = element.role == "list" or self._is_item(element)
        return replace(element, role="list") if is_item else element

    def _is_item(self, block: TextBlock) -> bool:
        return (
            bool(_SIGN.match(block.text))
            or any(self._dashes[place] > 1 for place in _dash_places(block))
            or any(self._has_neighbour(block, mark) for mark in _marks(block.text))
        )

    def _has_neighbour(self, block: TextBlock, mark: _Mark) -> bool:
        brackets, kind, value = mark
        for step in (-1, 1):
            near = (brackets, kind, value + step)
            beside = self._lefts.get((block.page, near), ())
            if any(abs(left - block.bbox.x0) <= _STEP for left in beside):
                return True
            if (block.page + step, near) in self._lefts:
                return True
        return False


def _may_be_item(element: Element) -> TypeGuard[TextBlock]:
    return isinstance(element, TextBlock) and element.role in ("paragraph", "list")


def _marks(text: str) -> Iterator[_Mark]:
    """What a text may be counted by: "i." is a number or a letter."""
    match = _COUNTED.match(text)
    if match is None:
        return
    brackets, number = match[1] + match[3], match[2]
    if number.isdigit():
        yield brackets, "1", int(number)
    if number in _ROMANS:
        yield brackets, "i", _ROMANS.index(number) + 1
    if len(number) == 1 and number.isalpha():
        yield brackets, "a" if number.islower() else "A", ord(number)


def _dash_places(block: TextBlock) -> Iterator[tuple[int, str, int]]:
    match = _DASH.match(block.text)
    if match:
        yield block.page, match[1], round(block.bbox.x0 / _STEP)


@dataclass(slots=True)
class _Nesting:
    """The left edges of the items that the next one may stand under, outermost first."""

    lefts: list[float] = field(default_factory=list)
    page: int = -1
    top: float = 0.0

    def placed(self, element: Element) -> Element:
        if not isinstance(element, TextBlock) or element.is_marginal:
            return element
        if element.role != "list":
            if not self._is_inside(element):
                self.lefts = []
            return element
        depth = self._depth(element.page, element.bbox.x0, element.bbox.y0)
        edits = []
        for span in _further_items(element):
            own = self._depth(span.page, span.bbox.x0, span.bbox.y0)
            if own > depth:
                edits.append(Edit(start=span.start, end=span.start, text=INDENT * (own - depth)))
        return replace(edited(element, edits), depth=depth)

    def _depth(self, page: int, left: float, top: float) -> int:
        """Of an item that begins there; the next column or page begins anew."""
        if page != self.page or top < self.top:
            self.lefts = []
        self.page, self.top = page, top
        while self.lefts and self.lefts[-1] > left + _STEP:
            self.lefts.pop()
        if not self.lefts or left > self.lefts[-1] + _STEP:
            self.lefts.append(left)
        return min(len(self.lefts) - 1, _DEEPEST)

    def _is_inside(self, block: TextBlock) -> bool:
        """Whether a text goes on with an item: it is further right than the outermost ones."""
        if block.role in ("title", "heading") or not self.lefts:
            return False
        return block.bbox.x0 > self.lefts[0] + _STEP


def _further_items(block: TextBlock) -> Iterator[Span]:
    for span in block.spans:
        if span.start and block.text[span.start - 1] == "\n":
            yield span
