"""Which words of a page leave a mark on it.

What a word says of itself (its colour, or that it is drawn invisibly) raises a suspicion, and the
rendered page decides: white text on a dark cell is seen, black text under a black box is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.characters import clean
from pagesight.adapters.pymupdf.text.words import Word, runs, weight
from pagesight.document import HiddenReason
from pagesight.geometry import BBox

_COARSE, _FINE = 1.0, 2.0
"""Pixels a point of the first look at all words, and of the second one at suspects."""
_MOST_PIXELS = 8e6
_FLAT = 30
"""Grey values between the darkest and the lightest of a word's place, under which it is suspect."""
_NEAR = 24.0
"""Grey values between a word's colour and the mean of its place, up to which it is suspect."""
_SEEN = 12
"""Values of 255 by which something has to differ to be seen: #f4f4f4 on white is not."""
_INK = 0.12
"""Share of a word's place that is not of its colour, from which the word is seen: thin rules that
cross it come to less, the background of bold letters to more."""
_PALE = 0.6
"""Of the way from a word's colour to what is around it: letters of three points are that pale."""
_NO_INK = 0.05
"""Share of a word's place that is of its colour or paler, under which nothing of it is there."""
_MIDDLE = 0.2
"""Of a word's height, cut off above and below: rules and lines next to it reach in there."""
_EVERYWHERE = (-1e5, -1e5, 1e5, 1e5)
_TEXTS = frozenset({"fill-text", "stroke-text"})
_SCAN = 0.5
"""Share of the page from which a picture may be one of the page itself."""
_MOST_BEHIND = 2 / 3
"""Share of the texts behind such a picture, from which they are what a program read in it."""

Boxes = npt.NDArray[np.float64]
_Pixels = npt.NDArray[np.uint8]


@dataclass(slots=True)
class View:
    """What a page shows, interpreted once; its rotation is removed."""

    page: Any
    _list: Any = field(init=False)

    def __post_init__(self) -> None:
        self._list = self.page.get_displaylist(annots=True)

    def words(self) -> Iterator[Word]:
        """All words that are painted, also beside the page, under something or clipped away."""
        for *box, raw, block, line, _ in self.page.get_text("words", clip=_EVERYWHERE, flags=0):
            if text := clean(raw):
                yield Word(text, BBox(*box), block, line)

    def look(self, colours: Any, scale: float) -> tuple[_Pixels, float]:
        """Rows x columns x colour components, and the pixels a point: fewer on a vast page."""
        area = self.page.rect.width * self.page.rect.height
        scale = min(scale, (_MOST_PIXELS / max(area, 1.0)) ** 0.5)
        matrix = pymupdf.Matrix(scale, scale)
        shown = self._list.get_pixmap(matrix=matrix, colorspace=colours, alpha=False)
        rows = np.frombuffer(shown.samples, np.uint8).reshape(shown.height, shown.stride)
        used = rows[:, : shown.n * shown.width]
        return used.reshape(shown.height, shown.width, shown.n), scale


def unseen(
    view: View, words: Sequence[Word], images: Sequence[BBox], *, is_scan: bool
) -> dict[int, HiddenReason]:
    """Index of a word -> why nothing of it is seen on the page.

    Invisible words over pictures stay where the page `is_scan`: they are what a program read
    there. What other pictures show is read from their pixels, whatever is laid over them.
    """
    if not words:
        return {}
    log = _Log(view.page)
    found: dict[int, HiddenReason] = {}
    if suspects := _suspects(view, words, images):
        pixels, scale = view.look(pymupdf.csRGB, _FINE)
        for index in suspects:
            word = words[index]
            if reason := _verdict(word, _place(pixels, scale, word.bbox), log):
                found[index] = reason
    found |= dict.fromkeys(_behind(words, found, log), "covered or clipped away")
    found |= dict.fromkeys(_overwritten(words, found), "drawn invisibly")
    if not is_scan:
        found |= dict.fromkeys(_over_pictures(words, images), "drawn invisibly")
    return found


def _suspects(view: View, words: Sequence[Word], images: Sequence[BBox]) -> list[int]:
    """Indices of the words at whose place nearly one grey is seen, or nearly their own; and of
    those on a picture that does not show their grey."""
    greys, scale = view.look(pymupdf.csGRAY, _COARSE)
    found = []
    for index, word in enumerate(words):
        place = _place(greys, scale, word.bbox)
        if not place.size:
            continue
        low, high = int(place.min()), int(place.max())
        if high - low < _FLAT:
            found.append(index)
        elif word.colour is not None and not word.hidden:
            grey = _grey(word.colour)
            is_near = abs(float(place.mean()) - grey) < _NEAR
            is_beyond = grey < low - _FLAT or grey > high + _FLAT
            if is_near or (is_beyond and any(word.bbox.inside(image) > 0.5 for image in images)):
                found.append(index)
    return found


def _place(pixels: _Pixels, scale: float, bbox: BBox) -> _Pixels:
    """What is seen at the middle of a word's height."""
    cut = _MIDDLE * bbox.height
    top, left = int((bbox.y0 + cut) * scale), int(bbox.x0 * scale)
    bottom, right = int((bbox.y1 - cut) * scale) + 1, int(bbox.x1 * scale) + 1
    return pixels[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]


def _verdict(word: Word, place: _Pixels, log: _Log) -> HiddenReason | None:
    """Why nothing of a word is seen at its place; None where something may be."""
    seen = place.reshape(-1, 3).astype(np.int16)
    if not len(seen):
        return None
    is_flat = int((seen.max(axis=0) - seen.min(axis=0)).max()) < _SEEN
    if word.hidden:
        return "drawn invisibly" if is_flat else None
    if word.colour is None:
        return "covered or clipped away" if is_flat else None
    own = np.array([word.colour >> 16, word.colour >> 8 & 255, word.colour & 255], np.int16)
    distance = np.abs(seen - own).max(axis=1)
    if (distance > _SEEN).mean() < _INK:
        return "in the colour of its background"
    if is_flat:
        return "covered or clipped away"
    around = float(np.abs(np.median(seen, axis=0) - own).max())
    is_gone = (distance < _PALE * around).mean() < _NO_INK
    return "covered or clipped away" if is_gone and log.covers(word) else None


def _grey(colour: int) -> float:
    """Luma of 0xRRGGBB by ITU-R BT.601, as MuPDF converts to grey."""
    return 0.299 * (colour >> 16) + 0.587 * (colour >> 8 & 255) + 0.114 * (colour & 255)


@dataclass(slots=True)
class _Log:
    """What the page paints and where, in order; asked for when it is needed."""

    page: Any
    _boxes: Boxes | None = None
    _is_text: npt.NDArray[np.bool_] | None = None

    def covers(self, word: Word) -> bool:
        """Whether a picture is painted at this place after the last text."""
        if self._boxes is None or self._is_text is None:
            log = [*self._texts_and_pictures()]
            self._boxes = np.array([box for _, box in log], np.float64).reshape(-1, 4)
            self._is_text = np.array([is_text for is_text, _ in log], np.bool_)
        x, y = word.centre
        left, top, right, bottom = self._boxes.T
        is_here = (left <= x) & (x <= right) & (top <= y) & (y <= bottom)
        texts = np.flatnonzero(is_here & self._is_text)
        pictures = np.flatnonzero(is_here & ~self._is_text)
        return bool(len(texts) and len(pictures) and pictures[-1] > texts[-1])

    def _texts_and_pictures(self) -> Iterator[tuple[bool, tuple[float, float, float, float]]]:
        """Whether it is a text, and its box. Shadows and the like, which let a text through, are
        left out, and scans: the text that a program read there may come before the picture."""
        log = self.page.get_bboxlog()
        count = sum(kind in _TEXTS for kind, _ in log)
        page = BBox(0.0, 0.0, float(self.page.rect.width), float(self.page.rect.height))
        solid = [
            BBox(*image["bbox"]) for image in self.page.get_image_info() if not image["has-mask"]
        ]
        before = 0
        for kind, box in log:
            if kind in _TEXTS:
                before += 1
                yield True, box
            elif kind == "fill-image" and any(BBox(*box).iou(image) > 0.9 for image in solid):
                is_page = page.inside(BBox(*box)) > _SCAN
                if not (is_page and before >= _MOST_BEHIND * count):
                    yield False, box


def _behind(words: Sequence[Word], found: Mapping[int, HiddenReason], log: _Log) -> Iterator[int]:
    """The other words of sentences that are behind a picture: it may show their colour too."""
    if "covered or clipped away" not in found.values():
        return
    for run in runs(words):
        gone = [words[index] for index in run if found.get(index) == "covered or clipped away"]
        if 2 * weight(gone) > weight(words[index] for index in run):
            yield from (index for index in run if index not in found and log.covers(words[index]))


def _over_pictures(words: Sequence[Word], images: Sequence[BBox]) -> Iterator[int]:
    """Invisible words over pictures of a page that is no scan. What such pictures show is read
    from their pixels."""
    for index, word in enumerate(words):
        if word.hidden and any(word.bbox.inside(image) > 0.5 for image in images):
            yield index


def _overwritten(words: Sequence[Word], found: Mapping[int, HiddenReason]) -> Iterator[int]:
    """Invisible paragraphs where other words are seen: no scan is under those."""
    shown = [word for index, word in enumerate(words) if not word.hidden and index not in found]
    texts, boxes = np.array([word.text for word in shown]), boxes_of(shown)
    invisible = (index for index, word in enumerate(words) if word.hidden and index not in found)
    for _, group in groupby(invisible, key=lambda index: words[index].block):
        block, over = [*group], []
        for index in block:
            shared = overlaps(words[index].bbox, boxes)
            is_same = (texts[shared > 0] == words[index].text).any()
            if shared.sum() > 0.5 * words[index].bbox.area and not is_same:
                over.append(words[index])
        if 2 * weight(over) > weight(words[index] for index in block):
            yield from block


def boxes_of(words: Sequence[Word]) -> Boxes:
    """A row x0, y0, x1, y1 a word, in points."""
    rows = [(word.bbox.x0, word.bbox.y0, word.bbox.x1, word.bbox.y1) for word in words]
    return np.array(rows, np.float64).reshape(-1, 4)


def overlaps(bbox: BBox, boxes: Boxes) -> npt.NDArray[np.float64]:
    """Square points that each of the boxes shares with one."""
    wide = np.minimum(boxes[:, 2], bbox.x1) - np.maximum(boxes[:, 0], bbox.x0)
    high = np.minimum(boxes[:, 3], bbox.y1) - np.maximum(boxes[:, 1], bbox.y0)
    shared: npt.NDArray[np.float64] = np.clip(wide, 0, None) * np.clip(high, 0, None)
    return shared
