"""What a PDF has beside its text: links, form fields, comments.

The values of form fields are in the text layer already, because they are drawn; what is missing
there is whether a box is ticked, and the name of a field that is not printed beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.characters import clean
from pagesight.adapters.pymupdf.text.words import TextLayer, Word, bbox_of
from pagesight.document import Span, TextBlock
from pagesight.geometry import BBox

_SCHEMES = ("http://", "https://", "mailto:", "ftp://", "tel:")
"""Links that lead to something to read; others start programs or scripts."""
_TICKED, _EMPTY = "\u2612", "\u2610"
_BOXES = (pymupdf.PDF_WIDGET_TYPE_CHECKBOX, pymupdf.PDF_WIDGET_TYPE_RADIOBUTTON)
_VALUES = (
    pymupdf.PDF_WIDGET_TYPE_TEXT,
    pymupdf.PDF_WIDGET_TYPE_COMBOBOX,
    pymupdf.PDF_WIDGET_TYPE_LISTBOX,
)
_NOT_SHOWN = pymupdf.PDF_ANNOT_IS_HIDDEN | pymupdf.PDF_ANNOT_IS_NO_VIEW
_LABEL_GAP = 3.0
"""Heights of a box between it and its label at most."""
_NAME_GAP = 12.0
"""Points between a value and its printed name at most; further apart they are not told together."""
_LONGEST_NAME = 60
"""Characters of a field's own name; longer ones are instructions."""
_ON_TEXT = (
    pymupdf.PDF_ANNOT_HIGHLIGHT,
    pymupdf.PDF_ANNOT_UNDERLINE,
    pymupdf.PDF_ANNOT_SQUIGGLY,
    pymupdf.PDF_ANNOT_STRIKE_OUT,
)
_COMMENTS = (
    *_ON_TEXT,
    pymupdf.PDF_ANNOT_TEXT,
    pymupdf.PDF_ANNOT_FREE_TEXT,
    pymupdf.PDF_ANNOT_CARET,
    pymupdf.PDF_ANNOT_STAMP,
    pymupdf.PDF_ANNOT_INK,
    pymupdf.PDF_ANNOT_LINE,
    pymupdf.PDF_ANNOT_SQUARE,
    pymupdf.PDF_ANNOT_CIRCLE,
    pymupdf.PDF_ANNOT_POLYGON,
    pymupdf.PDF_ANNOT_POLY_LINE,
)
_MOST_MARKED = 20
"""Words of a marked text that are told with its comment."""


def with_marks(page: Any, layer: TextLayer, *, links: bool) -> TextLayer:
    """The layer whose words know their links, with ticks at the boxes of a form and the names of
    fields before their values. The page's rotation has to be removed. The places of `links` are not
    known any more once a page was turned in memory."""
    words = _with_links(page, layer.words) if links else list(layer.words)
    for widget in page.widgets() or ():
        if not _is_shown(page, widget.xref):
            continue
        if widget.field_type in _BOXES:
            words = _with_box(words, bbox_of(widget.rect), ticked=_is_ticked(page, widget))
        elif widget.field_type in _VALUES:
            words = _with_name(words, bbox_of(widget.rect), clean(widget.field_label or ""))
    return replace(layer, words=tuple(words))


def comments(page: Any, words: Sequence[Word]) -> Iterator[TextBlock]:
    """What readers wrote on the page, in its order: one block of role "annotation" a comment. Text
    boxes that are drawn are words of the page, and not told again."""
    area = bbox_of(page.rect)
    for annotation in page.annots(types=_COMMENTS) or ():
        said = clean(annotation.info.get("content") or "")
        box = bbox_of(annotation.rect).clipped(area)
        if not said or not box.area or not _is_shown(page, annotation.xref):
            continue
        marked = [word.text for word in words if word.bbox.inside(box) > 0.5]
        if said in " ".join(marked):
            continue
        author = clean(annotation.info.get("title") or "")
        text = f"Comment by {author}" if author else "Comment"
        if marked and annotation.type[0] in _ON_TEXT:
            text += f' on "{" ".join(marked[:_MOST_MARKED])}"'
        text += f": {said}"
        span = Span(start=0, end=len(text), page=page.number, bbox=box)
        yield TextBlock(page=page.number, bbox=box, role="annotation", text=text, spans=(span,))


def _is_shown(page: Any, xref: int) -> bool:
    _, flags = page.parent.xref_get_key(xref, "F")
    return not (flags.isdigit() and int(flags) & _NOT_SHOWN)


def _with_links(page: Any, words: Sequence[Word]) -> list[Word]:
    links = [(bbox_of(link["from"]), target) for link in _links(page) if (target := _target(link))]
    if not links:
        return list(words)
    return [
        replace(word, leads_to=target) if (target := _under(word, links)) else word
        for word in words
    ]


def _links(page: Any) -> list[dict[str, Any]]:
    try:
        return list(page.get_links())
    except Exception:
        # A broken link is one aid less; the text does not depend on it.
        return []


def _target(link: dict[str, Any]) -> str:
    """A URI, or "#" and the 0-based index of a page; "" for what leads to neither."""
    uri = str(link.get("uri") or "")
    if uri:
        return uri if uri.lower().startswith(_SCHEMES) else ""
    page = link.get("page", -1)
    inside = link["kind"] in (pymupdf.LINK_GOTO, pymupdf.LINK_NAMED)
    return f"#{page}" if inside and isinstance(page, int) and page >= 0 else ""


def _under(word: Word, links: Sequence[tuple[BBox, str]]) -> str:
    x, y = word.centre
    inside = (t for box, t in links if box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1)
    return next(inside, "")


def _is_ticked(page: Any, widget: Any) -> bool:
    kind, state = page.parent.xref_get_key(widget.xref, "AS")
    shown = state if kind == "name" else str(widget.field_value or "Off")
    return shown.strip("/") not in ("Off", "")


def _with_box(words: Sequence[Word], box: BBox, *, ticked: bool) -> list[Word]:
    """The tick belongs to the line of its label, which mostly stands on its right."""
    others = [word for word in words if word.bbox.inside(box) < 0.5]
    level = [(index, word) for index, word in enumerate(others) if box.y0 < word.centre[1] < box.y1]
    most = _LABEL_GAP * box.height
    right = [(word.bbox.x0 - box.x1, index) for index, word in level if word.bbox.x0 > box.x1 - 2]
    left = [(box.x0 - word.bbox.x1, index) for index, word in level if word.bbox.x1 < box.x0 + 2]
    mark = Word(_TICKED if ticked else _EMPTY, box, -1, -1)
    for place, (gap, index) in enumerate([*sorted(right)[:1], *sorted(left)[:1]]):
        if gap <= most:
            label = others[index]
            mark = replace(mark, block=label.block, line=label.line, size=label.size)
            at = index + (place == 1 or not right)
            return [*others[:at], mark, *others[at:]]
    number = max((word.line for word in others), default=0) + 1
    block = max((word.block for word in others), default=0) + 1
    return [*others, replace(mark, block=block, line=number, size=round(box.height, 2))]


def _with_name(words: Sequence[Word], box: BBox, name: str) -> list[Word]:
    """The name of a field before its value, unless it is printed there."""
    inside = box.grown(2)
    first = next((at for at, word in enumerate(words) if word.bbox.inside(inside) > 0.5), None)
    if first is None or not 0 < len(name) <= _LONGEST_NAME:
        return list(words)
    value = words[first]
    if any(_is_beside(word, value.bbox) for word in words):
        return list(words)
    named = replace(value, text=f"{name.rstrip(':')}: {value.text}")
    return [*words[:first], named, *words[first + 1 :]]


def _is_beside(word: Word, value: BBox) -> bool:
    """Whether a word ends just left of the value."""
    gap = value.x0 - word.bbox.x1
    return value.y0 < word.centre[1] < value.y1 and -2 < gap < _NAME_GAP
