"""What people see of an answer: its doubts at a glance, and how much of it is verified."""

from __future__ import annotations

import pytest

from pagesight.ask.difference import difference
from pagesight.cli.answers import marked_text, print_answer, print_difference
from pagesight.results import Claim
from pagesight.views import Answered, SupportCount
from tests.ask.test_bundle import CLAIMS, TEXT, a_bundle


def an_answer(*claims: Claim, text: str = TEXT, refused: str = "", unknown: int = 0) -> Answered:
    return Answered(
        question="What takes how much?",
        text=text,
        citations=(),
        evidence=(),
        grounded=bool(claims),
        answerer="qwen",
        claims=claims,
        support=SupportCount(
            verified=sum(claim.support == "verified" for claim in claims), claims=len(claims)
        ),
        refused=refused,
        notes=("old.pdf is superseded by new.pdf",),
        unknown_marks=unknown,
        usage={},
        timings={},
    )


def printed(answer: Answered, capsys: pytest.CaptureFixture[str]) -> str:
    print_answer(answer, streamed=False)
    return capsys.readouterr().out


def test_what_is_not_verified_stands_under_the_answer_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    uncited = Claim(text="It is red.", start=0, end=10, marks=(), support="uncited")
    text = printed(an_answer(*CLAIMS, uncited), capsys)
    assert "qwen: verified 1 of 3 claims." in text
    doubts = text[text.index("Not verified") :]
    assert "The seal takes 58 Nm [2]" in doubts
    assert "58 Nm is in none of its sources" in doubts
    assert "no source   It is red." in doubts
    assert "casing cover" not in doubts


def test_doubtful_claims_stand_out_inside_the_text_where_there_are_colours() -> None:
    marked = marked_text(an_answer(*CLAIMS))
    doubtful = [TEXT[span.start : span.end] for span in marked.spans]
    assert doubtful == ["The seal takes 58 Nm [2]."]


def test_an_answer_that_is_verified_whole_has_no_list_of_doubts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(an_answer(CLAIMS[0], unknown=2), capsys)
    assert "Not verified" not in text
    assert "verified 1 of 1 claim; 2 marks pointed to nothing and were removed." in text
    assert "Note: old.pdf is superseded by new.pdf." in text


def test_a_refusal_says_why_and_counts_no_claims(capsys: pytest.CaptureFixture[str]) -> None:
    said = "Nothing in the library answers this question."
    text = printed(an_answer(text=said, refused="nothing was found"), capsys)
    assert said in text
    assert "No answer was written: nothing was found." in text
    assert "verified" not in text


def test_a_replay_marks_the_words_that_came_and_went(capsys: pytest.CaptureFixture[str]) -> None:
    after = a_bundle("d", "a", "b", text=TEXT.replace("58", "45"))
    print_difference(difference(a_bundle("a", "b", "c"), after))
    text = capsys.readouterr().out
    assert "takes [-58-] {+45+} Nm" in text
    assert "hits: 0 the same, 1 came, 1 went, 1 moved" in text
    assert "+ rank 1: text, manual.pdf, page 1" in text
    assert "~ rank 1 -> 2" in text
    assert "before: verified 1 of 2 claims" in text
