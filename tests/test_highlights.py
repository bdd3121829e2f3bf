"""Places of a page are highlighted, and their marks stand beside them in the margin."""

from __future__ import annotations

import io

from PIL import Image, ImageChops

from pagesight.geometry import BBox
from pagesight.highlights import Highlight, highlighted

WIDTH, HEIGHT = 300, 400
"""Points of the page; it is rendered at two pixels a point."""


def page() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), "white").save(out, "PNG")
    return out.getvalue()


def shown(*places: Highlight) -> Image.Image:
    return Image.open(io.BytesIO(highlighted(page(), WIDTH, places))).convert("RGB")


def ink(picture: Image.Image, left: int, right: int) -> tuple[int, int, int, int] | None:
    """The box of what is drawn in a strip of the picture."""
    strip = picture.crop((left, 0, right, picture.height))
    return ImageChops.difference(
        strip,
        Image.new("RGB", strip.size, strip.getpixel((0, 0))),
    ).getbbox()


def test_a_box_in_points_is_tinted_and_the_rest_is_left_alone() -> None:
    picture = shown(Highlight(bbox=BBox(50, 100, 100, 120)))
    assert picture.size == (2 * WIDTH, 2 * HEIGHT)
    assert picture.getpixel((150, 220)) != (255, 255, 255)
    assert ink(picture, 0, picture.width) == (100, 200, 201, 241)


def test_a_box_whose_corners_are_swapped_is_drawn_too() -> None:
    assert ink(shown(Highlight(bbox=BBox(100, 120, 50, 100))), 0, 600) == (100, 200, 201, 241)


def test_a_mark_stands_in_the_margin_beside_its_place_and_on_its_side() -> None:
    picture = shown(Highlight(bbox=BBox(200, 100, 280, 120), mark="[7]"))
    margin = (picture.width - 2 * WIDTH) // 2
    assert margin > 0
    assert ink(picture, 0, margin) is None
    drawn = ink(picture, picture.width - margin, picture.width)
    assert drawn is not None
    assert abs((drawn[1] + drawn[3]) / 2 - 220) < 6
    assert drawn[2] < margin


def test_marks_of_places_that_stand_close_do_not_cover_each_other() -> None:
    one = shown(Highlight(bbox=BBox(20, 100, 80, 110), mark="[1]"))
    margin = (one.width - 2 * WIDTH) // 2
    two = shown(
        Highlight(bbox=BBox(20, 100, 80, 110), mark="[1]"),
        Highlight(bbox=BBox(20, 104, 80, 114), mark="[2]"),
    )
    first, both = ink(one, 0, margin), ink(two, 0, margin)
    assert first is not None
    assert both is not None
    assert both[3] - both[1] > 1.9 * (first[3] - first[1])


def test_many_marks_of_one_place_stay_inside_the_margin() -> None:
    places = [Highlight(bbox=BBox(20, 100, 80, 110), mark=f"[{mark}]") for mark in range(10, 18)]
    picture = shown(*places)
    margin = (picture.width - 2 * WIDTH) // 2
    drawn = ink(picture, 0, margin)
    assert drawn is not None
    assert 0 < drawn[0] < drawn[2] < margin


def test_a_mark_at_the_foot_of_the_page_is_not_cut_off() -> None:
    picture = shown(Highlight(bbox=BBox(20, HEIGHT - 1, 80, HEIGHT), mark="[1]"))
    drawn = ink(picture, 0, (picture.width - 2 * WIDTH) // 2)
    assert drawn is not None
    assert drawn[3] < picture.height
