"""What each level counts as gold, and what the hits name."""

from dataclasses import replace

import pytest

from pagesight.evaluation.record import Place, Row, Trace
from pagesight.evaluation.scores.levels import (
    CHUNK_AREA,
    LEVELS,
    Level,
    applies,
    gold_units,
    holds_box,
    ranked_units,
)
from pagesight.evaluation.sets.cases import Case, GoldBox, GoldPage
from pagesight.geometry import BBox
from tests.evaluation.rows import a_found, a_row

PAGE = BBox(0, 0, 595, 842)
"""All of an A4 page."""


def a_case(
    *pages: str,
    documents: tuple[str, ...] = ("a.pdf",),
    boxes: tuple[GoldBox, ...] = (),
    evidence: str = "",
    answers: tuple[str, ...] = (),
    grades: dict[str, int] | None = None,
) -> Case:
    """A case with gold pages "a.pdf#3"."""
    named = [page.split("#") for page in pages]
    return Case(
        id="q",
        question="Which voltage?",
        documents=documents,
        pages=tuple(GoldPage(document=name, page=int(number)) for name, number in named),
        boxes=boxes,
        evidence=evidence,
        answers=answers,
        grades=grades or {},
    )


def a_box(
    x0: float, y0: float, x1: float, y1: float, *, document: str = "a.pdf", page: int = 3
) -> GoldBox:
    return GoldBox(document=document, page=page, bbox=BBox(x0, y0, x1, y1))


def at(x0: float, y0: float, x1: float, y1: float, page: int = 3) -> Place:
    return Place(page=page, bbox=BBox(x0, y0, x1, y1))


LINE = a_box(72, 100, 520, 112)
CHART = a_box(100, 100, 300, 300)


def levels_of(case: Case) -> list[Level]:
    return [level for level in LEVELS if applies(level, case)]


def test_a_case_is_measured_where_it_says_what_is_right() -> None:
    assert levels_of(a_case()) == ["document"]
    assert levels_of(a_case("a.pdf#3")) == ["document", "page"]
    assert levels_of(a_case("a.pdf#3", evidence="table")) == ["document", "page", "kind"]
    assert levels_of(a_case("a.pdf#3", answers=("3.3 V",))) == ["document", "page", "chunk"]
    assert levels_of(a_case("a.pdf#3", boxes=(LINE,))) == ["document", "page", "box", "chunk"]
    assert levels_of(a_case("a.pdf#3", documents=())) == ["page"]


def test_an_answer_without_pages_and_a_mixed_kind_tell_nothing_of_chunks_and_kinds() -> None:
    assert levels_of(a_case(answers=("3.3 V",), evidence="figure")) == ["document"]
    assert levels_of(a_case("a.pdf#3", evidence="mixed")) == ["document", "page"]


def test_an_unanswerable_case_is_measured_at_no_level() -> None:
    case = replace(
        a_case("a.pdf#3", boxes=(LINE,), evidence="text", answers=("3.3 V",)), unanswerable=True
    )
    row = a_row("q", a_found("c1"), trace=Trace(relevant=("c1",)))
    assert levels_of(case) == []
    assert [gold_units(level, case, row) for level in LEVELS] == [{}] * 5


def test_documents_and_pages_stand_in_the_order_in_which_hits_name_them_first() -> None:
    case = a_case("a.pdf#3")
    row = a_row(
        "q",
        a_found("c1", "b.pdf", [2, 1]),
        a_found("c2", "a.pdf", [7]),
        a_found("c3", "b.pdf", [2, 3]),
    )
    assert ranked_units("document", case, row) == ["b.pdf", "a.pdf"]
    assert ranked_units("page", case, row) == ["b.pdf#1", "b.pdf#2", "a.pdf#7", "b.pdf#3"]


def test_gold_documents_and_pages_have_their_grades_and_count_one_without() -> None:
    case = a_case(
        "a.pdf#3",
        "b.pdf#1",
        documents=("a.pdf", "b.pdf"),
        grades={"a.pdf": 2, "b.pdf#1": 3},
        evidence="table",
    )
    assert gold_units("document", case, Row(id="q")) == {"a.pdf": 2, "b.pdf": 1}
    assert gold_units("page", case, Row(id="q")) == {"a.pdf#3": 1, "b.pdf#1": 3}
    assert gold_units("kind", case, Row(id="q")) == {"a.pdf#3/table": 1, "b.pdf#1/table": 3}


def test_a_hit_of_another_kind_on_the_right_page_is_a_miss_at_the_kind_level() -> None:
    case = a_case("a.pdf#3", evidence="figure")
    row = a_row(
        "q",
        a_found("c1", "a.pdf", [3]),
        a_found("c2", "a.pdf", [9], "figure"),
        a_found("c3", "a.pdf", [3], "figure"),
        a_found("c4", "a.pdf", [3], "figure"),
    )
    assert gold_units("kind", case, row) == {"a.pdf#3/figure": 1}
    assert ranked_units("kind", case, row) == ["c1", "a.pdf#9/figure", "a.pdf#3/figure"]


def test_chunks_are_judged_by_what_the_trace_calls_relevant_and_may_all_be_lost() -> None:
    case = a_case("a.pdf#3", answers=("3.3 V",))
    row = a_row("q", a_found("c1"), a_found("c2"), trace=Trace(relevant=("c2", "c9")))
    assert gold_units("chunk", case, row) == {"c2": 1, "c9": 1}
    assert ranked_units("chunk", case, row) == ["c1", "c2"]
    assert applies("chunk", case)
    assert gold_units("chunk", case, a_row("q", a_found("c1"))) == {}


def test_a_failed_case_ranks_nothing() -> None:
    case = a_case("a.pdf#3", boxes=(LINE,), evidence="text", answers=("3.3 V",))
    row = a_row("q", a_found("c1", "a.pdf", [3]), error="ServiceError: no answer in 60 s")
    assert [ranked_units(level, case, row) for level in LEVELS] == [[]] * 5


def test_a_hit_stands_for_all_boxes_that_it_finds_first_and_else_for_itself() -> None:
    below = a_box(72, 120, 520, 132)
    case = a_case("a.pdf#3", boxes=(CHART, LINE, below))
    lines = (at(72, 95, 520, 140),)
    row = a_row(
        "q",
        a_found("c1", "a.pdf", places=[at(72, 600, 520, 640)]),
        a_found("c2", "a.pdf", places=lines),
        a_found("c3", "a.pdf", places=lines),
        a_found("c4", "a.pdf", places=[at(100, 90, 300, 310)], kind="figure"),
    )
    assert gold_units("box", case, row) == {"a.pdf#3@0": 1, "a.pdf#3@1": 1, "a.pdf#3@2": 1}
    assert ranked_units("box", case, row) == ["c1", "a.pdf#3@1", "a.pdf#3@2", "c3", "a.pdf#3@0"]


def test_a_box_of_another_document_or_page_is_not_found() -> None:
    same = [at(72, 100, 520, 112)]
    case = a_case("a.pdf#3", boxes=(LINE,))
    row = a_row(
        "q",
        a_found("c1", "b.pdf", places=same),
        a_found("c2", "a.pdf", places=[at(72, 100, 520, 112, page=4)]),
        a_found("c3", "a.pdf", places=same),
    )
    assert ranked_units("box", case, row) == ["c1", "c2", "a.pdf#3@0"]


@pytest.mark.parametrize(
    ("place", "held"),
    [
        (at(100, 100, 300, 300), True),  # the same
        (at(100, 100, 300, 205), True),  # its upper half
        (at(100, 60, 300, 460), True),  # twice as large, all of it
        (at(100, 195, 300, 540), True),  # its lower half and much below
        (at(100, 205, 300, 540), False),  # less than half of it and much below
        (at(100, 250, 300, 300), True),  # a quarter of it and nothing else
        (at(100, 260, 300, 300), False),  # less than a quarter
        (at(300, 100, 500, 300), False),  # beside it
    ],
)
def test_a_chart_is_found_by_most_of_it_or_by_a_part_within_it(place: Place, held: bool) -> None:
    assert holds_box([place], CHART) is held


def test_a_chunk_of_text_finds_the_line_in_it_however_much_larger_it_is() -> None:
    chunk = at(72, 80, 520, 250)
    assert chunk.bbox.area < CHUNK_AREA
    assert chunk.bbox.area > 10 * LINE.bbox.area
    assert holds_box([chunk], LINE)


def test_what_fills_the_page_finds_only_evidence_that_fills_half_of_it() -> None:
    whole = Place(page=3, bbox=PAGE)
    assert not holds_box([whole], LINE)
    assert not holds_box([whole], CHART)
    assert not holds_box([whole], a_box(0, 0, 595, 400))
    assert holds_box([whole], a_box(0, 0, 595, 430))
    slide = at(0, 0, 363, 272)
    assert not holds_box([slide], a_box(20, 20, 200, 200))


def test_the_places_of_a_chunk_are_taken_together() -> None:
    upper, lower = at(100, 100, 300, 149), at(100, 251, 300, 300)
    assert not holds_box([upper], CHART)
    assert not holds_box([lower], CHART)
    assert holds_box([upper, lower], CHART)
    page_long = [at(0, top, 595, top + 20) for top in range(0, 800, 20)]
    assert not holds_box(page_long, LINE)


def test_places_on_other_pages_make_a_chunk_neither_larger_nor_better() -> None:
    elsewhere = Place(page=4, bbox=PAGE)
    assert holds_box([at(72, 80, 520, 250), elsewhere], LINE)
    assert not holds_box([elsewhere], LINE)


def test_a_box_without_area_is_never_found() -> None:
    assert not holds_box([Place(page=3, bbox=PAGE)], a_box(72, 100, 72, 100))
