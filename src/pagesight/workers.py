"""What runs in worker processes: each builds the parser that its settings name, once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from pagesight.document import DocumentProfile
from pagesight.errors import DocumentError, SettingsError
from pagesight.flow import Rendition
from pagesight.formats import (
    FLOWING,
    IMAGES,
    LEGACY,
    OLD_SHEETS,
    OLD_SLIDES,
    OLD_TEXTS,
    SLIDES,
    WORD,
    WORKBOOK,
)
from pagesight.ingest.parsing import ParsedWindow, Window
from pagesight.leftovers import readings_folder
from pagesight.optical import PagesAndFigures
from pagesight.ports import Converter, OpticalReader, Parser
from pagesight.renditions import RENDITIONS, AnyParser, Renditions
from pagesight.settings import ParseSettings, Settings

if TYPE_CHECKING:
    from pagesight.adapters.libreoffice import LibreOffice


def crops_folder(root: Path) -> Path:
    """Where a library keeps its crops."""
    return root / "crops"


@cache
def parser_of(settings: Settings, root: Path) -> Parser:
    """The parser that a library is fed by, one a process."""
    from pagesight.adapters.filesystem import FileCropStore, FileReadings
    from pagesight.adapters.pymupdf import PyMuPDFParser
    from pagesight.adapters.pymupdf.printing.illustrating import PyMuPDFIllustrator

    parse, reader = settings.parse, reader_of(settings)
    crops = FileCropStore(crops_folder(root))
    if reader:
        reader = FileReadings(readings_folder(root), reader)
    parser: Parser = PyMuPDFParser(crops, reader, crop_dpi=parse.crop_dpi, ocr_dpi=parse.ocr_dpi)
    if parse.engine == "unstructured":
        from pagesight.adapters.pymupdf.segmented import SegmentedParser
        from pagesight.adapters.unstructured.pdf import UnstructuredSegmenter

        segmenter = UnstructuredSegmenter(parse.strategy, parse.ocr_languages)
        parser = SegmentedParser(segmenter, crops, crop_dpi=parse.crop_dpi, ocr_dpi=parse.ocr_dpi)
    return AnyParser(
        parser,
        Renditions(root / RENDITIONS),
        converters_by_suffix(),
        PyMuPDFIllustrator(crops, reader, parse.crop_dpi),
    )


def converters_by_suffix() -> Mapping[str, Converter]:
    """Suffix -> what makes a PDF of such a file."""
    from pagesight.adapters.libreoffice import NoLibreOffice, program
    from pagesight.adapters.pymupdf.printing.imaging import print_image

    found = program()
    return {
        **dict.fromkeys(IMAGES, print_image),
        **dict.fromkeys(FLOWING, _printed),
        **(_by_office(found) if found else dict.fromkeys(LEGACY, NoLibreOffice())),
    }


def _by_office(program: str) -> Mapping[str, Converter]:
    """Text and slides as LibreOffice lays them out. Sheets not: it would cut them into paper."""
    from pagesight.adapters.libreoffice import CONVERT_SECONDS, LibreOffice

    office, twice = LibreOffice(program), LibreOffice(program, CONVERT_SECONDS / 2)
    return {
        WORD: partial(_word, office),
        SLIDES: partial(_slides, office),
        **dict.fromkeys(OLD_TEXTS, office),
        **dict.fromkeys(OLD_SLIDES, partial(_renewed, twice, SLIDES, partial(_slides, twice))),
        **dict.fromkeys(OLD_SHEETS, partial(_renewed, office, WORKBOOK, _printed)),
    }


def _word(office: LibreOffice, path: Path) -> Rendition:
    """Without what tracked changes have deleted, which LibreOffice would print struck through."""
    from pagesight.adapters.unstructured import accepted_word

    changed = accepted_word(path)
    if changed is None:
        return office(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"document{WORD}"
        copy.write_bytes(changed)
        with _speaking_of(path, copy):
            return office(copy)


def _slides(office: LibreOffice, path: Path) -> Rendition:
    """With pages behind the slides for what is in the file and on none of them."""
    from pagesight.adapters.pymupdf.printing.appending import appended
    from pagesight.adapters.pymupdf.printing.flowing import print_flow
    from pagesight.adapters.unstructured import read_beside_slides

    beside = read_beside_slides(path)
    shown = office(path)
    if not beside.sections:
        return shown
    return Rendition(pdf=appended(shown.pdf, print_flow(beside, path).pdf))


def _renewed(office: LibreOffice, suffix: str, converter: Converter, path: Path) -> Rendition:
    """Of a file in an old format, by its copy in a newer one."""
    with office.saved(path, suffix) as copy, _speaking_of(path, copy):
        return converter(copy)


@contextmanager
def _speaking_of(path: Path, copy: Path) -> Iterator[None]:
    """Errors about a copy name the file."""
    try:
        yield
    except DocumentError as error:
        raise DocumentError(str(error).replace(str(copy), str(path))) from error


def _printed(path: Path) -> Rendition:
    """A file without pages of its own, laid out by ourselves."""
    from pagesight.adapters.pymupdf.printing.flowing import print_flow
    from pagesight.adapters.unstructured import read_flow

    return print_flow(read_flow(path), path)


def reader_of(settings: Settings) -> OpticalReader | None:
    """What reads figures, and pages put straight; None where tesseract is wanted and missing.

    Raises:
        SettingsError: another engine, or a language, is wanted and not installed.
    """
    parse = settings.parse
    figure_engine = _figure_engine(parse.figure_ocr_engine)
    pages, figures = _engine(parse.ocr_engine, parse), _engine(figure_engine, parse)
    if pages is None or figures is None:
        return None
    if parse.ocr_engine != figure_engine:
        pages = PagesAndFigures(pages, figures)
    from pagesight.adapters.pillow import StraightenedPages

    return StraightenedPages(pages)


def _figure_engine(name: str) -> str:
    """For "auto" rapidocr, by whose words more figures are found, where it is installed."""
    if name != "auto":
        return name
    from pagesight.adapters import rapidocr

    return "rapidocr" if rapidocr.available() else "tesseract"


def _engine(name: str, parse: ParseSettings) -> OpticalReader | None:
    if name == "rapidocr":
        from pagesight.adapters import rapidocr

        if not rapidocr.available():
            raise SettingsError(
                "rapidocr is not installed: pip install 'pagesight[rapidocr]', or set "
                "parse.ocr_engine and parse.figure_ocr_engine to tesseract"
            )
        return rapidocr.RapidOCRReader()
    from pagesight.adapters import pytesseract

    if not pytesseract.available():
        return None
    installed = pytesseract.installed_languages()
    wanted = {*parse.ocr_languages.split("+")} - {pytesseract.AUTO}
    if missing := sorted(wanted - {*installed}):
        raise SettingsError(
            f"parse.ocr_languages: tesseract has no data for {', '.join(missing)}; `tesseract "
            f"--list-langs` lists {', '.join(installed)}: install tesseract-ocr-{missing[0]} "
            "(Debian, Ubuntu), or set another language or auto"
        )
    return pytesseract.PytesseractReader(parse.ocr_languages)


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
