"""Tables of HTML and of rows of texts as grids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lxml import html

from pagesight.document import Cell, plain_cells
from pagesight.flow import Grid

_MOST_SPAN = 1000
"""Rows or columns that a cell covers: browsers stop there too."""
_INLINE = frozenset(
    {"a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "q"}
    | {"s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr"}
)
"""Elements whose edges part no words."""


def grid_of_html(text: str) -> Grid:
    """The first table of an HTML text."""
    return grid_of(html.fragment_fromstring(text, create_parent="div").find(".//table"))


def grid_of(table: Any) -> Grid:
    """An lxml table element with all spans; of a table in a cell only the words are kept."""
    cells: list[Cell] = []
    taken: set[tuple[int, int]] = set()
    heads = 0
    rows = list(_rows(table))
    for number, row in enumerate(rows):
        column = 0
        own = [each for each in row if each.tag in ("td", "th")]
        if heads == number and own and _is_head(row, own):
            heads += 1
        for each in own:
            while (number, column) in taken:
                column += 1
            height = min(_span(each, "rowspan") or len(rows), len(rows) - number)
            width = max(1, _span(each, "colspan"))
            taken |= {
                (number + down, column + right) for down in range(height) for right in range(width)
            }
            cells.append(
                Cell(
                    row=number,
                    column=column,
                    text=text_of(each),
                    row_span=height,
                    column_span=width,
                    page=0,
                )
            )
            column += width
    return Grid(cells=tuple(cells), header_rows=heads or min(1, max(0, len(rows) - 1)))


def grid_of_rows(rows: Sequence[Sequence[str]]) -> Grid:
    """A grid without spans; its first row is its header."""
    return Grid(cells=plain_cells(rows, 0), header_rows=1 if len(rows) > 1 else 0)


def text_of(element: Any) -> str:
    """The words of an lxml element on one line."""
    return " ".join("".join(_texts(element)).split())


def _texts(element: Any) -> Iterator[str]:
    """Inline elements do not part words ("H<sub>2</sub>O"), the others do."""
    edge = "" if element.tag in _INLINE else " "
    yield edge + (element.text or "")
    for child in element:
        if isinstance(child.tag, str):
            yield from _texts(child)
        yield child.tail or ""
    yield edge


def _rows(table: Any) -> Iterator[Any]:
    """The rows of a table, not of those in its cells."""
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (each for each in child if each.tag == "tr")


def _is_head(row: Any, cells: Sequence[Any]) -> bool:
    return row.getparent().tag == "thead" or all(each.tag == "th" for each in cells)


def _span(cell: Any, name: str) -> int:
    said = (cell.get(name) or "1").strip()
    return min(int(said), _MOST_SPAN) if said.isdecimal() else 1
