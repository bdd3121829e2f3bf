"""Hyphens at the ends of lines, decided by the words of the whole document.

A page alone cannot tell "hydrau-lic" from "parent-reported" where neither stands on it a second
time; its parser joins the halves, or keeps the hyphen, by the words that it has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from pagesight.assembly.editing import Edit, edited, edited_text
from pagesight.document import Element, Span, TextBlock

_LEAST_HALF = 4
"""Letters of each half of a compound that is put together of two words of the document; "in",
"con", "ing" are words or syllables."""
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def with_hyphens(elements: Sequence[Element]) -> list[Element]:
    """The elements, words that were broken at the end of a line written as elsewhere in the
    document; a word that stands nowhere else has a hyphen where both of its halves are words."""
    known = Counter(
        word.lower()
        for text, spans in _texts(elements)
        for _, word in _whole_words(text, _joints(text, spans))
    )
    return [_settled(element, known) for element in elements]


def _texts(elements: Sequence[Element]) -> Iterator[tuple[str, Sequence[Span]]]:
    for element in elements:
        if isinstance(element, TextBlock):
            yield element.text, element.spans
        elif element.caption:
            yield element.caption.text, element.caption.spans


def _joints(text: str, spans: Sequence[Span]) -> list[int]:
    """Where a line ends inside a word, ascending."""
    return [
        span.end
        for span, following in pairwise(spans)
        if span.end == following.start and text[span.end : span.end + 1].islower()
    ]


def _whole_words(text: str, joints: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Words that stand on one line, and where they begin."""
    for match in _WORD.finditer(text):
        if not any(match.start() < joint < match.end() for joint in joints):
            yield match.start(), match[0]


def _settled(element: Element, known: Counter[str]) -> Element:
    if isinstance(element, TextBlock):
        edits = [*_edits(element.text, element.spans, known)]
        return edited(element, edits) if edits else element
    caption = element.caption
    edits = [*_edits(caption.text, caption.spans, known)] if caption else []
    if caption is None or not edits:
        return element
    text, spans = edited_text(caption.text, caption.spans, edits)
    return replace(element, caption=replace(caption, text=text, spans=spans))


def _edits(text: str, spans: Sequence[Span], known: Counter[str]) -> Iterator[Edit]:
    for joint in _joints(text, spans):
        word = next(
            (each for each in _WORD.finditer(text) if each.start() < joint < each.end()), None
        )
        if word is None:
            continue
        is_hyphen = text[joint - 1] == "-"
        first = text[word.start() : joint - is_hyphen].lower()
        second = text[joint : word.end()].lower()
        if "-" in first or "-" in second:
            continue
        with_hyphen, joined = known[f"{first}-{second}"], known[first + second]
        if is_hyphen and joined > with_hyphen:
            yield Edit(start=joint - 1, end=joint, text="")
        elif not is_hyphen and (
            with_hyphen > joined or (not joined and _is_compound(first, second, known))
        ):
            yield Edit(start=joint, end=joint, text="-")


def _is_compound(first: str, second: str, known: Counter[str]) -> bool:
    is_long = min(len(first), len(second)) >= _LEAST_HALF
    return is_long and first in known and second in known
