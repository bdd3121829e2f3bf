"""PDF files parsed with PyMuPDF: layout network, text layer, crops, OCR where there is no text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.page import PageParser
from pagesight.adapters.pymupdf.text.characters import clean
from pagesight.document import DocumentProfile, OutlineEntry, Page, PageContent
from pagesight.errors import DocumentError, LockedError, PagesightError
from pagesight.files import digest
from pagesight.ports import CropWriter, OpticalReader

PARSER_VERSION = 4
"""Raise it when the same file is parsed differently."""

_HEADER_BYTES = 1024
"""The PDF standard allows that much before the header."""
_UNKNOWN_SIZE = (612.0, 792.0)
"""Points (US letter) for a page that cannot even be opened: fractions of it stay finite."""
_LEAST_SIDE = 3.0
"""Points of a page that can hold anything."""
_LONGEST_REASON = 160
_LONGEST_TITLE = 200
"""Characters; it goes into prompts, and titles that go on for longer are no titles."""
_NO_TITLE = re.compile(
    r"(?i)untitled|\(?(?:no |unknown|anonymous)|microsoft (?:word|powerpoint|excel) - |"
    r"(?:document|presentation|title|slide|book|page|scan|print)\W*\d*$|"
    r"\S+\.(?:docx?|pdf|dvi|tex|pptx?|xlsx?|indd|qxd|fm|rtf|html?|ps|eps|cdr|book|txt|odt|md)$|"
    r"[\W\d_]*$|.{1,2}$|https?://"
)


class PyMuPDFParser:
    """Parses PDF files into elements; implements `pagesight.ports.Parser`.

    Crops are rendered at `crop_dpi`, pages for OCR at `ocr_dpi`. Without a `reader` pages that
    have no text layer come back as one picture, with an error that says what to install.
    """

    def __init__(
        self,
        crops: CropWriter,
        reader: OpticalReader | None,
        *,
        crop_dpi: int = 150,
        ocr_dpi: int = 300,
    ) -> None:
        self._pages = PageParser(crops, reader, crop_dpi, ocr_dpi)

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same bytes would be parsed differently."""
        reading = self._pages.reader.fingerprint if self._pages.reader else "none"
        return (
            f"pymupdf {pymupdf.__version__}, parser {PARSER_VERSION}, "
            f"crops {self._pages.crop_dpi} dpi, ocr {self._pages.ocr_dpi} dpi by {reading}"
        )

    def profile(self, path: Path, passwords: Sequence[str] = ()) -> DocumentProfile:
        """What is known before parsing. An encrypted file is opened by the first password that
        fits.

        Raises:
            DocumentError: the file cannot be read, is empty, no PDF, damaged, has no pages, or
                no password opens it; the message names it and the remedy.
        """
        with opened(path, passwords) as document:
            return DocumentProfile(
                id=digest(path),
                source=str(path.absolute()),
                title=_title(document),
                page_count=document.page_count,
                outline=_outline(document),
            )

    def parse_pages(
        self, path: Path, start: int, stop: int, passwords: Sequence[str] = ()
    ) -> tuple[PageContent, ...]:
        """The pages with 0-based index in [start, stop); those past the end are left out. A page
        that fails is returned with its `error` and no elements.

        Raises:
            DocumentError: the file cannot be opened.
            OSError: a crop cannot be stored.
        """
        with opened(path, passwords) as document:
            stop = min(stop, document.page_count)
            return tuple(self._parse_page(document, index) for index in range(start, stop))

    def _parse_page(self, document: Any, index: int) -> PageContent:
        label = str(index + 1)
        width, height = _UNKNOWN_SIZE
        try:
            page = document[index]
            label = clean(page.get_label() or "") or label
            if min(page.rect.width, page.rect.height) < _LEAST_SIDE:
                raise ValueError(f"the page is {page.rect.width:g} x {page.rect.height:g} points")
            width, height = float(page.rect.width), float(page.rect.height)
            return self._pages.parse(page, index, label)
        except (OSError, PagesightError):
            # Not the page's fault: the disk is full, say, and so it is for every page.
            raise
        except Exception as error:
            # Damaged pages raise whatever the library runs into; the others must go on.
            failed = Page(
                index=index, label=label, width=width, height=height, error=reason_of(error)
            )
            return PageContent(page=failed, elements=())


def reason_of(error: Exception) -> str:
    """Why a page is lost, on one short line."""
    said = " ".join(str(error).split())[:_LONGEST_REASON]
    return f"could not be parsed: {said or type(error).__name__}"


@contextmanager
def opened(path: Path, passwords: Sequence[str] = ()) -> Iterator[Any]:
    """The file as a PyMuPDF document. An encrypted one is opened by the first of the passwords
    that is its user's or its owner's.

    Raises:
        LockedError: no password opens it.
        DocumentError: it cannot be read as a PDF.
    """
    _check_bytes(path)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except Exception as error:
        is_encrypted = b"/Encrypt" in path.read_bytes()
        raise DocumentError(_locked(path) if is_encrypted else _damaged(path)) from error
    try:
        # To be asked once: it tries the empty password, which locks the file again.
        if document.needs_pass and not any(map(document.authenticate, passwords)):
            raise LockedError(_encrypted(path, len(passwords)))
        if _page_count(document, path) == 0:
            raise DocumentError(f"{path} has no pages: export it again from its source")
        # Cycles in a structure tree make rendering run forever; nothing here reads the tree.
        document.xref_set_key(document.pdf_catalog(), "StructTreeRoot", "null")
        yield document
    finally:
        document.close()


def _check_bytes(path: Path) -> None:
    """Refuses what MuPDF would open under any name (HTML, ZIP) or complain about obscurely."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    except PermissionError as error:
        raise DocumentError(f"{path} may not be read: give read permission (chmod u+r)") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DocumentError(f"{path} cannot be opened ({reason}): check the path") from error
    if not head:
        raise DocumentError(f"{path} is empty (0 bytes): copy or download it again")
    if b"%PDF-" not in head:
        raise DocumentError(f"{path} is not a PDF: convert it to PDF, or leave it out")


def _page_count(document: Any, path: Path) -> int:
    try:
        return int(document.page_count)
    except Exception as error:
        raise DocumentError(_damaged(path)) from error


def _encrypted(path: Path, passwords: int) -> str:
    """`passwords` is how many were tried."""
    if not passwords:
        return f"{path} is encrypted and needs a password: give --password or --password-file"
    said = (
        "the password given does not open it"
        if passwords == 1
        else f"none of the {passwords} passwords given opens it"
    )
    return f"{path} is encrypted, and {said}: give the one that does"


def _locked(path: Path) -> str:
    return (
        f"{path} is encrypted in a way that cannot be read (for certificates, say), or damaged: "
        "save a copy that is not encrypted"
    )


def _damaged(path: Path) -> str:
    return (
        f"{path} is truncated or damaged beyond repair: "
        "copy or download it again, or try qpdf to repair it"
    )


def _title(document: Any) -> str:
    """The title of the metadata on one line, unless a program put it there that knew no better."""
    said = str((document.metadata or {}).get("title") or "")
    title = clean(" ".join(said.split()))
    return "" if _NO_TITLE.match(title) else textwrap.shorten(title, _LONGEST_TITLE)


def _outline(document: Any) -> tuple[OutlineEntry, ...]:
    try:
        entries = document.get_toc(simple=True)
    except Exception:
        # A broken outline is one aid less; the pages do not depend on it.
        return ()
    return tuple(
        OutlineEntry(level=int(level), title=clean(title), page=int(page) - 1)
        for level, title, page in entries
        if clean(title) and 0 < page <= document.page_count
    )
