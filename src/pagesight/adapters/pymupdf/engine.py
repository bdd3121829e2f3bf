"""PyMuPDF with its layout network on one thread, and what that network sees on a page.

Import `pymupdf` from here: it then loads the network for the first page that is analysed, and not
in processes that only open files and render pages.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import onnxruntime  # type: ignore[import-untyped]

from pagesight.geometry import BBox

_NETWORK = "pymupdf.layout"
"""The package that PyMuPDF imports with itself where it finds it, and that loads its models then:
most of a second of processor time, and 100 MB."""


@contextmanager
def _without_network() -> Iterator[None]:
    """Neither PyMuPDF nor PyMuPDF4LLM finds the network, unless it is there already."""
    if _NETWORK in sys.modules:
        yield
        return
    sys.modules[_NETWORK] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_NETWORK]


with _without_network():
    import pymupdf as _pymupdf
    import pymupdf4llm as _pymupdf4llm
    from pymupdf4llm.helpers import utils as _helpers

pymupdf: Any = _pymupdf
"""PyMuPDF; most of it is untyped."""

pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)
pymupdf.set_messages(pylogging=True, pylogging_name="pymupdf", pylogging_level=10)

LARGEST_NETWORK_PAGE = 25e6
"""Square points of a page that the network still gets: it renders one pixel a point."""
_SMALLEST_SIDE = 2.0
"""Points; thinner boxes of the network are rules."""


@contextmanager
def _one_thread_a_session() -> Iterator[None]:
    """Documents are parsed in one process a core: threads on top of them only wait in turn
    (a quarter of the processor time), and PyMuPDF has no setting for it."""
    default = onnxruntime.SessionOptions

    def options() -> Any:
        made = default()
        made.intra_op_num_threads = 1
        made.inter_op_num_threads = 1
        return made

    onnxruntime.SessionOptions = options
    try:
        yield
    finally:
        onnxruntime.SessionOptions = default


@cache
def network() -> Any:
    """The network, loaded at the first call; PyMuPDF4LLM uses it from then on."""
    with _one_thread_a_session():
        _pymupdf4llm.use_layout(True)
    return inspect.getclosurevars(pymupdf._get_layout).nonlocals["MODEL"]


@dataclass(frozen=True, slots=True)
class Grid:
    """Edges of rows (y) and columns (x) in points, ascending, outer edges included."""

    rows: tuple[float, ...]
    columns: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A region of a page; `kind` is a class of the layout network ("text", "picture" ...)."""

    kind: str
    bbox: BBox
    grid: Grid | None = None
    label: str = ""
    """Key of a caption ("Figure 3-2"); "" for one without a number, and for all else."""
    pieces: tuple[BBox, ...] = ()
    """The pictures that share one caption and became this one."""
    framed: bool = False
    """A picture of text, which stays text of its own."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the network says of a page, in points, unordered."""

    boxes: tuple[Box, ...]
    pictures: tuple[BBox, ...]
    """What its pixel half takes for pictures; the answer proper knows those with text only."""


def analyse(page: Any) -> Layout:
    """Runs the layout network over a page whose rotation is removed."""
    if page.rect.width * page.rect.height > LARGEST_NETWORK_PAGE:
        return Layout((), ())
    model = network()
    page.get_layout(return_raw=True)
    boxes = []
    for group in page.layout_information or ():
        bbox = BBox(*map(float, group["group_bbox"][:4]))
        if bbox.width > _SMALLEST_SIDE and bbox.height > _SMALLEST_SIDE:
            boxes.append(Box(group["class_name"], bbox, _grid(group.get("table_grid"), bbox)))
    return Layout(tuple(boxes), _pictures(model))


def with_orphans(page: Any, boxes: Sequence[Box], blocks: Sequence[dict[str, Any]]) -> list[Box]:
    """The boxes, pictures grown to whole drawings, with the images and drawings that no box
    covers added as pictures. `blocks` are those of a text page that collects vectors."""
    page.layout_information = [[*_tuple(box.bbox), box.kind] for box in boxes]
    _helpers.clean_pictures(page, blocks)
    grown = [
        replace(box, bbox=BBox(*map(float, row[:4])))
        for box, row in zip(boxes, page.layout_information, strict=True)
    ]
    _helpers.add_image_orphans(page, blocks)
    added = page.layout_information[len(boxes) :]
    return grown + [Box("picture", BBox(*map(float, row[:4]))) for row in added]


def _tuple(bbox: BBox) -> tuple[float, float, float, float]:
    return (bbox.x0, bbox.y0, bbox.x1, bbox.y1)


def _grid(prediction: Any, bbox: BBox) -> Grid | None:
    """The grid's lines count from the table's corner and leave out the outer edges."""
    if prediction is None:
        return None
    rows = (bbox.y0, *(bbox.y0 + float(line) for line in prediction.h_lines), bbox.y1)
    columns = (bbox.x0, *(bbox.x0 + float(line) for line in prediction.v_lines), bbox.x1)
    return Grid(tuple(sorted(rows)), tuple(sorted(columns)))


def _pictures(model: Any) -> tuple[BBox, ...]:
    """Picture boxes of the last page: kept by the network, though no public call returns them."""
    found = model._model.feature_extractor.get_picture_detections()
    return tuple(BBox(*map(float, box[:4])) for box in found)
