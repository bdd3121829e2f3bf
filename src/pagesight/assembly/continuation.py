"""Tables that go on over several pages are one: the repeated header is dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TypeGuard

from pagesight.document import Caption, Element, Page, Table, TablePart, TextBlock

_SAME_EDGE = 0.02
"""Of the page's width, by which a column's edge moves at most from one page to the next."""
_MARGIN = 0.08
"""Of the page's height, at top and bottom."""
_LOW = 0.5
"""Share of the page's height below which a table ends that goes on."""
_CONTINUED = re.compile(r"\b(?:cont(?:inued|['\u2019]?d|\.)|continuation)", re.IGNORECASE)
_IN_BRACKETS = re.compile(rf"[(\[]\s*(?:{_CONTINUED.pattern})[^)\]]*[)\]]", re.IGNORECASE)
_LONGEST_TITLE = 200
"""Characters of a title that is repeated above the next part of a table."""
_LONGEST_NOTE = 40
"""Characters of a line like "(continued)" or "Table 3 continued" around such a table."""


def joined_tables(elements: Sequence[Element], pages: Sequence[Page]) -> list[Element]:
    """The elements with the tables put together that end one page and begin the next one with
    the same columns, and without a caption of their own other than "continued".

    Rows of the later part are counted on from those of the first one, its column heads are left
    out where they say the same. Lines like "(continued)" beside them go, and so does the title of
    the first part where it is repeated as "(continued)".
    """
    size = {page.index: page for page in pages}
    joined: list[Element] = []
    for element in elements:
        before = _table_above(joined, element, size)
        if before is not None and isinstance(element, Table):
            whole = joined[before]
            if isinstance(whole, Table) and _goes_on(whole, element, size):
                joined[before] = _together(whole, element)
                joined[before + 1 :] = [
                    each
                    for each in joined[before + 1 :]
                    if _is_marginal(each, size[each.page].height) and not _is_note(each)
                ]
                continue
        joined.append(element)
    return joined


def _table_above(joined: Sequence[Element], element: Element, pages: dict[int, Page]) -> int | None:
    """The number of the last element that is a table on the page before, if nothing but margins,
    notes and a title that says that it goes on stands between the two."""
    if not isinstance(element, Table):
        return None
    repeated, continued = False, False
    for number in range(len(joined) - 1, -1, -1):
        each = joined[number]
        if isinstance(each, Table):
            adjacent = _last_page(each) == element.page - 1 and (continued or not repeated)
            return number if adjacent else None
        if _is_marginal(each, pages[each.page].height) or _is_note(each):
            continue
        if each.page != element.page or not _is_repeated(each, joined[:number]):
            return None
        repeated = True
        continued = continued or bool(_CONTINUED.search(each.text))
    return None


def _is_repeated(element: Element, before: Sequence[Element]) -> bool:
    """A title of the page before, with or without "(continued)"."""
    if not isinstance(element, TextBlock) or len(element.text) > _LONGEST_TITLE:
        return False
    title = _title(element.text)
    near = takewhile(lambda each: each.page >= element.page - 1, reversed(before))
    return any(isinstance(each, TextBlock) and _title(each.text) == title for each in near)


def _title(text: str) -> str:
    return "".join(_IN_BRACKETS.sub("", text).split()).casefold()


def _is_marginal(element: Element, height: float) -> bool:
    """Page numbers, running titles, footnotes."""
    if not isinstance(element, TextBlock):
        return False
    box = element.bbox
    is_outside = box.y1 < _MARGIN * height or box.y0 > (1 - _MARGIN) * height
    return element.is_marginal or element.role == "footnote" or is_outside


def _is_note(element: Element) -> TypeGuard[TextBlock]:
    return isinstance(element, TextBlock) and _says_continued(element.text)


def _says_continued(text: str) -> bool:
    return len(text) <= _LONGEST_NOTE and bool(_CONTINUED.search(text))


def _goes_on(table: Table, below: Table, pages: dict[int, Page]) -> bool:
    last = table.continued[-1] if table.continued else table
    page, next_page = pages.get(last.page), pages.get(below.page)
    if page is None or next_page is None or not (table.cells and below.cells):
        return False
    if last.bbox.y1 < _LOW * page.height or below.bbox.y0 > _LOW * next_page.height:
        return False
    if below.caption and not _same_caption(table.caption, below.caption):
        return False
    return _same_columns(table, below, _SAME_EDGE * page.width)


def _same_caption(caption: Caption | None, below: Caption) -> bool:
    """A caption that is repeated, or only says that the table goes on."""
    if _CONTINUED.search(below.text):
        return caption is None or below.label in ("", caption.label)
    return caption is not None and caption.text == below.text


def _same_columns(table: Table, below: Table, shift: float) -> bool:
    """As many columns at the same places; where the two parts are set apart (left and right pages)
    the places count from the left of the table."""
    one, other = _edges(table), _edges(below)
    if len(one) != len(other) or len(one) < 2:
        return False
    moves = [there - here for here, there in zip(one, other, strict=True)]
    return max(moves) - min(moves) <= 2 * shift


def _edges(table: Table) -> list[float]:
    """Left edges of the columns on the last page of a table."""
    page = _last_page(table)
    edges: dict[int, float] = {}
    for cell in table.cells:
        if cell.bbox and cell.page == page and cell.column_span == 1:
            edges[cell.column] = min(edges.get(cell.column, cell.bbox.x0), cell.bbox.x0)
    return [edges[column] for column in sorted(edges)]


def _last_page(table: Table) -> int:
    return table.continued[-1].page if table.continued else table.page


def _together(table: Table, below: Table) -> Table:
    height = max(cell.row + cell.row_span for cell in table.cells)
    left_out = below.header_rows if _is_same_head(table, below) else 0
    moved = tuple(
        replace(cell, row=cell.row - left_out + height)
        for cell in below.cells
        if cell.row >= left_out
    )
    part = TablePart(page=below.page, bbox=below.bbox, image=below.image)
    text = "\n".join(filter(None, (table.text, below.text)))
    return replace(table, cells=table.cells + moved, continued=(*table.continued, part), text=text)


def _is_same_head(table: Table, below: Table) -> bool:
    """Whether the column heads say the same, but for white space, as they are set anew on each
    page, and but for a name over the labels that is not repeated or only with "continued"."""
    here, there = _head(table), _head(below)
    stub = "".join(text for _, column, text in there if column == 0)
    if stub and not _CONTINUED.search(stub):
        return here == there
    return [each for each in here if each[1]] == [each for each in there if each[1]]


def _head(table: Table) -> list[tuple[int, int, str]]:
    return [
        (cell.row, cell.column, "".join(cell.text.split()).casefold())
        for cell in table.cells
        if cell.row < table.header_rows and cell.text
    ]
