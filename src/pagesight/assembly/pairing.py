"""Captions that the end of a page or column parts from their figure or table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeGuard

from pagesight.document import Caption, Element, Figure, Span, Table, TextBlock
from pagesight.geometry import BBox, union
from pagesight.references import names_figure, names_table, parse_caption

_LEAST_SIDE = 60.0
"""Points. A smaller figure at the start of a page is rather a logo."""


def paired(elements: Sequence[Element]) -> list[Element]:
    """The elements, in reading order, with such captions given to what they name.

    A caption that has found nothing on its own page or in its column, and that ends it, belongs to
    a figure or table without caption that begins the next one; or the other way round. It has to
    stand on the side on which the document's other captions stand, where these tell, else above a
    table and below a figure; and nothing else may want the caption or the thing.
    """
    above = _sides(elements)
    found: dict[int, int] = {}
    for first, second in pairwise(_flow(elements)):
        for caption, thing, stands_above in ((first, second, True), (second, first, False)):
            block, object_ = elements[caption], elements[thing]
            if (
                _is_orphan(block)
                and _is_bare(object_)
                and _names(block, object_)
                and above[object_.type] == stands_above
                and _is_parted(elements[first], elements[second])
                and not _is_contested(block, object_, elements)
            ):
                found[thing] = caption
    captions = {thing: elements[caption] for thing, caption in found.items()}
    dropped = set(found.values())
    return [
        _with_caption(element, captions.get(index))
        for index, element in enumerate(elements)
        if index not in dropped
    ]


def _with_caption(element: Element, block: Element | None) -> Element:
    if block is None or isinstance(element, TextBlock) or not isinstance(block, TextBlock):
        return element
    caption = Caption(label=_key(block), text=block.text, spans=block.spans)
    return replace(element, caption=caption)


def _flow(elements: Sequence[Element]) -> Iterator[int]:
    """Indices without the footnotes, which end most pages."""
    for index, element in enumerate(elements):
        if not (isinstance(element, TextBlock) and element.role == "footnote"):
            yield index


def _is_orphan(element: Element) -> TypeGuard[TextBlock]:
    return isinstance(element, TextBlock) and element.role == "caption" and bool(_key(element))


def _key(block: TextBlock) -> str:
    return parse_caption(block.text, trusted=True) or ""


def _is_bare(element: Element) -> TypeGuard[Figure | Table]:
    """Whether it is a figure or table without a caption."""
    if isinstance(element, TextBlock) or element.caption:
        return False
    box = element.bbox
    return isinstance(element, Table) or min(box.width, box.height) >= _LEAST_SIDE


def _names(block: TextBlock, thing: Figure | Table) -> bool:
    names = names_table if isinstance(thing, Table) else names_figure
    return names(_key(block))


def _is_parted(first: Element, second: Element) -> bool:
    """Whether a page or a column ends between two elements that follow each other."""
    if first.page != second.page:
        return second.page == first.page + 1
    return second.bbox.x0 >= first.bbox.x1 and second.bbox.y0 < first.bbox.y0


def _is_contested(block: TextBlock, thing: Figure | Table, elements: Iterable[Element]) -> bool:
    """Whether the caption's page has another such thing without caption, or the thing's page
    another such caption."""
    for other in elements:
        if other is block or other is thing:
            continue
        if other.page == block.page and other.type == thing.type and _is_bare(other):
            return True
        if other.page == thing.page and _is_orphan(other) and _names(other, thing):
            return True
    return False


def _sides(elements: Iterable[Element]) -> dict[str, bool]:
    """Type of element -> whether its captions stand above."""
    votes = Counter[str]()
    for element in elements:
        if not isinstance(element, TextBlock) and element.caption and element.caption.spans:
            caption = _box(element.caption.spans, element.page)
            if caption and caption.y1 <= element.bbox.y0 + element.bbox.height / 2:
                votes[element.type] += 1
            elif caption:
                votes[element.type] -= 1
    return {"table": votes["table"] >= 0, "figure": votes["figure"] > 0}


def _box(spans: Iterable[Span], page: int) -> BBox | None:
    boxes = [span.bbox for span in spans if span.page == page]
    return union(boxes) if boxes else None
