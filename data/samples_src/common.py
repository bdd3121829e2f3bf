"""Styles, tables and figure flowables that all sample documents share."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
import pymupdf
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from .pen import FALLBACK, Pen

FONT_DIR = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
pdfmetrics.registerFont(TTFont(FALLBACK, str(FONT_DIR / "DejaVuSans.ttf")))

PDF: Any = pymupdf  # the library carries no annotations
logging.getLogger("fontTools").setLevel(logging.ERROR)

NAVY = colors.HexColor("#17375e")
TEAL = colors.HexColor("#0b7a75")
GREY = colors.HexColor("#5f6670")
PALE = colors.HexColor("#e8edf3")
ORANGE = colors.HexColor("#d9730d")
RED = colors.HexColor("#b3261e")

CHART_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "grid.linewidth": 0.3,
    "grid.color": "#c8c8c8",
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,
    "legend.fontsize": 6.5,
    "legend.framealpha": 0.9,
    "axes.unicode_minus": False,
    "mathtext.fontset": "cm",
}


def rich(text: str) -> str:
    """Wrap characters the standard PDF fonts lack (such as the ohm sign) in the fallback font."""
    out = []
    for char in text:
        try:
            char.encode("cp1252")
            out.append(char)
        except UnicodeEncodeError:
            out.append(f'<font name="{FALLBACK}">{char}</font>')
    return "".join(out)


def style(name: str, **options: Any) -> ParagraphStyle:
    """Return a paragraph style with the defaults of the sample documents."""
    defaults: dict[str, Any] = {"fontName": "Helvetica", "fontSize": 9.5, "leading": 13}
    return ParagraphStyle(name, **(options if "parent" in options else defaults | options))


BODY = style("body", spaceAfter=5)
CELL = style("cell", fontSize=8, leading=9.8)
CELL_HEAD = style("cell-head", fontSize=8, leading=9.8, fontName="Helvetica-Bold")
CAPTION = style("caption", fontSize=8.5, leading=11, fontName="Helvetica-Bold", textColor=NAVY)
CAPTION_CENTRED = style("caption-c", parent=CAPTION, alignment=TA_CENTER, fontSize=8.5)
SERIF = style("serif", fontName="Times-Roman", fontSize=9.6, leading=11.4, alignment=TA_JUSTIFY)


def para(text: str, base: ParagraphStyle = BODY) -> Paragraph:
    """Return a paragraph; ``text`` may hold reportlab's inline tags."""
    return Paragraph(rich(text), base)


def cell(text: str, base: ParagraphStyle = CELL) -> Paragraph:
    """Return a table cell of plain text; ``|`` marks a line break."""
    return Paragraph(rich(escape(text)).replace("|", "<br/>"), base)


def grid_table(
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    *,
    body: ParagraphStyle = CELL,
    head: ParagraphStyle = CELL_HEAD,
    padding: float = 2.6,
    extra: Sequence[tuple[Any, ...]] = (),
) -> Table:
    """Return a ruled table whose first row is the header, repeated after a page break."""
    cells = [[cell(text, head) for text in rows[0]]]
    cells += [[cell(text, body) for text in row] for row in rows[1:]]
    table = Table(cells, colWidths=list(widths), repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#9aa3ad")),
                ("BACKGROUND", (0, 0), (-1, 0), PALE),
                ("LINEBELOW", (0, 0), (-1, 0), 1.0, NAVY),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), padding),
                ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
                ("LEFTPADDING", (0, 0), (-1, -1), 4),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                *extra,
            ]
        )
    )
    return table


class Sketch(Flowable):  # type: ignore[misc, unused-ignore]
    """A vector drawing made by a function that gets a :class:`Pen`."""

    def __init__(self, width: float, height: float, paint: Callable[[Pen], None]) -> None:
        super().__init__()
        self.width, self.height, self.paint = width, height, paint
        self.hAlign = "CENTER"

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the fixed size of the drawing."""
        return self.width, self.height

    def draw(self) -> None:
        """Paint the drawing with its lower left corner at the origin."""
        self.paint(Pen(self.canv))


@dataclass
class Stamps:
    """Charts to be laid onto the finished pages, by name: page, place and PDF bytes."""

    items: dict[str, tuple[int, tuple[float, float, float, float], bytes]] = field(
        default_factory=dict
    )


class Chart(Flowable):  # type: ignore[misc, unused-ignore]
    """Reserves the place of a matplotlib figure, which is laid in as vectors afterwards."""

    def __init__(self, name: str, pdf: bytes, width: float, stamps: Stamps) -> None:
        super().__init__()
        with PDF.open(stream=pdf, filetype="pdf") as source:
            box = source[0].rect
        self.name, self.pdf, self.stamps = name, pdf, stamps
        self.width, self.height = width, width * box.height / box.width
        self.hAlign = "CENTER"

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the size of the chart."""
        return self.width, self.height

    def draw(self) -> None:
        """Remember the page and the place; nothing is drawn yet."""
        x, y = self.canv.absolutePosition(0, 0)
        place = (x, y, x + self.width, y + self.height)
        self.stamps.items[self.name] = (self.canv.getPageNumber(), place, self.pdf)


def chart_pdf(
    width: float, height: float, plot: Callable[[Figure], None], **overrides: Any
) -> bytes:
    """Draw a matplotlib figure of ``width`` x ``height`` inches and return it as a PDF."""
    settings: Any = CHART_STYLE | overrides
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasPdf(figure)
        plot(figure)
        buffer = io.BytesIO()
        figure.savefig(
            buffer,
            format="pdf",
            metadata={"CreationDate": None, "Creator": None, "Producer": None},
        )
    return buffer.getvalue()


def finish(
    source: Path | bytes,
    target: Path,
    *,
    title: str,
    author: str,
    stamps: Stamps | None = None,
    labels: Sequence[dict[str, Any]] = (),
) -> None:
    """Lay the charts in, set page labels and metadata, and save without changing ids."""
    if isinstance(source, bytes):
        document = PDF.open(stream=source, filetype="pdf")
    else:
        document = PDF.open(source)
    for page_number, (x0, y0, x1, y1), pdf in (stamps or Stamps()).items.values():
        page = document[page_number - 1]
        height = page.rect.height
        with PDF.open(stream=pdf, filetype="pdf") as chart:
            page.show_pdf_page(PDF.Rect(x0, height - y1, x1, height - y0), chart, 0)
    if labels:
        document.set_page_labels(list(labels))
    document.set_metadata(
        {
            "title": title,
            "author": author,
            "producer": "pagesight sample documents",
            "creationDate": "D:20250301090000Z",
            "modDate": "D:20250301090000Z",
        }
    )
    document.save(target, garbage=4, deflate=True, no_new_id=True)
    document.close()
