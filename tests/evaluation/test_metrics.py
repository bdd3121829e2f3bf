"""Metrics against fractions worked out by hand."""

import pytest

from pagesight.evaluation.metrics import contains_gold, mean, page_metrics

GOLD = {"q1": ["a#1"], "q2": ["a#1", "a#2"], "q3": ["b#9"]}
RANKED = {"q1": ["a#3", "a#1"], "q2": ["a#2", "c#1", "c#2", "c#3", "c#4", "a#1"]}


def test_recall_is_the_share_of_right_pages_in_the_first_k() -> None:
    values = page_metrics(GOLD, RANKED)
    assert values["recall@1"] == {"q1": 0, "q2": 0.5, "q3": 0}
    assert values["recall@5"] == {"q1": 1, "q2": 0.5, "q3": 0}
    assert values["recall@10"] == {"q1": 1, "q2": 1, "q3": 0}


def test_mrr_is_one_over_the_first_right_rank_and_zero_for_a_missed_question() -> None:
    assert page_metrics(GOLD, RANKED)["mrr"] == {"q1": 0.5, "q2": 1, "q3": 0}


def test_a_run_that_found_nothing_scores_zero_everywhere() -> None:
    values = page_metrics(GOLD, {})
    assert all(mean(list(each.values())) == 0 for each in values.values())


def test_the_mean_of_nothing_is_zero() -> None:
    assert mean([]) == 0


@pytest.mark.parametrize(
    ("text", "answers", "found"),
    [
        ("Tighten to 45 Nm. [1]", ["45 Nm"], True),
        ("| E07 | Motor\ntoo hot | [2]", ["motor too hot"], True),
        ("Tighten to 145 Nm", ["45 Nm"], False),
        ("at 45 Nmx", ["45 Nm"], False),
        ("at 145 Nm or 45 Nm", ["45 Nm"], True),
        ("nothing here", ["45 Nm", "nothing"], True),
        ("nothing here", [""], False),
        ("", ["45 Nm"], False),
    ],
)
def test_a_gold_fact_counts_only_as_a_whole(text: str, answers: list[str], found: bool) -> None:
    assert contains_gold(text, answers) is found
