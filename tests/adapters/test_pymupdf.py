"""The parser over PDF files that are drawn here."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import analyse, pymupdf
from pagesight.adapters.pymupdf.source import running_head
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.adapters.pymupdf.viewing import page_picture, text_layer
from pagesight.adapters.pytesseract import PytesseractReader, available
from pagesight.document import Caption, Figure, PageContent, Span, Table, TextBlock
from pagesight.errors import DocumentError, ServiceError
from pagesight.geometry import BBox

PROSE = (
    "The relief valve limits the pressure of the pump to 285 bar. Open the discharge valve by "
    "two full turns before any work, and wait until the gauge shows no pressure at all. The "
    "accumulator holds oil under pressure after the motor has stopped, so that the valve has to "
    "stay open for as long as the cover is removed from the block."
)
needs_tesseract = pytest.mark.skipif(not available(), reason="tesseract is not installed")


@dataclass
class FolderOfCrops:
    """Keeps crops in a folder."""

    folder: Path

    def put(self, png: bytes) -> str:
        key = f"{hashlib.sha256(png).hexdigest()}.png"
        (self.folder / key).write_bytes(png)
        return key

    def path(self, key: str) -> Path:
        return self.folder / key


@dataclass(frozen=True)
class FixedWord:
    text: str
    left: int
    top: int
    width: int
    height: int
    line: tuple[int, int, int]
    confidence: float = 0.9


class FailingReader:
    fingerprint = "fails"

    def read(self, png: bytes, *, sparse: bool) -> tuple[FixedWord, ...]:
        raise ServiceError("tesseract is out of order: repair it")


class SilentReader:
    fingerprint = "reads nothing"

    def read(self, png: bytes, *, sparse: bool) -> tuple[FixedWord, ...]:
        return ()


@pytest.fixture
def crops(tmp_path: Path) -> FolderOfCrops:
    folder = tmp_path / "crops"
    folder.mkdir()
    return FolderOfCrops(folder)


@pytest.fixture
def parser(crops: FolderOfCrops) -> PyMuPDFParser:
    return PyMuPDFParser(crops, None)


Draw = Callable[[Any], None]


def saved(path: Path, *pages: Draw, size: tuple[float, float] = (595, 842)) -> Path:
    document = pymupdf.open()
    for draw in pages:
        draw(document.new_page(width=size[0], height=size[1]))
    document.save(path)
    return path


def prose(page: Any, top: float = 90, text: str = PROSE) -> None:
    page.insert_textbox(pymupdf.Rect(72, top, 520, top + 120), text, fontsize=11)


def heading(page: Any, text: str, top: float = 70, size: float = 18) -> None:
    page.insert_text((72, top), text, fontsize=size, fontname="hebo")


def diagram(page: Any, left: float = 150, top: float = 260) -> None:
    """Two boxes with labels, a line between them, and a caption under them."""
    for offset, label in ((0, "Pump P1"), (180, "Valve V4")):
        box = pymupdf.Rect(left + offset, top, left + offset + 100, top + 120)
        page.draw_rect(box, color=(0, 0, 0), fill=(0.8, 0.88, 1), width=1.5)
        page.insert_text((left + offset + 22, top + 64), label, fontsize=11)
    page.draw_line((left + 100, top + 60), (left + 180, top + 60), width=2)
    page.draw_circle((left + 140, top + 60), 14, color=(0.8, 0, 0), fill=(1, 0.9, 0.9))
    page.insert_text((left, top + 145), "Figure 2-1: Hydraulic circuit of the unit", fontsize=10)


ROWS = (
    ("Quantity", "P4-28", "P4-45", "Unit"),
    ("Displacement", "28.1", "45.0", "cm3"),
    ("Nominal pressure", "280", "250", "bar"),
    ("Maximum speed", "3200", "2800", "rpm"),
    ("Mass without oil", "64", "81", "kg"),
)


def table(page: Any, top: float = 300) -> None:
    page.insert_text((80, top - 10), "Table 2-2: Technical data of the pumps", fontsize=10)
    edges = (80, 220, 320, 420, 510)
    for number in range(len(ROWS) + 1):
        page.draw_line((80, top + 24 * number), (510, top + 24 * number), width=0.7)
    for edge in edges:
        page.draw_line((edge, top), (edge, top + 24 * len(ROWS)), width=0.7)
    for number, row in enumerate(ROWS):
        for edge, cell in zip(edges, row, strict=False):
            font = "hebo" if number == 0 else "helv"
            page.insert_text((edge + 6, top + 24 * number + 16), cell, fontsize=10, fontname=font)


def whole(page: Any) -> None:
    heading(page, "2 Product description")
    prose(page)
    diagram(page)
    table(page, top=480)


def only(content: PageContent, kind: type[Any]) -> Any:
    (found,) = [element for element in content.elements if isinstance(element, kind)]
    return found


def texts(content: PageContent) -> str:
    return "\n".join(each.text for each in content.elements if isinstance(each, TextBlock))


def check_spans(text: str, spans: tuple[Span, ...], page: BBox) -> None:
    end = 0
    for span in spans:
        assert span.start >= end
        assert span.end > span.start
        assert not text[end : span.start].strip(), "words between the spans"
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert span.bbox.inside(page.grown(1)) == pytest.approx(1)
        end = span.end
    assert end == len(text)


def test_every_character_of_a_text_is_in_the_span_of_its_line(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", whole), 0, 1)
    page = BBox(0, 0, 595, 842)
    blocks = [each for each in content.elements if isinstance(each, TextBlock)]
    assert blocks
    for block in blocks:
        check_spans(block.text, block.spans, page)
    captions = [each.caption for each in content.elements if not isinstance(each, TextBlock)]
    assert len(captions) == 2
    for caption in captions:
        assert isinstance(caption, Caption)
        check_spans(caption.text, caption.spans, page)


def test_a_span_has_the_words_that_stand_in_its_box(tmp_path: Path, parser: PyMuPDFParser) -> None:
    path = saved(tmp_path / "a.pdf", prose)
    (content,) = parser.parse_pages(path, 0, 1)
    block = only(content, TextBlock)
    with pymupdf.open(path) as document:
        for span in block.spans:
            box = pymupdf.Rect(span.bbox.x0, span.bbox.y0, span.bbox.x1, span.bbox.y1)
            words = [
                word[4]
                for word in document[0].get_text("words")
                if pymupdf.Point((word[0] + word[2]) / 2, (word[1] + word[3]) / 2) in box
            ]
            assert block.text[span.start : span.end].split() == words
    assert block.text == PROSE
    assert block.font_size == pytest.approx(11)


def test_words_broken_at_line_ends_are_put_together(tmp_path: Path, parser: PyMuPDFParser) -> None:
    lines = (
        "The hydraulic unit is delivered with a con-",
        "troller and two pumps. It is a high-pressure",
        "unit for stationary use, and every high-",
        "pressure hose has been tested before ship-",
        "ment. The \ufb01lter is an of\ufb01ce item, as in Wi-",
        "Fi equipment of the control room itself.",
    )

    def draw(page: Any) -> None:
        font = pymupdf.Font(ordering=0)
        writer = pymupdf.TextWriter(page.rect)
        for number, line in enumerate(lines):
            writer.append((72, 100 + 15 * number), line, font=font, fontsize=11)
        writer.write_text(page)

    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", draw), 0, 1)
    text = texts(content)
    assert "with a controller and" in text
    assert "every high-pressure hose" in text
    assert "before shipment." in text
    assert "filter is an office item" in text
    assert "Wi-Fi equipment" in text


def test_a_table_of_contents_is_text_line_by_line_without_its_dots(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    def draw(page: Any) -> None:
        heading(page, "Contents")
        for number in range(12):
            title = f"{number + 1} Chapter about the part {number}"
            page.insert_text((72, 110 + 18 * number), title + " ." * 40, fontsize=11)
            page.insert_text((480, 110 + 18 * number), f"{number}-1", fontsize=11)

    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", draw), 0, 1)
    lines = texts(content).splitlines()
    assert "3 Chapter about the part 2 2-1" in lines
    assert not any(isinstance(each, Table) for each in content.elements)


def test_a_label_beside_a_text_is_read_before_it(tmp_path: Path, parser: PyMuPDFParser) -> None:
    def draw(page: Any) -> None:
        prose(page)
        page.draw_rect(pymupdf.Rect(68, 250, 520, 310), color=(0, 0, 0), width=1)
        page.insert_text((74, 285), "WARNING", fontsize=9, fontname="hebo")
        rect = pymupdf.Rect(140, 255, 510, 310)
        page.insert_textbox(rect, PROSE[:220], fontsize=10.5)

    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", draw), 0, 1)
    text = " ".join(texts(content).split())
    assert PROSE[:200].strip() in text[len(PROSE) :]


def test_headings_lists_and_code_have_their_roles(tmp_path: Path, parser: PyMuPDFParser) -> None:
    def draw(page: Any) -> None:
        heading(page, "3 Commissioning")
        prose(page)
        for number in range(4):
            text = f"{number + 1}. Open the valve V{number} by two full turns."
            page.insert_text((80, 260 + 16 * number), text, fontsize=11)
        for number, line in enumerate(("for valve in block:", "    valve.open(turns=2)", "done()")):
            page.insert_text((90, 400 + 14 * number), line, fontsize=10, fontname="cour")

    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", draw), 0, 1)
    roles = {
        each.text.split("\n")[0]: each.role
        for each in content.elements
        if isinstance(each, TextBlock)
    }
    assert roles["3 Commissioning"] in ("heading", "title")
    assert roles["1. Open the valve V0 by two full turns."] == "list"
    assert roles["for valve in block:"] == "code"
    assert "for valve in block:\n    valve.open(turns=2)\ndone()" in texts(content)


def test_a_vector_drawing_becomes_a_figure_with_caption_and_inner_text(
    tmp_path: Path, parser: PyMuPDFParser, crops: FolderOfCrops
) -> None:
    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", whole), 0, 1)
    figure = only(content, Figure)
    assert figure.bbox.iou(BBox(150, 260, 430, 380)) > 0.8
    assert figure.caption.label == "Figure 2-1"
    assert figure.caption.text == "Figure 2-1: Hydraulic circuit of the unit"
    assert figure.text.split() == ["Pump", "P1", "Valve", "V4"]
    assert not figure.text_by_ocr
    assert "Hydraulic circuit" not in texts(content)
    with Image.open(crops.path(figure.image)) as image:
        assert image.width == pytest.approx((figure.bbox.width + 8) * 150 / 72, abs=3)
        darkest = image.convert("L").histogram()[:50]
        reddish = image.convert("HSV").split()[1].histogram()[250:]
    assert sum(darkest) > 0, "the outlines"
    assert sum(reddish) > 0, "the red circle"


def test_two_drawings_side_by_side_under_one_caption_are_one_figure(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    noise = Image.effect_noise((240, 240), 90).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "png")

    def draw(page: Any) -> None:
        prose(page)
        for left in (90, 310):
            page.insert_image(pymupdf.Rect(left, 260, left + 180, 440), stream=buffer.getvalue())
        page.insert_text(
            (90, 462), "Figure 4: Surface before (left) and after (right)", fontsize=10
        )

    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", draw), 0, 1)
    figure = only(content, Figure)
    assert figure.bbox.iou(BBox(90, 260, 490, 440)) > 0.9
    assert figure.caption.label == "Figure 4"


def test_a_table_gives_cells_with_one_box_each(tmp_path: Path, parser: PyMuPDFParser) -> None:
    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", whole), 0, 1)
    found = only(content, Table)
    assert found.rows == ROWS
    assert found.header_rows == 1
    assert found.caption.label == "Table 2-2"
    assert len(found.cells) == len(ROWS) * len(ROWS[0])
    for cell in found.cells:
        assert cell.bbox.y0 <= 480 + 24 * cell.row + 12 <= cell.bbox.y1
    lefts = [cell.bbox.x0 for cell in found.cells if cell.row == 0]
    assert lefts == sorted(lefts)
    assert "Displacement" not in texts(content)


def test_no_word_of_a_page_is_lost_and_none_is_told_twice(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    path = saved(tmp_path / "a.pdf", whole)
    (content,) = parser.parse_pages(path, 0, 1)
    found = texts(content).split()
    for element in content.elements:
        if isinstance(element, Figure):
            found += element.text.split()
        if isinstance(element, Table):
            found += (word for row in element.rows for cell in row for word in cell.split())
        if not isinstance(element, TextBlock) and element.caption:
            found += element.caption.text.split()
    with pymupdf.open(path) as document:
        assert sorted(found) == sorted(document[0].get_text().split())


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_boxes_of_a_rotated_page_are_where_the_page_shows_them(
    tmp_path: Path, parser: PyMuPDFParser, crops: FolderOfCrops, rotation: int
) -> None:
    """The content is laid out as for a scan in landscape: upright once the page is rotated."""

    def draw(page: Any) -> None:
        whole(page)
        page.set_rotation(rotation)
        page.remove_rotation()
        page.set_rotation(360 - rotation)

    path = saved(tmp_path / "a.pdf", draw)
    (content,) = parser.parse_pages(path, 0, 1)
    assert (content.page.width, content.page.height) == (595, 842)
    figure = only(content, Figure)
    assert figure.bbox.iou(BBox(150, 260, 430, 380)) > 0.8
    assert only(content, Table).rows == ROWS
    assert_crop_shows(path, figure, crops)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_rotated_page_that_is_cropped_shows_what_is_inside_the_crop(
    tmp_path: Path, parser: PyMuPDFParser, crops: FolderOfCrops, rotation: int
) -> None:
    def draw(page: Any) -> None:
        whole(page)
        page.set_rotation(rotation)
        page.remove_rotation()
        width, height = page.rect.width, page.rect.height
        # Margins of whole pixels at the resolution of crops: 25 at a time.
        page.set_cropbox(pymupdf.Rect(24, 12, width - 36, height - 12))
        page.set_rotation(360 - rotation)

    path = saved(tmp_path / "a.pdf", draw)
    (content,) = parser.parse_pages(path, 0, 1)
    with pymupdf.open(path) as document:
        shown = document[0].rect
    assert (content.page.width, content.page.height) == (shown.width, shown.height)
    assert_crop_shows(path, only(content, Figure), crops)
    assert PROSE in texts(content)


def test_text_that_runs_sideways_is_read_upright_and_boxed_where_it_stands(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    def draw(page: Any) -> None:
        whole(page)
        page.set_rotation(90)

    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", draw), 0, 1)
    assert (content.page.width, content.page.height) == (842, 595)
    figure = only(content, Figure)
    assert figure.bbox.iou(BBox(842 - 380, 150, 842 - 260, 430)) > 0.8
    assert figure.caption.label == "Figure 2-1"
    assert only(content, Table).rows == ROWS
    assert PROSE in texts(content)


def assert_crop_shows(path: Path, figure: Figure, crops: FolderOfCrops) -> None:
    """The crop is what the page displays at the figure's box."""
    with pymupdf.open(path) as document:
        pixels = document[0].get_pixmap(dpi=150)
    page = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    x, y = ((figure.bbox.x0 + figure.bbox.x1) / 2, (figure.bbox.y0 + figure.bbox.y1) / 2)
    with Image.open(crops.path(figure.image)) as opened:
        crop = opened.convert("RGB")
    scale = 150 / 72
    left, top = round((figure.bbox.x0 - 4) * scale), round((figure.bbox.y0 - 4) * scale)
    shown = page.crop((left, top, left + crop.width, top + crop.height))
    for share in (0.2, 0.5, 0.8):
        point = (round(crop.width * share), round(crop.height * 0.5))
        assert crop.getpixel(point) == shown.getpixel(point)
    assert page.getpixel((round(x * scale), round(y * scale))) != (255, 255, 255)


def scan_of(path: Path, target: Path, turn: int = 0) -> Path:
    """A PDF of page images without a text layer."""
    with pymupdf.open(path) as document, pymupdf.open() as scan:
        for page in document:
            pixels = page.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
            image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
            image = image.rotate(-turn, expand=True)
            buffer = io.BytesIO()
            image.save(buffer, "png")
            made = scan.new_page(width=image.width * 0.36, height=image.height * 0.36)
            made.insert_image(made.rect, stream=buffer.getvalue())
        scan.save(target)
    return target


@needs_tesseract
def test_a_scanned_page_is_read_by_ocr_with_boxes_in_points(
    tmp_path: Path, crops: FolderOfCrops
) -> None:
    path = scan_of(saved(tmp_path / "a.pdf", whole), tmp_path / "scan.pdf")
    (content,) = PyMuPDFParser(crops, PytesseractReader()).parse_pages(path, 0, 1)
    assert content.page.ocr
    assert not content.page.error
    text = texts(content)
    assert "limits the pressure of the pump to 285 bar" in text
    block = next(
        each for each in content.elements if isinstance(each, TextBlock) and "285 bar" in each.text
    )
    check_spans(block.text, block.spans, BBox(0, 0, 596, 843))
    assert block.bbox.inside(BBox(66, 84, 526, 220)) > 0.95
    assert block.font_size == 0
    figure = only(content, Figure)
    assert figure.bbox.iou(BBox(150, 260, 430, 380)) > 0.6
    assert figure.caption is not None
    assert figure.caption.label == "Figure 2-1"
    assert figure.text_by_ocr


@needs_tesseract
def test_a_scan_that_lies_on_its_side_is_read_all_the_same(
    tmp_path: Path, crops: FolderOfCrops
) -> None:
    path = scan_of(saved(tmp_path / "a.pdf", prose), tmp_path / "scan.pdf", turn=90)
    (content,) = PyMuPDFParser(crops, PytesseractReader()).parse_pages(path, 0, 1)
    assert "limits the pressure of the pump to 285 bar" in texts(content)
    for block in content.elements:
        assert block.bbox.height > block.bbox.width
        assert block.bbox.x0 > 600


def words_at(*placed: tuple[str, float, float]) -> list[Word]:
    """Words (text, left, top), five points a letter and ten high."""
    return [
        Word(text, BBox(left, top, left + 5 * len(text), top + 10), 0, number)
        for number, (text, left, top) in enumerate(placed)
    ]


BODY = (("any", 72, 80), ("was", 92, 80), ("very", 112, 80), ("trifling", 137, 80))
BOOK = BBox(0, 0, 595, 842)


@pytest.mark.parametrize("numbers", [("400", "[Ch."), ("Chapter", "401"), ("[xiv]", "Preface")])
def test_a_first_line_with_a_page_number_beside_a_title_is_a_running_head(
    numbers: tuple[str, str],
) -> None:
    line = words_at((numbers[0], 72, 50), ("HUSBANDRY.", 250, 51), (numbers[1], 480, 49), *BODY)
    (head,) = running_head(BOOK, line)
    assert head.kind == "page-header"
    assert (head.bbox.x0, head.bbox.y0, head.bbox.y1) == (72, 49, 61)


@pytest.mark.parametrize(
    "line",
    [
        (("4", 72, 50), ("Results", 82, 50)),
        (("BRITISH", 72, 50), ("HUSBANDRY", 400, 50)),
        (("400", 72, 300), ("HUSBANDRY", 400, 300)),
    ],
)
def test_headings_titles_and_tables_are_no_running_heads(
    line: tuple[tuple[str, float, float], ...],
) -> None:
    below = [(text, left, top + 300) for text, left, top in BODY]
    assert running_head(BOOK, words_at(*line, *below)) == []
    assert running_head(BOOK, []) == []


def test_a_small_page_is_read_at_the_resolution_of_its_scan(
    tmp_path: Path, crops: FolderOfCrops
) -> None:
    pictures: list[bytes] = []

    class Keeper:
        fingerprint = "keeps"

        def read(self, png: bytes, *, sparse: bool) -> tuple[FixedWord, ...]:
            pictures.append(png)
            return ()

    buffer = io.BytesIO()
    Image.effect_noise((1500, 2500), 60).save(buffer, "png")
    path = saved(
        tmp_path / "a.pdf",
        lambda page: page.insert_image(page.rect, stream=buffer.getvalue()),
        size=(180, 300),
    )
    PyMuPDFParser(crops, Keeper()).parse_pages(path, 0, 1)
    with Image.open(io.BytesIO(pictures[0])) as picture:
        assert picture.size == (1500, 2500)


def test_the_words_over_a_scan_are_no_code_in_whatever_font(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((600, 800), 20).save(buffer, "png")

    def scanned(page: Any) -> None:
        page.insert_image(page.rect, stream=buffer.getvalue())
        page.insert_textbox(
            pymupdf.Rect(72, 90, 520, 300), PROSE, fontname="cour", fontsize=10, render_mode=3
        )

    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", scanned), 0, 1)
    roles = {each.role for each in content.elements if isinstance(each, TextBlock)}
    assert roles == {"paragraph"}


def test_a_scan_without_a_reader_is_a_picture_and_says_what_to_install(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    path = scan_of(saved(tmp_path / "a.pdf", prose), tmp_path / "scan.pdf")
    (content,) = parser.parse_pages(path, 0, 1)
    assert "has no text layer" in content.page.error
    assert "install tesseract-ocr" in content.page.error
    assert only(content, Figure).bbox.area == pytest.approx(595 * 842, rel=0.01)


def test_a_scan_whose_reader_fails_is_a_picture_and_says_why(
    tmp_path: Path, crops: FolderOfCrops
) -> None:
    path = scan_of(saved(tmp_path / "a.pdf", prose), tmp_path / "scan.pdf")
    (content,) = PyMuPDFParser(crops, FailingReader()).parse_pages(path, 0, 1)
    assert "tesseract is out of order: repair it" in content.page.error
    assert isinstance(only(content, Figure), Figure)


def specks(page: Any) -> None:
    for number in range(12):
        page.draw_circle((50 + 40 * number, 60 + 61 * number), 1)


def test_a_scan_in_which_nothing_can_be_read_is_a_picture_unless_it_is_empty(
    tmp_path: Path, crops: FolderOfCrops
) -> None:
    for draw, pictures in ((prose, 1), (specks, 0)):
        path = scan_of(saved(tmp_path / "a.pdf", draw), tmp_path / "scan.pdf")
        (content,) = PyMuPDFParser(crops, SilentReader()).parse_pages(path, 0, 1)
        assert [type(each) for each in content.elements] == [Figure] * pictures
        assert not content.page.error


def test_the_invisible_text_of_an_ocr_layer_is_the_text(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    scan = scan_of(saved(tmp_path / "a.pdf", prose), tmp_path / "scan.pdf")
    with pymupdf.open(scan) as document:
        page = document[0]
        page.insert_textbox(pymupdf.Rect(72, 90, 520, 210), PROSE, fontsize=11, render_mode=3)
        page.insert_text((400, 800), "Received 14 May", fontsize=9)
        document.save(tmp_path / "layered.pdf")
    (content,) = parser.parse_pages(tmp_path / "layered.pdf", 0, 1)
    assert not content.page.ocr
    assert PROSE in texts(content)
    assert "Received 14 May" in texts(content)


def test_a_font_without_a_unicode_map_is_read_from_its_pixels(
    tmp_path: Path, crops: FolderOfCrops
) -> None:
    """Private-use characters are no text: the page needs OCR."""

    path = tmp_path / "a.pdf"
    document = pymupdf.open()
    page = document.new_page()
    writer = pymupdf.TextWriter(page.rect)
    for number in range(20):
        writer.append((72, 90 + 20 * number), "\ue001\ue002\ue003 \ue004\ue005" * 6)
    writer.write_text(page)
    document.save(path)
    (content,) = PyMuPDFParser(crops, None).parse_pages(path, 0, 1)
    assert "install tesseract-ocr" in content.page.error


def test_a_blank_page_has_no_elements_and_no_error(tmp_path: Path, parser: PyMuPDFParser) -> None:
    (content,) = parser.parse_pages(saved(tmp_path / "a.pdf", lambda page: None), 0, 1)
    assert content.elements == ()
    assert not content.page.error


def test_page_labels_are_those_declared_else_numbers(tmp_path: Path, parser: PyMuPDFParser) -> None:
    path = saved(tmp_path / "a.pdf", prose, prose, prose)
    assert [each.page.label for each in parser.parse_pages(path, 0, 3)] == ["1", "2", "3"]
    with pymupdf.open(path) as document:
        document.set_page_labels(
            [
                {"startpage": 0, "style": "r", "firstpagenum": 12},
                {"startpage": 1, "prefix": "3-", "style": "D", "firstpagenum": 17},
            ]
        )
        document.save(tmp_path / "b.pdf")
    contents = parser.parse_pages(tmp_path / "b.pdf", 0, 3)
    assert [each.page.label for each in contents] == ["xii", "3-17", "3-18"]
    assert [each.page.index for each in contents] == [0, 1, 2]


def test_parsing_a_range_gives_the_pages_of_the_range(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    path = saved(tmp_path / "a.pdf", prose, prose, prose)
    assert [each.page.index for each in parser.parse_pages(path, 1, 9)] == [1, 2]


def test_one_failing_page_keeps_the_rest(tmp_path: Path, parser: PyMuPDFParser) -> None:
    path = saved(tmp_path / "a.pdf", prose, prose, prose)
    with pymupdf.open(path) as document:
        document.xref_set_key(document[1].xref, "MediaBox", "[0 0 0.4 0.4]")
        document.save(tmp_path / "b.pdf")
    first, failed, last = parser.parse_pages(tmp_path / "b.pdf", 0, 3)
    assert texts(first) == texts(last) == PROSE
    assert "could not be parsed: the page is 1 x 1 points" in failed.page.error
    assert failed.elements == ()
    assert failed.page.width > 1


def test_a_crop_store_that_fails_is_not_taken_for_a_bad_page(tmp_path: Path) -> None:
    missing = FolderOfCrops(tmp_path / "absent")
    with pytest.raises(FileNotFoundError):
        PyMuPDFParser(missing, None).parse_pages(saved(tmp_path / "a.pdf", whole), 0, 1)


def test_the_profile_tells_what_is_known_before_parsing(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    path = saved(tmp_path / "a.pdf", prose, prose)
    with pymupdf.open(path) as document:
        document.set_metadata({"title": "HYDRA P4 Service Manual"})
        document.set_toc([[1, "Safety", 1], [2, "Lock-out", 2], [1, "Nowhere", -1]])
        document.save(tmp_path / "b.pdf")
    profile = parser.profile(tmp_path / "b.pdf")
    assert profile.id == hashlib.sha256((tmp_path / "b.pdf").read_bytes()).hexdigest()
    assert profile.source == str(tmp_path / "b.pdf")
    assert profile.title == "HYDRA P4 Service Manual"
    assert profile.page_count == 2
    assert [(each.level, each.title, each.page) for each in profile.outline] == [
        (1, "Safety", 0),
        (2, "Lock-out", 1),
    ]


@pytest.mark.parametrize(
    "title",
    [
        "untitled",
        "Microsoft Word - manual_v3.doc",
        "manual_v3_final.docx",
        "main.dvi",
        "Document1",
        "2024-11-03",
        " ",
    ],
)
def test_a_title_that_a_program_made_up_is_none(
    tmp_path: Path, parser: PyMuPDFParser, title: str
) -> None:
    path = saved(tmp_path / "a.pdf", prose)
    with pymupdf.open(path) as document:
        document.set_metadata({"title": title})
        document.save(tmp_path / "b.pdf")
    assert parser.profile(tmp_path / "b.pdf").title == ""


def bad_files(folder: Path) -> dict[str, Path]:
    good = saved(folder / "good.pdf", prose)
    data = good.read_bytes()
    contents = {
        "is empty": b"",
        "is not a PDF": b"<html><body>Not found</body></html>",
        "is truncated or damaged": b"%PDF-1.7\n" + bytes(range(256)) * 8,
        "has no pages": data.replace(b"/Type/Page/", b"/Type/Nope/"),
    }
    files = {}
    for number, (message, content) in enumerate(contents.items()):
        files[message] = folder / f"bad{number}.pdf"
        files[message].write_bytes(content)
    with pymupdf.open(good) as document:
        files["needs a password"] = folder / "locked.pdf"
        document.save(
            files["needs a password"],
            encryption=pymupdf.PDF_ENCRYPT_AES_256,
            user_pw="secret",
            owner_pw="owner",
        )
    return files


@pytest.mark.parametrize(
    "message",
    ["is empty", "is not a PDF", "is truncated or damaged", "needs a password"],
)
def test_a_bad_file_is_refused_with_its_name_and_a_remedy(
    tmp_path: Path, parser: PyMuPDFParser, message: str
) -> None:
    path = bad_files(tmp_path)[message]
    with pytest.raises(DocumentError, match=message) as caught:
        parser.profile(path)
    assert str(path) in str(caught.value)
    assert ": " in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(DocumentError, match=message):
        parser.parse_pages(path, 0, 1)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, parser: PyMuPDFParser) -> None:
    with pytest.raises(DocumentError, match=r"absent\.pdf cannot be opened"):
        parser.profile(tmp_path / "absent.pdf")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, parser: PyMuPDFParser) -> None:
    path = saved(tmp_path / "a.pdf", prose)
    path.chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        with pytest.raises(DocumentError, match="may not be read"):
            parser.profile(path)
    else:
        pytest.skip("this user may read every file")


SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "odd_pdfs"
CIPHERS = {
    "RC4, 40 bits": pymupdf.PDF_ENCRYPT_RC4_40,
    "RC4, 128 bits": pymupdf.PDF_ENCRYPT_RC4_128,
    "AES, 128 bits": pymupdf.PDF_ENCRYPT_AES_128,
    "AES, 256 bits": pymupdf.PDF_ENCRYPT_AES_256,
}


def locked(path: Path, cipher: str = "AES, 256 bits", user: str = "user pass") -> Path:
    with pymupdf.open(saved(path.with_name("open.pdf"), prose)) as document:
        document.save(path, encryption=CIPHERS[cipher], user_pw=user, owner_pw="owner pass")
    return path


@pytest.mark.parametrize("password", ["user pass", "owner pass"])
@pytest.mark.parametrize("cipher", CIPHERS)
def test_an_encrypted_file_is_opened_by_the_password_of_its_user_or_owner(
    tmp_path: Path, parser: PyMuPDFParser, cipher: str, password: str
) -> None:
    path = locked(tmp_path / "locked.pdf", cipher)
    passwords = ("wrong", password)
    assert parser.profile(path, passwords).page_count == 1
    (content,) = parser.parse_pages(path, 0, 1, passwords)
    assert only(content, TextBlock).text == PROSE


def test_a_file_that_only_its_owner_may_change_needs_no_password(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    path = locked(tmp_path / "locked.pdf", user="")
    assert parser.profile(path).page_count == 1
    assert parser.profile(path, ("wrong",)).page_count == 1


def test_a_password_may_have_any_letters_and_blanks(tmp_path: Path, parser: PyMuPDFParser) -> None:
    path = locked(tmp_path / "locked.pdf", user=" Schlüssel 鍵 ")
    assert parser.profile(path, (" Schlüssel 鍵 ",)).page_count == 1
    with pytest.raises(DocumentError):
        parser.profile(path, ("Schlüssel 鍵",))


def test_an_encrypted_file_tells_what_was_tried_and_no_password(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    path = locked(tmp_path / "locked.pdf")
    told = {
        (): "is encrypted and needs a password: give --password or --password-file",
        ("wr0ng",): "is encrypted, and the password given does not open it",
        ("wr0ng", "n0t"): "is encrypted, and none of the 2 passwords given opens it",
    }
    for passwords, message in told.items():
        with pytest.raises(DocumentError, match=message) as caught:
            parser.profile(path, passwords)
        assert str(caught.value).startswith(str(path))
        assert not any(password in str(caught.value) for password in passwords)
        with pytest.raises(DocumentError, match=message):
            parser.parse_pages(path, 0, 1, passwords)


def test_a_password_is_no_reason_to_refuse_a_file_that_needs_none(
    tmp_path: Path, parser: PyMuPDFParser
) -> None:
    path = saved(tmp_path / "a.pdf", prose)
    assert parser.profile(path, ("some",)) == parser.profile(path)


def test_a_page_of_an_encrypted_file_is_shown_to_who_has_the_password(tmp_path: Path) -> None:
    path = locked(tmp_path / "locked.pdf")
    assert page_picture(path, 0, 30, ("user pass",)).startswith(b"\x89PNG")
    assert text_layer(path, 0, ("user pass",)).startswith("The relief valve")
    with pytest.raises(DocumentError, match="is encrypted and needs a password"):
        page_picture(path, 0, 30)
    with pytest.raises(DocumentError, match="is encrypted and needs a password"):
        text_layer(path, 0)


def odd_passwords() -> list[tuple[str, str]]:
    """File and password of the encrypted files whose password is known."""
    manifest = SHARED / "manifest.jsonl"
    if not manifest.is_file():
        return []
    entries = [json.loads(line) for line in manifest.read_text().splitlines()]
    known = [(entry["file"], entry.get("password")) for entry in entries]
    return [(file, password) for file, password in known if password]


def test_encrypted_files_of_many_programs_are_opened(parser: PyMuPDFParser) -> None:
    if not (files := odd_passwords()):
        pytest.skip(f"{SHARED} is not there")
    for file, password in files:
        assert parser.profile(SHARED / file, ("wrong", password)).page_count > 0, file
        with pytest.raises(DocumentError, match="is encrypted, and the password given does not"):
            parser.profile(SHARED / file, ("wrong",))


def test_files_that_are_encrypted_for_certificates_are_told_apart(parser: PyMuPDFParser) -> None:
    path = SHARED / "pdfbox__AESkeylength256.pdf"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with pytest.raises(DocumentError, match=r"cannot be read \(for certificates, say\)"):
        parser.profile(path, ("user",))


def test_the_fingerprint_names_what_changes_the_result(crops: FolderOfCrops) -> None:
    plain = PyMuPDFParser(crops, None).fingerprint
    assert pymupdf.__version__ in plain
    assert PyMuPDFParser(crops, None).fingerprint == plain
    assert PyMuPDFParser(crops, None, crop_dpi=200).fingerprint != plain
    assert PyMuPDFParser(crops, None, ocr_dpi=200).fingerprint != plain
    assert PyMuPDFParser(crops, FailingReader()).fingerprint != plain


def test_parsing_prints_nothing(
    tmp_path: Path, parser: PyMuPDFParser, capfd: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path / "a.pdf", whole)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 600])
    parser.parse_pages(path, 0, 1)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_the_layout_network_still_tells_what_its_pixels_show() -> None:
    """No public call returns these boxes; a new release of the library may move them."""
    noise = Image.effect_noise((300, 300), 120).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "png")
    with pymupdf.open() as document:
        page = document.new_page()
        prose(page)
        page.insert_image(pymupdf.Rect(150, 300, 450, 600), stream=buffer.getvalue())
        layout = analyse(page)
    assert any(box.iou(BBox(150, 300, 450, 600)) > 0.6 for box in layout.pictures)
    assert any(box.kind == "text" for box in layout.boxes)


_LOADED = """
import sys
from pathlib import Path
from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.viewing import page_picture
from pagesight.adapters.pytesseract import PytesseractReader
from pagesight.ports import CropWriter

path = Path(sys.argv[1])
parser = PyMuPDFParser(CropWriter, PytesseractReader())
parser.profile(path)
page_picture(path, 0, 72)
print(*({"pandas", "pymupdf.layout"} & {*sys.modules}))
parser.parse_pages(path, 0, 1)
print(*({"pandas", "pymupdf.layout"} & {*sys.modules}))
"""


def test_the_layout_network_is_loaded_for_the_first_page_and_pandas_never(tmp_path: Path) -> None:
    """What opens files and shows pages starts without them: both take seconds."""
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 120), "The relief valve opens at 217 bar.")
        document.save(tmp_path / "valve.pdf")
    code = [sys.executable, "-c", _LOADED, str(tmp_path / "valve.pdf")]
    run = subprocess.run(code, capture_output=True, text=True, timeout=120, check=True)
    assert run.stdout.splitlines() == ["", "pymupdf.layout"]


def test_the_runtime_of_the_layout_network_tells_its_maker_nothing(tmp_path: Path) -> None:
    """What it would tell, it keeps under a session that it notes in the temporary folder."""
    code = "import pagesight.adapters.pymupdf"
    environment = {
        name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"
    }
    subprocess.run(
        [sys.executable, "-c", code], env=environment | {"TMPDIR": str(tmp_path)}, check=True
    )
    assert [*tmp_path.iterdir()] == []
