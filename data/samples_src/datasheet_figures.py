"""Drawings and charts of the LX7302 data sheet."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from reportlab.lib import colors

from .common import PALE
from .pen import Pen

PINS = [
    "VIN", "VIN", "EN", "RT", "SDA", "SCL", "ALERT", "AGND",
    "FB", "COMP", "SS/TR", "PG", "BOOT", "SW", "SW", "PGND",
]  # fmt: skip


def pinout(pen: Pen) -> None:
    """Draw the pin-out of the 16-lead QFN package, top view (300 x 230)."""
    pen.rect(85, 50, 130, 130, 1.3, PALE, 3)
    pen.rect(115, 80, 70, 70, 0.8, colors.HexColor("#c9d3de"), 2)
    pen.text(150, 118, "17", 8, "c", bold=True)
    pen.text(150, 106, "exposed pad PGND", 6.4, "c")
    pen.circle(94, 171, 3, 0.8, colors.black)
    for number, name in enumerate(PINS):
        side, place = divmod(number, 4)
        offset = 24 + place * 27.5
        label = str(number + 1)
        if side == 0:
            y = 180 - offset
            pen.rect(75, y - 5, 16, 10, 0.7, colors.white)
            pen.text(83, y - 2.3, label, 6.5, "c")
            pen.text(70, y - 2.5, name, 7.5, "r")
        elif side == 1:
            x = 85 + offset
            pen.rect(x - 5, 40, 10, 16, 0.7, colors.white)
            pen.text(x, 45.5, label, 6.5, "c")
            pen.text(x + 2.5, 36, name, 7.5, "r", turn=90)
        elif side == 2:
            y = 50 + offset
            pen.rect(209, y - 5, 16, 10, 0.7, colors.white)
            pen.text(217, y - 2.3, label, 6.5, "c")
            pen.text(230, y - 2.5, name, 7.5)
        else:
            x = 215 - offset
            pen.rect(x - 5, 174, 10, 16, 0.7, colors.white)
            pen.text(x, 179.5, label, 6.5, "c")
            pen.text(x + 2.5, 194, name, 7.5, turn=90)


def application(pen: Pen) -> None:
    """Draw the typical application schematic (470 x 250)."""
    pen.rect(170, 50, 130, 160, 1.3, PALE, 3)
    pen.text(235, 128, "LX7302-ADJ", 10, "c", bold=True)
    pen.text(235, 116, "U1", 8, "c")
    left = [("VIN", 190), ("EN", 160), ("RT", 126), ("SDA", 96), ("SCL", 76)]
    right = [("BOOT", 190), ("SW", 160), ("FB", 112), ("PG", 84), ("COMP", 64)]
    for name, y in left:
        pen.text(176, y - 2.5, name, 7)
    for name, y in right:
        pen.text(294, y - 2.5, name, 7, "r")
    # input side
    pen.circle(22, 190, 3, 1)
    pen.text(12, 198, "VIN 8 V to 36 V", 7.5)
    pen.line(25, 190, 170, 190)
    pen.dot(60, 190)
    pen.capacitor(60, 150, 40)
    pen.ground(60, 150)
    pen.text(70, 170, "C1", 7)
    pen.text(70, 161, "2 x 10 µF", 7)
    pen.dot(130, 190)
    pen.line(130, 190, 130, 186)
    pen.resistor(130, 160, 26, upright=True)
    pen.line(130, 160, 170, 160)
    pen.text(137, 172, "R1 100k", 6.8)
    pen.line(170, 126, 130, 126)
    pen.resistor(130, 96, 30, upright=True)
    pen.ground(130, 96)
    pen.text(86, 108, "RT 49.9k", 7)
    for y, name in ((96, "SDA"), (76, "SCL")):
        pen.line(170, y, 148, y)
        pen.line(148, y, 112 if name == "SCL" else 148, y)
    pen.line(148, 96, 148, 62)
    pen.line(148, 62, 112, 62)
    pen.text(108, 74, "SCL", 7, "r")
    pen.text(108, 60, "SDA", 7, "r")
    pen.text(84, 47, "to host, 3.3 V I2C", 6.5)
    # output side
    pen.line(300, 190, 330, 190)
    pen.line(330, 190, 330, 188)
    pen.capacitor(330, 160, 28)
    pen.text(340, 174, "C2 100 nF", 7)
    pen.line(300, 160, 352, 160)
    pen.dot(330, 160)
    pen.inductor(352, 160, 40)
    pen.text(372, 146, "L1 6.8 µH", 7, "c")
    pen.line(392, 160, 446, 160)
    pen.circle(449, 160, 3, 1)
    pen.text(464, 167, "VOUT 5.0 V / 3.5 A", 7, "r", bold=True)
    pen.dot(432, 160)
    pen.capacitor(432, 118, 42)
    pen.ground(432, 118)
    pen.text(442, 142, "C3", 7)
    pen.text(436, 126, "47 µF", 7)
    pen.dot(404, 160)
    pen.line(404, 160, 404, 140)
    pen.resistor(404, 114, 26, upright=True)
    pen.text(399, 124, "R2 52.3k", 6.8, "r")
    pen.dot(404, 112)
    pen.line(300, 112, 404, 112)
    pen.line(404, 114, 404, 108)
    pen.resistor(404, 80, 28, upright=True)
    pen.text(410, 90, "R3 10.0k", 6.8)
    pen.ground(404, 80)
    pen.line(300, 84, 330, 84)
    pen.text(334, 82, "PG to supervisor", 6.8)
    pen.line(300, 64, 330, 64)
    pen.line(330, 64, 330, 56)
    pen.resistor(330, 32, 24, upright=True)
    pen.text(337, 42, "R4 14.7k", 6.8)
    pen.line(330, 32, 330, 28)
    pen.capacitor(330, 8, 20)
    pen.text(341, 16, "C4 2.2 nF", 6.8)
    pen.ground(330, 8)
    pen.line(235, 50, 235, 40)
    pen.ground(235, 40)
    pen.text(243, 40, "AGND, PGND", 6.5)


def blocks(pen: Pen) -> None:
    """Draw the functional block diagram (460 x 220)."""
    pen.rect(50, 10, 340, 196, 0.8, dash=(4, 3))
    pen.block(64, 160, 82, 30, "LDO 5.2 V|internal supply", 7, PALE)
    pen.block(64, 108, 82, 30, "Oscillator|200 kHz to 2.2 MHz", 6.6, PALE)
    pen.block(64, 24, 82, 34, "I2C interface|slave address 0x58", 6.6, PALE)
    pen.block(184, 108, 76, 34, "PWM logic|peak current mode", 6.6, PALE)
    pen.block(184, 24, 76, 34, "Error amplifier|gm = 260 µA/V", 6.6, PALE)
    pen.block(184, 160, 76, 30, "UVLO|rising 4.2 V", 7, PALE)
    pen.block(300, 148, 76, 30, "High-side FET|55 mΩ", 7, PALE)
    pen.block(300, 84, 76, 30, "Low-side FET|32 mΩ", 7, PALE)
    pen.block(300, 24, 76, 34, "Thermal shutdown|165 °C", 6.6, PALE)
    for x1, y1, x2, y2 in (
        (146, 175, 184, 175), (146, 124, 184, 124), (222, 160, 222, 142), (222, 58, 222, 108),
        (260, 130, 300, 158), (260, 118, 300, 100), (146, 41, 184, 41), (338, 58, 338, 84),
    ):  # fmt: skip
        pen.arrow(x1, y1, x2, y2, width=0.8)
    pen.line(338, 148, 338, 114)
    pen.dot(338, 131)
    for y, name, x in ((175, "VIN", 20), (124, "RT", 20), (41, "SDA, SCL", 12)):
        pen.line(50, y, 64, y)
        pen.text(46, y - 2.5, name, 7, "r")
        del x
    pen.line(338, 131, 404, 131)
    pen.text(408, 128.5, "SW", 7.5)
    pen.line(338, 178, 338, 206)
    pen.text(338, 210, "VIN", 7, "c")
    pen.arrow(222, 6, 222, 24, width=0.8)
    pen.text(228, 0, "FB 0.800 V", 7)


def package(pen: Pen) -> None:
    """Draw the package outline (440 x 190)."""
    pen.rect(60, 40, 110, 110, 1.2, PALE)
    pen.circle(70, 140, 3, 0.8, colors.black)
    pen.dim(60, 164, 170, 164, "4.00 ± 0.10")
    pen.line(60, 152, 60, 168, width=0.4)
    pen.line(170, 152, 170, 168, width=0.4)
    pen.dim(40, 40, 40, 150, "4.00 ± 0.10")
    pen.line(58, 40, 36, 40, width=0.4)
    pen.line(58, 150, 36, 150, width=0.4)
    pen.text(115, 92, "TOP VIEW", 7, "c")
    pen.rect(250, 40, 110, 110, 1.2, colors.white)
    pen.rect(276, 66, 58, 58, 0.9, colors.HexColor("#c9d3de"))
    for place in range(4):
        offset = 22 + place * 22
        pen.rect(250, 40 + offset - 4, 13, 8, 0.8, PALE)
        pen.rect(347, 40 + offset - 4, 13, 8, 0.8, PALE)
        pen.rect(250 + offset - 4, 40, 8, 13, 0.8, PALE)
        pen.rect(250 + offset - 4, 137, 8, 13, 0.8, PALE)
    pen.dim(276, 93, 334, 93, "2.15")
    pen.dim(272, 164, 294, 164, "0.65 pitch")
    pen.line(272, 148, 272, 165, width=0.4)
    pen.line(294, 148, 294, 165, width=0.4)
    pen.arrow(388, 46, 362, 62, width=0.5)
    pen.text(390, 44, "0.30 lead width", 7)
    pen.text(305, 26, "BOTTOM VIEW", 7, "c")
    pen.rect(60, 8, 110, 12, 1, PALE)
    pen.text(176, 11, "0.85 max. height", 7)


def efficiency(figure: Figure) -> None:
    """Plot the efficiency over the load current."""
    axes = figure.subplots()
    load = np.linspace(0.02, 3.5, 200)
    for vin, static, color in ((12, 0.10, "#17375e"), (24, 0.17, "#0b7a75"), (36, 0.27, "#d9730d")):
        power = 5 * load
        loss = static + 0.075 * load + 0.068 * load**2 * (1 - 0.004 * vin) + 0.004 * vin * load
        axes.plot(load, 100 * power / (power + loss), color=color, label=f"VIN = {vin} V")
    axes.annotate("Peak 94.6 % at 1.2 A", (1.2, 94.6), (1.4, 97.5), arrowprops={"arrowstyle": "->"})
    axes.set(xlim=(0, 3.5), ylim=(60, 100))
    axes.set_xlabel("Load current (A)")
    axes.set_ylabel("Efficiency (%)")
    axes.legend(loc="lower right")


def resistance(figure: Figure) -> None:
    """Plot the on-resistance over the junction temperature."""
    axes = figure.subplots()
    temperature = np.linspace(-40, 150, 100)
    for start, name, color in ((55, "High side", "#17375e"), (32, "Low side", "#d9730d")):
        axes.plot(temperature, start * (1 + 0.0039 * (temperature - 25)), color=color, label=name)
    axes.plot([125], [55 * 1.39], "o", color="#17375e", ms=3)
    axes.annotate("76.5 mΩ at 125 °C", (125, 76.5), (20, 84), arrowprops={"arrowstyle": "->"})
    axes.set(xlim=(-50, 150), ylim=(0, 100))
    axes.set_xlabel("Junction temperature (°C)")
    axes.set_ylabel("RDS(on) (mΩ)")
    axes.legend(loc="lower right")


def frequency(figure: Figure) -> None:
    """Plot the switching frequency over the timing resistor."""
    axes = figure.subplots()
    resistor = np.linspace(9, 120, 200)
    axes.plot(resistor, 24950 / resistor, color="#17375e")
    axes.plot([49.9], [500], "o", color="#b3261e", ms=3)
    axes.annotate("500 kHz at 49.9 kΩ", (49.9, 500), (55, 1100), arrowprops={"arrowstyle": "->"})
    axes.set(xlim=(0, 125), ylim=(0, 2600))
    axes.set_xlabel("RT (kΩ)")
    axes.set_ylabel("Switching frequency (kHz)")


def transient(figure: Figure) -> None:
    """Plot the load step response."""
    axes = figure.subplots()
    time = np.linspace(0, 400, 400)
    dip = np.where(time > 80, -112 * np.exp(-(time - 80) / 26) * np.cos((time - 80) / 22), 0)
    rise = np.where(time > 260, 96 * np.exp(-(time - 260) / 26) * np.cos((time - 260) / 22), 0)
    axes.plot(time, dip + rise, color="#17375e")
    axes.annotate("-112 mV", (82, -110), (110, -112))
    axes.annotate("+96 mV", (262, 94), (290, 92))
    axes.text(85, 130, "Load step 0.5 A to 3.0 A, 1 A/µs")
    axes.set(xlim=(0, 400), ylim=(-150, 160))
    axes.set_xlabel("Time (µs)")
    axes.set_ylabel("VOUT deviation (mV)")
