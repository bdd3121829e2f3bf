"""Metrics against fractions worked out by hand, and against two other implementations."""

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import log2
from pathlib import Path

import pytest
import pytrec_eval

from pagesight.evaluation.record import Trace
from pagesight.evaluation.scores.retrieval import CUTOFFS, METRICS, retrieval_values, score
from pagesight.evaluation.sets.cases import Case, GoldPage
from pagesight.evaluation.trec import read_qrels, read_run, write_qrels, write_run
from tests.evaluation.rows import a_found, a_row

TREC_NAMES = {"recall": "recall", "precision": "P", "hit": "success", "ndcg": "ndcg_cut"}

GOLD = {"q1": {"a": 1}, "q2": {"a": 1, "b": 1, "c": 1}, "q3": {"z": 1}}
RANKED = {
    "q1": ["x", "a"],
    "q2": ["b", "x1", "x2", "x3", "a", "x4", "x5", "x6", "x7", "x8", "c"],
}


def reference(gold: Mapping[str, int], ranked: Sequence[str]) -> dict[str, float]:
    """All metrics of one case from their definitions."""
    units = [unit for place, unit in enumerate(ranked) if unit not in ranked[:place]]
    values = {}
    for k in CUTOFFS:
        hits = sum(unit in gold for unit in units[:k])
        gains = [gold.get(unit, 0) for unit in units[:k]]
        best = discounted(sorted(gold.values(), reverse=True)[:k])
        values[f"recall@{k}"] = hits / len(gold) if gold else 0.0
        values[f"precision@{k}"] = hits / k
        values[f"hit@{k}"] = float(hits > 0)
        values[f"ndcg@{k}"] = discounted(gains) / best if best else 0.0
    ranks = [rank for rank, unit in enumerate(units, start=1) if unit in gold]
    values["mrr"] = 1 / ranks[0] if ranks else 0.0
    return values


def discounted(gains: Sequence[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def by_trec_eval(qrels: Path, run: Path) -> dict[str, dict[str, float]]:
    """Case id -> metric, by our name -> value, from the files; it leaves cases out."""
    with qrels.open() as judged, run.open() as found:
        evaluator = pytrec_eval.RelevanceEvaluator(
            pytrec_eval.parse_qrel(judged), {trec_name(name) for name in METRICS}
        )
        results = evaluator.evaluate(pytrec_eval.parse_run(found))
    return {
        case: {name: values[trec_name(name)] for name in METRICS}
        for case, values in results.items()
    }


def trec_name(metric: str) -> str:
    family, _, cutoff = metric.partition("@")
    return f"{TREC_NAMES[family]}_{cutoff}" if cutoff else "recip_rank"


def drawn_cases(count: int, seed: int) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    """Graded judgements and rankings with repeats; some cases lack one or the other."""
    rng = random.Random(seed)
    pool = [f"data sheet {number % 3}.pdf#{number}" for number in range(40)]
    qrels, ranked = {}, {}
    for number in range(count):
        gold = rng.sample(pool, rng.choice([0, 1, 1, 2, 3, 8, 25]))
        qrels[f"case {number}"] = {unit: rng.randint(1, 3) for unit in gold}
        if number % 7:
            ranked[f"case {number}"] = rng.choices(pool, k=rng.choice([0, 1, 3, 12, 60]))
    return qrels, ranked


def test_recall_is_the_share_of_gold_in_the_first_k() -> None:
    values = score(GOLD, RANKED)
    assert values["recall@1"] == {"q1": 0, "q2": float(Fraction(1, 3)), "q3": 0}
    assert values["recall@5"] == {"q1": 1, "q2": float(Fraction(2, 3)), "q3": 0}
    assert values["recall@10"] == {"q1": 1, "q2": float(Fraction(2, 3)), "q3": 0}
    assert values["recall@20"] == {"q1": 1, "q2": 1, "q3": 0}


def test_precision_divides_by_k_also_where_fewer_were_retrieved() -> None:
    values = score(GOLD, RANKED)
    assert values["precision@1"] == {"q1": 0, "q2": 1, "q3": 0}
    assert values["precision@5"] == {
        "q1": float(Fraction(1, 5)),
        "q2": float(Fraction(2, 5)),
        "q3": 0,
    }
    assert values["precision@20"]["q2"] == float(Fraction(3, 20))


def test_hit_asks_for_any_gold_and_mrr_for_the_rank_of_the_first_without_a_cutoff() -> None:
    values = score(GOLD | {"q4": {"late": 1}}, RANKED | {"q4": [*map(str, range(49)), "late"]})
    assert values["hit@1"] == {"q1": 0, "q2": 1, "q3": 0, "q4": 0}
    assert values["hit@5"] == {"q1": 1, "q2": 1, "q3": 0, "q4": 0}
    assert values["mrr"] == {
        "q1": float(Fraction(1, 2)),
        "q2": 1,
        "q3": 0,
        "q4": float(Fraction(1, 50)),
    }


def test_ndcg_takes_the_grade_for_the_gain_and_log2_of_rank_plus_one_for_the_discount() -> None:
    values = score({"q": {"a": 3, "b": 1, "c": 2}}, {"q": ["b", "x", "a"]})
    found = 1 / log2(2) + 3 / log2(4)
    best = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert values["ndcg@5"]["q"] == pytest.approx(found / best, abs=1e-12)
    assert values["ndcg@1"]["q"] == pytest.approx(float(Fraction(1, 3)), abs=1e-12)


def test_every_case_has_every_value_in_the_order_of_the_judgements() -> None:
    qrels = {"b": {"x": 1}, "no gold": {}, "a": {"x": 1}, "no hits": {"x": 1}}
    values = score(qrels, {"a": ["x"], "b": [], "no gold": ["x"], "not judged": ["x"]})
    assert list(values) == list(METRICS)
    for by_case in values.values():
        assert list(by_case) == ["b", "no gold", "a", "no hits"]
    assert values["mrr"] == {"b": 0, "no gold": 0, "a": 1, "no hits": 0}


def test_without_any_hits_or_any_cases_nothing_fails() -> None:
    assert score(GOLD, {})["recall@20"] == {"q1": 0, "q2": 0, "q3": 0}
    assert score({}, {"q1": ["a"]}) == {name: {} for name in METRICS}


def test_of_repeated_units_the_first_counts() -> None:
    assert score({"q": {"a": 1}}, {"q": ["a", "x", "a"]})["mrr"] == {"q": 1}


@pytest.mark.parametrize("seed", range(5))
def test_all_metrics_agree_with_their_definitions_and_with_trec_eval(
    tmp_path: Path, seed: int
) -> None:
    qrels, ranked = drawn_cases(120, seed)
    write_qrels(tmp_path / "page.qrels", qrels)
    write_run(tmp_path / "page.run", ranked, "our run")
    theirs = by_trec_eval(tmp_path / "page.qrels", tmp_path / "page.run")
    ours = score(qrels, ranked)
    assert len(theirs) > 60
    for case, gold in qrels.items():
        got = {name: ours[name][case] for name in METRICS}
        assert got == pytest.approx(reference(gold, ranked.get(case, [])), abs=1e-9)
        named = case.replace(" ", "%20")
        assert got == pytest.approx(theirs.get(named, dict.fromkeys(METRICS, 0.0)), abs=1e-9)


def test_a_published_run_with_ties_scores_as_in_trec_eval(tmp_path: Path) -> None:
    rng = random.Random(3)
    judged = [f"q{q} 0 d{d} {rng.randint(0, 3)}" for q in range(40) for d in range(0, 30, 3)]
    found = [
        f"q{q} Q0 d{d} {d} {rng.choice([0.25, 0.5, 1e-3, -2])} theirs"
        for q in range(40)
        for d in range(30)
    ]
    (tmp_path / "qrels").write_text("\n".join(judged) + "\n")
    (tmp_path / "run").write_text("\n".join(found) + "\n")
    theirs = by_trec_eval(tmp_path / "qrels", tmp_path / "run")
    ours = score(read_qrels(tmp_path / "qrels"), read_run(tmp_path / "run"))
    assert len(theirs) == 40
    for case, values in theirs.items():
        assert {name: ours[name][case] for name in METRICS} == pytest.approx(values, abs=1e-9)


def a_case(id: str, *pages: int, unanswerable: bool = False) -> Case:
    return Case(
        id=id,
        question="Which voltage?",
        documents=("a.pdf",),
        pages=tuple(GoldPage(document="a.pdf", page=page) for page in pages),
        answers=("3.3 V",),
        unanswerable=unanswerable,
    )


CASES = [a_case("found", 3, 4), a_case("failed", 3), a_case("empty", 3), a_case("no page")]
ROWS = [
    a_row(
        "found", a_found("c1", pages=[2]), a_found("c2", pages=[3]), trace=Trace(relevant=("c2",))
    ),
    a_row("failed", a_found("c1", pages=[3]), error="ServiceError: no answer in 60 s"),
    a_row("empty"),
    a_row("no page", a_found("c1", pages=[3])),
]


def test_a_case_that_failed_or_has_no_hits_or_no_row_counts_as_zero() -> None:
    values = retrieval_values("page", [*CASES, a_case("no row", 3)], ROWS)
    assert values["recall@5"] == {"found": 0.5, "failed": 0, "empty": 0, "no row": 0}
    assert values["mrr"] == {"found": 0.5, "failed": 0, "empty": 0, "no row": 0}


def test_a_case_whose_evidence_is_in_no_chunk_counts_as_zero() -> None:
    rows = [ROWS[0], a_row("failed", a_found("c1", pages=[3]))]
    assert retrieval_values("chunk", CASES[:2], rows)["recall@5"] == {"found": 1, "failed": 0}


def test_cases_to_which_a_level_does_not_apply_are_left_out() -> None:
    cases = [*CASES, a_case("unanswerable", 3, unanswerable=True)]
    assert set(retrieval_values("document", cases, ROWS)["mrr"]) == {case.id for case in CASES}
    assert retrieval_values("kind", cases, ROWS)["mrr"] == {}


def test_rows_belong_to_cases_by_id() -> None:
    assert retrieval_values("page", CASES, ROWS[::-1]) == retrieval_values("page", CASES, ROWS)
