"""Figures over PDF files that are drawn here: one crop each, their parts, and those of scans."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import Box, pymupdf
from pagesight.adapters.pymupdf.figures import CAPTION, PICTURE, framed, settle_figures
from pagesight.adapters.pymupdf.figures.framing import framed_text
from pagesight.adapters.pymupdf.figures.grouping import with_captions
from pagesight.adapters.pymupdf.figures.ink import ink_of
from pagesight.adapters.pymupdf.figures.parts import letters_named, parts_of
from pagesight.adapters.pymupdf.source import Source
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.document import Figure, PageContent, TextBlock
from pagesight.geometry import BBox, union

PROSE = (
    "The relief valve limits the pressure of the pump to 285 bar. Open the discharge valve by two "
    "full turns before any work, and wait until the gauge shows no pressure at all. The "
    "accumulator holds oil under pressure after the motor has stopped."
)


class Crops:
    """Keeps nothing."""

    def put(self, png: bytes) -> str:
        return f"{len(png)}.png"


def parsed(path: Path, draw: Any) -> PageContent:
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    page.insert_textbox(pymupdf.Rect(72, 90, 520, 190), PROSE, fontsize=11)
    draw(page)
    page.insert_textbox(pymupdf.Rect(72, 600, 520, 700), PROSE, fontsize=11)
    document.save(path)
    (content,) = PyMuPDFParser(Crops(), None).parse_pages(path, 0, 1)
    return content


def figures(content: PageContent) -> list[Figure]:
    return [element for element in content.elements if isinstance(element, Figure)]


def chart(page: Any, left: float, top: float, name: str) -> None:
    """Two axes, a curve and three labels, 180 x 120 points."""
    page.draw_rect(pymupdf.Rect(left, top, left + 180, top + 120), width=0.8)
    points = [(left + 6 * n, top + 110 - 0.11 * n * n) for n in range(30)]
    page.draw_polyline(points, color=(0.8, 0, 0), width=1.5)
    for row in range(1, 5):
        page.draw_line((left, top + 24 * row), (left + 180, top + 24 * row), width=0.3)
    page.insert_text((left + 60, top + 60), name, fontsize=9)


def noise(width: int, height: int) -> bytes:
    """A photograph, as far as pixels tell."""
    pixels = np.random.default_rng(5).integers(0, 255, (height, width, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_two_figures_side_by_side_have_a_crop_each(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        for left, caption in ((80, "Figure 4. Frequency"), (300, "Figure 5. Load step")):
            chart(page, left, 240, caption.split()[-1])
            page.insert_text((left + 40, 380), caption, fontsize=9, fontname="hebo")

    first, second = figures(parsed(tmp_path / "a.pdf", draw))
    assert [each.caption.label for each in (first, second) if each.caption] == [
        "Figure 4",
        "Figure 5",
    ]
    assert first.bbox.iou(BBox(80, 240, 260, 360)) > 0.8
    assert second.bbox.iou(BBox(300, 240, 480, 360)) > 0.8
    assert (first.text, second.text) == ("Frequency", "step")


def on_page(*marks: BBox) -> Source:
    return Source(
        page=BBox(0, 0, 595, 842),
        words=(),
        boxes=(),
        pictures=(),
        marks=marks,
        images=(),
        blocks=[],
        ocr=False,
    )


def caption_box(label: str, x0: float, y0: float, x1: float) -> Box:
    return Box(CAPTION, BBox(x0, y0, x1, y0 + 12), label=label)


def test_one_box_over_two_captions_is_cut_between_the_drawings() -> None:
    drawings = BBox(80, 240, 260, 360), BBox(300, 240, 480, 360)
    captions = caption_box("Figure 4", 120, 372, 220), caption_box("Figure 5", 340, 372, 440)
    boxes, owners = with_captions([Box(PICTURE, union(drawings)), *captions], on_page(*drawings))
    pairs = {boxes[owner].bbox: boxes[caption].label for owner, caption in owners.items()}
    assert pairs == {drawings[0]: "Figure 4", drawings[1]: "Figure 5"}


def test_one_box_around_a_caption_is_cut_there() -> None:
    upper, lower = BBox(80, 100, 400, 200), BBox(80, 230, 400, 400)
    captions = caption_box("Figure 4", 180, 208, 300), caption_box("Figure 5", 180, 404, 300)
    boxes, owners = with_captions([Box(PICTURE, union([upper, lower])), *captions], on_page(upper))
    pairs = {boxes[caption].label: boxes[owner].bbox for owner, caption in owners.items()}
    assert pairs["Figure 4"].iou(upper) > 0.9
    assert pairs["Figure 5"].iou(lower) > 0.9


def test_captions_of_panels_do_not_keep_the_numbered_one_from_the_figure() -> None:
    panels = BBox(80, 240, 260, 360), BBox(300, 240, 480, 360)
    names = caption_box("", 140, 366, 200), caption_box("", 360, 366, 420)
    whole = caption_box("Figure 6", 80, 390, 480)
    boxes = [*(Box(PICTURE, panel) for panel in panels), *names, whole]
    found, owners = with_captions(boxes, on_page(*panels))
    assert {found[owner].kind for owner in owners} == {PICTURE}
    assert [found[caption].label for caption in owners.values()] == ["Figure 6"]
    (figure,) = (box for box in found if box.kind == PICTURE)
    assert figure.bbox == BBox(80, 240, 480, 378)
    alone, owners = with_captions(boxes[:-1], on_page(*panels))
    assert {alone[caption].bbox for caption in owners.values()} == {name.bbox for name in names}


@pytest.mark.parametrize("above", [False, True])
def test_parts_with_letters_have_their_own_boxes_and_words(tmp_path: Path, above: bool) -> None:
    def draw(page: Any) -> None:
        for number, name in enumerate(("inlet", "outlet", "drain", "vent")):
            left, top = 80 + 220 * (number % 2), 230 + 160 * (number // 2)
            chart(page, left, top, name)
            letter = f"({'abcd'[number]})"
            page.insert_text((left + (2 if above else 85), top + (-4 if above else 133)), letter)
        page.insert_text(
            (80, 545), "Figure 7: Pressure at the four ports of the block", fontsize=10
        )

    (figure,) = figures(parsed(tmp_path / "a.pdf", draw))
    assert [part.label for part in figure.parts] == [f"Figure 7({each})" for each in "abcd"]
    for part, name in zip(figure.parts, ("inlet", "outlet", "drain", "vent"), strict=True):
        assert part.text.replace(part.label[-3:], "").split() == [name]
        assert part.bbox.inside(figure.bbox) > 0.99
    boxes = [part.bbox for part in figure.parts]
    assert not any(one.intersection(other) for one in boxes for other in boxes if one != other)


def test_a_figure_without_letters_has_no_parts(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        chart(page, 80, 240, "inlet")
        chart(page, 290, 240, "outlet")
        page.insert_text(
            (80, 385), "Figure 7: Pressure at the inlet and at the outlet", fontsize=10
        )

    (figure,) = figures(parsed(tmp_path / "a.pdf", draw))
    assert figure.parts == ()


def test_the_picture_beside_another_one_is_in_the_figure_too(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        for left in (80, 300):
            page.insert_image(pymupdf.Rect(left, 230, left + 200, 380), stream=noise(100, 75))
        page.insert_text((80, 400), "Figure 3: The seal before and after the test", fontsize=10)

    (figure,) = figures(parsed(tmp_path / "a.pdf", draw))
    assert BBox(80, 230, 500, 380).iou(figure.bbox) > 0.9


def words_at(*placed: tuple[str, float, float]) -> list[Word]:
    return [
        Word(text, BBox(x, y, x + 8 * len(text), y + 10), block=n, line=n)
        for n, (text, x, y) in enumerate(placed)
    ]


PANELS = (BBox(0, 0, 90, 80), BBox(110, 0, 200, 80))


def letters(words: Sequence[Word], caption: str, pieces: Sequence[BBox] = ()) -> str:
    found = parts_of(BBox(0, 0, 200, 100), words, PANELS, pieces, caption)
    return "".join(part.letter for part in found)


def test_letters_without_parentheses_are_parts_only_where_the_caption_names_them() -> None:
    words = words_at(("A", 2, 2), ("B", 112, 2))
    assert letters(words, "Figure 2: A, the inlet. B, the outlet.") == "ab"
    assert letters(words, "Figure 2: The network between its terminals.") == ""


def test_a_caption_that_names_as_many_letters_as_there_are_pictures_tells_them_apart() -> None:
    caption = "Figure 2: The seal (a) before and (b) after the test."
    found = parts_of(BBox(0, 0, 200, 100), [], PANELS, PANELS[::-1], caption)
    assert [(part.letter, part.bbox) for part in found] == [("a", PANELS[0]), ("b", PANELS[1])]
    assert letters([], caption, PANELS[:1]) == ""


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("Figure 1: (a) inlet, (b) outlet", "ab"),
        ("Figure 1: Pressure, (a)-(d) by port", "abcd"),
        ("Figure 1: a, inlet; b, outlet", "ab"),
        ("Figure 1: The outlet (b) of pump P1", ""),
        ("Figure 1: A pump and a valve", ""),
    ],
)
def test_the_letters_that_a_caption_names_begin_with_a(caption: str, named: str) -> None:
    assert "".join(letters_named(caption)) == named


def test_marks_at_the_same_place_make_no_parts() -> None:
    assert letters(words_at(("(a)", 50, 50), ("(b)", 50, 50)), "Figure 2: (a) and (b)") == ""


def test_a_heading_at_the_top_of_a_chart_is_its_caption() -> None:
    page = BBox(0, 0, 600, 800)
    heading = Box("section-header", BBox(110, 105, 250, 120))
    plot = Box(PICTURE, BBox(100, 100, 400, 300))
    settled = settle_figures([heading, plot], [], [], page)
    assert [box.kind for box in settled] == [CAPTION, PICTURE]
    low = Box("section-header", BBox(110, 205, 250, 220))
    assert [box.kind for box in settle_figures([low, plot], [], [], page)] == [PICTURE]


def test_of_a_picture_only_what_is_on_the_page_counts() -> None:
    page = BBox(0, 0, 600, 800)
    seen = [BBox(100, 700, 300, 830), BBox(400, 780, 500, 830)]
    assert settle_figures([], seen, [], page) == [Box(PICTURE, BBox(100, 700, 300, 800))]


def scan() -> Any:
    document = pymupdf.open()
    return document, document.new_page(width=595, height=842)


def test_photographs_and_coloured_drawings_are_seen_in_a_scan() -> None:
    document, page = scan()
    page.insert_image(pymupdf.Rect(100, 100, 260, 220), stream=noise(160, 120))
    for step, colour in enumerate(((0.2, 0.3, 0.7), (0.9, 0.5, 0.2), (1, 0.8, 0.1))):
        place = pymupdf.Rect(100 + 80 * step, 400 + 40 * step, 180 + 80 * step, 460 + 40 * step)
        page.draw_rect(place, color=colour, fill=colour)
    photograph, steps = sorted(ink_of(page).pictures([]), key=lambda box: box.y0)
    assert photograph == BBox(100, 100, 260, 220)
    assert steps.iou(BBox(100, 400, 340, 540)) > 0.85
    document.close()


def test_panels_and_words_are_no_pictures_of_a_scan() -> None:
    document, page = scan()
    page.draw_rect(pymupdf.Rect(60, 60, 500, 160), color=(0, 0, 0.6), fill=(0, 0, 0.6))
    page.insert_text((80, 120), "Work order form", fontsize=40, color=(1, 1, 1))
    page.insert_textbox(pymupdf.Rect(72, 300, 520, 400), PROSE, fontsize=11)
    assert ink_of(page).pictures([]) == []
    document.close()


def test_rules_make_a_form_and_axes_do_not() -> None:
    document, page = scan()
    for row in range(8):
        page.draw_line((80, 100 + 30 * row), (500, 100 + 30 * row), width=1)
    chart(page, 80, 500, "inlet")
    ink = ink_of(page)
    assert ink.is_form(BBox(80, 95, 500, 320))
    assert not ink.is_form(BBox(70, 490, 500, 640))
    document.close()


def test_faint_edges_on_all_four_sides_make_a_frame_though_a_word_stands_over_one() -> None:
    document, page = scan()
    light = (0.93, 0.93, 0.93)
    page.draw_rect(pymupdf.Rect(100, 100, 300, 300), color=light, width=1)
    page.draw_rect(pymupdf.Rect(312, 100, 500, 300), color=light, width=1)
    page.draw_line((100, 400), (500, 400), width=1)
    page.draw_line((100, 400), (100, 600), width=1)
    page.insert_text((110, 98), "(Web site)", fontsize=9)
    name = BBox(110, 90, 152, 101)
    left, right = sorted(ink_of(page).frames([name]), key=lambda box: box.x0)
    assert left.iou(BBox(100, 100, 300, 300)) > 0.9
    assert right.iou(BBox(312, 100, 500, 300)) > 0.9
    document.close()


def test_a_frame_with_a_picture_in_it_is_one_picture() -> None:
    page = BBox(0, 0, 600, 800)
    frame = BBox(100, 100, 400, 300)
    photograph, word = BBox(120, 120, 160, 160), Box("text", BBox(170, 120, 380, 160))
    pieces = [Box(PICTURE, BBox(110, 200, 390, 230)), word]
    assert framed(pieces, [photograph], [frame], page) == ([word, Box(PICTURE, frame)], [])


def test_frames_of_text_of_tables_and_of_pages_and_banners_are_no_pictures() -> None:
    page = BBox(0, 0, 600, 800)
    frame, photograph = BBox(100, 100, 400, 300), BBox(120, 120, 160, 160)
    prose = Box("text", BBox(105, 165, 395, 295))
    table = Box("table", BBox(105, 165, 395, 295))
    for boxes, seen, around in (
        ([], [], frame),
        ([prose], [photograph], frame),
        ([table], [photograph], frame),
        ([], [photograph], BBox(10, 10, 590, 790)),
        ([], [photograph], BBox(0, 100, 600, 300)),
    ):
        assert framed(boxes, seen, [around], page) == (boxes, seen)


def test_text_in_a_frame_over_a_caption_is_a_figure_and_stays_text(tmp_path: Path) -> None:
    def framed_prompt(page: Any) -> None:
        page.draw_rect(pymupdf.Rect(90, 280, 500, 380), width=0.5)
        page.insert_textbox(pymupdf.Rect(97, 286, 495, 378), PROSE, fontsize=11)
        page.insert_text((97, 400), "Figure 7: The prompt of the second step.", fontsize=11)

    content = parsed(tmp_path / "prompt.pdf", framed_prompt)
    (figure,) = figures(content)
    assert figure.caption
    assert figure.caption.label == "Figure 7"
    assert figure.bbox.iou(BBox(90, 280, 500, 380)) > 0.95
    assert figure.text == ""
    text = " ".join(each.text for each in content.elements if isinstance(each, TextBlock))
    assert text.count("relief valve") == 3


def text_lines(*tops: float) -> list[BBox]:
    """Three words on each line."""
    return [BBox(110 + 100 * at, top, 190 + 100 * at, top + 10) for top in tops for at in range(3)]


def rules(*heights: float) -> list[BBox]:
    return [BBox(100, y, 420, y) for y in heights]


def test_rules_of_one_width_with_text_close_to_each_make_a_frame() -> None:
    page, caption = BBox(0, 0, 600, 800), BBox(110, 320, 400, 332)
    words = text_lines(70, 90, 208, 228, 260, 280)
    found = framed_text(caption, True, words, rules(50, 200, 250, 300), page)
    assert found == BBox(100, 200, 420, 300)
    above = replace(caption, y0=170, y1=182)
    assert framed_text(above, False, words, rules(200, 250, 300), page) == found


def test_running_text_between_rules_is_in_no_frame() -> None:
    page, caption = BBox(0, 0, 600, 800), BBox(110, 320, 400, 332)
    far = text_lines(120, 140, 160)
    beside = [*text_lines(205, 225), BBox(60, 240, 200, 250)]
    for words, drawn in (
        (far, rules(50, 300)),
        (beside, rules(200, 300)),
        (text_lines(205, 225, 305), rules(200, 300)),
        (text_lines(205, 225), []),
    ):
        assert framed_text(caption, True, words, drawn, page) is None
