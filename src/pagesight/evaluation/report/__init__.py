"""The report of a run: one self-contained HTML page, Markdown for an issue, and JSON."""

from pagesight.evaluation.report.html import render_html
from pagesight.evaluation.report.markdown import render_markdown
from pagesight.evaluation.report.pictures import (
    PICTURED,
    Wanted,
    WantedPage,
    thumbnail,
    wanted_pictures,
)
from pagesight.evaluation.report.plain import report_json

__all__ = [
    "PICTURED",
    "Wanted",
    "WantedPage",
    "render_html",
    "render_markdown",
    "report_json",
    "thumbnail",
    "wanted_pictures",
]
