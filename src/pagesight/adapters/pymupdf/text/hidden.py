"""Text of a page that no reader can see, told from what is merely white, small or under a scan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.characters import clean
from pagesight.adapters.pymupdf.text.marks import with_marks
from pagesight.adapters.pymupdf.text.sight import View, boxes_of, overlaps, unseen
from pagesight.adapters.pymupdf.text.words import TextLayer, Word, runs, without_watermark
from pagesight.document import HiddenReason, HiddenText
from pagesight.geometry import BBox, union

_LEAST_LETTERS = 12
"""Of a page's hidden words in all. Fewer say nothing, and are often no words at all: anchors and
marks of the program that wrote the file."""
_LEAST_RUN = 5
"""Words that follow each other closely. Labels of charts that were scaled down or cropped, and what
stands beside the page for the printer, have fewer."""
_TINY = 2.0
"""Points; nobody reads smaller letters."""
_NOT_SHOWN = pymupdf.PDF_ANNOT_IS_HIDDEN | pymupdf.PDF_ANNOT_IS_NO_VIEW
_SAYING = ("Contents", "V", "Parent/V")
"""Keys of annotations and form fields under which their text stands."""
_TAGS = range(0xE0000, 0xE0080)
_OVERRIDES = frozenset("\u202d\u202e")
_MANY_INVISIBLE = 4
"""Characters of one word that have a meaning; fewer are places where a line may break."""


def without_hidden(
    page: Any, layer: TextLayer, *, links: bool = True
) -> tuple[TextLayer, tuple[HiddenText, ...]]:
    """The text layer without the words that nobody sees, and these, and what else the page hides.
    A watermark goes as well. Links and the marks of forms are added to what is left; no `links`
    on a page that was turned in memory.

    The page's rotation has to be removed. Boxes of what is hidden lie on the page.
    """
    area = BBox(0.0, 0.0, float(page.rect.width), float(page.rect.height))
    words = tuple(word for word in layer.words if word.text)
    view = View(page)
    reasons = unseen(view, words, layer.images, is_scan=layer.is_ocr(area)) | _tiny(words)
    if _letters(words[index] for index in reasons) < _LEAST_LETTERS:
        reasons = {}
    kept = tuple(word for index, word in enumerate(words) if index not in reasons)
    found = [
        *_texts((words[index], reason) for index, reason in sorted(reasons.items())),
        *_texts(_left_out(view, area, words)),
        *_texts((word, "in a hidden layer") for word in _layered(view)),
        *_annotated(page),
        *_smuggled(layer.words),
    ]
    hidden = tuple(
        HiddenText(page=page.number, bbox=_on(area, bbox), text=text, reason=reason)
        for bbox, text, reason in found
    )
    layer = replace(layer, words=without_watermark(kept))
    return with_marks(page, layer, links=links), hidden


_Found = tuple[BBox, str, HiddenReason]


def _texts(words: Iterable[tuple[Word, HiddenReason]]) -> Iterator[_Found]:
    """One a paragraph and reason."""
    for (reason, _), group in groupby(words, key=lambda each: (each[1], each[0].block)):
        same = [word for word, _ in group]
        yield union(word.bbox for word in same), " ".join(word.text for word in same), reason


def _on(area: BBox, bbox: BBox) -> BBox:
    """The box moved to the nearest place on the page."""
    x0, x1 = (min(max(x, area.x0), area.x1) for x in (bbox.x0, bbox.x1))
    y0, y1 = (min(max(y, area.y0), area.y1) for y in (bbox.y0, bbox.y1))
    return BBox(x0, y0, x1, y1).rounded()


def _tiny(words: Sequence[Word]) -> dict[int, HiddenReason]:
    """Prose that is too small to be read."""
    found: dict[int, HiddenReason] = {}
    for run in runs(words):
        is_tiny = 0 < words[run[0]].size < _TINY
        if is_tiny and sum(_is_word(words[index]) for index in run) >= _LEAST_RUN:
            found |= dict.fromkeys(run, "too small to be read")
    return found


def _letters(words: Iterable[Word]) -> int:
    """Without digits: numbers are no instructions, and charts hide spare labels."""
    return sum(map(str.isalpha, "".join(word.text for word in words)))


def _is_word(word: Word) -> bool:
    return any(map(str.isalpha, word.text))


def _left_out(view: View, area: BBox, words: Sequence[Word]) -> Iterator[tuple[Word, HiddenReason]]:
    """What the text layer has left out, because it stands beside the page or is clipped."""
    known = {(word.text, round(word.bbox.x0) + near) for word in words for near in (-1, 0, 1)}
    boxes = boxes_of(words)
    found = [
        word
        for word in view.words()
        if (word.text, round(word.bbox.x0)) not in known and not overlaps(word.bbox, boxes).any()
    ]
    for run in runs(found):
        if sum(_is_word(found[index]) for index in run) >= _LEAST_RUN:
            for word in (found[index] for index in run):
                is_on = area.intersection(word.bbox) > 0
                yield word, "covered or clipped away" if is_on else "outside of the page"


def _layered(view: View) -> list[Word]:
    """Words of the layers that are switched off. A copy of the page has no layers."""
    document, number = view.page.parent, view.page.number
    if all(layer["on"] for layer in document.get_ocgs().values()):
        return []
    shown = {(word.text, word.bbox) for word in view.words()}
    with pymupdf.open() as copy:
        copy.insert_pdf(document, from_page=number, to_page=number, annots=False)
        words = [*View(copy[0]).words()]
    found = [word for word in words if (word.text, word.bbox) not in shown]
    return found if _letters(found) >= _LEAST_LETTERS else []


def _annotated(page: Any) -> Iterator[_Found]:
    """What annotations and form fields say that are not to be shown; none of it is on the page."""
    document = page.parent
    for xref, _, _ in page.annot_xrefs():
        if not xref:
            continue
        _, flags = document.xref_get_key(xref, "F")
        if flags.isdigit() and int(flags) & _NOT_SHOWN:
            said = [document.xref_get_key(xref, key) for key in _SAYING]
            text = clean(
                " ".join(" ".join(value.split()) for kind, value in said if kind == "string")
            )
            if len(text) >= _LEAST_LETTERS:
                yield BBox(0.0, 0.0, 0.0, 0.0), text, "in a hidden annotation"


def _smuggled(words: Iterable[Word]) -> Iterator[_Found]:
    """Characters that nobody sees, where they say something: tags are letters of ASCII."""
    for word in words:
        tags = "".join(
            chr(ord(each) - _TAGS.start) for each in word.invisible if ord(each) in _TAGS
        )
        codes = " ".join(f"U+{ord(each):04X}" for each in word.invisible)
        said = clean(tags) or codes
        is_override = not _OVERRIDES.isdisjoint(word.invisible)
        if tags or is_override or len(word.invisible) >= _MANY_INVISIBLE:
            yield word.bbox, said, "invisible characters"
