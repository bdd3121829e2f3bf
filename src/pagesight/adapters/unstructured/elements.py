"""Elements of unstructured as pieces of a flow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pagesight.adapters.unstructured.tables import grid_of_html
from pagesight.document import Link, Role
from pagesight.flow import Passage, Piece

_ROLES: Mapping[str, Role] = {
    "Title": "heading",
    "ListItem": "list",
    "CodeSnippet": "code",
    "Formula": "formula",
    "FigureCaption": "caption",
    "Footnote": "footnote",
    "Header": "header",
    "Footer": "footer",
}
BULLET = "• "
_NUMBERED = re.compile(r"\w{1,4}[.)]\s")
"""A list item that says its number, or a letter."""


def role_of(category: str) -> Role:
    """What an element of unstructured is here; all that is only text is a paragraph."""
    return _ROLES.get(category, "paragraph")


def pieces_of(elements: Iterable[Any]) -> Iterator[Piece]:
    """Passages and grids, in order; page breaks and pictures are left out."""
    for element in elements:
        if element.category in ("PageBreak", "Image"):
            continue
        html = element.metadata.text_as_html
        if element.category == "Table" and html:
            grid = grid_of_html(html)
            if grid.cells:
                yield grid
        elif element.text.strip():
            yield _passage(element)


def _passage(element: Any) -> Passage:
    role = role_of(element.category)
    text, before = str(element.text), 0
    if role == "list" and text[:1].isalnum() and not _NUMBERED.match(text):
        text, before = BULLET + text, len(BULLET)
    level = (element.metadata.category_depth or 0) + 1 if role == "heading" else 0
    return Passage(text=text, role=role, level=level, links=tuple(_links(element, before)))


def _links(element: Any, before: int) -> Iterator[Link]:
    """Links whose words are found again; `before` is how much was put in front of the text."""
    at = 0
    said = zip(element.metadata.link_texts or (), element.metadata.link_urls or (), strict=False)
    for text, uri in said:
        start = element.text.find(text, at) if text else -1
        if start >= 0 and uri:
            at = start + len(text)
            yield Link(start=start + before, end=at + before, uri=uri)
