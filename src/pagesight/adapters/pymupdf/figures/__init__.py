"""Which regions of a page are figures: the network's pictures, what its pixels show, captions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pagesight.adapters.pymupdf.engine import Box, Grid
from pagesight.geometry import BBox, union

PICTURE = "picture"
TABLE = "table"
CAPTION = "caption"
MARGIN = frozenset({"page-header", "page-footer"})

_LEAST_SIDE = 24.0
"""Points; smaller pictures are icons and rules."""
_LEAST_SHARE = 0.002
"""Of the page's area."""
_TITLE_SHARE = 0.25
"""Of a figure's height from its top, down to which a heading in it is its title."""
_BACKGROUND_SHARE = 0.9
"""Of the page's area; a picture that large lies behind everything else."""
_PROSE_SHARE = 0.45
"""Of a picture's area; where text blocks fill more, it is a coloured panel or a text column."""
_FRAGMENT_GAP = 4.0
"""Points between the pieces of one plot."""
_SCAN_MARGIN = 0.06
"""Of the page's height, at top and bottom: edges of the paper."""
_BLEED = 4.0
"""Points from the page's edge; what comes closer is meant to reach it."""
_FRAME_SHARE = 0.5
"""Of the page's area; a larger frame is that of a slide or of the paper."""
_ANCHOR_SIDE = 25.0
"""Points; a smaller free region over a caption holds no figure."""


def settle_figures(
    boxes: Sequence[Box], seen: Sequence[BBox], images: Sequence[BBox], page: BBox
) -> list[Box]:
    """Merges the layout's pictures with those that the pixels show (`seen`) and with `images`.

    Nested boxes, fragments, panels and backgrounds go; text inside a figure (its labels) is no
    longer a box of its own, captions stay, and a heading at its top becomes one.
    """
    text = [box for box in boxes if box.kind not in (PICTURE, TABLE)]
    tables = [box for box in boxes if box.kind == TABLE]
    captions = [box.bbox for box in boxes if box.kind == CAPTION]
    # An image that texts stand on is a background, unless the network takes it for a picture.
    bare = [image for image in images if not any(box.bbox.inside(image) > 0.5 for box in text)]
    shown = (view.clipped(page) for view in (*seen, *bare))
    views = _together([view for view in shown if _is_large(view, page)], text)
    figures = [
        box.bbox
        for box in boxes
        if box.kind == PICTURE and not _covers_several(box.bbox, views, captions)
    ]
    for view in views:
        pieces = [figure for figure in figures if figure.inside(view) > 0.6]
        is_known = _is_known(view, figures, tables)
        if (is_known and len(pieces) < 2) or _in(view, text, 0.7):
            continue
        figures = [figure for figure in figures if figure not in pieces]
        figures.append(union(pieces if is_known else [view, *pieces]))
    figures = [
        figure
        for figure in figures
        if _is_large(figure, page) and not _is_panel(figure, text) and not _in(figure, tables, 0.7)
    ]
    figures = _outermost(figures)
    settled = [_title_or(box, figures) for box in boxes if box.kind != PICTURE]
    kept = [box for box in settled if not _is_label(box, figures)]
    return kept + [Box(PICTURE, figure) for figure in figures]


def framed(
    boxes: Sequence[Box], seen: Sequence[BBox], frames: Iterable[BBox], page: BBox
) -> tuple[list[Box], list[BBox]]:
    """The boxes and what the pixels show (`seen`), with each of `frames` that has a picture in it
    as one picture: a screenshot, say, of which the layout network and the pixels tell the pieces.

    A frame around mostly prose, one that a table reaches into, one around most of the page, and
    one that reaches its edge, as a banner does, are none.
    """
    text = [box for box in boxes if box.kind not in (PICTURE, TABLE)]
    pictures = [*seen, *(box.bbox for box in boxes if box.kind == PICTURE)]
    whole = [
        frame
        for frame in frames
        if frame.area < _FRAME_SHARE * page.area
        and frame.grown(_BLEED).inside(page) == 1
        and any(picture.inside(frame) > 0.8 for picture in pictures)
        and not any(box.kind == TABLE and box.bbox.intersection(frame) for box in boxes)
        and not _is_panel(frame, text)
    ]
    rest = [box for box in boxes if box.kind != PICTURE or not _in(box.bbox, whole, 0.6)]
    others = [view for view in seen if not _in(view, whole, 0.6)]
    return [*rest, *(Box(PICTURE, frame) for frame in _outermost(whole))], others


def _title_or(box: Box, figures: Sequence[BBox]) -> Box:
    """The heading at the top of a figure is its caption."""
    if box.kind not in ("section-header", "title"):
        return box
    is_on_top = any(
        box.bbox.inside(figure) > 0.7 and box.bbox.y1 < figure.y0 + _TITLE_SHARE * figure.height
        for figure in figures
    )
    return replace(box, kind=CAPTION) if is_on_top else box


def anchored_region(
    caption: BBox,
    above: bool,
    others: Iterable[BBox],
    marks: Iterable[BBox] | None,
    page: BBox,
) -> BBox | None:
    """Where a figure must be whose caption has no object: the drawings and images between the
    caption and the next text of its column, on the side where captions of this kind stand.

    `marks` are the boxes of drawing operations and images; for a scan, which has none, the whole
    free part of the column is taken. None where there is too little.
    """
    column = [other for other in others if _shares_column(other, caption)]
    if above:
        top = max([other.y1 for other in column if other.y1 <= caption.y0 + 3] + [page.y0])
        band = BBox(caption.x0 - 60, top, caption.x1 + 60, caption.y0)
    else:
        bottom = min([other.y0 for other in column if other.y0 >= caption.y1 - 3] + [page.y1])
        band = BBox(caption.x0 - 60, caption.y1, caption.x1 + 60, bottom)
    if marks is None:
        found = _free_column(band, column, caption, page)
    else:
        inside = [mark for mark in marks if _is_in_band(mark, band, page)]
        if not inside:
            return None
        found = union(inside).clipped(BBox(page.x0, band.y0 - 2, page.x1, band.y1 + 2))
    return found if min(found.width, found.height) >= _ANCHOR_SIDE else None


def _free_column(band: BBox, column: Sequence[BBox], caption: BBox, page: BBox) -> BBox:
    """The band, as wide as the texts of the caption's column are."""
    texts = [box for box in column if box.width < 0.6 * page.width]
    wide = union([caption, *texts])
    margin = _SCAN_MARGIN * page.height
    free = BBox(wide.x0, band.y0 + 2, wide.x1, band.y1 - 2)
    return free.clipped(BBox(page.x0, page.y0 + margin, page.x1, page.y1 - margin))


def split_from_tables(boxes: Sequence[Box], seen: Sequence[BBox]) -> list[Box]:
    """Cuts off a picture that the layout took for the top or the bottom of a table."""
    settled = []
    for box in boxes:
        cut = next((rest for view in seen if (rest := _rest(box, view))), None)
        settled.append(replace(box, bbox=cut, grid=_clipped_grid(box, cut)) if cut else box)
    return settled


def _rest(table: Box, view: BBox) -> BBox | None:
    box = table.bbox
    if table.kind != TABLE or view.inside(box) < 0.6 or view.width < 0.3 * box.width:
        return None
    if not 0.15 * box.area < view.area < 0.75 * box.area:
        return None
    if box.y1 - view.y1 < 0.15 * box.height and view.y0 - box.y0 > _ANCHOR_SIDE:
        return BBox(box.x0, box.y0, box.x1, view.y0 - 1)
    if view.y0 - box.y0 < 0.15 * box.height and box.y1 - view.y1 > _ANCHOR_SIDE:
        return BBox(box.x0, view.y1 + 1, box.x1, box.y1)
    return None


def _clipped_grid(table: Box, rest: BBox) -> Grid | None:
    if table.grid is None:
        return None
    inner = [edge for edge in table.grid.rows if rest.y0 + 2 < edge < rest.y1 - 2]
    return replace(table.grid, rows=(rest.y0, *inner, rest.y1))


def _covers_several(figure: BBox, views: Sequence[BBox], captions: Sequence[BBox]) -> bool:
    """One box around several figures and the caption between them: the views tell them apart."""
    inside = [view for view in views if view.inside(figure) > 0.8]
    return len(inside) > 1 and any(caption.inside(figure) > 0.5 for caption in captions)


def _is_known(view: BBox, figures: Sequence[BBox], tables: Sequence[Box]) -> bool:
    return any(view.iou(figure) >= 0.4 or view.inside(figure) > 0.7 for figure in figures) or any(
        view.inside(table.bbox) > 0.5 or table.bbox.inside(view) > 0.5 for table in tables
    )


def _is_panel(figure: BBox, text: Sequence[Box]) -> bool:
    prose = ("text", "list-item", "footnote", "section-header", "title")
    inside = [box.bbox for box in text if box.kind in prose and box.bbox.inside(figure) > 0.6]
    return sum(box.area for box in inside) > _PROSE_SHARE * figure.area


def _is_label(box: Box, figures: Sequence[BBox]) -> bool:
    return box.kind not in (CAPTION, *MARGIN) and _in(box.bbox, figures, 0.7)


def _in(box: BBox, others: Iterable[Box | BBox], share: float) -> bool:
    boxes = (other.bbox if isinstance(other, Box) else other for other in others)
    return any(box.inside(other) > share for other in boxes)


def _is_large(box: BBox, page: BBox) -> bool:
    share = box.area / page.area
    return min(box.width, box.height) >= _LEAST_SIDE and _LEAST_SHARE <= share < _BACKGROUND_SHARE


def _outermost(figures: Sequence[BBox]) -> list[BBox]:
    kept: list[BBox] = []
    for figure in sorted(figures, key=lambda box: -box.area):
        if not _in(figure, kept, 0.8):
            kept.append(figure)
    return kept


def _together(views: list[BBox], text: Sequence[Box]) -> list[BBox]:
    """Joins views that touch, unless a text block stands between them."""
    joined: list[BBox] = []
    for view in views:
        while True:
            other = next((each for each in joined if _touches(each, view, text)), None)
            if other is None:
                break
            joined.remove(other)
            view = union([view, other])
        joined.append(view)
    return joined


def _touches(one: BBox, other: BBox, text: Sequence[Box]) -> bool:
    if not one.grown(_FRAGMENT_GAP).intersection(other):
        return False
    whole = union([one, other])
    return not any(
        box.bbox.inside(whole) > 0.5 > max(box.bbox.inside(one), box.bbox.inside(other))
        for box in text
    )


def _shares_column(box: BBox, caption: BBox) -> bool:
    shared = min(box.x1, caption.x1 + 5) - max(box.x0, caption.x0 - 5)
    return shared > 0.2 * min(box.width, caption.width + 10)


def _is_in_band(mark: BBox, band: BBox, page: BBox) -> bool:
    x, y = (mark.x0 + mark.x1) / 2, (mark.y0 + mark.y1) / 2
    is_visible = mark.width >= 1 or mark.height >= 1
    is_inside = band.x0 <= x <= band.x1 and band.y0 <= y <= band.y1
    return is_visible and is_inside and mark.area < 0.8 * page.area
