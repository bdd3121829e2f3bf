"""Crops of a page as PNG."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.text.words import Word, optical_words
from pagesight.errors import ServiceError
from pagesight.geometry import BBox
from pagesight.ports import OpticalReader

MARGIN = 4.0
"""Points around a crop, for lines that end at its edge."""
_MOST_PIXELS = 4e6
"""Vision models scale larger pictures down anyway."""
_BLANK = 0.9995
"""Share of one colour from which nothing can be seen."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A rendered region; `scale` is points a pixel, (left, top) its corner in points."""

    png: bytes
    left: float
    top: float
    scale: float
    is_blank: bool

    def words(self, reader: OpticalReader | None) -> tuple[Word, ...]:
        """The labels that can be read in it. A picture that cannot be read is still there to be
        looked at, so that a failing reader, or none, costs its words only."""
        if reader is None:
            return ()
        try:
            read = reader.read(self.png, sparse=True)
        except ServiceError:
            return ()
        return tuple(optical_words(read, self.scale, self.left, self.top))


@dataclass(slots=True)
class Renderer:
    """Renders crops of one page; the page is interpreted once, at the first crop."""

    page: Any
    dpi: int
    _list: Any = field(default=None, init=False)

    def crop(self, bbox: BBox) -> Crop:
        """The region with a margin, at the resolution asked for or as fine as the limit lets."""
        if self._list is None:
            self._list = self.page.get_displaylist(annots=True)
        rect = self.page.rect
        area = bbox.grown(MARGIN).clipped(BBox(rect.x0, rect.y0, rect.x1, rect.y1))
        scale = min(self.dpi / 72, (_MOST_PIXELS / max(area.area, 1.0)) ** 0.5)
        clip = pymupdf.Rect(area.x0, area.y0, area.x1, area.y1)
        pixels = self._list.get_pixmap(matrix=pymupdf.Matrix(scale, scale), clip=clip, alpha=False)
        share, _ = pixels.color_topusage()
        return Crop(
            png=pixels.tobytes("png"),
            left=pixels.x / scale,
            top=pixels.y / scale,
            scale=1 / scale,
            is_blank=share >= _BLANK,
        )
