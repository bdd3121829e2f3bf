"""Blame: the first stage that failed a lost question, and nothing for one that got through."""

from __future__ import annotations

import pytest

from pagesight.evaluation.record import Cited, Given, Trace
from pagesight.evaluation.scores.blame import STAGES, blame, loss
from pagesight.evaluation.scores.summary import ALL
from pagesight.evaluation.sets.cases import Case
from tests.evaluation.cases import a_case, an_info, an_unanswerable
from tests.evaluation.rows import a_found, a_row

HEALTHY = {
    "chunks": 3,
    "embedded": 3,
    "characters": 900,
    "answer_on_page": True,
    "relevant": ("right",),
    "list_ranks": {"dense": 4, "words": 1},
    "fused_rank": 2,
    "relevant_rank": 2,
}


def a_trace(**changes: object) -> Trace:
    return Trace(**(HEALTHY | changes))  # type: ignore[arg-type]


def an_answer(
    text: str = "It is 45 Nm [1].",
    *,
    shown: tuple[str, ...] = ("right",),
    cited: tuple[int, ...] = (1,),
    grounded: bool = True,
) -> Given:
    return Given(
        text=text,
        answerer="extractive",
        grounded=grounded,
        shown=shown,
        cited=tuple(Cited(document="a.pdf", page=page) for page in cited),
        verified=1,
        claims=1,
    )


def stage_of(case: Case, trace: Trace, given: Given | None = None) -> str | None:
    row = a_row(case.id, a_found("right"), a_found("other", pages=(7,)), trace=trace, given=given)
    found = loss(an_info(answers=given is not None), case, row)
    return found.stage if found else None


CASE = a_case(answer="45 Nm")


@pytest.mark.parametrize(
    ("stage", "trace"),
    [
        (None, {}),
        (None, {"fused_rank": 10}),
        ("ingested", {"missing": ("a.pdf",), "chunks": 0, "list_ranks": {}, "fused_rank": 0}),
        ("parsed", {"chunks": 0, "embedded": 0, "list_ranks": {}, "fused_rank": 0}),
        (
            "read",
            {"answer_on_page": False, "answer_in_file": True, "relevant": (), "fused_rank": 40},
        ),
        ("chunked", {"relevant": (), "fused_rank": 40}),
        ("embedded", {"embedded": 0, "list_ranks": {}, "fused_rank": 0}),
        ("listed", {"list_ranks": {}, "fused_rank": 0}),
        ("fused", {"fused_rank": 11}),
    ],
)
def test_a_retrieved_case_is_blamed_on_the_first_stage_that_failed(
    stage: str | None, trace: dict[str, object]
) -> None:
    assert stage_of(CASE, a_trace(**trace)) == stage


def test_an_answer_that_has_to_be_computed_is_not_blamed_on_reading() -> None:
    computed = a_trace(answer_on_page=False, answer_in_file=False, relevant=(), fused_rank=30)
    assert stage_of(CASE, computed) == "fused"


@pytest.mark.parametrize(
    ("stage", "trace", "given"),
    [
        (None, {}, an_answer()),
        ("fused", {"fused_rank": 30}, an_answer("It is 9 Nm.", shown=("other",), cited=(7,))),
        ("shown", {"fused_rank": 9}, an_answer("It is 9 Nm.", shown=("other",), cited=(7,))),
        ("cited", {}, an_answer("It is 9 Nm.", shown=("right", "other"), cited=(7,))),
        ("answered", {}, an_answer("It is 9 Nm.")),
    ],
)
def test_an_asked_case_is_blamed_by_its_answer(
    stage: str | None, trace: dict[str, object], given: Given
) -> None:
    assert stage_of(CASE, a_trace(**trace), given) == stage


def test_a_right_answer_from_another_page_is_not_lost() -> None:
    elsewhere = an_answer(shown=("other",), cited=(7,))
    assert stage_of(CASE, a_trace(fused_rank=30), elsewhere) is None


def test_a_case_without_a_gold_answer_is_judged_by_the_page_that_is_cited() -> None:
    case = a_case()
    trace = a_trace(answer_on_page=None, relevant=())
    assert stage_of(case, trace, an_answer("Whatever.")) is None
    assert stage_of(case, trace, an_answer("Whatever.", cited=(7,))) == "cited"
    assert stage_of(case, trace, an_answer("Whatever.", shown=("other",), cited=(7,))) == "shown"


def test_a_case_that_names_only_a_document_is_followed_by_it() -> None:
    case = a_case(page=0)
    trace = a_trace(answer_on_page=None, relevant=())
    assert stage_of(case, trace) is None
    assert stage_of(case, trace, an_answer("Whatever.", cited=(7,))) is None


def test_an_unanswerable_question_is_lost_when_it_is_answered() -> None:
    refused = an_answer("Nothing answers this.", shown=(), cited=(), grounded=False)
    assert stage_of(an_unanswerable(), Trace(), refused) is None
    assert stage_of(an_unanswerable(), Trace(), an_answer()) == "answered"


def test_an_error_is_shown_as_it_was() -> None:
    found = loss(an_info(), CASE, a_row("q1", error="ServiceError: no endpoint"))
    assert found is not None
    assert (found.stage, found.detail) == ("crashed", "ServiceError: no endpoint")


def test_the_table_counts_every_case_once_for_all_and_once_for_its_kind() -> None:
    cases = [
        a_case("q1", evidence="table"),
        a_case("q2", evidence="table"),
        a_case("q3", evidence="figure"),
        an_unanswerable(),
    ]
    rows = [
        a_row("q1", trace=a_trace(answer_on_page=None, relevant=())),
        a_row(
            "q2",
            trace=a_trace(
                answer_on_page=None, relevant=(), fused_rank=12, list_ranks={"dense": 40}
            ),
        ),
        a_row("q3", trace=a_trace(answer_on_page=None, relevant=(), fused_rank=0, list_ranks={})),
        a_row("u1"),
    ]
    table = blame(an_info(), cases, rows)
    assert table.kept == {ALL: 1, "table": 1, "figure": 0}
    assert table.stages == tuple(STAGES)
    lost = {kind: {s: n for s, n in row.items() if n} for kind, row in table.lost.items()}
    assert lost == {ALL: {"fused": 1, "listed": 1}, "table": {"fused": 1}, "figure": {"listed": 1}}
    assert set(table.losses) == {"q2", "q3"}
    assert table.lists["dense"] == pytest.approx({ALL: 2 / 3, "table": 1.0, "figure": 0.0})
    assert table.lists["words"] == pytest.approx({ALL: 1 / 3, "table": 0.5, "figure": 0.0})
    assert table.fused == pytest.approx({ALL: 1 / 3, "table": 0.5, "figure": 0.0})
