"""Words of a page, from its text layer or from OCR."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median
from typing import Any

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.bullets import name_signs
from pagesight.adapters.pymupdf.text.characters import INVISIBLE, TEX_LIGATURES, clean
from pagesight.adapters.pymupdf.text.ligatures import mend_ligatures
from pagesight.adapters.pymupdf.text.scripts import word_text
from pagesight.geometry import BBox, union
from pagesight.ports import OpticalWord

_FLAGS = (
    pymupdf.TEXT_COLLECT_STYLES
    | pymupdf.TEXT_COLLECT_VECTORS
    | pymupdf.TEXT_MEDIABOX_CLIP
    | pymupdf.TEXT_IGNORE_ACTUALTEXT
)
_PAINTED = 16 | 32
"""`char_flags` of glyphs that are filled or stroked; neither is text render mode 3."""
FEW_LETTERS = 40
"""A stamp or a page number over a scanned page."""
_CLEAR = 12
"""Opacity, of 255, up to which nothing is seen."""
_TALLEST = 1.5
"""Box height in font sizes: some fonts declare ascenders many times the size of their glyphs."""
_ABOVE, _BELOW = 0.75, 0.22
"""Font sizes that a box reaches at least above and below the baseline: others declare too few."""
_NARROW = frozenset("ijltfI.,:;'|!()")
_SAME_WIDTH = 0.03
"""Font sizes by which advances of a fixed-pitch font differ at most."""
SMALLER = 0.86
"""Of the size of what they stand at: raised characters are no larger."""
HIGHER = 0.15
"""Font sizes by which their baseline is higher at least."""
_LARGE = 24.0
"""Points; letters of watermarks are no smaller."""
_SLANT = 0.25
"""Sine of the angle to the nearest edge of the page: 15 degrees."""
_LEAST_LETTERS = 6
"""Distinct characters that show whether a font has one pitch."""

SOFT_HYPHEN = "\u00ad"


@dataclass(frozen=True, slots=True)
class Word:
    """A word; `block` and `line` number the paragraphs and lines of whoever read it."""

    text: str
    bbox: BBox
    block: int
    line: int
    size: float = 0.0
    """Points; 0 from OCR."""
    mono: bool = False
    hidden: bool = False
    """Drawn so that it leaves no mark: as the text over a scan is."""
    colour: int | None = None
    """0xRRGGBB; None where it is not known, or is not one only."""
    invisible: str = ""
    """Characters that were taken out of `text`, because nobody sees them."""
    leads_to: str = ""
    """The URI of its link, or "#" and the 0-based index of a page; "" without a link."""
    bold: bool = False
    slanted: bool = False
    """Large, and drawn across the page at an angle."""

    @property
    def centre(self) -> tuple[float, float]:
        return ((self.bbox.x0 + self.bbox.x1) / 2, (self.bbox.y0 + self.bbox.y1) / 2)


@dataclass(frozen=True, slots=True)
class TextLayer:
    """What the file itself says: its words, and where drawings and images are."""

    words: tuple[Word, ...]
    """In the order of the file; those that nobody sees too, and `text` is "" where no character
    of it is seen."""
    blocks: list[dict[str, Any]]
    """For the helpers of the layout: text (0), image (1) and vector (3) blocks with boxes."""
    images: tuple[BBox, ...]
    vectors: tuple[BBox, ...]

    def covered(self, area: BBox) -> float:
        """Share of the page `area` that images take."""
        return min(1.0, sum(image.area for image in self.images) / area.area)

    def is_ocr(self, area: BBox) -> bool:
        """Invisible text over a picture of the page. The layout network drops all invisible text
        as soon as one visible word (a stamp) is there."""
        hidden = weight(word for word in self.words if word.hidden)
        visible = weight(self.words) - hidden
        return hidden >= FEW_LETTERS and visible < 0.5 * hidden and self.covered(area) > 0.5


def text_layer(page: Any) -> TextLayer:
    """Reads a page whose rotation is removed; boxes are in display points."""
    mend_ligatures(page)
    raw = page.get_text("rawdict", flags=_FLAGS)["blocks"]
    name_signs(raw)
    area = bbox_of(page.rect)
    words = [word for word in _words(raw) if _on_page(word, area)]
    images = [bbox_of(image["bbox"]).clipped(area) for image in page.get_image_info()]
    blocks: list[dict[str, Any]] = [block for block in raw if block["type"] in (0, 3)]
    blocks += [{"type": 1, "bbox": (box.x0, box.y0, box.x1, box.y1)} for box in images]
    vectors = [bbox_of(block["bbox"]).clipped(area) for block in raw if block["type"] == 3]
    return TextLayer(tuple(_without_copies(words)), blocks, tuple(images), tuple(vectors))


def weight(words: Iterable[Word]) -> int:
    """Letters and digits in all."""
    return sum(character.isalnum() for word in words for character in word.text)


def runs(words: Sequence[Word]) -> Iterator[list[int]]:
    """Indices of the words of one size that follow each other closely."""
    run: list[int] = []
    for index, word in enumerate(words):
        if run and not _goes_on(words[run[-1]], word):
            yield run
            run = []
        run.append(index)
    if run:
        yield run


def _goes_on(before: Word, word: Word) -> bool:
    """Whether a word follows another one as in a sentence: tick labels are further apart, and
    between superscripts there are other words."""
    gap = max(word.bbox.x0 - before.bbox.x1, before.bbox.x0 - word.bbox.x1)
    return (
        (before.block, before.line) == (word.block, word.line)
        and before.size == word.size
        and gap < max(word.size, 2 * word.bbox.width / len(word.text))
    )


def optical_words(read: Iterable[OpticalWord], scale: float, left: float, top: float) -> list[Word]:
    """OCR words in points: `scale` is points a pixel, (left, top) the picture's corner."""
    lines: dict[tuple[int, int, int], int] = {}
    blocks: dict[tuple[int, int], int] = {}
    words = []
    for item in read:
        text = clean(item.text)
        if not text:
            continue
        x0, y0 = left + item.left * scale, top + item.top * scale
        bbox = BBox(x0, y0, x0 + item.width * scale, y0 + item.height * scale)
        block = blocks.setdefault(item.line[:2], len(blocks))
        words.append(Word(text, bbox, block, lines.setdefault(item.line, len(lines))))
    return words


def _words(raw: Sequence[dict[str, Any]]) -> Iterator[Word]:
    line_number = 0
    fixed = _fixed_pitch(raw)
    for block_number, block in enumerate(raw):
        for line in block.get("lines", ()):
            line_number += 1
            slanted = _is_slanted(line)
            for pending in _line_words(line):
                for word in _word(pending, block_number, line_number, fixed):
                    yield replace(word, slanted=True) if slanted else word


def _is_slanted(line: dict[str, Any]) -> bool:
    """Labels of charts are slanted too, and small."""
    largest = max((span["size"] for span in line["spans"]), default=0.0)
    return bool(largest >= _LARGE and min(map(abs, line["dir"])) > _SLANT)


def without_watermark(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words without those across the page, unless it has no others."""
    level = tuple(word for word in words if not word.slanted)
    return level if weight(level) else tuple(words)


def _fixed_pitch(raw: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Fonts whose letters are all equally wide; many do not say so themselves."""
    widths: dict[str, dict[str, float]] = {}
    for block in raw:
        for line in block.get("lines", ()):
            for span in line["spans"] if line["dir"][0] > 0.99 else ():
                known = widths.setdefault(span["font"], {})
                for character in span["chars"]:
                    letter, box = character["c"], character["bbox"]
                    if letter not in known and letter.isascii() and not letter.isspace():
                        known[letter] = (box[2] - box[0]) / max(span["size"], 0.1)
    return frozenset(
        font
        for font, known in widths.items()
        if len(known) >= _LEAST_LETTERS
        and _NARROW & known.keys()
        and max(known.values()) - min(known.values()) < _SAME_WIDTH
    )


@dataclass(frozen=True, slots=True)
class _Glyph:
    character: str
    box: BBox
    span: dict[str, Any]
    baseline: float | None
    """Its y; None where the line runs sideways."""


_Glyphs = list[_Glyph]


def _line_words(line: dict[str, Any]) -> Iterator[_Glyphs]:
    """Words of one line: runs of characters between white space, across changes of font."""
    level = abs(line["dir"][0]) > 0.9
    pending: _Glyphs = []
    for span in line["spans"]:
        for character in span["chars"]:
            text = character["c"]
            if text.isspace() and ord(text) not in TEX_LIGATURES:
                yield pending
                pending = []
            else:
                baseline = character["origin"][1] if level else None
                pending.append(_Glyph(text, _box(character, span, level), span, baseline))
    yield pending


def _box(character: dict[str, Any], span: dict[str, Any], level: bool) -> BBox:
    box = bbox_of(character["bbox"])
    size = span["size"]
    if not level:
        return box
    baseline = character["origin"][1]
    if box.height > _TALLEST * size:
        return BBox(box.x0, baseline - 0.95 * size, box.x1, baseline + 0.3 * size)
    top, bottom = baseline - _ABOVE * size, baseline + _BELOW * size
    return BBox(box.x0, min(box.y0, top), box.x1, max(box.y1, bottom))


def _word(pending: _Glyphs, block: int, line: int, fixed: Collection[str]) -> Iterator[Word]:
    raw = "".join(glyph.character for glyph in pending)
    text, invisible = clean(_with_raised(pending, raw)), "".join(INVISIBLE.findall(raw))
    if not text and not invisible:
        return
    spans = [glyph.span for glyph in pending]
    yield Word(
        text=text,
        bbox=union(glyph.box for glyph in pending),
        block=block,
        line=line,
        size=round(max(span["size"] for span in spans), 2),
        mono=all(
            span["font"] in fixed or span["flags"] & pymupdf.TEXT_FONT_MONOSPACED for span in spans
        ),
        hidden=all(_is_hidden(span) for span in spans),
        colour=_colour(spans),
        invisible=invisible,
        bold=all(span["flags"] & pymupdf.TEXT_FONT_BOLD for span in spans),
    )


def _with_raised(pending: _Glyphs, raw: str) -> str:
    """The word as it reads, exponents and marks of footnotes told from digits."""
    largest = max((glyph.span["size"] for glyph in pending), default=0.0)
    if all(glyph.span["size"] > SMALLER * largest for glyph in pending):
        return raw
    baselines = [
        glyph.baseline
        for glyph in pending
        if glyph.baseline is not None and glyph.span["size"] > SMALLER * largest
    ]
    if not baselines:
        return raw
    highest = median(baselines) - HIGHER * largest
    raised = [
        glyph.span["size"] <= SMALLER * largest
        and glyph.baseline is not None
        and glyph.baseline < highest
        for glyph in pending
    ]
    runs = groupby(zip(pending, raised, strict=True), key=lambda each: each[1])
    return word_text([("".join(each.character for each, _ in run), up) for up, run in runs])


def _is_hidden(span: dict[str, Any]) -> bool:
    """Type 3 glyphs are pictures, and say nothing of how they are painted."""
    painted = span["char_flags"] & _PAINTED or span["font"].startswith("Type3")
    return bool(span["alpha"] <= _CLEAR or not painted)


def _colour(spans: Sequence[dict[str, Any]]) -> int | None:
    """What Type 3 glyphs are coloured in is not known either."""
    colours = {span["color"] for span in spans}
    is_known = len(colours) == 1 and not any(span["font"].startswith("Type3") for span in spans)
    return int(colours.pop()) if is_known else None


def _without_copies(words: Iterable[Word]) -> Iterator[Word]:
    """Bold and shadows are also made by printing a word twice, a hair apart."""
    seen: dict[tuple[str, int, int], list[BBox]] = {}
    for word in words:
        place = (word.text, round(word.bbox.x0 / 8), round(word.bbox.y0 / 8))
        if not any(word.bbox.iou(box) > 0.7 for box in seen.get(place, ())):
            seen.setdefault(place, []).append(word.bbox)
            yield word


def _on_page(word: Word, area: BBox) -> bool:
    x, y = word.centre
    return area.x0 <= x <= area.x1 and area.y0 <= y <= area.y1


def box_of(words: Sequence[Word]) -> BBox:
    """The smallest box around some words."""
    return union(word.bbox for word in words)


def bbox_of(rectangle: Any) -> BBox:
    """A rectangle of PyMuPDF."""
    x0, y0, x1, y1 = (float(value) for value in rectangle)
    return BBox(x0, y0, x1, y1)
