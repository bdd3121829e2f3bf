"""The LX7302 data sheet: a 3.5 A step-down regulator with an I2C interface."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from reportlab.lib import colors
from reportlab.lib.pagesizes import LETTER
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from . import datasheet_figures as figures
from .common import (
    CAPTION,
    CAPTION_CENTRED,
    GREY,
    TEAL,
    Chart,
    Sketch,
    Stamps,
    chart_pdf,
    finish,
    grid_table,
    para,
    rich,
    style,
)

NAME = "lx7302-datasheet.pdf"
TITLE = "LX7302 3.5-A Synchronous Step-Down Regulator with I2C - Data Sheet"
WIDTH, HEIGHT = LETTER
H1 = style("d1", fontName="Helvetica-Bold", fontSize=12, leading=16, textColor=TEAL,
           spaceBefore=8, spaceAfter=4, keepWithNext=1)  # fmt: skip
TEXT = style("dtext", fontSize=9.2, leading=12, spaceAfter=5)
BULLET = style("dbullet", parent=TEXT, leftIndent=12, bulletIndent=2, spaceAfter=2)
SMALL = style("dsmall", fontSize=7.6, leading=9.2)
SMALL_HEAD = style("dsmall-h", parent=SMALL, fontName="Helvetica-Bold")

ABSOLUTE = [
    ["Parameter", "Pin", "Min", "Max", "Unit"],
    ["Supply voltage", "VIN", "-0.3", "42", "V"],
    ["Switch node, DC", "SW", "-0.6", "42", "V"],
    ["Switch node, 10 ns transient", "SW", "-5", "46", "V"],
    ["Bootstrap to SW", "BOOT", "-0.3", "6.0", "V"],
    ["Logic pins", "SDA, SCL, ALERT, PG", "-0.3", "6.5", "V"],
    ["Enable", "EN", "-0.3", "40", "V"],
    ["Junction temperature", "-", "-40", "150 °C", "-"],
    ["Storage temperature", "-", "-65", "160 °C", "-"],
    ["ESD, human body model", "all", "-", "±2000 V", "-"],
    ["ESD, charged device model", "all", "-", "±750 V", "-"],
]

ELECTRICAL = [
    ["Symbol", "Parameter", "Conditions", "Min", "Typ", "Max", "Unit"],
    ["VIN", "Input voltage range", "", "4.5", "-", "36", "V"],
    ["VUVLO", "Undervoltage lockout, rising", "", "4.05", "4.20", "4.35", "V"],
    ["VHYS", "Lockout hysteresis", "", "-", "310", "-", "mV"],
    ["IQ", "Quiescent current", "EN = 2 V, no switching", "-", "145", "190", "µA"],
    ["ISD", "Shutdown current", "EN = 0 V, TJ = 25 °C", "-", "1.8", "4.5", "µA"],
    ["VFB", "Feedback voltage", "TJ = -40 to 125 °C", "0.792", "0.800", "0.808", "V"],
    ["IFB", "Feedback input current", "VFB = 0.8 V", "-", "12", "60", "nA"],
    ["gm", "Error amplifier transconductance", "ICOMP = ±5 µA", "210", "260", "310", "µA/V"],
    ["RDSH", "High-side on-resistance", "VBOOT - VSW = 5 V", "-", "55", "98", "mΩ"],
    ["RDSL", "Low-side on-resistance", "", "-", "32", "58", "mΩ"],
    ["ILIM", "Peak current limit", "", "4.6", "5.4", "6.2", "A"],
    ["INEG", "Negative current limit", "forced PWM", "-2.9", "-2.3", "-1.7", "A"],
    ["fSW", "Switching frequency", "RT = 49.9 kΩ", "455", "500", "545", "kHz"],
    ["tON", "Minimum on-time", "VIN = 36 V", "-", "68", "85", "ns"],
    ["tOFF", "Minimum off-time", "", "-", "115", "140", "ns"],
    ["VENH", "Enable threshold, rising", "", "1.14", "1.21", "1.28", "V"],
    ["ISS", "Soft-start charge current", "", "3.6", "5.2", "6.8", "µA"],
    ["VPG", "Power-good threshold", "FB rising, % of VFB", "91.0", "93.5", "96.0", "%"],
    ["tPG", "Power-good delay", "", "-", "240", "-", "µs"],
    ["TSD", "Thermal shutdown", "rising", "155", "165", "-", "°C"],
    ["THYS", "Thermal hysteresis", "", "-", "18", "-", "°C"],
]

REGISTERS = [
    ["Address", "Name", "Access", "Reset", "Description"],
    ["0x00", "DEVICE_ID", "R", "0x73", "Device identification"],
    ["0x01", "REVISION", "R", "0x02", "Silicon revision"],
    ["0x04", "VOUT_TRIM", "R/W", "0x80", "Output trim, 2.5 mV per step"],
    ["0x08", "MODE", "R/W", "0x01", "Bit 0: forced PWM, bit 1: spread spectrum ±6 %"],
    ["0x0C", "SS_TIME", "R/W", "0x04", "Soft-start time, 0.5 ms per step"],
    ["0x10", "OC_LIMIT", "R/W", "0x3F", "Current limit, 85 mA per step"],
    ["0x14", "FAULT_MASK", "R/W", "0x00", "Mask of faults that pull ALERT low"],
    ["0x18", "STATUS", "R", "-", "Bit 7: PG, bit 3: OT warning, bit 0: OC"],
    ["0x1C", "FAULT_LOG", "R/C", "0x00", "Latched faults, cleared by writing 0xA5"],
    ["0x20", "ADC_VOUT", "R", "-", "Output voltage, 10 bit, 12.5 mV per LSB"],
    ["0x22", "ADC_TEMP", "R", "-", "Junction temperature, 0.75 °C per LSB"],
]

ORDERING = [
    ["Part number", "Output", "Package", "Marking", "Packing"],
    ["LX7302-ADJ", "0.8 V to 24 V", "QFN-16", "73A", "tape and reel, 3000"],
    ["LX7302-33QFN", "3.3 V fixed", "QFN-16", "73C", "tape and reel, 3000"],
    ["LX7302-50QFN", "5.0 V fixed", "QFN-16", "73E", "tape and reel, 3000"],
    ["LX7302-ADJ-Q1", "0.8 V to 24 V", "QFN-16, wettable flanks", "73AQ", "tape and reel, 5000"],
    ["LX7302-EVM2", "evaluation board", "-", "-", "box, 1"],
]

PIN_ROWS = [
    ["Pin", "Name", "Function"],
    ["1, 2", "VIN", "Supply input; bypass to PGND with at least 10 µF close to the pins."],
    ["3", "EN", "Enable; a divider from VIN sets the start voltage."],
    ["4", "RT", "Timing resistor to AGND, 11.3 kΩ to 124 kΩ."],
    ["5, 6", "SDA, SCL", "I2C data and clock, up to 1 MHz."],
    ["7", "ALERT", "Open-drain fault output, active low."],
    ["8", "AGND", "Signal ground."],
    ["9", "FB", "Feedback input, 0.800 V."],
    ["10", "COMP", "Compensation network."],
    ["11", "SS/TR", "Soft-start capacitor or tracking input."],
    ["12", "PG", "Power-good output, open drain."],
    ["13", "BOOT", "Bootstrap capacitor 100 nF to SW."],
    ["14, 15", "SW", "Switch node."],
    ["16, 17", "PGND", "Power ground and exposed pad."],
]


class Sheet:
    """Collects the story and numbers figures and tables."""

    def __init__(self) -> None:
        self.story: list[Any] = []
        self.stamps = Stamps()
        self.figures = self.tables = 0

    def head(self, text: str) -> None:
        """Add a numbered heading."""
        self.story.append(para(text, H1))

    def text(self, *texts: str) -> None:
        """Add paragraphs."""
        self.story += [para(text, TEXT) for text in texts]

    def table(self, caption: str, rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        """Add a dense table with its caption above."""
        self.tables += 1
        grid = grid_table(rows, widths, body=SMALL, head=SMALL_HEAD, padding=1.9)
        head = para(f"Table {self.tables}. {caption}", style("dc", parent=CAPTION, spaceAfter=3))
        self.story.append(KeepTogether([Spacer(1, 3), head, grid, Spacer(1, 9)]))

    def caption(self, caption: str) -> Paragraph:
        """Return the next figure caption."""
        self.figures += 1
        return para(f"Figure {self.figures}. {caption}", CAPTION_CENTRED)

    def figure(self, caption: str, sketch: Sketch) -> None:
        """Add a drawing with its caption below."""
        label = self.caption(caption)
        self.story.append(KeepTogether([Spacer(1, 4), sketch, Spacer(1, 4), label, Spacer(1, 8)]))

    def pair(self, *charts: tuple[str, Callable[[Figure], None]]) -> None:
        """Add two charts side by side."""
        row, captions = [], []
        for caption, plot in charts:
            pdf = chart_pdf(3.2, 2.4, plot)
            row.append(Chart(caption, pdf, 240, self.stamps))
            captions.append(self.caption(caption))
        self.story += [Table([row, captions], colWidths=[256, 256]), Spacer(1, 10)]


def write(sheet: Sheet) -> None:
    """Add the content of the data sheet."""
    story = sheet.story
    big = style("dt", fontName="Helvetica-Bold", fontSize=20, leading=25, textColor=TEAL)
    story.append(para("LX7302", big))
    story.append(
        para("4.5-V to 36-V input, 3.5-A synchronous step-down regulator with I2C telemetry",
             style("dt2", fontName="Helvetica-Bold", fontSize=12.5, leading=17, spaceAfter=6))
    )  # fmt: skip
    sheet.head("1 Features")
    for text in (
        "Input 4.5 V to 36 V, survives load dumps of 42 V",
        "Output 0.8 V to 24 V, 3.5 A continuous",
        "Switching frequency 200 kHz to 2.2 MHz, synchronisable within ±20 %",
        "Quiescent current 145 µA; 22 µA in pulse-skip mode",
        "I2C interface with output voltage and temperature telemetry",
        "Cycle-by-cycle current limit with hiccup retry after 14 ms",
        "QFN-16 package 4 mm x 4 mm with exposed pad",
    ):
        story.append(Paragraph(rich(text), BULLET, bulletText="•"))
    sheet.head("2 Applications")
    sheet.text(
        "Motor control boards, industrial sensors and gateways, 24-V factory supplies, battery "
        "packs with 4 to 8 lithium cells, instrument clusters (Q1 version)."
    )
    sheet.head("3 Description")
    sheet.text(
        "The LX7302 converts an industrial 24-V bus to logic supplies. It uses peak current mode "
        "control with external compensation, so it is stable with ceramic or polymer output "
        "capacitors. At light load the part skips pulses and reduces its own consumption. A host "
        "can read the output voltage and the junction temperature, trim the output in steps of "
        "2.5 mV and read latched faults from register FAULT_LOG.",
        "The device starts into a pre-biased output without discharging it. When the junction "
        "exceeds the shutdown temperature, both switches are turned off and the soft-start "
        "capacitor is discharged; the device restarts after cooling down.",
    )
    sheet.head("4 Pin configuration")
    sheet.figure("Pin-out of the QFN-16 package, top view", Sketch(300, 230, figures.pinout))
    sheet.table("Pin functions", PIN_ROWS, [50, 70, 380])
    sheet.head("5 Specifications")
    sheet.text(
        "Stresses above the values of Table 2 may damage the device. Exposure to these values for "
        "long periods reduces its life. The thermal resistance junction to ambient is 38 °C/W on "
        "a four-layer board with nine vias under the pad."
    )
    sheet.table("Absolute maximum ratings", ABSOLUTE, [170, 130, 60, 80, 60])
    sheet.text("Unless noted otherwise, VIN = 24 V and TJ = -40 °C to 125 °C; typical values at "
               "25 °C.")  # fmt: skip
    sheet.table("Electrical characteristics", ELECTRICAL, [46, 150, 128, 44, 44, 44, 50])
    sheet.head("6 Typical characteristics")
    sheet.text("Measured on the evaluation board LX7302-EVM2 at 25 °C, VOUT = 5 V, 500 kHz.")
    sheet.pair(
        ("Efficiency over load current", figures.efficiency),
        ("On-resistance over temperature", figures.resistance),
    )
    sheet.pair(
        ("Frequency over timing resistor", figures.frequency),
        ("Response to a load step", figures.transient),
    )
    sheet.head("7 Functional description")
    sheet.figure("Functional block diagram", Sketch(460, 220, figures.blocks))
    sheet.text(
        "<b>Start-up.</b> The output follows the voltage at SS/TR. With a capacitor of 22 nF the "
        "soft-start time is 3.4 ms. <b>Overcurrent.</b> After 16 consecutive cycles in current "
        "limit the device enters hiccup mode. <b>Address.</b> The 7-bit I2C address is set at the "
        "factory; for two regulators on one bus order the variant with the other address.",
        "<b>Pulse skipping.</b> When the peak inductor current falls below 640 mA the device "
        "skips pulses. Setting bit 0 of register MODE forces continuous PWM, which keeps the "
        "frequency constant but raises the no-load current to 9 mA.",
    )
    sheet.head("8 Register map")
    sheet.text("All registers are 8 bits wide except the two ADC registers, which hold 16 bits, "
               "high byte first. Reserved addresses read 0xFF.")  # fmt: skip
    sheet.table("Register map", REGISTERS, [56, 92, 50, 50, 252])
    sheet.head("9 Application information")
    sheet.figure("Typical application, 5.0 V output", Sketch(470, 250, figures.application))
    sheet.text(
        "<b>Inductor.</b> Choose the inductance for a ripple current of 30 % of the full load. "
        "The saturation current must be above 6.5 A. <b>Output capacitor.</b> Two ceramic "
        "capacitors of 47 µF keep the ripple below 12 mV. <b>Feedback divider.</b> The output "
        "voltage is VOUT = 0.8 V x (1 + R2/R3); keep R3 at or below 25 kΩ.",
        "<b>Layout.</b> Place C1 within 2 mm of the pins VIN and PGND. Route FB away from the "
        "switch node and connect AGND to PGND at a single point under the exposed pad.",
    )
    story.append(PageBreak())
    sheet.head("10 Package and ordering information")
    sheet.figure("Package outline QFN-16, dimensions in mm", Sketch(440, 190, figures.package))
    sheet.table("Ordering information", ORDERING, [110, 90, 130, 60, 110])
    sheet.text(
        "All versions are free of lead and halogens. The moisture sensitivity level is MSL 1 at "
        "260 °C. Samples are shipped within three working days.",
    )
    sheet.head("11 Revision history")
    sheet.table(
        "Revision history",
        [
            ["Revision", "Date", "Changes"],
            ["A", "2023-06", "First release"],
            ["B", "2024-02", "Minimum on-time changed from 80 ns to 68 ns typical"],
            ["C", "2024-11", "Register ADC_TEMP added, automotive version added"],
        ],
        [60, 80, 360],
    )


def dress(canvas: Any, document: Any) -> None:
    """Draw the page header and footer."""
    canvas.saveState()
    canvas.setFillColor(TEAL)
    canvas.rect(50, HEIGHT - 50, WIDTH - 100, 16, stroke=0, fill=1)
    canvas.setFillColor(colors.white)
    canvas.setFont("Helvetica-Bold", 9)
    canvas.drawString(56, HEIGHT - 45.5, "Lumexa Semiconductors")
    canvas.drawRightString(WIDTH - 56, HEIGHT - 45.5, "LX7302")
    canvas.setFillColor(GREY)
    canvas.setFont("Helvetica", 7.5)
    canvas.drawString(50, 34, "LXDS-7302 Rev. C, November 2024")
    canvas.drawRightString(WIDTH - 50, 34, f"Page {document.page}")
    canvas.restoreState()


def build(folder: Path) -> Path:
    """Write the data sheet into ``folder`` and return its path."""
    sheet = Sheet()
    write(sheet)
    target = folder / NAME
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / NAME
        template = BaseDocTemplate(str(raw), pagesize=LETTER, invariant=1, title=TITLE)
        frame = Frame(50, 48, WIDTH - 100, HEIGHT - 106)
        template.addPageTemplates([PageTemplate("page", [frame], onPage=dress)])
        template.build(sheet.story)
        finish(raw, target, title=TITLE, author="Lumexa Semiconductors", stamps=sheet.stamps)
    return target
