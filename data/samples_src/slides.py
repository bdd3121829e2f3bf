"""The field reliability slide deck: 16:9 slides with charts, a process, a picture and a table."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageFilter
from reportlab.lib import colors
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from .common import GREY, NAVY, ORANGE, PALE, Stamps, chart_pdf, finish, grid_table, style
from .pen import Pen

NAME = "field-reliability-slides.pdf"
TITLE = "AERIS C2 Compressor Fleet - Field Reliability Review 2024"
WIDTH, HEIGHT = 960.0, 540.0
CELL = style("scell", fontSize=13.5, leading=16.5)
CELL_HEAD = style("scell-h", parent=CELL, fontName="Helvetica-Bold")


class Deck:
    """Draws slides on a canvas."""

    def __init__(self) -> None:
        self.buffer = io.BytesIO()
        self.canvas: Any = Canvas(self.buffer, pagesize=(WIDTH, HEIGHT), invariant=1)
        self.canvas.setTitle(TITLE)
        self.pen = Pen(self.canvas, colors.HexColor("#222831"))
        self.stamps = Stamps()
        self.number = 0

    def slide(self, title: str) -> None:
        """Begin a slide with its title bar and footer."""
        if self.number:
            self.canvas.showPage()
        self.number += 1
        canvas = self.canvas
        canvas.bookmarkPage(f"s{self.number}")
        canvas.addOutlineEntry(title, f"s{self.number}", 0)
        canvas.setFillColor(NAVY)
        canvas.rect(0, HEIGHT - 74, WIDTH, 74, stroke=0, fill=1)
        canvas.setFillColor(ORANGE)
        canvas.rect(0, HEIGHT - 79, WIDTH, 5, stroke=0, fill=1)
        self.pen.text(44, HEIGHT - 50, title, 28, bold=True, color=colors.white)
        self.pen.text(44, 18, "Veldkamp Compressors  |  Field reliability review 2024", 11,
                      color=GREY)  # fmt: skip
        self.pen.text(WIDTH - 44, 18, str(self.number), 11, "r", color=GREY)

    def bullets(self, x: float, y: float, items: Sequence[str], size: float = 23) -> None:
        """Write bullets; an item that begins with ``-`` is a second-level one."""
        for item in items:
            sub = item.startswith("-")
            left = x + (30 if sub else 0)
            self.pen.circle(left + 4, y + size * 0.3, 3, 0.5, GREY if sub else ORANGE)
            self.pen.text(left + 18, y, item.lstrip("- "), size - (3 if sub else 0))
            y -= size * 1.75

    def chart(self, x: float, y: float, width: float, size: tuple[float, float],
              plot: Callable[[Figure], None]) -> None:  # fmt: skip
        """Lay in a matplotlib chart."""
        pdf = chart_pdf(*size, plot, **{"font.size": 8.5})
        place = (x, y, x + width, y + width * size[1] / size[0])
        self.stamps.items[f"s{self.number}"] = (self.number, place, pdf)

    def table(self, x: float, top: float, rows: Sequence[Sequence[str]],
              widths: Sequence[float]) -> None:  # fmt: skip
        """Draw a table whose upper left corner is (x, top)."""
        table = grid_table(rows, widths, body=CELL, head=CELL_HEAD, padding=6)
        _, height = table.wrapOn(self.canvas, sum(widths), HEIGHT)
        table.drawOn(self.canvas, x, top - height)


def returns(figure: Figure) -> None:
    """Plot returned units per quarter."""
    axes = figure.subplots()
    names = ["Q1 23", "Q2 23", "Q3 23", "Q4 23", "Q1 24", "Q2 24", "Q3 24", "Q4 24"]
    values = [118, 131, 164, 142, 127, 109, 96, 73]
    bars = axes.bar(names, values, color=["#8fa3b8"] * 4 + ["#17375e"] * 4)
    axes.bar_label(bars)
    axes.annotate("Heat wave, 164 units", (2, 175), (3.2, 186), arrowprops={"arrowstyle": "->"})
    axes.set_ylim(0, 200)
    axes.set_ylabel("Returned units")


def mtbf(figure: Figure) -> None:
    """Plot the mean time between failures."""
    axes = figure.subplots()
    month = np.arange(1, 13)
    old = np.array([9.1, 9.0, 9.3, 9.2, 9.4, 9.1, 8.8, 8.9, 9.2, 9.5, 9.4, 9.6])
    new = np.array([11.8, 12.1, 12.6, 13.0, 13.9, 14.1, 14.0, 14.8, 15.6, 16.3, 16.9, 17.4])
    axes.plot(month, old, "o-", ms=3, color="#5f6670", label="C2 series A")
    axes.plot(month, new, "o-", ms=3, color="#d9730d", label="C2 series B")
    axes.axhline(15, color="#0b7a75", ls="--", lw=0.9)
    axes.text(1, 15.2, "Target 15 000 h", color="#0b7a75")
    axes.annotate("17 400 h", (12, 17.4), (10.6, 18.2))
    axes.annotate("9 600 h", (12, 9.6), (11.2, 10.1))
    axes.set(xlim=(0.6, 12.6), ylim=(7, 19.5), xticks=month)
    axes.set_xlabel("Month of 2024")
    axes.set_ylabel("MTBF (1000 h)")
    axes.legend(loc="upper left")


def modes(figure: Figure) -> None:
    """Plot the failure modes as a Pareto chart."""
    axes = figure.subplots()
    names = ["Discharge valve plate", "Crank bearing", "Inverter fan", "Oil return check",
             "Pressure switch", "Others"]  # fmt: skip
    values = [38.5, 21.2, 14.6, 9.4, 6.8, 9.5]
    bars = axes.barh(names[::-1], values[::-1], color="#17375e")
    axes.bar_label(bars, fmt="%.1f %%", padding=3)
    axes.set_xlim(0, 46)
    axes.set_xlabel("Share of confirmed failures 2024")


def worn_race() -> ImageReader:
    """Render a bearing race with a spalled zone, like a close-up photograph."""
    rng = np.random.default_rng(2024)
    height, width = 480, 720
    y, x = np.mgrid[0:height, 0:width].astype(float)
    radius = np.hypot((x - 360) / 1.28, (y - 720))
    groove = np.clip(1 - ((radius - 470) / 125) ** 2, 0, 1)
    light = 62 + 120 * groove**0.7 + 46 * np.exp(-(((radius - 500) / 16) ** 2))
    light += 30 * np.exp(-(((x - 250) / 130) ** 2)) * groove
    scratches = np.sin(radius * 2.1) * 5 + np.sin(radius * 0.77 + 1) * 4
    light += scratches * (groove > 0)
    texture = Image.fromarray((rng.random((60, 90)) * 255).astype(np.uint8)).resize((width, height))
    rough = np.asarray(texture, dtype=float) / 255
    spall = np.exp(-(((x - 430) / 95) ** 2) - ((radius - 452) / 34) ** 2) + (rough - 0.5) * 0.7
    pit = spall > 0.52
    light = np.where(pit, 48 + 70 * rough, light)
    edge = np.asarray(Image.fromarray((pit * 255).astype(np.uint8)).filter(
        ImageFilter.FIND_EDGES), dtype=float)  # fmt: skip
    light += edge * 0.22
    light += rng.normal(0, 5, light.shape)
    tint = np.stack([light * 1.02, light * 0.99, light * 0.93], axis=-1)
    picture = Image.fromarray(np.clip(tint, 0, 255).astype(np.uint8))
    picture = picture.filter(ImageFilter.GaussianBlur(0.8))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    buffer.seek(0)
    return ImageReader(buffer)


def process(pen: Pen) -> None:
    """Draw the process of a returned unit."""
    steps = [
        ("1 Receive|scan serial number", "day 0"),
        ("2 Triage|run 20 min on rig R4", "day 1"),
        ("3 Teardown|photo of each part", "day 3"),
        ("4 Laboratory|SEM, oil analysis", "day 7"),
        ("5 8D report|owner: quality", "day 15"),
    ]
    for index, (label, day) in enumerate(steps):
        x = 44 + index * 178
        pen.block(x, 290, 150, 78, label, 13, PALE)
        pen.text(x + 75, 268, day, 13, "c", color=GREY)
        if index < 4:
            pen.arrow(x + 150, 329, x + 178, 329, head=9, width=1.6)
    pen.block(222, 130, 150, 62, "No fault found|return within 5 days", 12, colors.white)
    pen.arrow(297, 262, 297, 192, head=9, width=1.4)
    pen.text(306, 222, "31 % of units", 13, bold=True)
    pen.block(578, 130, 150, 62, "Supplier claim|form SC-88", 12, colors.white)
    pen.arrow(653, 262, 653, 192, head=9, width=1.4)
    pen.text(662, 222, "material defect", 13)


ACTIONS = [
    ["No.", "Action", "Owner", "Due", "Effect"],
    ["A-17", "Valve plate of Sandvik 7C27Mo2, 0.38 mm", "R. Oyelaran", "March 2025",
     "-55 % fractures"],
    ["A-19", "Oil gallery drilled to 4.2 mm", "S. Lindqvist", "May 2025", "bearing life x 1.8"],
    ["A-22", "Fan supplier changed to dual ball bearing", "M. Duarte", "February 2025",
     "-70 % fan faults"],
    ["A-23", "Firmware 5.4: slow start below -5 °C", "K. Aalto", "April 2025", "-30 % cold faults"],
    ["A-26", "Pressure switch potted", "M. Duarte", "July 2025", "IP67"],
]  # fmt: skip


def write(deck: Deck) -> None:
    """Draw the eleven slides."""
    canvas, pen = deck.canvas, deck.pen
    deck.slide("AERIS C2 compressor fleet")
    pen.text(80, 330, "Field reliability review 2024", 34, bold=True, color=NAVY)
    pen.text(80, 288, "Quality council, 23 January 2025, Enschede", 20, color=GREY)
    pen.text(80, 250, "Presented by Renske Oyelaran and Mateo Duarte", 18, color=GREY)
    deck.slide("Key messages")
    deck.bullets(70, 400, [
        "Returns fell by 27 %, from 555 units in 2023 to 405, still above plan",
        "Series B reached its MTBF target in September",
        "- one month earlier than promised",
        "The discharge valve plate remains the dominant failure",
        "Warranty cost: 1.94 million euro, 0.8 % of sales",
        "Decision needed: release budget of 310 000 euro for action A-19",
    ])  # fmt: skip
    deck.slide("The fleet in numbers")
    for index, (value, label) in enumerate((
        ("12 480", "units in the field"), ("41", "countries"), ("86 million", "operating hours"),
        ("63 %", "connected to telemetry"),
    )):  # fmt: skip
        x = 60 + index * 216
        pen.rect(x, 250, 192, 130, 1.2, PALE, 10)
        pen.text(x + 96, 312, value, 32, "c", bold=True, color=NAVY)
        pen.text(x + 96, 276, label, 15, "c")
    deck.bullets(70, 190, [
        "Largest customer group: supermarket refrigeration, 44 % of units",
        "Oldest unit still running: serial C2-000317, Tromsø, 71 300 h",
    ], 18)  # fmt: skip
    deck.slide("Returned units per quarter")
    deck.chart(90, 52, 760, (6.6, 3.3), returns)
    deck.slide("MTBF by series")
    deck.chart(90, 52, 760, (6.6, 3.3), mtbf)
    deck.slide("Failure modes")
    deck.chart(60, 60, 600, (5.6, 3.4), modes)
    deck.bullets(672, 390, ["312 teardowns", "93 % with clear", "- root cause", "Top two modes:",
                            "- 59.7 % together"], 19)  # fmt: skip
    deck.slide("How a returned unit is analysed")
    process(pen)
    pen.text(480, 420, "Target: 8D report within 15 working days (2024 average: 13.2)", 17, "c")
    deck.slide("Crank bearing: what we found")
    canvas.drawImage(worn_race(), 44, 92, 540, 360)
    pen.text(44, 68, "Picture: spalled inner race of unit C2-009164 after 6 210 h", 14, color=GREY)
    deck.bullets(606, 410, ["Spalling over 11 mm", "Hardness 58 HRC,", "- specification 60 to 64",
                            "Oil film too thin", "- kappa = 0.7 at 90 °C",
                            "Only lot 2309-B"], 19)  # fmt: skip
    deck.slide("Root cause of valve plate fractures")
    deck.bullets(70, 400, [
        "Fatigue crack starts at the rivet hole, 86 % of 120 plates",
        "Impact speed of the plate rises with liquid slugging",
        "- measured 7.4 m/s, limit of the material 6.0 m/s",
        "Cold starts below -5 °C cause 3 out of 4 slugging events",
        "Telemetry signature: discharge temperature drops by 12 K in 2 s",
        "Field proof: 40 units with heater, no fracture in 14 months",
    ])  # fmt: skip
    deck.slide("Corrective actions")
    deck.table(44, 430, ACTIONS, [64, 360, 140, 140, 168])
    deck.slide("Next steps")
    deck.bullets(70, 400, [
        "Pilot of 200 units with new valve plate, start 3 March 2025",
        "- sites: Oulu, Gdansk, Graz",
        "Telemetry alarm rule TR-31 goes live for all connected units",
        "Spare part kit K-2250 replaces K-2180 from May",
        "Next review: 17 July 2025",
    ])  # fmt: skip


def build(folder: Path) -> Path:
    """Write the slides into ``folder`` and return their path."""
    deck = Deck()
    write(deck)
    deck.canvas.save()
    target = folder / NAME
    finish(deck.buffer.getvalue(), target, title=TITLE, author="Veldkamp Compressors",
           stamps=deck.stamps)  # fmt: skip
    return target
