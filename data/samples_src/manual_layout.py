"""Page layout, numbering and building blocks of the HYDRA P4 service manual."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from .common import (
    CAPTION,
    CAPTION_CENTRED,
    GREY,
    NAVY,
    ORANGE,
    RED,
    TEAL,
    Stamps,
    grid_table,
    para,
    rich,
    style,
)

NAME = "hydra-p4-service-manual.pdf"
TITLE = "HYDRA P4 Axial Piston Pump Unit - Service Manual"
H1 = style("h1", fontName="Helvetica-Bold", fontSize=18, leading=23, textColor=NAVY, spaceAfter=10)
H2 = style("h2", fontName="Helvetica-Bold", fontSize=12.5, leading=16, textColor=NAVY,
           spaceBefore=10, spaceAfter=4, keepWithNext=1)  # fmt: skip
H3 = style("h3", fontName="Helvetica-Bold", fontSize=10.5, leading=14,
           spaceBefore=6, spaceAfter=3, keepWithNext=1)  # fmt: skip
TEXT = style("text", fontSize=10.5, leading=15, spaceAfter=7)
ITEM = style("item", parent=TEXT, leftIndent=18, bulletIndent=3, spaceAfter=4)
TABLE_CELL = style("t-cell", fontSize=8.8, leading=11)
TABLE_HEAD = style("t-head", parent=TABLE_CELL, fontName="Helvetica-Bold")
BOXES = {"WARNING": RED, "CAUTION": ORANGE, "NOTE": TEAL}


class ChapterStart(Flowable):  # type: ignore[misc, unused-ignore]
    """Tells the template that a chapter begins on this page."""

    width = height = 0.0

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def wrap(self, *_: float) -> tuple[float, float]:
        """Take no room."""
        return 0.0, 0.0

    def draw(self) -> None:
        """Draw nothing."""


class ManualTemplate(BaseDocTemplate):  # type: ignore[misc, unused-ignore]
    """Pages with chapter-wise numbers such as 3-7, an outline and a contents table."""

    def __init__(self, target: Path) -> None:
        super().__init__(
            str(target), pagesize=A4, invariant=1, title=TITLE, author="Nordvik Fluid Systems"
        )
        frame = Frame(62, 66, A4[0] - 124, A4[1] - 142, id="body")
        self.addPageTemplates([PageTemplate("page", [frame], onPageEnd=self.dress)])
        self.printed: dict[int, str] = {}
        self.starts: list[tuple[int, int]] = []
        self.chapter_title = ""

    def beforeDocument(self) -> None:
        """Forget the numbering of the previous layout pass."""
        self.starts = []
        self.chapter_title = "Contents"

    def label(self, page: int) -> str:
        """Return the printed number of a physical page."""
        for number, first in reversed(self.starts):
            if page >= first:
                return f"{number}-{page - first + 1}"
        return ["i", "ii", "iii", "iv"][min(page, 4) - 1]

    def afterFlowable(self, flowable: Any) -> None:
        """Note chapter starts; put headings in the outline and the contents."""
        if isinstance(flowable, ChapterStart):
            self.starts.append((flowable.number, self.page))
        level = {"h1": 0, "h2": 1, "h3": 2}.get(getattr(getattr(flowable, "style", 0), "name", ""))
        if level is None:
            return
        text = flowable.getPlainText()
        key = f"h-{text}"
        if level == 0:
            self.chapter_title = text
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(text, key, level, closed=level > 0)
        if level < 2:
            self.notify("TOCEntry", (level, rich(text), self.page, key))

    def dress(self, canvas: Any, _document: Any) -> None:
        """Draw the running header and footer, and remember the page number printed."""
        number = self.label(self.page)
        self.printed[self.page] = number
        canvas.saveState()
        if self.page > 1:
            canvas.setStrokeColor(NAVY)
            canvas.setLineWidth(0.8)
            canvas.line(62, A4[1] - 60, A4[0] - 62, A4[1] - 60)
            canvas.line(62, 54, A4[0] - 62, 54)
            canvas.setFillColor(GREY)
            canvas.setFont("Helvetica", 8)
            canvas.drawString(62, A4[1] - 54, "HYDRA P4 Service Manual")
            canvas.drawRightString(A4[0] - 62, A4[1] - 54, self.chapter_title)
            canvas.drawString(62, 42, "Nordvik Fluid Systems  |  Doc. 410-9001 EN, rev. F")
            canvas.drawRightString(A4[0] - 62, 42, number)
        canvas.restoreState()


class Manual:
    """Collects the story of the manual and numbers chapters, sections, figures and tables."""

    def __init__(self) -> None:
        self.story: list[Any] = []
        self.stamps = Stamps()
        self.count: dict[str, int] = {}

    def chapter(self, title: str) -> None:
        """Begin a chapter on a new page."""
        number = self.count.get("chapter", 0) + 1
        self.count = {"chapter": number}
        self.story += [PageBreak(), ChapterStart(number), para(f"{number} {title}", H1)]

    def section(self, title: str) -> None:
        """Begin a section such as 3.2."""
        self.count["section"] = self.count.get("section", 0) + 1
        self.count["sub"] = 0
        self.story.append(para(f"{self.count['chapter']}.{self.count['section']} {title}", H2))

    def sub(self, title: str) -> None:
        """Begin a subsection such as 3.2.1."""
        self.count["sub"] += 1
        number = f"{self.count['chapter']}.{self.count['section']}.{self.count['sub']}"
        self.story.append(para(f"{number} {title}", H3))

    def text(self, *paragraphs: str) -> None:
        """Add paragraphs."""
        self.story += [para(text, TEXT) for text in paragraphs]

    def steps(self, *items: str) -> None:
        """Add a numbered procedure."""
        for number, item in enumerate(items, 1):
            self.story.append(Paragraph(rich(item), ITEM, bulletText=f"{number}."))
        self.story.append(Spacer(1, 4))

    def bullets(self, *items: str) -> None:
        """Add a bulleted list."""
        self.story += [Paragraph(rich(item), ITEM, bulletText="•") for item in items]
        self.story.append(Spacer(1, 4))

    def box(self, kind: str, text: str) -> None:
        """Add a WARNING, CAUTION or NOTE box."""
        color = BOXES[kind]
        head = style(kind, fontName="Helvetica-Bold", fontSize=9, textColor=colors.white)
        table = Table([[para(kind, head), para(text, style("b", fontSize=10, leading=14))]],
                      colWidths=[66, 400])  # fmt: skip
        table.setStyle(
            TableStyle(
                [
                    ("BOX", (0, 0), (-1, -1), 1, color),
                    ("BACKGROUND", (0, 0), (0, 0), color),
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ]
            )
        )
        self.story += [Spacer(1, 3), table, Spacer(1, 8)]

    def figure(self, caption: str, drawing: Flowable) -> None:
        """Add a drawing with its numbered caption below."""
        self.count["figure"] = self.count.get("figure", 0) + 1
        label = f"Figure {self.count['chapter']}-{self.count['figure']}: {caption}"
        self.story.append(
            KeepTogether(
                [Spacer(1, 4), drawing, Spacer(1, 4), para(label, CAPTION_CENTRED), Spacer(1, 8)]
            )
        )

    def table(
        self,
        caption: str,
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        long: bool = False,
    ) -> None:
        """Add a table with its numbered caption above; a long one may break over pages."""
        self.count["table"] = self.count.get("table", 0) + 1
        label = f"Table {self.count['chapter']}-{self.count['table']}: {caption}"
        head = para(label, style("cap", parent=CAPTION, spaceAfter=3))
        grid = grid_table(rows, widths, body=TABLE_CELL, head=TABLE_HEAD, padding=4)
        parts = [Spacer(1, 3), head, grid, Spacer(1, 9)]
        self.story += [CondPageBreak(130), *parts] if long else [KeepTogether(parts)]
