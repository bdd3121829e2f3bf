"""What every Parser promises, over all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docx
import pytest

from pagesight.adapters.filesystem import FileCropStore
from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.adapters.pymupdf.printing.flowing import print_flow
from pagesight.adapters.pymupdf.printing.illustrating import PyMuPDFIllustrator
from pagesight.adapters.pymupdf.segmented import SegmentedParser
from pagesight.adapters.unstructured import read_flow
from pagesight.errors import DocumentError, LockedError
from pagesight.files import digest
from pagesight.flow import Rendition, Segment
from pagesight.geometry import BBox
from pagesight.ports import Parser
from pagesight.renditions import AnyParser, Renditions

WORDS = ("first", "second", "third")
"""One stands on each page."""


class Halves:
    """A Segmenter that takes the upper half of a page for one region, and names no other."""

    fingerprint = "halves"

    def segments(
        self, pdf: bytes, png: Callable[[], bytes], size: tuple[float, float], *, has_text: bool
    ) -> tuple[Segment, ...]:
        half = BBox(0, 0, size[0], size[1] / 2)
        return (Segment(kind="text", bbox=half, text="" if has_text else "read"),)


def a_pdf(folder: Path) -> Path:
    path = folder / "manual.pdf"
    with pymupdf.open() as document:
        for word in WORDS:
            page = document.new_page()
            page.insert_text((72, 100), f"The {word} relief valve opens.")
            page.insert_text((72, 700), f"Below the {word}.")
        document.save(path)
    return path


def a_word_file(folder: Path) -> Path:
    document = docx.Document()
    for word in WORDS:
        document.add_paragraph(f"The {word} relief valve opens.")
        document.add_page_break()
    document.save(str(folder / "manual.docx"))
    return folder / "manual.docx"


def pymupdf_parser(folder: Path) -> tuple[Parser, Path]:
    return PyMuPDFParser(FileCropStore(folder), None), a_pdf(folder)


def segmented_parser(folder: Path) -> tuple[Parser, Path]:
    return SegmentedParser(Halves(), FileCropStore(folder), 150, 300), a_pdf(folder)


def any_parser(folder: Path) -> tuple[Parser, Path]:
    crops = FileCropStore(folder)

    def printed(path: Path) -> Rendition:
        return print_flow(read_flow(path), path)

    parser = AnyParser(
        PyMuPDFParser(crops, None),
        Renditions(folder / "renditions"),
        {".docx": printed},
        PyMuPDFIllustrator(crops, None, 150),
    )
    return parser, a_word_file(folder)


@pytest.fixture(params=[pymupdf_parser, segmented_parser, any_parser])
def given(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Parser, Path]:
    """A parser, and a file of some pages that it can parse."""
    parser, path = request.param(tmp_path)
    return parser, path


def test_the_profile_has_the_id_of_the_bytes_and_counts_the_pages(
    given: tuple[Parser, Path],
) -> None:
    parser, path = given
    profile = parser.profile(path)
    assert profile.id == digest(path)
    assert profile.source == str(path)
    assert profile.page_count == len(parser.parse_pages(path, 0, 9))


def test_windows_of_pages_give_what_the_whole_gives(given: tuple[Parser, Path]) -> None:
    parser, path = given
    count = parser.profile(path).page_count
    whole = parser.parse_pages(path, 0, count)
    parts = [content for at in range(count) for content in parser.parse_pages(path, at, at + 1)]
    assert tuple(parts) == whole
    assert [content.page.index for content in whole] == list(range(count))
    said = " ".join(element.text for content in whole for element in content.elements)
    assert all(word in said for word in WORDS)


def test_pages_past_the_end_are_left_out(given: tuple[Parser, Path]) -> None:
    parser, path = given
    count = parser.profile(path).page_count
    assert len(parser.parse_pages(path, count - 1, count + 9)) == 1
    assert parser.parse_pages(path, count, count + 1) == ()


def test_everything_stands_on_its_page(given: tuple[Parser, Path]) -> None:
    parser, path = given
    for content in parser.parse_pages(path, 0, 9):
        for element in content.elements:
            assert element.page == content.page.index
            assert 0 <= element.bbox.x0 < element.bbox.x1 <= content.page.width
            assert 0 <= element.bbox.y0 < element.bbox.y1 <= content.page.height


def test_a_fingerprint_says_by_what_it_was_parsed(given: tuple[Parser, Path]) -> None:
    parser, _ = given
    assert f"pymupdf {pymupdf.__version__}" in parser.fingerprint


def test_files_that_cannot_be_parsed_are_named(given: tuple[Parser, Path], tmp_path: Path) -> None:
    parser, path = given
    empty = (tmp_path / "empty").with_suffix(path.suffix)
    empty.touch()
    for broken in (empty, tmp_path / f"missing{path.suffix}"):
        with pytest.raises(DocumentError, match=broken.name):
            parser.profile(broken)
        with pytest.raises(DocumentError, match=broken.name):
            parser.parse_pages(broken, 0, 1)


def test_an_encrypted_pdf_opens_by_its_password(tmp_path: Path) -> None:
    for build in (pymupdf_parser, segmented_parser, any_parser):
        parser, _ = build(tmp_path)
        locked = tmp_path / "locked.pdf"
        with pymupdf.open(a_pdf(tmp_path)) as document:
            document.save(locked, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="key")
        with pytest.raises(LockedError):
            parser.profile(locked)
        assert parser.profile(locked, ["key"]).page_count == len(WORDS)
        assert len(parser.parse_pages(locked, 0, 2, ["key"])) == 2
