"""Pages with places highlighted on them, and what stands there in the margin."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pagesight.geometry import BBox

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFont import FreeTypeFont, ImageFont

_FILL, _LINE = (255, 196, 0, 70), (214, 90, 0, 255)
"""Amber, and its darker line: seen on paper, on photographs and by colour-blind readers."""
_TALLEST_FILLED = 60.0
"""Points; what is taller is a figure, whose colours stay as they are."""
_MARGIN = 34.0
"""Points that are added on either side for marks, so that they cover nothing of the page."""
_MARGIN_COLOUR = (240, 240, 236)
_MARK_SIZE = 11.0
"""Points of the marks' letters."""
_LEADING = 1.3
"""Distance of two marks in the margin, in sizes of their letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """A place of a page, and the mark that stands beside it in the margin; "" for none."""

    bbox: BBox
    """Points, origin top-left."""
    mark: str = ""


def highlighted(png: bytes, width: float, highlights: Sequence[Highlight]) -> bytes:
    """A page (PNG) with places highlighted on it. Where one has a mark, the picture gets a margin
    on either side, and the mark stands on the side that its place is nearer to.

    Args:
        png: the whole page.
        width: of the page in points.
    """
    from PIL import Image, ImageDraw

    with Image.open(io.BytesIO(png)) as opened:
        page = opened.convert("RGBA")
    scale = page.width / width
    layer = Image.new("RGBA", page.size)
    draw = ImageDraw.Draw(layer)
    for place in highlights:
        box = place.bbox
        corners = [
            (min(box.x0, box.x1) * scale, min(box.y0, box.y1) * scale),
            (max(box.x0, box.x1) * scale, max(box.y0, box.y1) * scale),
        ]
        tall = abs(box.y1 - box.y0) > _TALLEST_FILLED
        draw.rectangle(corners, fill=None if tall else _FILL, outline=_LINE, width=2)
    page.alpha_composite(layer)
    marked = [place for place in highlights if place.mark]
    out = io.BytesIO()
    (_with_marks(page, scale, width, marked) if marked else page).save(out, "PNG")
    return out.getvalue()


def _with_marks(
    page: Picture, scale: float, width: float, highlights: Sequence[Highlight]
) -> Picture:
    from PIL import Image, ImageDraw, ImageFont

    margin = round(_MARGIN * scale)
    sheet = Image.new("RGB", (page.width + 2 * margin, page.height), _MARGIN_COLOUR)
    sheet.paste(page, (margin, 0))
    draw = ImageDraw.Draw(sheet)
    size = _MARK_SIZE * scale
    font = ImageFont.load_default(size)
    left = [place for place in highlights if place.bbox.x0 + place.bbox.x1 <= width]
    right = [place for place in highlights if place not in left]
    for places, middle in ((left, margin / 2), (right, sheet.width - margin / 2)):
        for text, y in _rows(places, scale, size * _LEADING, page.height):
            fitting = _fitting(text, font, 0.9 * margin, size)
            draw.text((middle, y), text, font=fitting, fill=_LINE[:3], anchor="mm")
    return sheet


def _rows(
    places: Sequence[Highlight], scale: float, leading: float, height: int
) -> list[tuple[str, float]]:
    """The marks of one margin from top to bottom, with the height of their middle in pixels:
    beside their places, or below each other where these stand close. Marks of one place stand
    together; of two close ones with the same mark only the upper one has it."""
    together: dict[float, list[str]] = {}
    for place in places:
        middle = (place.bbox.y0 + place.bbox.y1) / 2 * scale
        together.setdefault(middle, []).append(place.mark)
    rows: list[tuple[str, float]] = []
    for middle, marks in sorted(together.items()):
        text = "".join(dict.fromkeys(marks))
        free = rows[-1][1] + leading if rows else leading / 2
        if rows and rows[-1][0] == text and middle < free:
            continue
        rows.append((text, min(max(middle, free), height - leading / 2)))
    return rows


def _fitting(
    text: str, font: FreeTypeFont | ImageFont, most: float, size: float
) -> FreeTypeFont | ImageFont:
    """The font, smaller where the text would be wider than `most` pixels."""
    from PIL import ImageFont as Fonts

    wide = font.getlength(text)
    return font if wide <= most else Fonts.load_default(size * most / wide)
