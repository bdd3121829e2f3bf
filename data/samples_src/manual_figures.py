"""Drawings of the HYDRA P4 service manual."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from reportlab.lib import colors

from .common import PALE
from .pen import Pen

STEEL = colors.HexColor("#d5dbe2")
DARK = colors.HexColor("#aab4bf")
RUBBER = colors.HexColor("#4a4f55")


def schematic(pen: Pen) -> None:
    """Draw the hydraulic schematic (460 x 300)."""
    pen.poly([(30, 62), (30, 22), (430, 22), (430, 62)], width=1.4)
    pen.line(30, 48, 430, 48, width=0.4, dash=(3, 3))
    pen.text(40, 28, "Reservoir T1, 120 L", 7.5)
    pen.block(372, 24, 52, 22, "LS1|level switch", 6.2, PALE)
    # suction line, pump and motor
    pen.line(120, 30, 120, 84)
    pen.rect(112, 34, 16, 9, dash=(1.5, 1.5))
    pen.text(132, 35, "S1 strainer 125 µm", 7)
    pen.circle(120, 104, 20, 1.2)
    pen.poly([(113, 117), (127, 117), (120, 124)], fill=colors.black, close=True)
    pen.arrow(98, 84, 144, 128, width=0.7)
    pen.text(147, 100, "P1 pump P4-45", 7.5, bold=True)
    pen.text(147, 91, "variable", 6.5)
    pen.line(100, 106, 74, 106, width=1.6)
    pen.line(100, 102, 74, 102, width=1.6)
    pen.circle(54, 104, 20, 1.2)
    pen.text(54, 101, "M", 11, "c", bold=True)
    pen.text(54, 74, "M1 22 kW", 7, "c")
    # pressure line
    pen.line(120, 124, 120, 200)
    pen.line(120, 200, 392, 200)
    pen.dot(120, 150)
    pen.dot(120, 200)
    # check valve
    pen.poly([(193, 206), (200, 200), (193, 194)], width=1.1)
    pen.circle(189, 200, 4.2, 0.9, colors.white)
    pen.text(192, 212, "CV1 0.5 bar", 7, "c")
    # relief valve
    pen.line(120, 150, 196, 150)
    pen.rect(196, 138, 26, 24, 1)
    pen.arrow(200, 150, 218, 150, width=0.8)
    pen.poly([(226, 150), (229, 156), (232, 144), (235, 156), (238, 144), (241, 150)], width=0.7)
    pen.line(222, 150, 226, 150)
    pen.line(209, 138, 209, 56)
    pen.arrow(209, 60, 209, 52, width=0.8)
    pen.line(196, 150, 196, 168, dash=(2, 2), width=0.5)
    pen.line(196, 168, 209, 168, dash=(2, 2), width=0.5)
    pen.line(209, 168, 209, 162, dash=(2, 2), width=0.5)
    pen.text(246, 152, "PRV1 set to 285 bar", 7.5, bold=True)
    # pressure filter
    pen.poly([(250, 200), (264, 212), (278, 200), (264, 188)], close=True, fill=colors.white)
    pen.line(264, 212, 264, 188, dash=(2, 2))
    pen.text(264, 218, "F1 10 µm", 7, "c")
    pen.block(246, 232, 38, 16, "DPS1|5 bar", 5.8, PALE)
    # accumulator
    pen.dot(320, 200)
    pen.line(320, 200, 320, 226)
    pen.ellipse(320, 246, 12, 20, 1)
    pen.line(308, 246, 332, 246)
    pen.text(338, 252, "ACC1 4.0 L", 7)
    pen.text(338, 243, "p0 = 90 bar", 7)
    # transducer and gauge
    pen.dot(158, 200)
    pen.line(158, 200, 158, 236)
    pen.circle(158, 248, 12, 1)
    pen.arrow(151, 241, 165, 255, width=0.7)
    pen.text(158, 264, "PT1 0 to 400 bar", 7, "c")
    pen.circle(396, 200, 4, 1.2, colors.white)
    pen.text(404, 197, "P", 9, bold=True)
    # drain and return with cooler
    pen.line(134, 90, 166, 72, dash=(4, 2))
    pen.line(166, 72, 166, 44, dash=(4, 2))
    pen.text(169, 66, "case drain L", 6.2)
    pen.line(392, 110, 340, 110)
    pen.circle(396, 110, 4, 1.2, colors.white)
    pen.text(404, 107, "R", 9, bold=True)
    pen.poly([(312, 110), (326, 124), (340, 110), (326, 96)], close=True)
    pen.arrow(326, 113, 326, 138, width=0.6)
    pen.arrow(326, 107, 326, 84, width=0.6)
    pen.text(345, 120, "HX1 cooler 6 kW", 7)
    pen.line(312, 110, 270, 110)
    pen.poly([(270, 110), (256, 122), (242, 110), (256, 98)], close=True)
    pen.line(256, 122, 256, 98, dash=(2, 2))
    pen.text(256, 127, "F2 25 µm", 7, "c")
    pen.line(256, 98, 256, 98)
    pen.poly([(242, 110), (228, 110), (228, 44)])
    pen.arrow(228, 60, 228, 40, width=0.8)


def performance(figure: Figure) -> None:
    """Plot the delivery curves of the pump."""
    axes = figure.subplots()
    pressure = np.linspace(20, 280, 120)
    for speed, color in ((1000, "#5f6670"), (1500, "#17375e"), (1800, "#d9730d")):
        ideal = 45 * speed / 1000
        flow = ideal * (0.985 - 0.00009 * pressure - 2.2e-7 * pressure**2)
        flow = np.where(pressure > 250, flow * (1 - ((pressure - 250) / 34) ** 2), flow)
        axes.plot(pressure, flow, color=color)
        axes.annotate(
            f"n = {speed} rpm", (60, ideal * 0.975), (60, ideal * 0.975 + 1.8), color=color
        )
    axes.plot([210], [64.1], "o", color="#b3261e", markersize=4)
    axes.annotate(
        "Rated point 64.1 L/min at 210 bar",
        (210, 64.1),
        (118, 54.5),
        arrowprops={"arrowstyle": "->", "lw": 0.6},
    )
    axes.annotate("Cut-off starts at 250 bar", (250, 28), (172, 20))
    axes.axvline(250, color="#b3261e", lw=0.6, ls="--")
    axes.set(xlim=(0, 300), ylim=(0, 95))
    axes.set_xlabel("Outlet pressure (bar)")
    axes.set_ylabel("Delivery (L/min), ISO VG 46 at 50 °C")


def mounting(pen: Pen) -> None:
    """Draw the mounting hole pattern of the base frame (420 x 240)."""
    pen.rect(70, 50, 280, 140, 1.4, STEEL, 4)
    pen.rect(82, 62, 256, 116, 0.6, colors.white)
    for x in (90, 330):
        for y in (70, 170):
            pen.circle(x, y, 6, 1, colors.white)
            pen.line(x - 10, y, x + 10, y, width=0.3)
            pen.line(x, y - 10, x, y + 10, width=0.3)
    pen.rect(104, 92, 96, 56, 1, PALE, 6)
    pen.text(152, 117, "Motor M1", 8, "c")
    pen.rect(200, 108, 20, 24, 1, DARK)
    pen.line(210, 106, 210, 90, width=0.5)
    pen.text(210, 82, "bell housing", 6.2, "c")
    pen.rect(220, 96, 58, 48, 1, PALE, 4)
    pen.text(249, 117, "Pump P4", 8, "c")
    pen.arrow(278, 120, 318, 120, width=1)
    pen.text(286, 150, "port P", 6.5)
    pen.text(286, 142, "SAE 1", 6.5)
    pen.dim(90, 210, 330, 210, "860 ± 1")
    pen.line(90, 178, 90, 216, width=0.4)
    pen.line(330, 178, 330, 216, width=0.4)
    pen.dim(42, 70, 42, 170, "420 ± 1")
    pen.line(84, 70, 36, 70, width=0.4)
    pen.line(84, 170, 36, 170, width=0.4)
    pen.dim(70, 30, 350, 30, "980")
    pen.line(70, 48, 70, 26, width=0.4)
    pen.line(350, 48, 350, 26, width=0.4)
    pen.dim(384, 50, 384, 190, "540")
    pen.line(352, 50, 390, 50, width=0.4)
    pen.line(352, 190, 390, 190, width=0.4)
    pen.arrow(362, 222, 336, 175, width=0.5)
    pen.text(360, 225, "4 x Ø14 for M12 anchors", 7, "c")
    pen.text(70, 8, "All dimensions in mm. Centre of gravity 365 mm from the motor end.", 7)


WIRING: list[tuple[str, str, str]] = [
    ("X3:1", "+24 V", "supply F14, 2 A"),
    ("X3:2", "0 V", "supply M"),
    ("X3:3", "PT1 4-20 mA", "signal BN"),
    ("X3:4", "PT1 return", "return BU"),
    ("X3:5", "Enable", "key switch S2"),
    ("X3:6", "DPS1", "filter switch, opens at 5 bar"),
    ("X3:7", "LS1", "level switch, opens at low level"),
    ("X3:8", "Ready relay", "PLC input, 24 V max 0.5 A"),
    ("X3:9", "Swash YV1+", "valve coil 24 V 1.2 A"),
    ("X3:10", "Swash YV1-", "valve coil return"),
    ("X3:11", "Pt100 A", "oil temperature BT1"),
    ("X3:12", "Pt100 B", "oil temperature BT1"),
]


def wiring(pen: Pen) -> None:
    """Draw the wiring of terminal strip X3 (460 x 330)."""
    pen.rect(20, 20, 130, 292, 1.2, PALE, 4)
    pen.text(85, 296, "Drive controller DC4", 9, "c", bold=True)
    pen.text(85, 26, "terminal strip X3", 7, "c")
    pen.line(310, 24, 310, 300, width=0.5, dash=(4, 3))
    pen.text(314, 303, "Field side", 7.5, bold=True)
    for number, (terminal, signal, device) in enumerate(WIRING):
        y = 278 - number * 21.5
        pen.text(84, y - 2.5, signal, 7, "r")
        pen.rect(92, y - 7, 46, 14, 0.8, colors.white)
        pen.text(118, y - 2.5, terminal, 7.5, "c", bold=True)
        pen.circle(99, y, 2.6, 0.7)
        pen.line(138, y, 326, y, width=0.9)
        pen.circle(328, y, 2, 0.8, colors.white)
        pen.text(335, y - 2.5, device, 7)
        pen.text(180, y + 2, f"W{11 + number // 2}.{number % 2 + 1}", 5.8, color=colors.grey)
    for first in (2, 10):  # shielded pairs
        y = 278 - first * 21.5 - 10.7
        pen.ellipse(232, y, 7, 15, 0.7)
        pen.ground(232, y - 15)
    pen.text(242, 278 - 3 * 21.5 - 12, "shield to PE at DC4", 6)


def panel(pen: Pen) -> None:
    """Draw the control panel (360 x 170)."""
    pen.rect(20, 14, 320, 146, 1.4, STEEL, 8)
    pen.rect(44, 84, 150, 60, 1, colors.HexColor("#dcebd4"), 3)
    pen.text(54, 124, "P 210 bar", 14, bold=True, font="Courier")
    pen.text(54, 108, "T 47 °C   n 1500", 10, font="Courier")
    pen.text(54, 94, "Mode: AUTO", 10, font="Courier")
    for number, (name, label) in enumerate(
        (("S1", "Menu / back"), ("S2", "Down"), ("S3", "Up"), ("S4", "Confirm / reset"))
    ):
        x = 62 + number * 62
        pen.rect(x - 17, 40, 34, 22, 1, colors.white, 5)
        pen.text(x, 48, name, 8, "c", bold=True)
        pen.text(x, 28, label, 6.8, "c")
    for number, (name, label) in enumerate(
        (("H1", "Power (white)"), ("H2", "Running (green)"), ("H3", "Fault (red)"))
    ):
        y = 136 - number * 22
        pen.circle(222, y, 6, 1, colors.white)
        pen.text(234, y - 2.5, f"{name}  {label}", 7.5)
    pen.circle(308, 62, 18, 1.2, colors.HexColor("#e9b8b4"))
    pen.text(308, 59, "STOP", 8, "c", bold=True)
    pen.text(308, 30, "S0 emergency stop", 6.5, "c")


def shaft_seal(pen: Pen) -> None:
    """Draw the section through the shaft seal (420 x 220)."""
    for base in (26, 146):
        pen.hatch(150, base, 190, 44)
    pen.rect(30, 84, 350, 48, 1.2, STEEL)
    pen.line(20, 108, 400, 108, width=0.4, dash=(10, 3, 2, 3))
    pen.text(46, 112, "drive shaft Ø35 h6", 7.5)
    for base, sign in ((132, 1), (84, -1)):
        y = base if sign > 0 else base - 14
        pen.rect(186, y, 20, 14, 1, RUBBER)  # seal body
        lip = base + (1 if sign > 0 else -1)
        pen.poly([(206, lip + sign * 6), (213, lip), (206, lip + sign * 1)], 1, RUBBER, True)
        pen.rect(256, y, 46, 14, 1, DARK)
        near, far = (y + 3, y + 5) if sign > 0 else (y + 11, y + 9)
        pen.poly(
            [(264, near), (294, far), (294, far + sign * 6.5), (264, near + sign * 8.5)],
            1,
            colors.white,
            True,
        )
        pen.rect(228, y, 5, 14, 0.8, colors.white)
    pen.dim(206, 200, 256, 200, "18.5")
    pen.line(206, 148, 206, 204, width=0.4)
    pen.line(256, 148, 256, 204, width=0.4)
    pen.callout("1", 110, 178, 190, 142)
    pen.callout("2", 110, 40, 210, 80)
    pen.callout("3", 244, 14, 231, 76)
    pen.callout("4", 372, 168, 290, 144)
    pen.callout("5", 372, 44, 326, 56)
    for row, label in enumerate(
        ("1 seal body FKM", "2 dust lip", "3 snap ring", "4 taper roller bearing", "5 front cover")
    ):
        pen.text(6, 76 - row * 9.5 if row > 1 else 156 - row * 9.5, label, 7)


def fault_tree(pen: Pen) -> None:
    """Draw the fault-finding chart for missing pressure (440 x 320)."""

    def ask(x: float, y: float, lines: str) -> None:
        pen.poly([(x, y + 26), (x + 70, y), (x, y - 26), (x - 70, y)], close=True, fill=PALE)
        parts = lines.split("|")
        for row, part in enumerate(parts):
            pen.text(x, y + 2 - row * 9 + (len(parts) - 2) * 4.5, part, 7, "c")

    pen.block(50, 288, 120, 22, "No pressure at port P", 8, STEEL)
    pen.arrow(110, 288, 110, 266, width=0.9)
    questions = ["Motor turning in|arrow direction?", "PRV1 bypass line|hot (> 70 °C)?"]
    questions += ["Pilot current at|YV1 over 200 mA?"]
    actions = ["Swap L1 and L2|at motor terminal box", "Replace PRV1 cartridge|torque 90 Nm"]
    actions += ["Check fuse F7 and|cable W15"]
    for row, (question, action) in enumerate(zip(questions, actions, strict=True)):
        y = 240 - row * 84
        ask(110, y, question)
        pen.arrow(180, y, 270, y, width=0.9)
        pen.block(270, y - 16, 140, 32, action, 7.5, colors.white)
        pen.text(222, y + 4, "yes" if row == 1 else "no", 7, "c", bold=True)
        if row < 2:
            pen.arrow(110, y - 26, 110, y - 58, width=0.9)
            pen.text(116, y - 42, "no" if row == 1 else "yes", 7, bold=True)
    pen.arrow(110, 46, 110, 30, width=0.9)
    pen.text(116, 36, "yes", 7, bold=True)
    pen.block(30, 4, 160, 26, "Remove pump|inspect swash plate (section 7.2)", 7, STEEL)
