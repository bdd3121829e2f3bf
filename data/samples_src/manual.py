"""The HYDRA P4 service manual: cover, contents, and the chapters put together."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from reportlab.platypus import PageBreak, Spacer
from reportlab.platypus.tableofcontents import TableOfContents

from . import common, manual_back, manual_front
from .common import GREY, NAVY, para, style
from .manual_layout import H1, NAME, TITLE, Manual, ManualTemplate


def front_matter(story: list[Any]) -> None:
    """Add the cover and the contents pages."""
    big = style("cover", fontName="Helvetica-Bold", fontSize=34, leading=42, textColor=NAVY)
    middle = style("cover2", fontSize=17, leading=24, textColor=GREY)
    story += [
        Spacer(1, 130),
        para("HYDRA P4", big),
        para("Axial piston pump unit with drive controller DC4", middle),
        Spacer(1, 30),
        para("<b>Service Manual</b>", middle),
        Spacer(1, 240),
        para("Sizes P4-28, P4-45 and P4-71<br/>Document 410-9001 EN, revision F, March 2025"),
        para("Valid from serial number P4-220140 onwards"),
        para(
            "Nordvik Fluid Systems AS, Havnegata 18, 7010 Trondheim<br/>"
            "Service line: +47 555 0140 (24 hours)"
        ),
        PageBreak(),
        para("Contents", style("toc-head", parent=H1, fontSize=18, leading=24)),
    ]


def build(folder: Path) -> Path:
    """Write the manual into ``folder`` and return its path."""
    manual = Manual()
    front_matter(manual.story)
    target = folder / NAME
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / NAME
        template = ManualTemplate(raw)
        contents = TableOfContents(
            levelStyles=[
                style("t0", fontName="Helvetica-Bold", fontSize=10, leading=14, spaceBefore=5),
                style("t1", leftIndent=16, fontSize=9.5, leading=12.5),
            ],
            dotsMinLevel=0,
            formatter=lambda page: template.printed.get(page, str(page)),
        )
        manual.story.append(contents)
        manual_front.write(manual)
        manual_back.write(manual)
        template.multiBuild(manual.story)
        starts = template.starts
        labels: list[dict[str, Any]] = [
            {"startpage": 0, "prefix": "", "style": "r", "firstpagenum": 1}
        ]
        labels += [
            {"startpage": first - 1, "prefix": f"{number}-", "style": "D", "firstpagenum": 1}
            for number, first in starts
        ]
        common.finish(
            raw,
            target,
            title=TITLE,
            author="Nordvik Fluid Systems",
            stamps=manual.stamps,
            labels=labels,
        )
    return target
