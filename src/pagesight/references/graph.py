"""Which mention in a document leads where."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pagesight.document import (
    Element,
    MentionPlace,
    ParsedDocument,
    Place,
    Reference,
    Span,
    Table,
    TextBlock,
)
from pagesight.references import definitions
from pagesight.references.definitions import Definition, is_heading
from pagesight.references.keys import kin, without_part, word_of
from pagesight.references.mentions import EVERYTHING, Mention, own_mentions

_BIBLIOGRAPHY = frozenset({"references", "bibliography", "literature", "works cited", "literatur"})
"""Headings of lists of other documents; their pages, tables and sections are elsewhere."""
_WORDS = re.compile(r"[^A-Za-z ]+")
_ONLY_MENTIONED = frozenset({"Step", "Page"})
"""Every page and every item of a list has a number; only those that are mentioned are told."""


def reference_graph(parsed: ParsedDocument) -> tuple[Reference, ...]:
    """Every key that the document defines or mentions: those that it defines first.

    A mention means the definition in its own chapter where there is one (numbers may restart), the
    nearest before it or else the first; a step is one of its own section, or a section. What a text
    says of other documents ("Figure 3 of [12]"), and its list of sources, mention nothing.
    """
    defined = _Definitions(parsed)
    outline = _Outline(parsed)
    found: dict[str, list[MentionPlace]] = defaultdict(list)
    for key, mention in _mentions(parsed, defined):
        found[key].append(mention)
    keys = [key for key in defined if word_of(key) not in _ONLY_MENTIONED]
    return tuple(
        _reference(key, defined.of(key), found[key], outline)
        for key in dict.fromkeys([*keys, *found])
    )


class _Definitions:
    """Which key is defined where. Of several ways to define a thing the surest counts."""

    def __init__(self, parsed: ParsedDocument) -> None:
        self._places: dict[str, tuple[Place, ...]] = {}
        self._parts: dict[str, list[Place]] = defaultdict(list)
        for way in (
            [*definitions.captioned(parsed), *definitions.headings(parsed)],
            [*definitions.orphans(parsed), *definitions.lesser_headings(parsed)],
            [*definitions.equations(parsed), *definitions.steps(parsed)],
            [*definitions.pages(parsed)],
        ):
            for key, places in _grouped(way).items():
                self._places.setdefault(key, places)
        for key, places in self._places.items():
            if (whole := without_part(key)) != key:
                self._parts[whole] += places

    def __iter__(self) -> Iterator[str]:
        """Keys by way, each in reading order."""
        return iter(self._places)

    def of(self, key: str) -> tuple[Place, ...]:
        """Its own places, else those of the whole, of the parts, or of a heading that goes by
        another word."""
        for other in (key, without_part(key)):
            if other in self._places:
                return self._places[other]
        if key in self._parts:
            return tuple(self._parts[key])
        return next((self._places[kin] for kin in kin(key) if kin in self._places), ())

    def is_by(self, key: str, element: int) -> bool:
        """Whether the element itself defines the key."""
        return any(place.element == element for place in self._places.get(key, ()))


def _grouped(pairs: Iterable[Definition]) -> dict[str, tuple[Place, ...]]:
    groups: dict[str, dict[Place, None]] = {}
    for key, place in pairs:
        groups.setdefault(key, {})[place] = None
    return {key: tuple(group) for key, group in groups.items()}


class _Outline:
    """In which chapter and section things stand."""

    def __init__(self, parsed: ParsedDocument) -> None:
        self._elements = parsed.elements
        self._first: dict[int, int] = {}
        for index, element in enumerate(parsed.elements):
            self._first.setdefault(element.page, index)

    def index(self, place: Place) -> int:
        """Of its element, or of the first one on its page."""
        return place.element if place.element is not None else self._first.get(place.page, 0)

    def is_near(self, key: str, place: Place, element: int) -> bool:
        """Whether a place is in the chapter of an element; for a step, in its section, unless the
        step is a section itself."""
        index = self.index(place)
        is_step = word_of(key) == "Step"
        if is_step and is_heading(self._elements[index]):
            return True
        depth = None if is_step else 1
        return self._path(index)[:depth] == self._path(element)[:depth]

    def _path(self, index: int) -> tuple[str, ...]:
        element = self._elements[index]
        if is_heading(element):
            return (*element.heading_path, " ".join(element.text.split()))
        return element.heading_path


def _reference(
    key: str, defined: Sequence[Place], found: Sequence[MentionPlace], outline: _Outline
) -> Reference:
    if word_of(key) == "Step":
        defined = [
            place
            for place in defined
            if any(outline.is_near(key, place, mention.element) for mention in found)
        ]
    return Reference(
        key=key,
        defined=tuple(defined),
        mentions=tuple(
            replace(mention, target=_target(key, mention.element, defined, outline))
            for mention in found
        ),
    )


def _target(key: str, element: int, defined: Sequence[Place], outline: _Outline) -> int | None:
    """Index of the place that a mention in `element` means."""
    near = [number for number, each in enumerate(defined) if outline.is_near(key, each, element)]
    if not near and word_of(key) != "Step":
        near = [*range(len(defined))]
    before = [number for number in near if outline.index(defined[number]) <= element]
    if before:
        return max(before, key=lambda number: outline.index(defined[number]))
    return next(iter(near), None)


def _mentions(parsed: ParsedDocument, defined: _Definitions) -> Iterator[tuple[str, MentionPlace]]:
    """What defines a thing does not mention it."""
    for index, element in enumerate(parsed.elements):
        if _is_bibliography(element):
            continue
        for text, lines, cell in _texts(element):
            for mention in own_mentions(text, EVERYTHING):
                if not defined.is_by(mention.label, index):
                    yield (
                        mention.label,
                        MentionPlace(
                            element=index,
                            cell=cell,
                            start=mention.start,
                            end=mention.end,
                            spans=_spans(element, cell, lines, mention),
                        ),
                    )


def _is_bibliography(element: Element) -> bool:
    return any(
        _WORDS.sub("", title).strip().lower() in _BIBLIOGRAPHY for title in element.heading_path
    )


def _texts(element: Element) -> Iterator[tuple[str, Sequence[Span], int | None]]:
    """What may mention a thing: all texts but the words inside figures; each with its lines, a cell
    with its index instead."""
    if isinstance(element, TextBlock):
        yield element.text, element.spans, None
        return
    if element.caption:
        yield element.caption.text, element.caption.spans, None
    if isinstance(element, Table):
        for index, cell in enumerate(element.cells):
            yield cell.text, (), index


def _spans(
    element: Element, cell: int | None, lines: Sequence[Span], mention: Mention
) -> tuple[Span, ...]:
    """The part of its lines; all of a cell, whose lines are not known."""
    if cell is None or not isinstance(element, Table):
        return tuple(_cut(lines, mention.start, mention.end))
    own = element.cells[cell]
    box = own.bbox or element.bbox
    return (Span(start=mention.start, end=mention.end, page=own.page, bbox=box),)


def _cut(spans: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    """The characters [start, end) of lines. Lines that run up or down stay as they are."""
    for span in spans:
        first, last = max(span.start, start), min(span.end, end)
        if first < last:
            box = span.bbox
            if box.width >= box.height:
                step = box.width / (span.end - span.start)
                x0 = box.x0 + step * (first - span.start)
                box = replace(box, x0=x0, x1=x0 + step * (last - first))
            yield Span(start=first, end=last, page=span.page, bbox=box)
