"""The exploded view of the pump in the HYDRA P4 service manual."""

from __future__ import annotations

import numpy as np
from reportlab.lib import colors

from .manual_figures import DARK, RUBBER, STEEL
from .pen import Pen


def exploded(pen: Pen) -> None:
    """Draw the exploded view of the pump (470 x 300) along a slanted axis."""
    slope = 0.32

    def axis(x: float) -> float:
        return 88 + slope * (x - 20)

    def disc(x: float, r: float, depth: float, fill: object = STEEL) -> None:
        """A short cylinder whose axis is the slanted line."""
        flat = r * 0.38
        steps = [i * np.pi / 36 for i in range(73)]
        back = [(x + depth + flat * np.cos(t), axis(x + depth) + r * np.sin(t)) for t in steps]
        front = [(x + flat * np.cos(t), axis(x) + r * np.sin(t)) for t in steps]
        pen.poly(back, 0.8, fill, True)
        top, low = axis(x), axis(x + depth)
        pen.poly(
            [(x, top + r), (x + depth, low + r), (x + depth, low - r), (x, top - r)], 0.1, fill
        )
        pen.line(x, top + r, x + depth, low + r)
        pen.line(x, top - r, x + depth, low - r)
        pen.poly(front, 0.8, fill, True)

    def ring(x: float, r: float, inner: float, depth: float, fill: object = STEEL) -> None:
        disc(x, r, depth, fill)
        pen.ellipse(x, axis(x), inner * 0.38, inner, 0.8, colors.white)

    pen.line(8, axis(8), 462, axis(462), width=0.4, dash=(10, 3, 2, 3))
    disc(418, 40, 14, DARK)
    for dx, dy in ((-9, 26), (-9, -26), (9, 26), (9, -26)):
        pen.circle(418 + dx * 0.8, axis(418) + dy, 2.4, 0.7, colors.white)
    ring(388, 34, 14, 4, colors.white)
    disc(352, 33, 10, STEEL)
    for part in range(9):
        angle = part * 2 * np.pi / 9
        x, y = 352 + 8 * np.cos(angle), axis(352) + 22 * np.sin(angle)
        pen.ellipse(x, y, 1.6, 3.4, 0.7, RUBBER)
    disc(292, 32, 32, DARK)
    for part in range(9):
        angle = part * 2 * np.pi / 9
        x, y = 292 + 8 * np.cos(angle), axis(292) + 21 * np.sin(angle)
        pen.ellipse(x, y, 2, 4, 0.7, colors.white)
    for part in (-17, 0, 17):
        x, y = 244, axis(244) + part
        pen.rect(x, y - 3, 22, 6, 0.7, colors.white, 2)
        pen.circle(x - 3, y, 4, 0.7, STEEL)
    ring(216, 30, 20, 4, colors.white)
    disc(178, 34, 9, STEEL)
    pen.ellipse(178, axis(178), 4.5, 12, 0.8, colors.white)
    ring(148, 24, 12, 9, DARK)
    disc(92, 7, 40, STEEL)
    disc(84, 11, 8, STEEL)
    ring(62, 16, 9, 5, colors.white)
    ring(40, 18, 10, 5, RUBBER)
    ring(20, 38, 14, 9, DARK)
    spots = [
        ("1", 18, 152, 22, 116), ("2", 52, 168, 44, 112), ("3", 76, 24, 64, 88),
        ("4", 110, 178, 112, 124), ("5", 148, 52, 154, 108), ("6", 172, 212, 182, 166),
        ("7", 218, 72, 219, 124), ("8", 238, 234, 252, 182), ("9", 306, 92, 308, 150),
        ("10", 348, 266, 356, 222), ("11", 398, 132, 391, 176), ("12", 444, 272, 426, 250),
    ]  # fmt: skip
    for label, x, y, to_x, to_y in spots:
        pen.callout(label, x, y, to_x, to_y)
    legend = [
        "1 front cover", "2 shaft seal", "3 snap ring", "4 drive shaft",
        "5 taper roller bearing", "6 swash plate", "7 retaining plate", "8 piston, 9 off",
        "9 cylinder barrel", "10 valve plate", "11 O-ring 98 x 3", "12 rear cover",
    ]  # fmt: skip
    for number, label in enumerate(legend):
        pen.text(250 + number % 2 * 112, 64 - number // 2 * 10, label, 7)
