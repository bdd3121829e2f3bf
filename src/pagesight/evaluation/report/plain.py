"""The report as plain JSON values, for programs that compare runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pagesight.evaluation.record import Given, Row
from pagesight.evaluation.report.data import gold_pages
from pagesight.evaluation.scores.summary import Report, Scores
from pagesight.evaluation.sets.cases import Case

_DIGITS = 6


def report_json(report: Report) -> dict[str, object]:
    """Everything but the hits of the rows, as values that `json.dumps` takes.

    Numbers are rounded to 6 digits. Keys stand in the order of the report, those of one question
    in a fixed order.
    """
    return {
        "info": _plain(asdict(report.info)),
        "synthetic": sum(case.synthetic for case in report.cases),
        "retrieval": {
            level: {group: _scores(scores) for group, scores in groups.items()}
            for level, groups in report.retrieval.items()
        },
        "answers": {group: _scores(scores) for group, scores in report.answers.items()},
        "latency": {stage: _plain(asdict(value)) for stage, value in report.latency.items()},
        "blame": _plain(asdict(report.blame)),
        "questions": [
            _question(report, case, row)
            for case, row in zip(report.cases, report.rows, strict=True)
        ],
    }


def _scores(scores: Scores) -> dict[str, object]:
    metrics = {name: _plain(asdict(value)) for name, value in scores.metrics.items()}
    return {"cases": scores.cases, "metrics": metrics}


def _question(report: Report, case: Case, row: Row) -> dict[str, object]:
    loss = report.blame.losses.get(case.id)
    return {
        "id": case.id,
        "question": case.question,
        "evidence": case.evidence,
        "tags": list(case.tags),
        "synthetic": case.synthetic,
        "unanswerable": case.unanswerable,
        "review": case.review,
        "gold": [str(page) for page in gold_pages(case)],
        "ranks": {
            "lists": dict(sorted(row.trace.list_ranks.items())),
            "fused": row.trace.fused_rank,
            "relevant": row.trace.relevant_rank,
        },
        "lost": None if loss is None else loss.stage,
        "answer": None if row.given is None else _given(row.given),
        "seconds": _plain(dict(sorted(row.seconds.items()))),
        "error": row.error,
    }


def _given(given: Given) -> dict[str, object]:
    return {
        "text": given.text,
        "grounded": given.grounded,
        "cited": [f"{cited.document}#{cited.page}" for cited in given.cited],
        "claims": given.claims,
        "verified": given.verified,
        "judged": _plain(given.judged),
    }


def _plain(value: object) -> object:
    """JSON's own types; what is none of them (a path in the settings) becomes its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return round(value, _DIGITS)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Sequence | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)
