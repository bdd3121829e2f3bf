"""Boxes."""

import pytest

from pagesight.geometry import BBox, union

PAGE = BBox(0, 0, 600, 800)


def test_boxes_that_only_touch_share_nothing() -> None:
    assert BBox(0, 0, 10, 10).intersection(BBox(10, 0, 20, 10)) == 0


def test_iou_of_half_overlapping_boxes_is_a_third() -> None:
    assert BBox(0, 0, 10, 10).iou(BBox(5, 0, 15, 10)) == pytest.approx(1 / 3)


def test_an_inverted_box_has_no_area_and_lies_nowhere() -> None:
    inverted = BBox(10, 10, 0, 0)
    assert inverted.area == 0
    assert inverted.inside(PAGE) == 0
    assert inverted.iou(inverted) == 0


def test_the_share_inside_another_box_is_of_the_box_itself() -> None:
    assert BBox(590, 0, 610, 10).inside(PAGE) == pytest.approx(0.5)


def test_fractions_are_of_the_page() -> None:
    assert BBox(150, 200, 300, 400).fractions(600, 800) == (0.25, 0.25, 0.5, 0.5)


def test_union_holds_all_boxes_and_needs_one() -> None:
    assert union([BBox(0, 5, 10, 10), BBox(5, 0, 20, 8)]) == BBox(0, 0, 20, 10)
    with pytest.raises(ValueError, match="no boxes"):
        union([])


def test_growing_and_clipping_keep_a_box_on_the_page() -> None:
    assert BBox(2, 2, 598, 700).grown(5).clipped(PAGE) == BBox(0, 0, 600, 705)
