"""Ablation: which settings are measured."""

from __future__ import annotations

from pagesight.evaluation.runs.ablation import variants
from pagesight.settings import load

SETTINGS = load().retrieve


def test_each_list_stands_alone_and_is_left_out() -> None:
    found = variants(SETTINGS, ["dense", "words", "pages"])
    assert list(found) == [
        "only dense",
        "only words",
        "only pages",
        "without dense",
        "without words",
        "without pages",
        "without documents",
    ]
    assert {name for name, weight in found["only words"].weights.items() if weight} == {"words"}
    left = {name: weight for name, weight in found["without words"].weights.items() if weight}
    assert left == {"dense": SETTINGS.weight_dense, "pages": SETTINGS.weight_pages}
    assert found["only words"].documents == found["without documents"].documents == 0
    assert found["without words"].documents == SETTINGS.documents
    assert found["without documents"].weights == SETTINGS.weights


def test_two_lists_are_each_measured_once() -> None:
    alike = load(overrides=["retrieve.documents=0"]).retrieve
    assert list(variants(alike, ["dense", "words"])) == ["only dense", "only words"]


def test_one_list_leaves_nothing_to_measure() -> None:
    assert not variants(SETTINGS, ["words"])
    assert not variants(load(overrides=["retrieve.weight_dense=0"]).retrieve, ["dense", "words"])
