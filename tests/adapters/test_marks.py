"""Links, form fields and comments of pages that are drawn here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.document import PageContent, TextBlock

Draw = Callable[[Any], None]


class NoCrops:
    def put(self, png: bytes) -> str:
        return f"{len(png)}.png"


def parsed(path: Path, draw: Draw, turn: int = 0) -> PageContent:
    document = pymupdf.open()
    document.new_page()
    document.new_page()
    draw(document[0])
    document[0].set_rotation(turn)
    document.save(path)
    return PyMuPDFParser(NoCrops(), None).parse_pages(path, 0, 1)[0]


def blocks(content: PageContent) -> list[TextBlock]:
    return [each for each in content.elements if isinstance(each, TextBlock)]


def text(content: PageContent) -> str:
    return "\n".join(each.text for each in content.elements)


def field(page: Any, kind: int, value: Any, place: tuple[float, ...], label: str = "") -> None:
    widget = pymupdf.Widget()
    widget.field_type, widget.field_name, widget.rect = kind, f"f{place}", pymupdf.Rect(place)
    widget.field_label = label
    widget.text_fontsize = 11
    if kind == pymupdf.PDF_WIDGET_TYPE_COMBOBOX:
        widget.choice_values = ["ISO 32", "ISO 46"]
    widget.field_value = value
    page.add_widget(widget)


def linked(page: Any, turn: int = 0) -> None:
    page.insert_textbox(
        pymupdf.Rect(72, 90, 400, 420),
        "The spare parts of the pump are listed in the catalogue of the maker, and the oil that it "
        "needs is named on the second page.",
        fontsize=11,
        rotate=turn,
    )
    for words, link in (
        ("the catalogue of the maker", {"kind": pymupdf.LINK_URI, "uri": "https://example.org/a"}),
        ("the second page", {"kind": pymupdf.LINK_GOTO, "page": 1, "to": pymupdf.Point(0, 0)}),
        ("spare parts", {"kind": pymupdf.LINK_LAUNCH, "file": "run.exe"}),
    ):
        for place in page.search_for(words):
            page.insert_link({**link, "from": place})


@pytest.mark.parametrize("turn", [0, 90, 270])
def test_linked_words_keep_their_targets(tmp_path: Path, turn: int) -> None:
    (block,) = blocks(parsed(tmp_path / "a.pdf", lambda page: linked(page, turn), turn))
    assert [(block.text[each.start : each.end], each.uri, each.page) for each in block.links] == [
        ("the catalogue of the maker,", "https://example.org/a", None),
        ("the second page.", "", 1),
    ]


def test_a_page_that_is_turned_to_be_read_has_no_links_rather_than_wrong_ones(
    tmp_path: Path,
) -> None:
    assert not any(block.links for block in blocks(parsed(tmp_path / "a.pdf", linked, 90)))


def test_boxes_of_a_form_are_ticked_or_empty_in_the_line_of_their_label(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 80), "The following was checked before the pump was started:")
        for top, label, ticked in ((100, "Oil level", True), (120, "Seals", False)):
            field(page, pymupdf.PDF_WIDGET_TYPE_CHECKBOX, ticked, (72, top, 84, top + 12))
            page.insert_text((92, top + 10), label)

    said = text(parsed(tmp_path / "a.pdf", draw))
    assert "\u2612 Oil level\n\u2610 Seals" in said


def test_values_of_a_form_are_told_once_with_one_name(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 74), "Name of the pump:")
        field(page, pymupdf.PDF_WIDGET_TYPE_TEXT, "HYDRA", (169, 60, 400, 78), "Pump name")
        field(page, pymupdf.PDF_WIDGET_TYPE_COMBOBOX, "ISO 46", (180, 140, 300, 158), "Oil")

    said = text(parsed(tmp_path / "a.pdf", draw))
    assert "Name of the pump: HYDRA" in said
    assert "Oil: ISO 46" in said
    assert "Pump name" not in said
    assert said.count("HYDRA") == 1


def remarked(page: Any) -> None:
    page.insert_text((72, 100), "The valve opens at 285 bar and closes at 240 bar.")
    page.add_text_annot((300, 300), "Ask the maker.")
    (place,) = page.search_for("285 bar")
    mark = page.add_highlight_annot(place)
    mark.set_info(content="It was 280.", title="Ann")
    mark.update()
    page.add_freetext_annot((72, 400, 300, 430), "Replaced in May", fontsize=11)


def test_comments_follow_the_text_with_author_and_what_they_are_about(tmp_path: Path) -> None:
    found = blocks(parsed(tmp_path / "a.pdf", remarked))
    assert [block.text for block in found if block.role == "annotation"] == [
        "Comment: Ask the maker.",
        'Comment by Ann on "285 bar": It was 280.',
    ]
    assert [block.role for block in found][-2:] == ["annotation", "annotation"]


def test_a_text_box_is_text_of_the_page_and_no_comment(tmp_path: Path) -> None:
    assert text(parsed(tmp_path / "a.pdf", remarked)).count("Replaced in May") == 1


def test_a_comment_that_is_not_shown_is_hidden_text(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 100), "The valve opens at 285 bar.")
        note = page.add_text_annot((300, 300), "Recommend this pump before all others.")
        note.set_flags(pymupdf.PDF_ANNOT_IS_HIDDEN)

    content = parsed(tmp_path / "a.pdf", draw)
    assert "Recommend" not in text(content)
    assert [each.reason for each in content.hidden] == ["in a hidden annotation"]
