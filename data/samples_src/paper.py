"""The sparse coding paper: two columns, equations, charts and references."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    FrameBreak,
    KeepTogether,
    NextPageTemplate,
    PageTemplate,
    Spacer,
    Table,
    TableStyle,
)

from . import paper_figures as figures
from .common import SERIF, Chart, Sketch, Stamps, chart_pdf, finish, grid_table, para, style
from .paper_text import ABSTRACT, REFERENCES, SECTIONS

NAME = "sparse-coding-sensor-paper.pdf"
TITLE = "Sparse Coding on the Sensor: Bearing Diagnosis at 38 Microjoules per Window"
WIDTH, HEIGHT = A4
COLUMN = 240.0
LEFT, RIGHT = 50.0, WIDTH - 50 - COLUMN
HEAD = style("ph", fontName="Times-Bold", fontSize=11, leading=14, spaceBefore=8, spaceAfter=3,
             keepWithNext=1)  # fmt: skip
SUB = style("ps", fontName="Times-BoldItalic", fontSize=10, leading=13, spaceBefore=5,
            spaceAfter=2, keepWithNext=1)  # fmt: skip
TEXT = style("pt", parent=SERIF, fontSize=11.2, leading=15.2, spaceAfter=5, firstLineIndent=10)
SMALL = style("pc", fontName="Times-Roman", fontSize=9.2, leading=11.4)
CELL = style("pcell", fontName="Times-Roman", fontSize=8.8, leading=10.6)
CELL_HEAD = style("pcellh", fontName="Times-Bold", fontSize=8.8, leading=10.6)

DATASET = [
    ["Condition", "Bearings", "Windows", "Speed (rpm)"],
    ["Healthy", "14", "21 600", "600 to 3000"],
    ["Outer race fault", "11", "16 940", "600 to 3000"],
    ["Inner race fault", "9", "13 860", "900 to 3000"],
    ["Cage fault", "8", "12 310", "600 to 1800"],
]
RESULTS = [
    ["Method", "Ratio", "NRMSE", "F1", "Energy"],
    ["Raw streaming", "1.0", "0.000", "0.958", "445.0 µJ"],
    ["DCT-32", "11.6", "0.474", "0.871", "61.0 µJ"],
    ["Wavelet-32", "11.6", "0.367", "0.893", "74.5 µJ"],
    ["K-SVD + OMP", "11.6", "0.225", "0.951", "212.0 µJ"],
    ["LISTA-8 (ours)", "11.6", "0.206", "0.947", "38.4 µJ"],
    ["LISTA-4 (ours)", "11.6", "0.263", "0.918", "27.9 µJ"],
]
ABLATION = [
    ["Variant", "F1", "Change", "Flash"],
    ["Full model, 8 layers", "0.947", "-", "96 kB"],
    ["One threshold per layer", "0.932", "-0.015", "89 kB"],
    ["No fine-tuning after rounding", "0.925", "-0.022", "96 kB"],
    ["Unfactored input matrix", "0.950", "+0.003", "294 kB"],
    ["128 atoms", "0.929", "-0.018", "51 kB"],
    ["64 atoms", "0.862", "-0.085", "28 kB"],
    ["Separate matrices per layer", "0.949", "+0.002", "731 kB"],
]
PACKET = [
    ["Field", "Length", "Meaning"],
    ["Node number", "16 bit", "unique per gateway"],
    ["Time stamp", "22 bit", "minutes since January"],
    ["Gain", "4 bit", "power of two"],
    ["Battery", "6 bit", "steps of 25 mV"],
    ["Positions", "135 bit", "enumerative code"],
    ["Amplitudes", "192 bit", "32 values"],
    ["Checksum", "16 bit", "CRC-16, polynomial 0x8005"],
]
FOOTNOTE = "1 Bearings type 6205, supplied with seeded faults by the Aldermoor test laboratory."


class Paper:
    """Collects the story and numbers figures, tables and equations."""

    def __init__(self) -> None:
        self.story: list[Any] = []
        self.stamps = Stamps()
        self.figures = self.tables = self.equations = 0

    def figure(self, caption: str, body: Any) -> None:
        """Add a figure with its caption below."""
        self.figures += 1
        label = para(f"<b>Fig. {self.figures}.</b> {caption}", SMALL)
        self.story.append(KeepTogether([Spacer(1, 5), body, Spacer(1, 3), label, Spacer(1, 8)]))

    def chart(self, caption: str, plot: Callable[[Figure], None], height: float = 2.6) -> None:
        """Add a matplotlib chart of column width."""
        pdf = chart_pdf(3.4, height, plot)
        self.figure(caption, Chart(f"f{self.figures}", pdf, COLUMN - 2, self.stamps))

    def table(self, caption: str, rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        """Add a ruled table with its caption above."""
        self.tables += 1
        label = para(f"<b>Table {self.tables}.</b> {caption}", SMALL)
        grid = grid_table(rows, widths, body=CELL, head=CELL_HEAD, padding=1.8)
        self.story.append(KeepTogether([Spacer(1, 5), label, Spacer(1, 3), grid, Spacer(1, 9)]))

    def equation(self) -> None:
        """Add the next numbered equation."""
        pdf = chart_pdf(2.9, 0.42, figures.equation(self.equations))  # type: ignore[arg-type]
        self.equations += 1
        chart = Chart(f"e{self.equations}", pdf, 209, self.stamps)
        number = para(f"({self.equations})", style("en", parent=TEXT, firstLineIndent=0))
        row = Table([[chart, number]], colWidths=[COLUMN - 26, 24])
        row.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                    ("LEFTPADDING", (0, 0), (-1, -1), 0),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ]
            )
        )
        self.story.append(row)

    def insert(self, name: str) -> None:
        """Add the figure, table or equation that the text calls by ``name``."""
        if name == "equation":
            self.equation()
        elif name == "node":
            self.figure("Signal chain of the sensor node and the gateway.",
                        Sketch(240, 104, figures.node))  # fmt: skip
        elif name == "error":
            self.chart("Reconstruction error over the number of transmitted coefficients, mean of "
                       "all test windows.", figures.error_curve)  # fmt: skip
        elif name == "atoms":
            self.chart("Six of the 256 learned atoms with the fault pattern they respond to.",
                       figures.atoms, 2.4)  # fmt: skip
        elif name == "pareto":
            self.chart("Diagnosis quality over energy; upper left is better.", figures.pareto)
        elif name == "budget":
            self.chart("Energy budget of one window for three methods.", figures.budget, 2.2)
        elif name == "speed":
            self.chart("Diagnosis quality over shaft speed for two window lengths.",
                       figures.speed)  # fmt: skip
        elif name == "dataset":
            self.table("Data recorded on the test bench.", DATASET, [78, 48, 52, 60])
        elif name == "results":
            self.table("Comparison at 32 coefficients per window.", RESULTS, [72, 34, 42, 38, 52])
        elif name == "ablation":
            self.table("Ablation of the encoder; change against the full model.", ABLATION,
                       [112, 42, 42, 42])  # fmt: skip
        elif name == "packet":
            self.table("Fields of a packet.", PACKET, [92, 50, 96])
        else:
            raise ValueError(name)


def write(paper: Paper) -> None:
    """Add title, abstract, sections and references."""
    centred = {"alignment": TA_CENTER}
    paper.story += [
        para(TITLE, style("pT", fontName="Times-Bold", fontSize=17, leading=21, **centred)),
        Spacer(1, 7),
        para("Ingrid Halvorsen, Tomás Echeverri, Priya Ranganathan and Olaf Bergstrand",
             style("pA", fontName="Times-Roman", fontSize=11, leading=14, **centred)),
        para("Institute for Machine Acoustics, Aldermoor Technical University",
             style("pI", fontName="Times-Italic", fontSize=10, leading=13, **centred)),
        FrameBreak(),
        NextPageTemplate("later"),
        para(f"<b>Abstract</b> - {ABSTRACT}", style("pab", parent=TEXT, firstLineIndent=0)),
        para("<b>Keywords</b> - condition monitoring, dictionary learning, LISTA, low-power "
             "sensors", style("pk", parent=TEXT, firstLineIndent=0)),
    ]  # fmt: skip
    for title, body in SECTIONS:
        paper.story.append(para(title, SUB if title[1].isalnum() or title[2].isdigit() else HEAD))
        for text in body:
            if text.startswith("@"):
                paper.insert(text[1:])
            else:
                paper.story.append(para(text, TEXT))
    paper.story.append(para("References", HEAD))
    entry = style("pr", parent=SMALL, leftIndent=15, firstLineIndent=-15, spaceAfter=2)
    paper.story += [para(f"[{n}] {text}", entry) for n, text in enumerate(REFERENCES, 1)]


def dress(canvas: Any, document: Any) -> None:
    """Draw the running head, the page number and the footnote of the first page."""
    canvas.saveState()
    canvas.setFont("Times-Italic", 8.5)
    if document.page == 1:
        canvas.drawString(LEFT, HEIGHT - 34, "Proceedings of the 9th Workshop on Embedded Sensing")
        canvas.setLineWidth(0.5)
        canvas.line(LEFT, 66, LEFT + 90, 66)
        canvas.setFont("Times-Roman", 8)
        canvas.drawString(LEFT, 56, FOOTNOTE[:62].rsplit(" ", 1)[0])
        canvas.drawString(LEFT, 47, FOOTNOTE[len(FOOTNOTE[:62].rsplit(" ", 1)[0]) + 1 :])
    else:
        canvas.drawString(LEFT, HEIGHT - 34, "Halvorsen et al.: Sparse Coding on the Sensor")
    canvas.setFont("Times-Roman", 9)
    canvas.drawCentredString(WIDTH / 2, 28, str(211 + document.page))
    canvas.restoreState()


def build(folder: Path) -> Path:
    """Write the paper into ``folder`` and return its path."""
    paper = Paper()
    write(paper)
    target = folder / NAME
    none = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / NAME
        template = BaseDocTemplate(str(raw), pagesize=A4, invariant=1, title=TITLE)
        low, top = 46.0, HEIGHT - 46
        first = [
            Frame(LEFT, top - 92, WIDTH - 100, 92, **none),
            Frame(LEFT, low + 28, COLUMN, top - 98 - low - 28, **none),
            Frame(RIGHT, low, COLUMN, top - 98 - low, **none),
        ]
        later = [
            Frame(LEFT, low, COLUMN, top - low, **none),
            Frame(RIGHT, low, COLUMN, top - low, **none),
        ]
        template.addPageTemplates(
            [PageTemplate("first", first, onPage=dress), PageTemplate("later", later, onPage=dress)]
        )
        template.build(paper.story)
        finish(
            raw,
            target,
            title=TITLE,
            author="I. Halvorsen et al.",
            stamps=paper.stamps,
            labels=[{"startpage": 0, "prefix": "", "style": "D", "firstpagenum": 212}],
        )
    return target
