"""Files that are no PDF: made into one once, shown by it, and removed with their document."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pptx
import pymupdf
import pytest
from PIL import Image

from pagesight.adapters.filesystem import FileCropStore
from pagesight.adapters.libreoffice import LibreOffice, program
from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.printing.flowing import print_flow
from pagesight.adapters.pymupdf.printing.illustrating import PyMuPDFIllustrator
from pagesight.document import Document, Figure, Table, plain_cells
from pagesight.errors import DocumentError
from pagesight.files import digest
from pagesight.flow import Flow, Grid, Picture, Rendition, Section
from pagesight.formats import PDF, kind_of
from pagesight.library import Library
from pagesight.rendering import page_pictures
from pagesight.renditions import RENDITIONS, AnyParser, Renditions
from pagesight.settings import load
from pagesight.workers import converters_by_suffix
from tests.builders import open_library


@dataclass(frozen=True)
class Read:
    """A word that was read in a picture."""

    text: str = "PUMP"
    left: int = 10
    top: int = 10
    width: int = 40
    height: int = 12
    line: tuple[int, int, int] = (0, 0, 0)
    confidence: float = 0.9


class Reader:
    fingerprint = "one word"

    def read(self, png: bytes, *, sparse: bool) -> tuple[Read, ...]:
        return (Read(),)


class Office:
    """A Converter that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, path: Path) -> Rendition:
        self.asked += 1
        picture = io.BytesIO()
        Image.new("RGB", (300, 150), "red").save(picture, "PNG")
        table = Grid(cells=plain_cells([["part", "price"], ["valve", "12"]], 0))
        pieces = (Picture(data=picture.getvalue()), table)
        return print_flow(Flow(title="Prices", sections=(Section(pieces=pieces),)), path)


def a_parser(root: Path, office: Office) -> AnyParser:
    crops = FileCropStore(root / "crops")
    return AnyParser(
        PyMuPDFParser(crops, None),
        Renditions(root / RENDITIONS),
        {".docx": office},
        PyMuPDFIllustrator(crops, Reader(), 72),
    )


def a_file(folder: Path) -> Path:
    path = folder / "prices.docx"
    path.write_bytes(b"PK and so on")
    return path


def a_stored(library: Library, path: Path) -> Document:
    """The file in the library, as ingest leaves it but for its chunks."""
    parser = a_parser(library.root, Office())
    profile = parser.profile(path)
    pages = [content.page for content in parser.parse_pages(path, 0, 9)]
    document = Document(
        id=profile.id, source=str(path), title=profile.title, page_count=profile.page_count
    )
    library.put(document, pages, [], {})
    return document


def test_a_file_is_converted_once_whatever_it_is_called(tmp_path: Path) -> None:
    office = Office()
    parser = a_parser(tmp_path, office)
    path = a_file(tmp_path)
    assert parser.profile(path).title == "Prices"
    parser.parse_pages(path, 0, 1)
    copy = path.rename(tmp_path / "copy.docx")
    assert a_parser(tmp_path, office).profile(copy).id == digest(copy)
    assert office.asked == 1


def test_a_rendition_that_was_only_half_written_is_made_again(tmp_path: Path) -> None:
    office = Office()
    path = a_file(tmp_path)
    whole = a_parser(tmp_path, office).parse_pages(path, 0, 1)
    next((tmp_path / RENDITIONS).rglob("*.gz")).write_bytes(b"half")
    assert a_parser(tmp_path, office).parse_pages(path, 0, 1) == whole
    assert office.asked == 2


def test_a_rendition_that_is_gone_is_made_again(tmp_path: Path) -> None:
    office = Office()
    path = a_file(tmp_path)
    parser = a_parser(tmp_path, office)
    parser.profile(path)
    for each in (tmp_path / RENDITIONS).rglob("*.*"):
        each.unlink()
    assert parser.parse_pages(path, 0, 1)
    assert office.asked == 2


def test_all_pages_of_a_document_are_read_once_whatever_the_windows(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    parser = a_parser(tmp_path, Office())
    parser.profile(path)
    # Nobody could read them now.
    next((tmp_path / RENDITIONS).rglob("*.gz")).write_bytes(b"half")
    assert parser.parse_pages(path, 0, 1)


def test_a_file_that_has_changed_is_converted_again(tmp_path: Path) -> None:
    office = Office()
    path = a_file(tmp_path)
    parser = a_parser(tmp_path, office)
    before = parser.profile(path).id
    path.write_bytes(b"PK and other words")
    assert parser.profile(path).id != before
    assert office.asked == 2


def test_tables_and_pictures_get_their_crops_and_words(tmp_path: Path) -> None:
    parser = a_parser(tmp_path, Office())
    [content] = parser.parse_pages(a_file(tmp_path), 0, 1)
    figure, table = content.elements
    assert isinstance(figure, Figure)
    assert (figure.text, figure.text_by_ocr) == ("PUMP", True)
    crops = FileCropStore(tmp_path / "crops")
    with Image.open(crops.path(figure.image)) as crop:
        middle = crop.convert("RGB").getpixel((crop.width // 2, crop.height // 2))
    assert middle == (255, 0, 0)
    assert isinstance(table, Table)
    assert crops.path(table.image).is_file()


def test_a_pdf_stays_a_pdf_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_bytes(b"%PDF-1.7 and so on")
    (tmp_path / "scan.TIF").write_bytes(b"II*\0")
    (tmp_path / "notes.odd").write_bytes(b"text")
    names = ("scan.png", "scan.TIF", "notes.odd")
    assert [kind_of(tmp_path / name) for name in names] == [PDF, ".tif", PDF]


def test_pages_of_a_document_that_is_no_pdf_are_shown(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        document = a_stored(library, a_file(tmp_path))
        [(place, png)] = page_pictures(library, load().parse, [(document.id, 0)], 72)
        assert place == (document.id, 0)
        assert isinstance(png, bytes)
        with Image.open(io.BytesIO(png)) as page:
            assert page.size == (595, 842)


def test_a_file_that_has_changed_is_not_shown_by_its_old_rendition(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        path = a_file(tmp_path)
        document = a_stored(library, path)
        path.write_bytes(b"PK and something else")
        [(_, error)] = page_pictures(library, load().parse, [(document.id, 0)], 72)
        assert isinstance(error, DocumentError)
        assert "has changed since it was ingested" in str(error)


@pytest.mark.parametrize("swept", [True, False])
def test_a_rendition_goes_with_its_document(tmp_path: Path, swept: bool) -> None:
    with open_library(tmp_path / "library") as library:
        document = a_stored(library, a_file(tmp_path))
        assert len(library.renditions.entries()) == 2
        assert library.sweep().renditions == 0
        if swept:
            library.remove(document.id)
            assert library.sweep().renditions == 2
        else:
            library.forget([document.id])
        assert not library.renditions.entries()


@pytest.mark.skipif(program() is None, reason="LibreOffice is not installed")
def test_old_slides_and_sheets_are_read_by_their_newer_formats(tmp_path: Path) -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Pumps"
    slide.notes_slide.notes_text_frame.text = "P7 is late."
    presentation.save(str(tmp_path / "a.pptx"))
    book = openpyxl.Workbook()
    book.active.append(["Model", "Price"])
    book.active.append(["P7", 1234.5])
    book.active["B2"].number_format = "#,##0.00"
    book.save(tmp_path / "a.xlsx")
    office, converters = LibreOffice(program() or ""), converters_by_suffix()
    for name, old in (("a.pptx", ".odp"), ("a.xlsx", ".xls")):
        with office.saved(tmp_path / name, old) as made:
            (tmp_path / f"b{old}").write_bytes(made.read_bytes())
    with pymupdf.open("pdf", converters[".odp"](tmp_path / "b.odp").pdf) as slides:
        assert [" ".join(page.get_text().split()) for page in slides] == [
            *("Pumps", "Slide 1: Pumps Notes: P7 is late.")
        ]
    [sheet] = converters[".xls"](tmp_path / "b.xls").contents
    [table] = [each for each in sheet.elements if isinstance(each, Table)]
    assert [cell.text for cell in table.cells] == ["Model", "Price", "P7", "1,234.50"]
