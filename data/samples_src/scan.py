"""The acceptance test report of 1994: three typed pages, scanned askew, without a text layer."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from .common import PDF, finish
from .pen import Pen

NAME = "acceptance-test-report-1994.pdf"
TITLE = "Acceptance test report, press HP-630 (scan)"
DPI = 190
ANGLES = (0.8, -0.7, 1.1)
MONO = "Courier"

PAGE_1 = """\
BORRMANN & LINDQVIST
Machine Works, Test Department
                                          Malmberg, 14 October 1994

ACCEPTANCE TEST REPORT No. 94/1173

Customer:       Harwick Forge Company, Sheldrake
Machine:        Hydraulic press HP-630
Serial number:  7714-02
Order:          K 20458 of 3 February 1994
Present:        Mr. Alan Whitcombe for the customer
                Mr. G. Lindqvist, Mrs. E. Tauber

1. PURPOSE

The press was tested at the maker's works before shipment, as
agreed in section 9 of the contract. The test covered the
nominal force, the speeds of the ram, the leakage of the
cylinder and the safety devices.

2. CONDITIONS

Oil:            Tellus 68, filtered to 25 micron
Oil temperature 48 degrees C at the start of the test
Ambient         19 degrees C
Supply          380 V, 50 Hz, three phases

The gauges had been calibrated on 26 September 1994 by the
institute in Norrby, certificate 5581. The load cell of type
Kelvar 8M was placed in the centre of the table.

3. PROCEDURE

The force was raised in five steps and held for ten minutes
on each step. The fall of pressure was read after five
minutes. The stroke was measured with a steel rule.
"""

TABLE_HEAD = ("Step", "Force", "Pressure", "Drop", "Speed")
TABLE_ROWS = (
    ("1", "1260 kN", "61 bar", "0.4 bar", "12.1 mm/s"),
    ("2", "2520 kN", "118 bar", "0.9 bar", "11.8 mm/s"),
    ("3", "3780 kN", "176 bar", "1.3 bar", "11.2 mm/s"),
    ("4", "5040 kN", "233 bar", "2.2 bar", "10.6 mm/s"),
    ("5", "6300 kN", "291 bar", "3.7 bar", "9.7 mm/s"),
)

PAGE_2 = """\
Report No. 94/1173                                      Page 2

4. MEASURED VALUES

Table 1 gives the values read on the five steps.
"""

PAGE_2B = """\
The drop at full force is below the limit of 5 bar. The rapid
approach reached 214 mm/s, against 200 mm/s in the contract.
The return stroke took 6.8 seconds over 900 mm.

5. LEAKAGE

The ram sank by 0.6 mm in thirty minutes under its own weight
of 4.1 tonnes. No oil was found at the gland packing. A slight
sweat at flange no. 12 was cured by tightening to 340 Nm.

6. SAFETY DEVICES

The two-hand control stopped the ram within 95 milliseconds.
The light curtain was not yet mounted and is to be tested on
site. The relief valve opened at 315 bar and closed again at
296 bar.
"""

PAGE_3 = """\
Report No. 94/1173                                      Page 3

7. POINTS OF MEASUREMENT
"""

PAGE_3B = """\
8. DEFECTS TO BE REMEDIED

a) Name plate shows 60 Hz instead of 50 Hz.
b) Paint damaged on the left column, colour RAL 6011.
c) Spare gaskets, set 88-415, missing from the tool box.

9. RESULT

The press fulfils the contract. It is accepted subject to the
points above, which are to be settled by 30 November 1994.
The warranty runs for 24 months from commissioning.

     A. Whitcombe                      G. Lindqvist
     for the customer                  for the maker
"""


def typed(canvas: Any, text: str, top: float) -> float:
    """Write monospaced lines from ``top`` downwards and return the last baseline."""
    canvas.setFont(MONO, 11.2)
    for line in text.splitlines():
        canvas.drawString(66, top, line)
        top -= 16.2
    return top


def measured(pen: Pen, top: float) -> float:
    """Draw the table of measured values and return its lower edge."""
    widths = (60, 95, 95, 95, 105)
    pen.text(66, top, "Table 1: Measured values, 14 October 1994", 11.2, font=MONO)
    top -= 12
    pen.line(66, top, 66 + sum(widths), top, width=0.9)
    for row, values in enumerate((TABLE_HEAD, *TABLE_ROWS)):
        x = 66.0
        for width, value in zip(widths, values, strict=True):
            pen.text(x + 9, top - 17, value, 11.4, font=MONO, bold=row == 0)
            x += width
        top -= 25
        if row in (0, len(TABLE_ROWS)):
            pen.line(66, top, 66 + sum(widths), top, width=0.9)
    return top


def press(pen: Pen, x: float, y: float) -> None:
    """Draw the sketch of the press with the points of measurement."""
    pen.rect(x + 60, y + 10, 170, 24, 1.6)
    pen.rect(x + 60, y + 210, 170, 40, 1.6)
    for column in (72, 206):
        pen.rect(x + column, y + 34, 12, 176, 1.4)
    pen.rect(x + 120, y + 150, 50, 100, 1.6)
    pen.rect(x + 130, y + 104, 30, 60, 1.4)
    pen.rect(x + 96, y + 88, 98, 16, 1.6)
    pen.rect(x + 124, y + 36, 42, 24, 1.2)
    labels = [
        ("A", "load cell", 250, 46, 166, 48),
        ("B", "pressure gauge", 250, 238, 170, 230),
        ("C", "stroke rule", 250, 126, 194, 96),
        ("D", "oil thermometer", 250, 184, 170, 176),
    ]
    for letter, name, lx, ly, tx, ty in labels:
        pen.line(x + lx, y + ly, x + tx, y + ty, width=0.9)
        pen.circle(x + lx + 10, y + ly, 10, 1.2)
        pen.text(x + lx + 10, y + ly - 4, letter, 12, "c", bold=True, font=MONO)
        pen.text(x + lx + 34, y + ly - 4, name, 12, font=MONO)
    pen.dim(x + 40, y + 60, x + 40, y + 88, "")
    pen.text(x - 34, y + 70, "900 mm", 11, font=MONO)


def layout() -> bytes:
    """Type the three pages and return them as a PDF."""
    buffer = io.BytesIO()
    canvas: Any = Canvas(buffer, pagesize=A4, invariant=1)
    pen = Pen(canvas)
    typed(canvas, PAGE_1, A4[1] - 80)
    canvas.showPage()
    low = typed(canvas, PAGE_2, A4[1] - 80)
    low = measured(pen, low - 14)
    typed(canvas, PAGE_2B, low - 34)
    canvas.showPage()
    typed(canvas, PAGE_3, A4[1] - 80)
    press(pen, 104, A4[1] - 410)
    pen.text(A4[0] / 2, A4[1] - 428, "Figure 1: Points of measurement on the press HP-630", 11.2,
             "c", font=MONO)  # fmt: skip
    typed(canvas, PAGE_3B, A4[1] - 468)
    canvas.save()
    return buffer.getvalue()


def scanned(page: Image.Image, angle: float, rng: np.random.Generator) -> bytes:
    """Turn a clean page into a scan: askew, grainy, with specks and a shadow at the edge."""
    page = page.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=250)
    page = page.filter(ImageFilter.GaussianBlur(0.6))
    grey = np.asarray(page, dtype=float)
    height, width = grey.shape
    grey = 26 + grey * 0.87 + rng.normal(0, 6, grey.shape)
    grey -= 55 * np.exp(-np.arange(width) / 16)[None, :]
    for _ in range(180):
        y, x = int(rng.integers(0, height - 3)), int(rng.integers(0, width - 3))
        size = int(rng.integers(1, 3))
        grey[y : y + size, x : x + size] -= rng.uniform(40, 150)
    for y in (int(height * 0.037), int(height * 0.963)):
        grey[y : y + 1, int(width * 0.02) : int(width * 0.3)] -= 18
    image = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=42, dpi=(DPI, DPI))
    return buffer.getvalue()


def build(folder: Path) -> Path:
    """Write the scan into ``folder`` and return its path."""
    rng = np.random.default_rng(1994)
    target = folder / NAME
    result = PDF.open()
    with PDF.open(stream=layout(), filetype="pdf") as clean:
        for page, angle in zip(clean, ANGLES, strict=True):
            pixels = page.get_pixmap(dpi=DPI, colorspace=PDF.csGRAY)
            image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
            new = result.new_page(width=A4[0], height=A4[1])
            new.insert_image(new.rect, stream=scanned(image, angle, rng))
    finish(result.tobytes(no_new_id=True), target, title=TITLE, author="Test Department")
    return target
