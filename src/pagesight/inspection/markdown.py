"""A parsed document as Markdown, in reading order: what a person can read in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from pagesight.assembly.lists import INDENT
from pagesight.document import Element, Figure, Page, ParsedDocument, Table, TextBlock
from pagesight.tables import markdown_row, markdown_rule

_DEEPEST = 6
"""Levels of headings that Markdown has."""
_NUMBER = re.compile(r"\d{1,9}[.)]\s")
_BULLET = re.compile(
    r"^(?:[\u2022\u2023\u2043\u204c\u204d\u25a0\u25aa\u25cf\u25e6\u2756\u27a2]\s*|[-\u2013\u2014*o\u00b7\u2219]\s+)"
)
"""What "-" stands for."""


def to_markdown(parsed: ParsedDocument) -> Iterator[str]:
    """Block after block; a comment begins each page, and says where it is not as it should be."""
    of_page = {
        index: list(elements)
        for index, elements in groupby(parsed.elements, key=lambda element: element.page)
    }
    for page in parsed.pages:
        yield f"<!-- {_page_line(page)} -->"
        for element in of_page.get(page.index, ()):
            yield _block(element)
        hidden = [each for each in parsed.hidden if each.page == page.index]
        for each in hidden:
            yield f"<!-- text {each.reason}: {each.text.replace('--', '- -')} -->"


def _page_line(page: Page) -> str:
    line = f"page {page.number}"
    if page.label != str(page.number):
        line += f", printed {page.label}"
    if page.ocr:
        line += ", read by OCR"
    return f"{line}: {page.error}" if page.error else line


def _block(element: Element) -> str:
    match element:
        case TextBlock():
            return _text(element)
        case Figure():
            words = element.text
        case Table():
            words = _rows(element)
    caption = element.caption.text if element.caption else "without caption"
    return "\n\n".join(part for part in (f"**[{element.type}]** {caption}", words) if part)


def _text(block: TextBlock) -> str:
    match block.role:
        case "title" | "heading":
            level = min(len(block.heading_path) + 1, _DEEPEST)
            return f"{'#' * level} {' '.join(block.text.split())}"
        case "code":
            return f"```\n{block.text}\n```"
        case "list":
            return "\n".join(_item(line, block.depth) for line in block.text.split("\n"))
        case _:
            return block.text


def _item(line: str, depth: int) -> str:
    """A line of a list with the mark that Markdown knows; items of a block are indented in it."""
    text = line.lstrip()
    indent = INDENT * depth + line[: len(line) - len(text)]
    return indent + (text if _NUMBER.match(text) else f"- {_BULLET.sub('', text)}")


def _rows(table: Table) -> str:
    rows = table.rows
    if not rows:
        return table.text
    head = max(1, table.header_rows)
    return "\n".join(
        (
            *map(markdown_row, rows[:head]),
            markdown_rule(len(rows[0])),
            *map(markdown_row, rows[head:]),
        )
    )
