"""Which kinds of files are documents, told by how their names end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PDF = ".pdf"
IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")
"""A document of one page; of a TIFF, of one page a frame."""
MESSAGES = (".eml", ".msg")
WORD, SLIDES, WORKBOOK = ".docx", ".pptx", ".xlsx"
WEB = (".html", ".htm", ".xhtml")
SHEETS = (WORKBOOK, ".csv", ".tsv")
TEXTS = (".md", ".markdown", ".txt")
FLOWING = (WORD, SLIDES, *SHEETS, *WEB, *TEXTS, ".epub", *MESSAGES)
"""Files that have no pages of their own."""
OLD_TEXTS, OLD_SLIDES, OLD_SHEETS = (".doc", ".odt", ".rtf"), (".ppt", ".odp"), (".xls", ".ods")
LEGACY = (*OLD_TEXTS, *OLD_SLIDES, *OLD_SHEETS)
"""Only LibreOffice reads them."""

SUFFIXES = (PDF, *IMAGES, *FLOWING, *LEGACY)
"""What a folder is searched for; a file that is named is tried whatever it is called."""

KINDS = (
    "PDF, Word, PowerPoint, Excel, OpenDocument, RTF, CSV, HTML, Markdown, text, EPUB, e-mail and "
    "images"
)
"""Said to people."""

HEAD_BYTES = 1024
"""Of a file that tell what it is: the PDF standard allows that much before the header."""

_ZIP = (b"PK\x03\x04",)
_OLE = (bytes.fromhex("d0cf11e0a1b11ae1"),)
_RTF = (b"{\\rtf",)
_IMAGE = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    *(b"RIFF", b"BM", b"GIF8"),
)
"""PNG, JPEG, TIFF and BigTIFF, WebP, BMP, GIF."""
_BEGINNINGS: Mapping[str, tuple[bytes, ...]] = {
    **dict.fromkeys(IMAGES, _IMAGE),  # which are read by their content, whatever they are called
    # OLE where they are encrypted.
    **dict.fromkeys((WORD, SLIDES, WORKBOOK, ".odt", ".odp", ".ods"), _ZIP + _OLE),
    **dict.fromkeys((".doc", ".ppt", ".xls"), _ZIP + _OLE + _RTF),  # as LibreOffice takes them
    ".epub": _ZIP,
    ".msg": _OLE,
    ".rtf": _RTF,
}
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""Of a text with two bytes a character, half of them 0."""


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
        return b"%PDF-" in file.read(HEAD_BYTES)


def looks_like(suffix: str, head: bytes) -> bool:
    """Whether a file that begins with `head` (`HEAD_BYTES`, or all of it) may be what its suffix
    says, or is a PDF. All that holds no zeros may be a text."""
    if b"%PDF-" in head:
        return True
    if suffix in _BEGINNINGS:
        return head.startswith(_BEGINNINGS[suffix])
    return suffix in SUFFIXES and suffix != PDF and (head[:2] in _WIDE_MARKS or b"\0" not in head)
