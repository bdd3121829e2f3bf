"""Pages with places marked on them, small."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pagesight.evaluation.report.pictures import thumbnail
from pagesight.geometry import BBox

THUMBNAIL = 320
"""Pixels across: twice the width that the report shows, for screens with fine pixels."""
_FILL, _LINE = (255, 196, 0, 70), (214, 90, 0, 255)
"""Amber, and its darker line: seen on paper, on photographs and by colour-blind readers."""


def marked_page(png: bytes, width: float, boxes: Sequence[BBox]) -> bytes:
    """A thumbnail (JPEG) of a page with boxes marked on it.

    Args:
        png: the whole page.
        width: of the page in points.
        boxes: in points, origin top-left.
    """
    from PIL import Image, ImageDraw

    with Image.open(io.BytesIO(png)) as opened:
        page = opened.convert("RGBA")
    scale = page.width / width
    layer = Image.new("RGBA", page.size)
    draw = ImageDraw.Draw(layer)
    for box in boxes:
        corners = [
            (min(box.x0, box.x1) * scale, min(box.y0, box.y1) * scale),
            (max(box.x0, box.x1) * scale, max(box.y0, box.y1) * scale),
        ]
        draw.rectangle(corners, fill=_FILL, outline=_LINE, width=2)
    page.alpha_composite(layer)
    out = io.BytesIO()
    page.save(out, "PNG")
    return thumbnail(out.getvalue(), THUMBNAIL)
