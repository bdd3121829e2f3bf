"""Pages of a scan put straight before they are read."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pagesight.optical import ReadWord
from pagesight.ports import OpticalReader, OpticalWord

if TYPE_CHECKING:
    import numpy.typing as npt

_SIDE = 1200
"""Pixels of the longest side of the picture in which the skew is measured: lines stay apart."""
_MOST_INK = 60_000
"""Pixels of ink that are looked at."""
_LEAST_INK = 1_000
_STEEPEST = 7.0
"""Degrees; the scanner's feed skews less, and what is turned further is no running text."""
_COARSE, _FINE = 0.5, 0.1
"""Degrees between the angles that are tried."""
_LEAST_SKEW = 0.7
"""Degrees; tesseract reads what is skewed by less as well (.99 of the words at 1, .96 at 2, .8 at
5 degrees)."""
_LEAST_GAIN = 2.0
"""By which lines stand out more than in the picture as it is. Skewed pages have 6 and more, but so
have slides with slanted edges: those are read both ways."""


class StraightenedPages:
    """Turns a skewed page by a few degrees before another reader gets it; boxes are those of the
    page given. Scattered labels are read as they are.

    Implements `pagesight.ports.OpticalReader`.
    """

    def __init__(self, reader: OpticalReader) -> None:
        self._reader = reader

    @property
    def fingerprint(self) -> str:
        """Of the reader, and that pages are straightened."""
        return f"{self._reader.fingerprint}, straightened"

    def read(self, png: bytes, *, sparse: bool) -> tuple[OpticalWord, ...]:
        """See `OpticalReader.read`."""
        if sparse:
            return self._reader.read(png, sparse=True)
        with Image.open(io.BytesIO(png)) as opened:
            image = opened.convert("L")
        angle = skew_of(image)
        if not angle:
            return self._reader.read(png, sparse=False)
        straight = image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        buffer = io.BytesIO()
        straight.save(buffer, "png", compress_level=1)
        words = self._reader.read(buffer.getvalue(), sparse=False)
        plain = self._reader.read(png, sparse=False)
        if _certain(plain) >= _certain(words):
            return plain
        return tuple(_turned_back(word, angle, straight.size, image.size) for word in words)


def skew_of(image: Image.Image) -> float:
    """Degrees by which the lines of a grey picture fall to the right; 0 where they are level, or
    where there are no lines.

    It is the angle at which the rows of ink are most unlike each other: see W. Postl, Detection of
    linear oblique structures and skew scan in digitized documents, 1986.
    """
    small = image.copy()
    small.thumbnail((_SIDE, _SIDE))
    pixels = np.asarray(small, dtype=np.float32)
    rows, columns = np.nonzero(pixels < 0.75 * pixels.mean())
    if len(rows) < _LEAST_INK:
        return 0.0
    # Drawn at random: every n-th pixel would even out the rows of the picture as it is.
    some = np.random.default_rng(0).permutation(len(rows))[:_MOST_INK]
    ink = (rows[some].astype(np.float32), columns[some].astype(np.float32))
    rough = max(_angles(0.0, _STEEPEST, _COARSE), key=lambda angle: _contrast(ink, angle))
    best = max(_angles(rough, _COARSE, _FINE), key=lambda angle: _contrast(ink, angle))
    is_clear = _contrast(ink, best) > _LEAST_GAIN * _contrast(ink, 0.0)
    return best if _LEAST_SKEW <= abs(best) < _STEEPEST and is_clear else 0.0


def _angles(middle: float, reach: float, step: float) -> list[float]:
    count = round(reach / step)
    return [round(middle + number * step, 2) for number in range(-count, count + 1)]


def _contrast(ink: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], angle: float) -> float:
    """How much the amount of ink changes from row to row, along rows that fall by `angle`."""
    rows, columns = ink
    levels = rows - columns * math.tan(math.radians(angle))
    counts = np.bincount((levels - levels.min()).astype(np.int64))
    return float(np.square(np.diff(counts)).sum())


def _certain(words: Sequence[OpticalWord]) -> float:
    """Characters that were read, those in doubt for less."""
    return sum(word.confidence * len(word.text) for word in words)


def _turned_back(
    word: OpticalWord, angle: float, straight: tuple[int, int], size: tuple[int, int]
) -> ReadWord:
    """The word in the picture of `size` that was turned to `straight`. The box keeps its size and
    moves with its middle: one around the slanted word would reach into the lines next to it."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    across = word.left + word.width / 2 - straight[0] / 2
    down = word.top + word.height / 2 - straight[1] / 2
    x = across * cos - down * sin + size[0] / 2
    y = across * sin + down * cos + size[1] / 2
    return ReadWord(
        text=word.text,
        left=round(x - word.width / 2),
        top=round(y - word.height / 2),
        width=word.width,
        height=word.height,
        line=word.line,
        confidence=word.confidence,
    )
