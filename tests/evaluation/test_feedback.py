"""Thumbs: a log that several processes write, and the cases that come of it."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from pagesight.errors import SettingsError
from pagesight.evaluation.record import Cited
from pagesight.evaluation.sets.cases import GoldPage, faults_of
from pagesight.evaluation.sets.feedback import FILE_NAME, Feedback, FeedbackLog, cases_from


def a_feedback(
    id: str = "f1", verdict: Literal["up", "down"] = "up", *, comment: str = "", answer: str = ""
) -> Feedback:
    return Feedback(
        id=id,
        time="2026-03-01T10:00:00+00:00",
        question="What torque do the seal bolts take?",
        answer=answer or "45 Nm [1], in two steps [2].",
        answerer="extractive",
        verdict=verdict,
        comment=comment,
        cited=(Cited(document="pump.pdf", page=15), Cited(document="pump.pdf", page=3)),
        kinds=("table", "table"),
    )


def append_many(path: Path, writer: str, count: int) -> None:
    """What each process does; long lines are torn more easily."""
    for number in range(count):
        FeedbackLog(path).append(a_feedback(f"{writer}-{number}", comment=writer * 20_000))


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    log = FeedbackLog(tmp_path / FILE_NAME)
    given = [
        a_feedback("f1"),
        a_feedback("f2", "down", comment='"Falsch":\nSeite 3, µm'),
        replace(a_feedback("f3"), cited=(), kinds=(), documents=("pump.pdf",)),
    ]
    assert log.read() == []
    for each in given:
        log.append(each)
    assert log.read() == given
    assert len((tmp_path / FILE_NAME).read_text().splitlines()) == 3


def test_processes_and_threads_write_at_once_and_no_line_is_lost_or_mixed(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=append_many, args=(path, name, 25)) for name in "abcd"]
    for process in processes:
        process.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: append_many(path, name, 25), "efgh"))
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    found = FeedbackLog(path).read()
    assert {each.id for each in found} == {f"{name}-{n}" for name in "abcdefgh" for n in range(25)}
    assert len(found) == 200
    assert all(each.comment == each.id[0] * 20_000 for each in found)
    for name in "abcdefgh":
        own = [each.id for each in found if each.id.startswith(name)]
        assert own == [f"{name}-{n}" for n in range(25)]


def test_a_torn_last_line_is_left_out_and_cancelled_by_the_next_append(tmp_path: Path) -> None:
    log = FeedbackLog(tmp_path / FILE_NAME)
    log.append(a_feedback("f1", comment="µm"))
    whole = (tmp_path / FILE_NAME).read_bytes()
    for length in (1, whole.index("µ".encode()) + 1, len(whole) - 1):
        (tmp_path / FILE_NAME).write_bytes(whole + whole[:length])
        assert [each.id for each in log.read()] == ["f1"]
        log.append(a_feedback("f2"))
        log.append(a_feedback("f3"))
        assert [each.id for each in log.read()] == ["f1", "f2", "f3"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: is not feedback .*; mend the line or delete it"),
        ("", "line 2: is not feedback"),
        ('{"id": "f2"}', r"line 2: is not feedback \(time: "),
        (None, r"line 2: is not feedback \(verdict: "),
    ],
)
def test_a_wrong_line_in_the_middle_is_named(
    tmp_path: Path, line: str | None, message: str
) -> None:
    log = FeedbackLog(tmp_path / FILE_NAME)
    log.append(a_feedback("f1"))
    good = (tmp_path / FILE_NAME).read_text()
    wrong = json.dumps(json.loads(good) | {"verdict": "maybe"}) if line is None else line
    (tmp_path / FILE_NAME).write_text(f"{good}{wrong}\n{good}")
    with pytest.raises(SettingsError, match=f"{FILE_NAME}, {message}"):
        log.read()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    log = FeedbackLog(tmp_path / "gone" / FILE_NAME)
    with pytest.raises(SettingsError, match=r"gone/feedback.jsonl: the feedback cannot be written"):
        log.append(a_feedback())


def test_thumbs_up_makes_the_cited_pages_gold_and_a_short_answer_right() -> None:
    (case,) = cases_from([a_feedback()])
    assert case.question == "What torque do the seal bolts take?"
    assert case.documents == ("pump.pdf",)
    assert case.pages == (
        GoldPage(document="pump.pdf", page=3),
        GoldPage(document="pump.pdf", page=15),
    )
    assert case.answers == ("45 Nm, in two steps.",)
    assert (case.evidence, case.tags, case.synthetic) == ("table", ("feedback", "up"), False)
    assert case.review == (
        "thumbs up; answered: 45 Nm, in two steps.; cited: pump.pdf#15, pump.pdf#3"
    )
    assert not faults_of(case)


def test_a_long_answer_is_no_gold_answer_and_is_cut_in_the_review() -> None:
    (case,) = cases_from([a_feedback(answer="Turn the shaft by hand. " * 50)])
    assert case.answers == ()
    assert len(case.review) < 300


def test_thumbs_down_keeps_the_question_and_its_documents_only() -> None:
    (case,) = cases_from([a_feedback(verdict="down", comment="wrong\npage")])
    assert (case.pages, case.answers, case.documents) == ((), (), ("pump.pdf",))
    assert case.tags == ("feedback", "down")
    assert case.review.startswith("thumbs down; comment: wrong page; answered: 45 Nm")
    restricted = replace(a_feedback(verdict="down"), documents=("gear.pdf",))
    assert cases_from([restricted])[0].documents == ("gear.pdf",)


def test_the_last_verdict_on_a_question_decides_and_all_are_counted() -> None:
    again = replace(
        a_feedback("f3", "down", comment="it is 54"),
        question="what torque do the  seal bolts take?",
    )
    (case,) = cases_from([a_feedback("f1"), a_feedback("f2", comment="good"), again])
    assert case.tags == ("feedback", "down")
    assert case.review.startswith(
        "thumbs down (of 2 up, 1 down); comment: good; comment: it is 54; answered: "
    )
    assert case.id == cases_from([a_feedback()])[0].id


def test_the_same_question_about_other_documents_is_another_case() -> None:
    other = replace(a_feedback("f2"), documents=("gear.pdf",), cited=())
    first, second = cases_from([a_feedback("f1"), other])
    assert first.id != second.id
    assert (second.documents, second.pages) == (("gear.pdf",), ())
