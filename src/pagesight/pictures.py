"""Pictures as they are sent to a model: scaled, or in tiles where they would be unreadable."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight.budget import image_tokens
from pagesight.results import Detail, ImagePart

if TYPE_CHECKING:
    from PIL import Image

LEAST_SCALE = 0.55
"""Crops are rendered at 150 dpi (parse.crop_dpi): at this scale letters of 8 points are still 9
pixels high, about the least that can be read."""
OVERLAP = 40
"""Pixels of the file that two tiles share: a line that one of them cuts is whole in the other."""
LOW_SIDE = 512
"""Pixels to which a server scales a picture of low detail itself."""


def fitted(path: Path, *, side: int, detail: Detail, most: int) -> tuple[ImagePart, ...]:
    """The picture in a file as one part, or as at most `most` tiles from left to right and top
    to bottom.

    It is scaled so that its longest side is at most `side` pixels. Where that would make it
    smaller than `LEAST_SCALE` of itself, it is cut into tiles that each keep that scale, unless
    these are too many. Pictures of low detail are never cut.

    Raises:
        OSError: the file is gone, or is no picture that can be read.
    """
    with opened(path) as image:
        image.load()
        width, height = image.size
    if detail == "low":
        return (_part(path, (0, 0, width, height), min(side, LOW_SIDE), detail),)
    tiles = list(_tiles(width, height, side / LEAST_SCALE))
    if len(tiles) > most:
        tiles = [(0, 0, width, height)]
    return tuple(_part(path, box, side, detail) for box in tiles)


def png(part: ImagePart) -> bytes:
    """The bytes of a part.

    Raises:
        OSError: the file is gone, or is no picture that can be read.
    """
    from PIL import Image

    with opened(part.path) as image:
        size = (part.width, part.height)
        if image.format == "PNG" and part.box == (0, 0, *image.size) and size == image.size:
            return part.path.read_bytes()
        buffer = io.BytesIO()
        plain = image if image.mode in ("RGB", "L") else image.convert("RGB")
        plain.resize(size, Image.Resampling.LANCZOS, part.box).save(buffer, "PNG")
        return buffer.getvalue()


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture file, whose pixels are read when they are asked for.

    Raises:
        OSError: it is gone, or is no picture that can be read; so does reading its pixels.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            yield image
    except (Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise OSError(f"{path}: {error}") from error


_Rectangle = tuple[int, int, int, int]


def _part(path: Path, box: _Rectangle, side: int, detail: Detail) -> ImagePart:
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, side / max(width, height))
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    return ImagePart(
        path=path,
        box=box,
        width=width,
        height=height,
        detail=detail,
        tokens=image_tokens(width, height, detail),
    )


def _tiles(width: int, height: int, longest: float) -> Iterator[_Rectangle]:
    """Rectangles of at most `longest` pixels a side that cover the picture."""
    for top, bottom in _cuts(height, longest):
        for left, right in _cuts(width, longest):
            yield left, top, right, bottom


def _cuts(length: int, longest: float) -> Iterator[tuple[int, int]]:
    """Equal pieces of at most `longest`, each with an overlap to the next."""
    if length <= longest:
        yield 0, length
        return
    step = max(1.0, longest - OVERLAP)
    count = math.ceil((length - OVERLAP) / step)
    size = math.ceil((length + (count - 1) * OVERLAP) / count)
    for number in range(count):
        start = min(number * (size - OVERLAP), length - size)
        yield start, start + size
