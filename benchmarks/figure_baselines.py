"""Figures on a page by what PyMuPDF has of its own: what the parser is compared with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pymupdf4llm

from pagesight.adapters.pymupdf.engine import analyse, pymupdf
from pagesight.geometry import BBox

SMALLEST = 20.0
"""Points of a side: smaller images and clusters are bullets and rules."""


def whole_parse(path: Path, index: int) -> list[BBox]:
    """pymupdf4llm.to_json: the layout network and what pymupdf4llm makes of it."""
    said = json.loads(pymupdf4llm.to_json(str(path), pages=[index], use_ocr=False))
    return [
        BBox(box["x0"], box["y0"], box["x1"], box["y1"])
        for page in said["pages"]
        for box in page["boxes"]
        if box["boxclass"] == "picture"
    ]


def layout(path: Path, index: int) -> list[BBox]:
    """page.get_layout(): the layout network alone."""
    with pymupdf.open(path) as document:
        page = document[index]
        page.remove_rotation()
        return [box.bbox for box in analyse(page).boxes if box.kind == "picture"]


def images_and_clusters(path: Path, index: int) -> list[BBox]:
    """Images, and drawings clustered by their distance."""
    with pymupdf.open(path) as document:
        page = document[index]
        page.remove_rotation()
        rects = [info["bbox"] for info in page.get_image_info()] + page.cluster_drawings()
        boxes = [BBox(*map(float, rect)) for rect in rects]
    return [box for box in boxes if min(box.width, box.height) >= SMALLEST]


METHODS: dict[str, Callable[[Path, int], list[BBox]]] = {
    "pymupdf4llm.to_json": whole_parse,
    "page.get_layout": layout,
    "images + clusters": images_and_clusters,
}
