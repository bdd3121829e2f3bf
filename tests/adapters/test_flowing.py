"""Flows printed as PDFs: what is said of a page must be what stands on it."""

from __future__ import annotations

import io
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from pagesight.adapters.pymupdf.printing.flowing import print_flow
from pagesight.document import Cell, Element, Figure, Page, Table, TextBlock, plain_cells
from pagesight.errors import DocumentError
from pagesight.flow import Flow, Grid, Passage, Picture, Piece, Rendition, Section, Unseen
from pagesight.geometry import BBox

PATH = Path("manual.docx")


def printed(*pieces: Piece, title: str = "") -> Rendition:
    return print_flow(Flow(title=title, sections=(Section(pieces=pieces),)), PATH)


def elements(rendition: Rendition) -> list[Element]:
    return [element for content in rendition.contents for element in content.elements]


def words_at(rendition: Rendition, page: int, bbox: object) -> str:
    """Of which most stands in the box: boxes of lines overlap a little."""
    assert isinstance(bbox, BBox)
    with pymupdf.open("pdf", rendition.pdf) as document:
        words = document[page].get_text("words", flags=0)
    return " ".join(word[4] for word in words if BBox(*word[:4]).inside(bbox) > 0.5)


def a_picture(width: int = 300, height: int = 150) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(data, "PNG")
    return data.getvalue()


def test_each_line_of_a_text_has_its_place_also_on_the_next_page() -> None:
    text = " ".join(f"The relief valve number {each} opens in its office." for each in range(150))
    rendition = printed(Passage(text=text), Passage(text="The end."))
    block, end = elements(rendition)
    assert isinstance(block, TextBlock)
    assert {span.page for span in block.spans} == {0, 1}
    for span in block.spans:
        said = block.text[span.start : span.end]
        assert words_at(rendition, span.page, span.bbox) == said
    assert "".join(block.text[span.start : span.end] for span in block.spans).replace(
        " ", ""
    ) == text.replace(" ", "")
    assert end.page == 1


def test_a_long_table_goes_on_over_pages_and_each_cell_has_its_box() -> None:
    rows = [["part", "price"], *([f"valve {each}", f"{each} EUR"] for each in range(70))]
    rendition = printed(Grid(cells=plain_cells(rows, 0)))
    [table] = elements(rendition)
    assert isinstance(table, Table)
    assert [part.page for part in table.continued] == [1]
    assert table.rows == tuple(map(tuple, rows))
    for cell in table.cells[::9]:
        assert words_at(rendition, cell.page, cell.bbox) == cell.text


def test_spanning_cells_are_drawn_over_their_places() -> None:
    cells = (
        Cell(row=0, column=0, text="Loads", column_span=2, page=0),
        Cell(row=1, column=0, text="12 V", page=0),
        Cell(row=1, column=1, text="3 A", page=0),
    )
    [table] = elements(printed(Grid(cells=cells)))
    assert isinstance(table, Table)
    head, left, right = (cell.bbox for cell in table.cells)
    assert head
    assert left
    assert right
    assert head.x0 == left.x0
    assert head.x1 == pytest.approx(right.x1)


def test_a_page_is_made_as_wide_as_its_table() -> None:
    rendition = printed(Grid(cells=plain_cells([[f"column{each}" for each in range(60)]] * 2, 0)))
    [table] = elements(rendition)
    [page] = [content.page for content in rendition.contents]
    assert page.width > 2000
    assert table.bbox.x1 < page.width


def test_captions_belong_to_the_picture_above_and_to_the_table_below() -> None:
    rendition = printed(
        Picture(data=a_picture(), text="a pump"),
        Passage(text="Figure 2: The pump from above."),
        Passage(text="Table 1: Prices."),
        Grid(cells=plain_cells([["a", "b"], ["1", "2"]], 0)),
        Passage(text="Figure 2 shows the pump."),
    )
    figure, table, text = elements(rendition)
    assert isinstance(figure, Figure)
    assert isinstance(table, Table)
    assert figure.caption
    assert (figure.caption.label, figure.text) == ("Figure 2", "a pump")
    assert table.caption
    assert table.caption.label == "Table 1"
    assert text.text == "Figure 2 shows the pump."


def test_a_picture_is_found_at_its_box_and_never_larger_than_the_page() -> None:
    rendition = printed(Passage(text="Before"), Picture(data=a_picture(4000, 3000)))
    _, figure = elements(rendition)
    with pymupdf.open("pdf", rendition.pdf) as document:
        [drawn] = [each["bbox"] for each in document[figure.page].get_image_info()]
        width = document[0].rect.width
    box = figure.bbox
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx(drawn, abs=1.5)
    assert box.x1 < width


def test_a_picture_that_cannot_be_drawn_is_named_and_a_spacer_is_left_out() -> None:
    rendition = printed(
        Picture(data=b"\x01\0\0\0 a metafile", text="a curve"), Picture(data=a_picture(2, 2))
    )
    [text] = elements(rendition)
    assert text.text == "[A picture that cannot be drawn: a curve]"


def test_sections_begin_on_pages_of_their_own_with_their_labels_and_hidden_text() -> None:
    flow = Flow(
        title="Prices",
        sections=(
            Section(pieces=(Passage(text="x"),), label="Sheet1"),
            Section(
                pieces=(),
                label="Sheet2 (hidden)",
                unseen=(Unseen(text="secret", reason="on a hidden slide or sheet"),),
            ),
        ),
    )
    contents = print_flow(flow, PATH).contents
    assert [content.page.label for content in contents] == ["Sheet1", "Sheet2 (hidden)"]
    assert [each.text for each in contents[1].hidden] == ["secret"]
    assert contents[1].elements == ()


def test_headings_become_bookmarks_and_the_title_the_files() -> None:
    rendition = printed(
        Passage(text="Setup", role="heading", level=1),
        Passage(text="Screws", role="heading", level=4),
        title="Pump\nmanual",
    )
    with pymupdf.open("pdf", rendition.pdf) as document:
        assert document.get_toc() == [[1, "Setup", 1], [2, "Screws", 1]]
        assert document.metadata["title"] == "Pump manual"


def test_letters_that_no_text_layer_carries_stay_in_the_text() -> None:
    [block] = elements(printed(Passage(text="the angle 𝛼 and an ﬃ, ＡＢ 中文")))
    assert isinstance(block, TextBlock)
    assert block.text == "the angle 𝛼 and an ﬃ, ＡＢ 中文"
    assert block.spans[-1].end == len(block.text)


def test_the_same_flow_gives_the_same_bytes() -> None:
    assert printed(Passage(text="x"), title="t") == printed(Passage(text="x"), title="t")


def test_a_flow_with_nothing_in_it_is_no_document() -> None:
    with pytest.raises(DocumentError, match=r"manual.docx has nothing in it to read"):
        printed(Passage(text="  "))


def test_pages_are_those_of_the_pdf() -> None:
    rendition = printed(Passage(text="word " * 2000))
    with pymupdf.open("pdf", rendition.pdf) as document:
        assert [content.page for content in rendition.contents] == [
            Page(index=page.number, label=f"{page.number + 1}", width=595.0, height=842.0)
            for page in document
        ]
