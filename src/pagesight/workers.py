"""What runs in worker processes: each builds the parser that its settings name, once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from time import process_time

from pagesight.document import DocumentProfile
from pagesight.ingest.parsing import ParsedWindow, Window
from pagesight.ports import OpticalReader, Parser
from pagesight.settings import Settings


def crops_folder(root: Path) -> Path:
    """Where a library keeps its crops."""
    return root / "crops"


@cache
def parser_of(settings: Settings, root: Path) -> Parser:
    """The parser that a library is fed by, one a process."""
    from pagesight.adapters.filesystem import FileCropStore
    from pagesight.adapters.pymupdf import PyMuPDFParser

    parse = settings.parse
    return PyMuPDFParser(
        FileCropStore(crops_folder(root)),
        reader_of(settings),
        crop_dpi=parse.crop_dpi,
        ocr_dpi=parse.ocr_dpi,
    )


def reader_of(settings: Settings) -> OpticalReader | None:
    """None where tesseract is not installed."""
    from pagesight.adapters.pytesseract import PytesseractReader, available

    return PytesseractReader(settings.parse.ocr_languages) if available() else None


def profile_in_worker(
    settings: Settings, root: Path, task: tuple[Path, tuple[str, ...]]
) -> DocumentProfile:
    """Looks at one file, given with passwords; runs in a worker process."""
    path, passwords = task
    return parser_of(settings, root).profile(path, passwords)


def parse_in_worker(settings: Settings, root: Path, window: Window) -> ParsedWindow:
    """Parses one window; runs in a worker process."""
    parser = parser_of(settings, root)
    started = process_time()
    contents = parser.parse_pages(window.path, window.start, window.stop, window.passwords)
    return ParsedWindow(contents=contents, cpu_seconds=process_time() - started)


def warm_in_worker(_: None) -> None:
    """Imports what renders pages, before one is asked for; runs in a worker process."""
    from pagesight.adapters.pymupdf import viewing  # noqa: F401


def picture_in_worker(dpi: int, page: tuple[Path, int]) -> bytes:
    """Renders a page (file, 0-based index) as PNG; runs in a worker process, because a damaged
    page may never be done."""
    from pagesight.adapters.pymupdf.viewing import page_picture

    return page_picture(page[0], page[1], dpi)


def window_picture_in_worker(dpi: int, window: Window) -> bytes:
    """Renders the first page of a window as PNG; runs in a worker process."""
    from pagesight.adapters.pymupdf.viewing import page_picture

    return page_picture(window.path, window.start, dpi, window.passwords)
