"""The figures and tables that a picture was taken of: a screenshot finds its original."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pagesight.document import Chunk, Kind
from pagesight.library import Library
from pagesight.looks import LIKE, look_of, look_of_crop
from pagesight.results import Filter

MOST_CROPS = 20_000
"""Figures and tables of a library up to which its crops are gone through: 0.2 s for their boxes.
A filter by documents helps beyond that, and so do the words of a picture and CLIP."""
MOST_LOOKS = 500
"""Crops that are compared: 3 ms each, the first time. In a library with more, they are those whose
boxes have the likest proportions; pictures are compared without their margins, which boxes have."""
_VISUAL: tuple[Kind, ...] = ("figure", "table")


def originals(library: Library, picture: Path, filter: Filter) -> list[Chunk]:
    """Figures and tables that pass and that the picture shows, whole and by itself, the likest
    first, ties by id. Works without words and without a model; a picture of a part finds nothing.
    """
    asked = look_of(picture)
    if asked is None:
        return []
    kinds = tuple(kind for kind in _VISUAL if not filter.kinds or kind in filter.kinds)
    ids = library.catalogue.matching(replace(filter, kinds=kinds), MOST_CROPS) if kinds else None
    found = []
    for chunk in _likest(library.chunks(ids or []), asked.proportion):
        look = look_of_crop(library.crop_path(chunk.image))
        if look is not None and look.distance(asked) <= LIKE:
            found.append((round(look.fine_distance(asked), 4), chunk.id, chunk))
    return [chunk for *_, chunk in sorted(found, key=lambda pair: pair[:2])]


def _likest(chunks: Sequence[Chunk], proportion: float) -> list[Chunk]:
    """Those with a crop whose boxes have the likest proportions."""
    stretched = []
    for chunk in chunks:
        box = chunk.regions[0].bbox if chunk.regions and chunk.image else None
        if box is not None and box.width > 0 and box.height > 0:
            stretch = abs(math.log(box.width / box.height / proportion))
            stretched.append((stretch, chunk.id, chunk))
    return [chunk for *_, chunk in sorted(stretched, key=lambda each: each[:2])[:MOST_LOOKS]]
