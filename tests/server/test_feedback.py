"""Thumbs over HTTP: what is kept, and that questions come of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pagesight.evaluation.record import Cited
from pagesight.evaluation.sets.feedback import FILE_NAME, FeedbackLog
from tests.conftest import run_pagesight
from tests.server.serving import Served, copies, served

FEEDBACK = "/api/libraries/docs/feedback"
MANUAL = "hydra-p4-service-manual.pdf"
TORQUES = "Which torque do the rear cover screws of the pump take?"


@pytest.fixture(scope="module")
def opened(samples_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copies(samples_library, tmp_path_factory.mktemp("feedback"), "docs")) as server:
        yield server


@pytest.fixture
def docs(opened: Served) -> Iterator[Served]:
    """A library that nobody has said anything about."""
    yield opened
    log = root(opened) / FILE_NAME
    if log.is_dir():
        log.rmdir()
    log.unlink(missing_ok=True)


def root(of: Served) -> Path:
    return of.shelves.libraries["docs"].app.library.root


def a_verdict(**more: object) -> dict[str, object]:
    return {
        "question": TORQUES,
        "answer": "They take 125 Nm [1].",
        "verdict": "up",
        "answerer": "extractive",
    } | more


def test_the_verdict_on_an_answer_becomes_a_question_to_measure_by(
    docs: Served, tmp_path: Path
) -> None:
    answer = docs.client.post("/api/libraries/docs/ask", json={"text": TORQUES}).json()
    document = answer["citations"][0]["document_id"]
    given = docs.client.post(
        FEEDBACK,
        json={
            "question": answer["question"],
            "answer": answer["text"],
            "verdict": "up",
            "comment": " right ",
            "answerer": answer["answerer"],
            "citations": answer["citations"],
            "documents": [document],
        },
    )
    assert given.status_code == 201
    (kept,) = FeedbackLog(root(docs) / FILE_NAME).read()
    assert given.json() == {"id": kept.id}
    assert kept.time.endswith("+00:00")
    assert (kept.question, kept.answer, kept.verdict) == (TORQUES, answer["text"], "up")
    assert (kept.comment, kept.answerer, kept.documents) == ("right", "extractive", (MANUAL,))
    assert Cited(document=MANUAL, page=16) in kept.cited
    assert kept.kinds == tuple(citation["kind"] for citation in answer["citations"])
    made = tmp_path / "set.jsonl"
    done = run_pagesight("eval", "from-feedback", "--library", root(docs), "--out", made)
    assert done.returncode == 0, done.stderr
    assert TORQUES in made.read_text()


def test_only_what_is_said_is_needed_and_verdicts_are_counted(docs: Served) -> None:
    before = counted(docs)
    for verdict in ("up", "down", "down"):
        assert docs.client.post(FEEDBACK, json=a_verdict(verdict=verdict)).status_code == 201
    kept = FeedbackLog(root(docs) / FILE_NAME).read()
    assert [each.verdict for each in kept] == ["up", "down", "down"]
    assert len({each.id for each in kept}) == 3
    assert counted(docs) == before + 2


def counted(of: Served) -> float:
    """Thumbs down."""
    head = 'pagesight_feedback_total{library="docs",verdict="down"} '
    lines = of.shelves.metrics.render().decode().splitlines()
    return sum(float(line.removeprefix(head)) for line in lines if line.startswith(head))


def test_what_was_asked_by_a_picture_alone_is_kept_and_is_no_question(
    docs: Served, tmp_path: Path
) -> None:
    for question in ("", TORQUES):
        assert docs.client.post(FEEDBACK, json=a_verdict(question=question)).status_code == 201
    assert len(FeedbackLog(root(docs) / FILE_NAME).read()) == 2
    made = tmp_path / "set.jsonl"
    done = run_pagesight("eval", "from-feedback", "--library", root(docs), "--out", made)
    assert done.returncode == 0, done.stderr
    assert len(made.read_text().splitlines()) == 1


def test_readers_at_once_lose_no_verdict(docs: Served) -> None:
    def give(number: int) -> int:
        body = a_verdict(comment=f"reader {number}")
        status: int = docs.client.post(FEEDBACK, json=body).status_code
        return status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(give, range(40))) == {201}
    comments = {each.comment for each in FeedbackLog(root(docs) / FILE_NAME).read()}
    assert comments == {f"reader {number}" for number in range(40)}


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"verdict": "maybe"}, "body.verdict"),
        ({"answer": "x" * 40_001}, "body.answer"),
        ({"comment": "x" * 4_001}, "body.comment"),
        ({"citations": [{"document": MANUAL}]}, "body.citations.0.page_number"),
        ({"citations": [{"document": MANUAL, "page_number": 0}]}, "body.citations.0.page_number"),
        ({"documents": [""]}, "body.documents.0"),
    ],
)
def test_what_is_no_verdict_is_refused_and_not_kept(
    docs: Served, wrong: dict[str, Any], place: str
) -> None:
    response = docs.client.post(FEEDBACK, json=a_verdict(**wrong))
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == place
    assert not (root(docs) / FILE_NAME).exists()


def test_a_log_that_cannot_be_written_is_the_servers_fault_and_names_no_path(
    docs: Served,
) -> None:
    (root(docs) / FILE_NAME).mkdir()
    response = docs.client.post(FEEDBACK, json=a_verdict())
    assert response.status_code == 500
    assert str(root(docs)) not in response.text
