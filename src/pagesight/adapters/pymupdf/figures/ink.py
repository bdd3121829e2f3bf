"""What the pixels of a scan show beside its words: pictures, and grids of rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.geometry import BBox

_CELL = 4
"""Pixels of a cell's side; a pixel is a point, but on pages over `_MOST_PIXELS`."""
_MOST_PIXELS = 4e6
_TEXTURE = 40
"""Levels of 255 that one cell of a picture differs in itself; paper and panels do not."""
_INK = 30
"""Levels of 255 by which a pixel differs from the paper."""
_AROUND_WORDS = 2.0
"""Points around a word that its letters' edges reach."""
_LEAST_TEXTURE = 0.2
"""Of a picture's cells; a coloured panel has edges only."""
_LEAST_INK = 0.25
"""Of a picture's pixels; rules, forms and stray letters come to less."""
_NEIGHBOURS = 6
"""Of a cell and the eight around it."""
_LEAST_CHROMA = 20.0
"""Levels of 255 between the strongest and the weakest of a colour's parts, on the mean."""
_SHADE = 32
"""Levels of 255 that are taken for one colour."""
_MOST_OF_ONE = 0.6
"""Of a picture's pixels, that have one colour."""
_MOST_KNOWN = 0.3
"""Of a coloured region, that pictures found in it take up: else it is what lies behind them."""
_FAINT = 8
"""Levels of 255 by which the thin grey edge of a screenshot differs from the paper; the traces of
compression differ less."""
_LEAST_FRAME = 60.0
"""Points of a frame's side."""
_LEAST_SIDE_SHARE = 0.7
"""Of a frame's side, that is drawn: words may stand on it."""
_RULE_SHARE = 0.7
"""Of a region's width that a rule is long."""
_DARK = 60
"""Levels of 255 by which a rule is darker than the paper."""
_LEAST_RULES = 5
"""Of a form, from which on it is one."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ink:
    """A page's pixels: rows x columns x RGB, and how many there are to a point."""

    pixels: npt.NDArray[np.int16]
    scale: float
    paper: npt.NDArray[np.int16]
    """RGB: the median colour."""
    inked: Mask
    """Rows x columns: the pixels that differ from the paper."""

    @property
    def share(self) -> float:
        """Of the pixels, that are not paper."""
        return float(self.inked.mean())

    def pictures(self, words: Iterable[BBox]) -> list[BBox]:
        """Regions that are neither paper nor plain colour nor words, in points, unordered: those
        with texture, as photographs and logos have it, then drawings in several colours."""
        beside = np.ones((self.pixels.shape[0] // _CELL, self.pixels.shape[1] // _CELL), np.bool_)
        for word in words:
            beside[self._range(word.grown(_AROUND_WORDS), _CELL)] = False
        texture = self._texture() & beside
        spots = (self._around(spot, texture) for spot in _spots(_dense(texture)))
        found = [box for box in spots if self._is_textured(box, texture)]
        coloured = [self._box(spot) for spot in _spots(self._cells_with_ink() & beside)]
        return found + [
            box
            for box in coloured
            if self._is_coloured(box)
            and sum(each.intersection(box) for each in found) < _MOST_KNOWN * box.area
        ]

    def frames(self, words: Iterable[BBox]) -> list[BBox]:
        """Areas that an edge on all four sides tells from the paper, in points, unordered: panels,
        and screenshots, however faint their edges are."""
        faint = np.abs(self.pixels - self.paper).max(axis=2) > _FAINT
        height, width = (side // _CELL * _CELL for side in faint.shape)
        cells: Mask = (
            faint[:height, :width]
            .reshape(height // _CELL, _CELL, width // _CELL, _CELL)
            .any(axis=(1, 3))
        )
        bare = cells.copy()
        for word in words:
            bare[self._range(word.grown(_AROUND_WORDS), _CELL)] = False
        return [
            box
            for spot in _spots(bare, 0)
            if min((box := self._box(spot)).width, box.height) >= _LEAST_FRAME
            and _has_edges(cells[spot[1] : spot[3], spot[0] : spot[2]])
        ]

    def rules(self, bbox: BBox) -> int:
        """How many horizontal rules cross the region, nearly as long as it is wide."""
        rows, columns = self._range(bbox, 1)
        grey = self.pixels[rows, columns].mean(axis=2)
        if not grey.size:
            return 0
        dark = (grey < np.median(grey) - _DARK).mean(axis=1) > _RULE_SHARE
        return int((dark[1:] & ~dark[:-1]).sum()) + int(dark[0])

    def is_form(self, bbox: BBox) -> bool:
        """Whether rules divide the region into rows."""
        return self.rules(bbox) >= _LEAST_RULES

    def _is_textured(self, box: BBox, texture: Mask) -> bool:
        place = self._range(box, 1)
        is_full = texture[self._range(box, _CELL)].mean() >= _LEAST_TEXTURE
        is_inked = self.inked[place].mean() >= _LEAST_INK
        # Letters that OCR could not read have texture too, on a ground of one colour.
        return bool(is_full and is_inked and _of_many_colours(self.pixels[place].reshape(-1, 3)))

    def _is_coloured(self, box: BBox) -> bool:
        """A panel is of one colour, and letters are grey; a drawing has several colours."""
        place = self._range(box, 1)
        inked = self.inked[place]
        if inked.mean() < _LEAST_INK:
            return False
        shown = self.pixels[place][inked]
        is_grey = (shown.max(axis=1) - shown.min(axis=1)).mean() < _LEAST_CHROMA
        return not is_grey and _of_many_colours(shown)

    def _cells_with_ink(self) -> Mask:
        height, width = (side // _CELL * _CELL for side in self.pixels.shape[:2])
        cells = self.inked[:height, :width].reshape(height // _CELL, _CELL, width // _CELL, _CELL)
        inked: Mask = cells.mean(axis=(1, 3)) > 0.5
        return inked

    def _texture(self) -> Mask:
        height, width = (side // _CELL * _CELL for side in self.pixels.shape[:2])
        cells = self.pixels[:height, :width].reshape(
            height // _CELL, _CELL, width // _CELL, _CELL, 3
        )
        varied: Mask = (cells.max(axis=(1, 3)) - cells.min(axis=(1, 3))).max(axis=2) > _TEXTURE
        return varied

    def _range(self, bbox: BBox, cell: int) -> tuple[slice, slice]:
        step = self.scale / cell
        top, left = max(int(bbox.y0 * step), 0), max(int(bbox.x0 * step), 0)
        bottom, right = int(np.ceil(bbox.y1 * step)), int(np.ceil(bbox.x1 * step))
        return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))

    def _around(self, spot: tuple[int, int, int, int], texture: Mask) -> BBox:
        """The spot with the cells of its rim, which are not dense, as far as these have texture."""
        left, top = max(spot[0] - 1, 0), max(spot[1] - 1, 0)
        rows, columns = np.nonzero(texture[top : spot[3] + 1, left : spot[2] + 1])
        top, bottom = top + int(rows.min()), top + int(rows.max()) + 1
        return self._box((left + int(columns.min()), top, left + int(columns.max()) + 1, bottom))

    def _box(self, spot: tuple[int, int, int, int]) -> BBox:
        step = _CELL / self.scale
        left, top, right, bottom = spot
        return BBox(left * step, top * step, right * step, bottom * step)


def ink_of(page: Any) -> Ink:
    """The pixels of a page whose rotation is removed."""
    area = page.rect.width * page.rect.height
    scale = min(1.0, (_MOST_PIXELS / max(area, 1.0)) ** 0.5)
    shown = page.get_pixmap(
        matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False
    )
    rows = np.frombuffer(shown.samples, np.uint8).reshape(shown.height, shown.stride)
    pixels = rows[:, : 3 * shown.width].reshape(shown.height, shown.width, 3).astype(np.int16)
    paper = np.median(pixels[::_CELL, ::_CELL].reshape(-1, 3), axis=0).astype(np.int16)
    return Ink(pixels, scale, paper, np.abs(pixels - paper).max(axis=2) > _INK)


def _of_many_colours(pixels: npt.NDArray[np.int16]) -> bool:
    keys = (pixels // _SHADE) @ np.array([64, 8, 1], np.int16)
    return bool(np.unique(keys, return_counts=True)[1].max() < _MOST_OF_ONE * len(keys))


def _dense(mask: Mask) -> Mask:
    """The cells with most of their neighbours: outlines and the edges of panels go."""
    wide = np.pad(mask, 1).astype(np.int8)
    height, width = mask.shape
    near = sum(wide[y : y + height, x : x + width] for y in range(3) for x in range(3))
    dense: Mask = mask & (np.asarray(near) >= _NEIGHBOURS)
    return dense


def _has_edges(cells: Mask) -> bool:
    """Whether each side is drawn along most of its length, a cell further in at most."""
    sides = (cells[:2].any(0), cells[-2:].any(0), cells[:, :2].any(1), cells[:, -2:].any(1))
    return all(side.mean() >= _LEAST_SIDE_SHARE for side in sides)


def _spots(mask: Mask, gap: int = 1) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom of what hangs together, over gaps of no or one cell: runs of each
    row, joined to those of the rows above that they touch."""
    spots: dict[int, list[int]] = {}
    parents: list[int] = []
    above: list[list[tuple[int, int, int]]] = [[], []]
    for row, line in enumerate(mask):
        runs = []
        for start, end in _runs(line):
            owner = len(parents)
            parents.append(owner)
            spots[owner] = [start, row, end, row + 1]
            for other_start, other_end, other in chain(*above[1 - gap :]):
                if other_start <= end + gap and start <= other_end + gap:
                    _join(owner, other, parents, spots)
            runs.append((start, end, owner))
        above = [above[1], runs]
    return [(left, top, right, bottom) for left, top, right, bottom in spots.values()]


def _runs(line: Mask) -> Sequence[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], line, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _join(one: int, other: int, parents: list[int], spots: dict[int, list[int]]) -> None:
    first, second = sorted((_root(one, parents), _root(other, parents)))
    if first != second:
        parents[second] = first
        (left, top, right, bottom), gone = spots[first], spots.pop(second)
        spots[first] = [
            min(left, gone[0]),
            min(top, gone[1]),
            max(right, gone[2]),
            max(bottom, gone[3]),
        ]


def _root(number: int, parents: list[int]) -> int:
    while parents[number] != number:
        number = parents[number]
    return number
