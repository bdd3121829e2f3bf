"""Plain text printed as a PDF: a text collection becomes documents that a library can take."""

from __future__ import annotations

import html
import io
import re
import unicodedata
from pathlib import Path

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.errors import SettingsError

_MARGIN = 56.0
"""Points: 2 cm."""
_STYLE = "* {font-family: sans-serif; overflow-wrap: break-word}"
"""A word that is wider than the page would run over its edge and be lost."""
_LOST = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]")
"""Controls, halves of characters, and codes of more than 16 bits: MuPDF cuts those to 16 in the
text layer, which makes other letters of them."""


def print_text(title: str, text: str, path: Path) -> None:
    """Prints a title and a text on as many A4 pages as they need, with a text layer.

    A line of the text becomes a paragraph. The same input gives the same bytes.

    Raises:
        SettingsError: the file cannot be written.
    """
    title = printable(title).strip()
    lines = (printable(line).strip() for line in text.splitlines())
    content = f"<h1>{html.escape(title)}</h1>" if title else ""
    content += "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
    printed = io.BytesIO()
    writer = pymupdf.DocumentWriter(printed)
    sheet = pymupdf.paper_rect("a4")
    text_area = pymupdf.Rect(_MARGIN, _MARGIN, sheet.x1 - _MARGIN, sheet.y1 - _MARGIN)
    story = pymupdf.Story(content, user_css=_STYLE)
    more = True
    while more:
        device = writer.begin_page(sheet)
        more, _ = story.place(text_area)
        story.draw(device)
        writer.end_page()
    writer.close()
    with pymupdf.open("pdf", printed.getvalue()) as document:
        document.set_metadata({"title": title})
        document.subset_fonts()
        data = document.tobytes(garbage=3, deflate=True, no_new_id=True)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror})") from error


def printable(text: str) -> str:
    """Text that survives printing: of what does not, the plain form ("𝛼" as "α") or a space."""
    plain = (unicodedata.normalize("NFKC", each) if each > "\uffff" else each for each in text)
    return _LOST.sub(" ", "".join(plain))
