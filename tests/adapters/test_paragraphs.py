from __future__ import annotations

from dataclasses import replace

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.paragraphs import joined, parted
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox, union

COLUMN = BBox(200, 100, 400, 600)


def a_line(number: int, top: float) -> list[Word]:
    """Two words of ten points."""
    return [
        Word("relief", BBox(200, top, 240, top + 10), block=0, line=number),
        Word("valve", BBox(245, top, 285, top + 10), block=0, line=number),
    ]


def test_a_text_box_over_paragraphs_far_below_each_other_is_one_box_for_each() -> None:
    tops = (100, 112, 300, 312, 560)
    words = [word for number, top in enumerate(tops) for word in a_line(number, top)]
    found = [part.bbox for part in parted(Box("text", COLUMN), words)]
    assert found == [
        BBox(200, 100, 285, 122),
        BBox(200, 300, 285, 322),
        BBox(200, 560, 285, 570),
    ]


def test_wide_lines_a_table_and_a_box_without_words_stay_whole() -> None:
    words = [word for number in range(4) for word in a_line(number, 100 + 38 * number)]
    for box, held in (
        (Box("text", COLUMN), words),
        (Box("table", COLUMN), [*a_line(0, 100), *a_line(1, 500)]),
        (Box("text", COLUMN), []),
    ):
        assert parted(box, held) == [box]


def written(text: str, top: float, *, block: int) -> list[Word]:
    """A line of one text block, ten points high."""
    return [
        Word(word, BBox(200 + 45 * at, top, 240 + 45 * at, top + 10), block=block, line=0)
        for at, word in enumerate(text.split())
    ]


def test_a_caption_below_a_paragraph_is_parted_from_it() -> None:
    words = [
        *written("The pump can be removed.", 100, block=0),
        *written("Table 2. Limits of the unit.", 112, block=1),
        *written("measured at the inlet", 124, block=2),
    ]
    found = [part.bbox for part in parted(Box("text", COLUMN), words)]
    assert [(box.y0, box.y1) for box in found] == [(100, 110), (112, 134)]


def test_a_line_of_running_text_that_begins_like_a_caption_is_not() -> None:
    for before, line in (
        ("Its limits are given in", "Table 2. The pump stops."),
        ("The pump can be removed.", "Table 2 shows the limits."),
    ):
        words = [*written(before, 100, block=0), *written(line, 112, block=1)]
        assert parted(Box("text", COLUMN), words) == [Box("text", COLUMN)]
    one_block = [
        replace(word, block=0, line=number)
        for number, line in enumerate(("The pump stops.", "Table 2 (left) has limits."))
        for word in written(line, 100 + 12 * number, block=0)
    ]
    assert parted(Box("text", COLUMN), one_block) == [Box("text", COLUMN)]


def boxed(*paragraphs: list[Word]) -> list[tuple[float, float]]:
    """Top and bottom of the boxes that are left of one text box a paragraph."""
    boxes = [Box("text", union(word.bbox for word in words)) for words in paragraphs]
    return [(box.bbox.y0, box.bbox.y1) for box in joined(boxes, paragraphs)]


def test_lines_typed_with_double_spaces_are_one_paragraph_where_a_sentence_goes_on() -> None:
    first = written("In February a second check in", 100, block=0)
    rest = written("the amount of 200 was paid.", 130, block=1)
    assert boxed(first, rest) == [(100, 140)]


def test_a_paragraph_takes_the_line_that_follows_at_its_own_distance() -> None:
    lines = [
        replace(word, line=number)
        for number, text in enumerate(("Sent to the works", "and then to New"))
        for word in written(text, 100 + 30 * number, block=0)
    ]
    assert boxed(lines, written("Chicago in May.", 160, block=1)) == [(100, 170)]
    assert boxed(lines, written("Chicago in May.", 150, block=1)) == [(100, 140), (150, 160)]


def test_paragraphs_that_end_or_are_short_or_are_items_stay_apart() -> None:
    full = written("The pump can be removed in", 100, block=0)
    ended = written("The pump can be removed safely.", 100, block=0)
    short = [*written("The pump can", 130, block=1)]
    below = written("the order that is given.", 160, block=2)
    assert boxed(ended, written("valves stay where they are", 130, block=1)) == [
        (100, 110),
        (130, 140),
    ]
    assert boxed(full, written("\u2022 the order that is given", 130, block=1)) == [
        (100, 110),
        (130, 140),
    ]
    assert boxed(full, short, below) == [(100, 110), (130, 140), (160, 170)]
    boxes = [
        Box("text", union(word.bbox for word in full)),
        Box("list-item", BBox(200, 130, 400, 140)),
    ]
    assert joined(boxes, [full, written("the order given", 130, block=1)]) == boxes
