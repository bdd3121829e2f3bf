"""A small drawing pen on a reportlab canvas: lines, labels, call-outs, circuit symbols."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from reportlab.lib import colors

FALLBACK = "SampleFallback"
Point = tuple[float, float]


class Pen:
    """Draws in points; the origin is the lower left corner of the figure."""

    def __init__(self, canvas: Any, ink: Any = colors.black) -> None:
        self.canvas = canvas
        self.ink = ink

    def text(
        self,
        x: float,
        y: float,
        label: str,
        size: float = 7,
        align: str = "l",
        bold: bool = False,
        color: Any = None,
        turn: float = 0,
        font: str = "Helvetica",
    ) -> None:
        """Write ``label`` with its baseline at ``y``; align is l, c or r."""
        name = f"{font}-Bold" if bold else font
        try:
            label.encode("cp1252")
        except UnicodeEncodeError:
            name = FALLBACK
        canvas = self.canvas
        canvas.saveState()
        canvas.setFillColor(color or self.ink)
        canvas.setFont(name, size)
        canvas.translate(x, y)
        canvas.rotate(turn)
        draw = {"l": canvas.drawString, "c": canvas.drawCentredString, "r": canvas.drawRightString}
        draw[align](0, 0, label)
        canvas.restoreState()

    @contextmanager
    def _stroke(
        self, width: float, fill: Any = None, dash: Sequence[float] = (), color: Any = None
    ) -> Iterator[Any]:
        """The canvas with this line and filling, until the end of the block."""
        canvas = self.canvas
        canvas.saveState()
        canvas.setLineWidth(width)
        canvas.setStrokeColor(color or self.ink)
        if dash:
            canvas.setDash(*[list(dash)])
        if fill is not None:
            canvas.setFillColor(fill)
        yield canvas
        canvas.restoreState()

    def poly(
        self,
        points: Sequence[Point],
        width: float = 0.8,
        fill: Any = None,
        close: bool = False,
        dash: Sequence[float] = (),
        color: Any = None,
    ) -> None:
        """Draw a line through ``points``."""
        with self._stroke(width, fill, dash, color) as canvas:
            path = canvas.beginPath()
            path.moveTo(*points[0])
            for point in points[1:]:
                path.lineTo(*point)
            if close:
                path.close()
            canvas.drawPath(path, stroke=1, fill=0 if fill is None else 1)

    def line(self, x1: float, y1: float, x2: float, y2: float, **options: Any) -> None:
        """Draw a straight line."""
        self.poly([(x1, y1), (x2, y2)], **options)

    def rect(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        width: float = 0.8,
        fill: Any = None,
        radius: float = 0,
        dash: Sequence[float] = (),
        color: Any = None,
    ) -> None:
        """Draw a rectangle, rounded when ``radius`` is given."""
        with self._stroke(width, fill, dash, color) as canvas:
            canvas.roundRect(x, y, w, h, radius, stroke=1, fill=0 if fill is None else 1)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, width: float = 0.8, fill: Any = None
    ) -> None:
        """Draw an ellipse around (x, y)."""
        with self._stroke(width, fill) as canvas:
            canvas.ellipse(x - rx, y - ry, x + rx, y + ry, stroke=1, fill=0 if fill is None else 1)

    def circle(self, x: float, y: float, r: float, width: float = 0.8, fill: Any = None) -> None:
        """Draw a circle around (x, y)."""
        self.ellipse(x, y, r, r, width, fill)

    def dot(self, x: float, y: float, r: float = 1.6) -> None:
        """Draw a filled junction dot."""
        self.circle(x, y, r, 0.2, self.ink)

    def arrow(
        self, x1: float, y1: float, x2: float, y2: float, head: float = 5, **options: Any
    ) -> None:
        """Draw a line with a filled head at its second end."""
        angle = math.atan2(y2 - y1, x2 - x1)
        back = (x2 - head * 0.8 * math.cos(angle), y2 - head * 0.8 * math.sin(angle))
        self.poly([(x1, y1), back], **options)
        wing = [
            (x2 - head * math.cos(angle + s * 0.38), y2 - head * math.sin(angle + s * 0.38))
            for s in (1, -1)
        ]
        ink = options.get("color") or self.ink
        self.poly([(x2, y2), *wing], width=0.2, fill=ink, close=True, color=ink)

    def dim(self, x1: float, y1: float, x2: float, y2: float, label: str, size: float = 7) -> None:
        """Draw a dimension line with arrows at both ends and its value beside it."""
        xm, ym = (x1 + x2) / 2, (y1 + y2) / 2
        self.arrow(xm, ym, x1, y1, head=4, width=0.5)
        self.arrow(xm, ym, x2, y2, head=4, width=0.5)
        if abs(x2 - x1) >= abs(y2 - y1):
            self.text(xm, ym + 2.5, label, size, "c")
        else:
            self.text(xm - 2.5, ym, label, size, "c", turn=90)

    def callout(self, label: str, x: float, y: float, to_x: float, to_y: float) -> None:
        """Draw a numbered balloon with a leader to the part it names."""
        self.line(x, y, to_x, to_y, width=0.5)
        self.dot(to_x, to_y, 1.2)
        self.circle(x, y, 7, 0.8, colors.white)
        self.text(x, y - 2.6, label, 7.5, "c", bold=True)

    def block(
        self, x: float, y: float, w: float, h: float, lines: str, size: float = 7, fill: Any = None
    ) -> None:
        """Draw a box with centred lines of text, separated by ``|``."""
        self.rect(x, y, w, h, fill=fill, radius=2)
        parts = lines.split("|")
        top = y + h / 2 + (len(parts) - 1) * size * 0.6 - size * 0.35
        for row, part in enumerate(parts):
            self.text(x + w / 2, top - row * size * 1.2, part, size, "c", bold=row == 0)

    def hatch(self, x: float, y: float, w: float, h: float, step: float = 5) -> None:
        """Fill a rectangle with diagonal section lines."""
        self.rect(x, y, w, h)
        canvas = self.canvas
        canvas.saveState()
        path = canvas.beginPath()
        path.rect(x, y, w, h)
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.setLineWidth(0.35)
        offset = -h
        while offset < w:
            canvas.line(x + offset, y, x + offset + h, y + h)
            offset += step
        canvas.restoreState()

    def resistor(self, x: float, y: float, length: float = 26, upright: bool = False) -> None:
        """Draw a resistor that starts at (x, y) and runs right (or up)."""
        body, lead = length * 0.6, length * 0.2
        if upright:
            self.line(x, y, x, y + lead)
            self.rect(x - 3, y + lead, 6, body)
            self.line(x, y + lead + body, x, y + length)
        else:
            self.line(x, y, x + lead, y)
            self.rect(x + lead, y - 3, body, 6)
            self.line(x + lead + body, y, x + length, y)

    def capacitor(self, x: float, y: float, length: float = 26) -> None:
        """Draw an upright capacitor that starts at (x, y) and runs up."""
        middle = y + length / 2
        self.line(x, y, x, middle - 2)
        self.line(x - 7, middle - 2, x + 7, middle - 2, width=1.3)
        self.line(x - 7, middle + 2, x + 7, middle + 2, width=1.3)
        self.line(x, middle + 2, x, y + length)

    def inductor(self, x: float, y: float, length: float = 40) -> None:
        """Draw an inductor of four half turns that starts at (x, y) and runs right."""
        turn = length / 4
        for number in range(4):
            left = x + number * turn
            self.canvas.setLineWidth(0.9)
            self.canvas.arc(left, y - turn / 2, left + turn, y + turn / 2, 0, 180)

    def ground(self, x: float, y: float) -> None:
        """Draw an earth symbol below (x, y)."""
        self.line(x, y, x, y - 4)
        for number, half in enumerate((7, 4.5, 2)):
            self.line(x - half, y - 4 - number * 2.5, x + half, y - 4 - number * 2.5, width=1)
