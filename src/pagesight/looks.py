"""What a picture looks like, coarsely: whether two files show the same picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LIKE = 0.1
"""Coarse distance up to which two pictures may be the same one. Of 120 crops of papers, slides and
manuals that were scaled by 0.45 to 1.6, framed in white and saved as JPEG, 0.98 were within it; of
8,900 pairs of other crops of like proportions 13 were: logos, and tables and bars of one layout."""
SAME = 0.05
"""Fine distance up to which two crops, which are rendered alike, show the same. Tables of one
layout with other numbers can be as near: their words must be compared as well."""
_STRETCH = 0.1
"""Natural logarithm of the ratio of their proportions up to which they may be the same."""
_FINE, _COARSE = 64, 16
"""Cells across and down."""
_PAPER = 200
"""Grey level, 0 to 255, from which the margin around a picture counts as paper. Compression makes
white uneven; faint ink at the margin is the price."""
_LEAST_SPREAD = 4.0
"""Standard deviation of the cells, in grey levels, below which a picture is plain: all such look
alike."""
_KEPT = 5_000
"""Looks that are kept, by file: some 30 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A picture in cells of grey, its paper margin cut off."""

    proportion: float
    """Width by height."""
    fine: NDArray[np.uint8]
    """(64, 64), rows from the top, grey levels."""
    coarse: NDArray[np.float32]
    """(256,), the same in 16 x 16 cells, of mean 0 and length 1."""

    def distance(self, other: Look) -> float:
        """0 for the same picture, 1 for pictures that have nothing to do with each other: 1 less
        the correlation of their coarse cells; infinite where their proportions differ."""
        if abs(math.log(self.proportion / other.proportion)) > _STRETCH:
            return math.inf
        return max(0.0, 1.0 - float(self.coarse @ other.coarse))

    def fine_distance(self, other: Look) -> float:
        """The same by their fine cells, which tell pictures of one layout apart."""
        if math.isinf(self.distance(other)):
            return math.inf
        return max(0.0, 1.0 - float(_leveled(self.fine) @ _leveled(other.fine)))


def look_of(path: Path) -> Look | None:
    """How a picture file looks; None for one that is plain, gone or cannot be read."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(path) as image:
            grey = image.convert("L")
    except (OSError, SyntaxError, Image.DecompressionBombError):
        # Pillow raises SyntaxError for some broken PNG files.
        return None
    ink = grey.point(lambda level: 255 if level < _PAPER else 0).getbbox()
    if ink is None:
        return None
    shown = grey.crop(ink)
    fine = np.asarray(shown.resize((_FINE, _FINE), Image.Resampling.BOX))
    step = _FINE // _COARSE
    coarse = fine.reshape(_COARSE, step, _COARSE, step).mean(axis=(1, 3))
    if coarse.std() < _LEAST_SPREAD:
        return None
    return Look(proportion=shown.width / shown.height, fine=fine, coarse=_leveled(coarse))


def _leveled(cells: NDArray[np.generic]) -> NDArray[np.float32]:
    """Cells in one row, of mean 0 and length 1."""
    import numpy as np

    row = cells.astype(np.float32).ravel()
    row -= row.mean()
    return row / np.linalg.norm(row)


@lru_cache(maxsize=_KEPT)
def look_of_crop(path: Path) -> Look | None:
    """The same, kept: a crop is named by its content and never changes."""
    return look_of(path)
