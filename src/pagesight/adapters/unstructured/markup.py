"""HTML as pieces: what a browser would not show taken out, tables and pictures kept whole."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from lxml import etree, html

from pagesight.adapters.unstructured.elements import BULLET, pieces_of
from pagesight.adapters.unstructured.engine import guess_titles
from pagesight.adapters.unstructured.tables import grid_of, text_of
from pagesight.flow import Passage, Picture, Piece, Unseen
from pagesight.formats import IMAGES

Fetch = Callable[[str], bytes | None]
"""The bytes of a picture that the document itself brings, by its address; nothing is loaded from
elsewhere."""

_MOST_BYTES = 50_000_000
"""Of a linked picture; cameras make a tenth of it."""
_CODE = ("script", "style", "template", "object", "embed", "iframe", "head")
"""Elements whose words are not shown."""
_XLINK = "{http://www.w3.org/1999/xlink}href"
_UNSEEN_STYLE = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d])|"
    r"opacity\s*:\s*0(?![.\d]))",
    re.IGNORECASE,
)
_RAISABLE, _POWERS = "0123456789+-\u2212=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ"
_RAISED = str.maketrans(_RAISABLE, _POWERS)
_TOKEN = "pagesight-piece-"
_TOKENS = re.compile(rf"{_TOKEN}(\d+)-")


@dataclass(frozen=True, slots=True)
class Markup:
    """What an HTML text holds."""

    title: str
    pieces: tuple[Piece, ...]
    unseen: tuple[Unseen, ...]


def data_picture(address: str) -> bytes | None:
    """The picture in a data: URL."""
    if not address.lower().startswith("data:image/"):
        return None
    head, _, data = address.partition(",")
    try:
        raw = unquote_to_bytes(data)
        return base64.b64decode(raw) if head.lower().endswith(";base64") else raw
    except binascii.Error:
        return None


def linked_picture(folder: Path, address: str) -> bytes | None:
    """The picture at a relative address, if it is an image below the folder of its document:
    others are none of what was given to be read."""
    if ":" in address:
        return data_picture(address)
    if not address or Path(unquote(address)).suffix.lower() not in IMAGES:
        return None
    try:
        path = (folder / unquote(address)).resolve()
        if not path.is_relative_to(folder.resolve()) or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def read_markup(text: str, fetch: Fetch = data_picture) -> Markup:
    """Reads an HTML or XHTML text. Pictures that the document does not bring are named by what it
    says in their place."""
    from unstructured.partition.html import partition_html

    # A declared encoding would be believed, though the text is decoded.
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    if not body.strip():
        return Markup("", (), ())
    root = html.document_fromstring(body)
    title = " ".join((root.findtext(".//title") or "").split())
    unseen = tuple(_hidden(root))
    _spell_out(root)
    kept = list(_exchanged(root, fetch))
    if not text_of(root):
        return Markup(title, (), unseen)
    guess_titles(False)
    printed = html.tostring(root, encoding="unicode")
    pieces = _restored(list(pieces_of(partition_html(text=printed))), kept)
    return Markup(title, tuple(pieces), unseen)


def _hidden(root: Any) -> Iterator[Unseen]:
    """Takes out what is not shown; what of it is text is told."""
    for each in list(root.iter(*_CODE, etree.Comment, etree.ProcessingInstruction)):
        each.drop_tree()
    for each in list(root.iter("*")):
        style = each.get("style") or ""
        if each.get("hidden") is None and not _UNSEEN_STYLE.search(style):
            continue
        if each.getparent() is not None:
            if words := text_of(each):
                yield Unseen(text=words, reason="marked as hidden")
            each.drop_tree()


def _spell_out(root: Any) -> None:
    """Numbers of list items, which browsers write, captions, which unstructured drops, and what is
    raised: "10<sup>3</sup>" is not 103."""
    for items in root.iter("ol"):
        said = items.get("start") or "1"
        first = int(said) if said.isdecimal() else 1
        for number, item in enumerate(items.iterchildren("li"), first):
            inner = next((each for each in item.iterchildren("p")), item)
            inner.text = f"{number}. {(inner.text or '').lstrip()}"
    for caption in list(root.iter("caption")):
        table = next(caption.iterancestors("table"), None)
        if table is not None:
            caption.drop_tree()
            caption.tag = "p"
            table.addprevious(caption)
    for raised in root.iter("sup"):
        words = text_of(raised)
        if words and not words.strip(_RAISABLE):
            raised.text = words.translate(_RAISED)
            for child in list(raised):
                raised.remove(child)
    for figure in list(root.iter("figure", "figcaption")):
        figure.tag = "div" if figure.tag == "figure" else "p"


def _exchanged(root: Any, fetch: Fetch) -> Iterator[Piece]:
    """Puts marks in the place of pictures and tables, and gives these in the order of their
    marks: unstructured drops the spans of cells, and loads pictures from anywhere."""
    number = 0
    for image in list(root.iter("img", "image", "svg")):
        data = fetch(image.get("src") or image.get("href") or image.get(_XLINK) or "")
        said = text_of(image) if image.tag == "svg" else " ".join((image.get("alt") or "").split())
        table = next((each for each in image.iterancestors("table") if _is_grid(each)), None)
        if data or (said and table is None):
            _mark(image if table is None else table, number)
            yield Picture(data=data, text=said) if data else Passage(text=f"[Picture: {said}]")
            number += 1
        elif said:
            image.addprevious(_words(said))
        image.drop_tree()
    for table in list(root.iter("table")):
        if _is_grid(table):
            _mark(table, number)
            yield grid_of(table)
            number += 1
            table.drop_tree()
        else:
            for each in list(table.iter("thead", "tbody", "tfoot", "tr", "td", "th")):
                if next(each.iterancestors("table")) is table:
                    each.tag = "div"
            table.tag = "div"


def _is_grid(table: Any) -> bool:
    """Tables in which others stand, or that have one column, only lay a page out."""
    if table.find(".//table") is not None or table.get("role") == "presentation":
        return False
    return any(len(row.xpath("./td|./th")) > 1 for row in table.iter("tr"))


def _mark(element: Any, number: int) -> None:
    mark = etree.Element("p")
    mark.text = f"{_TOKEN}{number}-"
    element.addnext(mark)
    # Text behind an element belongs to it in lxml, and must stay behind the mark.
    mark.tail, element.tail = element.tail, None


def _words(text: str) -> Any:
    words = etree.Element("span")
    words.text = text
    return words


def _restored(pieces: Sequence[Piece], kept: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces with those that stand in the place of marks."""
    for piece in pieces:
        if not isinstance(piece, Passage) or _TOKEN not in piece.text:
            yield piece
            continue
        # Words and numbers of marks by turns.
        for turn, part in enumerate(_TOKENS.split(piece.text)):
            if turn % 2 == 0 and part.strip(" \n" + BULLET):
                yield replace(piece, text=part.strip(), links=())
            elif turn % 2 and int(part) < len(kept):
                yield kept[int(part)]
