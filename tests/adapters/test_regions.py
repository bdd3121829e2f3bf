from __future__ import annotations

from pagesight.adapters.pymupdf.engine import Box
from pagesight.adapters.pymupdf.regions import parted
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox

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
