"""Which kinds of files are documents, told by how their names end."""

from __future__ import annotations

from pathlib import Path

PDF = ".pdf"
IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")
"""A document of one page; of a TIFF, of one page a frame."""
MESSAGES = (".eml", ".msg")
WEB = (".html", ".htm", ".xhtml")
SHEETS = (".xlsx", ".csv", ".tsv")
TEXTS = (".md", ".markdown", ".txt")
OFFICE = (".docx", ".pptx")
"""LibreOffice lays them out as their programs do, where it is installed."""
FLOWING = (*OFFICE, *SHEETS, *WEB, *TEXTS, ".epub", *MESSAGES)
"""Files that have no pages of their own."""
LEGACY = (".doc", ".ppt", ".xls", ".odt", ".odp", ".ods", ".rtf")
"""Only LibreOffice reads them."""

SUFFIXES = (PDF, *IMAGES, *FLOWING, *LEGACY)
"""What a folder is searched for; a file that is named is tried whatever it is called."""

_HEADER_BYTES = 1024
"""The PDF standard allows that much before the header."""


def kind_of(path: Path) -> str:
    """The suffix by which a file is read, in lower case: `PDF` for what says that it is one
    whatever it is called, and for what is called like no kind that is known."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        return PDF
    try:
        return PDF if says_pdf(path) else suffix
    except OSError:
        return PDF  # whose parser says what is wrong with the file


def says_pdf(path: Path) -> bool:
    """Whether a file says that it is a PDF.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return b"%PDF-" in file.read(_HEADER_BYTES)
