"""Which documents a question is about."""

from __future__ import annotations

import pytest

from pagesight.retrieve.hierarchy import best_of, opened, standing

OWNERS = {"a1": "a", "a2": "a", "a3": "a", "a4": "a", "b1": "b"}


def test_a_document_is_as_good_as_the_mean_of_its_three_best_chunks() -> None:
    found = [("b1", 9.0), ("a1", 6.0), ("a2", 3.0), ("a3", 3.0), ("a4", 3.0), ("gone", 1.0)]
    assert best_of(found, OWNERS) == {"a": 4.0, "b": 3.0}


def test_kinds_of_evidence_count_alike_whatever_their_scale() -> None:
    profiles, meanings = {"a": 50.0, "b": 100.0}, {"a": 0.9, "b": 0.3}
    fit = standing(profiles, meanings)
    assert fit["a"] == 1.0
    assert fit["b"] == pytest.approx((1 + 1 / 3) / 1.5)


def test_what_nothing_speaks_for_is_left_out() -> None:
    assert standing({"a": 2.0, "b": 0.0}, {"b": -0.1}) == {"a": 1.0}
    assert standing({}, {}) == {}
    assert best_of([], {}) == {}


def test_documents_that_fit_half_as_well_as_the_best_are_ranked_from_inside() -> None:
    assert opened({"far": 0.49, "b": 0.5, "a": 0.5, "best": 1.0}) == ["best", "a", "b"]
    assert len(opened({str(number): 1.0 for number in range(100)})) == 8
    assert opened({}) == []
