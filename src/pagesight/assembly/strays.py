"""What a page has left over of its text: the full stop of a formula, signs that no font knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pagesight.assembly.editing import Edit, edited
from pagesight.document import Element, Span, TextBlock

_CLOSING = re.compile(r"[.,;:!?]?[)\]}\u201d\u2019\"']?[.,;:!?]?")
"""Punctuation that ends what stands before it; an ellipsis stands for lines that are left out."""
_UNKNOWN = re.compile("\ufffd+ ?")


def without_strays(elements: Sequence[Element]) -> list[Element]:
    """The elements with blocks of nothing but closing punctuation joined to the text before them
    on their page (a caption too), and formulas without characters that nobody can read."""
    kept: list[Element] = []
    for element in elements:
        if not isinstance(element, TextBlock):
            kept.append(element)
        elif kept and _is_end(element) and _has_end_on(kept[-1], element.page):
            kept[-1] = _closed(kept[-1], element)
        else:
            kept.append(_readable(element))
    return kept


def _readable(block: TextBlock) -> TextBlock:
    """Large signs of formulas (sums, roots, brackets) are drawn by fonts without a map."""
    if block.role != "formula" or not _UNKNOWN.sub("", block.text).strip():
        return block
    found = [
        Edit(start=match.start(), end=match.end(), text="")
        for match in _UNKNOWN.finditer(block.text)
    ]
    return edited(block, found) if found else block


def _is_end(block: TextBlock) -> bool:
    return block.role != "code" and bool(_CLOSING.fullmatch(block.text))


def _has_end_on(element: Element, page: int) -> bool:
    """Whether it has text that ends on the page, in a line that may be longer."""
    if isinstance(element, TextBlock):
        return element.role != "code" and element.page == page
    return element.caption is not None and element.page == page


def _closed(element: Element, end: TextBlock) -> Element:
    if isinstance(element, TextBlock):
        text, spans = _together(element.text, element.spans, end)
        return replace(element, text=text, spans=spans)
    caption = element.caption
    if caption is None:
        return element
    text, spans = _together(caption.text, caption.spans, end)
    return replace(element, caption=replace(caption, text=text, spans=spans))


def _together(text: str, spans: Sequence[Span], end: TextBlock) -> tuple[str, tuple[Span, ...]]:
    moved = (span.moved(len(text)) for span in end.spans)
    return text + end.text, (*spans, *moved)
