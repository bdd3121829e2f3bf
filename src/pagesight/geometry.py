"""Boxes on a page: PDF points, origin top-left, after the page's rotation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class BBox:
    """A rectangle in PDF points (1/72 inch); x grows to the right, y grows downwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return max(0.0, self.x1 - self.x0)

    @property
    def height(self) -> float:
        return max(0.0, self.y1 - self.y0)

    @property
    def area(self) -> float:
        """Square points; 0 for an empty or inverted box."""
        return self.width * self.height

    def intersection(self, other: BBox) -> float:
        """Area shared with `other`, in square points."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return width * height if width > 0 and height > 0 else 0.0

    def inside(self, other: BBox) -> float:
        """Share of this box that `other` covers, 0 to 1 (0 for an empty box)."""
        return self.intersection(other) / self.area if self.area else 0.0

    def iou(self, other: BBox) -> float:
        """Intersection over union, 0 to 1."""
        shared = self.intersection(other)
        joined = self.area + other.area - shared
        return shared / joined if joined else 0.0

    def grown(self, margin: float) -> BBox:
        """This box with `margin` points added on each side."""
        return BBox(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)

    def clipped(self, other: BBox) -> BBox:
        """The part of this box that lies in `other` (its area is 0 where they do not meet)."""
        return BBox(
            max(self.x0, other.x0),
            max(self.y0, other.y0),
            min(self.x1, other.x1),
            min(self.y1, other.y1),
        )

    def rounded(self) -> BBox:
        """The box to a hundredth of a point, as elements have it."""
        return BBox(round(self.x0, 2), round(self.y0, 2), round(self.x1, 2), round(self.y1, 2))

    def fractions(self, width: float, height: float) -> tuple[float, float, float, float]:
        """The box as fractions of a page of `width` x `height` points, rounded to 1e-4."""
        return (
            round(self.x0 / width, 4),
            round(self.y0 / height, 4),
            round(self.x1 / width, 4),
            round(self.y1 / height, 4),
        )


def union(boxes: Iterable[BBox]) -> BBox:
    """The smallest box that holds all of `boxes`.

    Raises:
        ValueError: there are no boxes.
    """
    found = list(boxes)
    if not found:
        raise ValueError("union of no boxes")
    return BBox(
        min(box.x0 for box in found),
        min(box.y0 for box in found),
        max(box.x1 for box in found),
        max(box.y1 for box in found),
    )
