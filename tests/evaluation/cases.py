"""Cases, runs and reports for tests."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.evaluation.record import Row, RunInfo
from pagesight.evaluation.scores.scoring import summarise
from pagesight.evaluation.scores.summary import Report
from pagesight.evaluation.sets.cases import Case, GoldPage
from pagesight.settings import load


def a_case(
    id: str = "q1", page: int = 1, document: str = "a.pdf", *, evidence: str = "", answer: str = ""
) -> Case:
    """A question whose answer stands on one page; `page` 0 for one that only names a document."""
    return Case(
        id=id,
        question=f"What does {id} ask?",
        documents=(document,),
        pages=(GoldPage(document=document, page=page),) if page else (),
        evidence=evidence,
        answers=(answer,) if answer else (),
    )


def an_unanswerable(id: str = "u1") -> Case:
    return Case(id=id, question="What is the E99?", documents=("a.pdf",), unanswerable=True)


def an_info(name: str = "set default", *, answers: bool = False, set_hash: str = "s") -> RunInfo:
    settings = load()
    return RunInfo(
        name=name,
        set_name="set",
        set_hash=set_hash,
        cases=1,
        pipeline="default",
        settings=settings.as_dict(),
        library="library",
        library_hash="l",
        documents=1,
        pages=10,
        chunks=100,
        index_bytes=1_000_000,
        answers=answers,
        answerer="extractive" if answers else "",
        in_document=False,
        count=10,
        depth=50,
        version="0",
        started="2026-01-01T00:00:00+00:00",
        key="0123456789abcdef",
    )


def a_report(cases: Sequence[Case], rows: Sequence[Row], *, answers: bool = False) -> Report:
    """The rows, scored."""
    return summarise(an_info(answers=answers), cases, rows)
