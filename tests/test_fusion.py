"""Reciprocal rank fusion against numbers worked out by hand."""

import pytest

from pagesight.fusion import ranked, reciprocal_rank_fusion


def test_scores_are_sums_of_reciprocal_ranks() -> None:
    fused = reciprocal_rank_fusion({"a": ranked("xy"), "b": ranked("yz")}, k=60, weights={})
    assert [item.id for item in fused] == ["y", "x", "z"]
    assert fused[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert fused[1].score == pytest.approx(1 / 61)
    assert fused[2].score == pytest.approx(1 / 62)


def test_ranks_are_one_based_and_named_by_list() -> None:
    fused = reciprocal_rank_fusion({"a": ranked("xy"), "b": ranked("y")}, k=60, weights={})
    assert {item.id: dict(item.ranks) for item in fused} == {"y": {"a": 2, "b": 1}, "x": {"a": 1}}


def test_ties_are_broken_by_id() -> None:
    fused = reciprocal_rank_fusion({"a": ranked("q"), "b": ranked("p")}, k=60, weights={})
    assert [item.id for item in fused] == ["p", "q"]


def test_a_weight_scales_its_list_and_zero_silences_it() -> None:
    lists = {"a": ranked("x"), "b": ranked("y")}
    assert [item.id for item in reciprocal_rank_fusion(lists, k=1, weights={"b": 2})] == ["y", "x"]
    assert [item.id for item in reciprocal_rank_fusion(lists, k=1, weights={"a": 0})] == ["y"]


def test_a_repeated_id_counts_where_it_stands_first() -> None:
    fused = reciprocal_rank_fusion({"a": ranked("xyx")}, k=0, weights={})
    assert [(item.id, item.score) for item in fused] == [("x", 1.0), ("y", 0.5)]


def test_ids_may_share_a_rank() -> None:
    fused = reciprocal_rank_fusion({"a": {"q": 1, "p": 1, "r": 2}}, k=0, weights={})
    assert [(item.id, item.score) for item in fused] == [("p", 1.0), ("q", 1.0), ("r", 0.5)]


def test_no_lists_give_nothing() -> None:
    assert reciprocal_rank_fusion({}, k=60, weights={}) == []


@pytest.mark.parametrize(("k", "weights"), [(-1, {}), (60, {"a": -0.5})])
def test_negative_parameters_are_refused(k: float, weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="RRF needs"):
        reciprocal_rank_fusion({"a": ranked("x")}, k=k, weights=weights)
