"""Hits that say what a better hit of the same document says already: one stands for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pagesight.document import Chunk
from pagesight.looks import SAME, look_of_crop
from pagesight.results import Hit

SPARE = 20
"""Hits beyond those that are asked for that are looked through, to take the places of repeats."""

_PART = re.compile(r"(?P<whole>.*\S)\s*\([a-z]\)", re.IGNORECASE)
"""The label of a part of a figure, "Figure 3(b)"."""


def distinct(hits: Sequence[Hit], crop: Callable[[str], Path]) -> tuple[list[Hit], set[str]]:
    """The hits that repeat no better one, ranked anew, each with the pages of its repeats; and the
    chunk ids of the repeats.

    Only what one document says again is left out, never what another one says: the same sentence
    in two manuals is about two machines, and in two revisions the newer one counts.

    Args:
        hits: best first.
        crop: path of a crop, by its key.
    """
    kept: list[Hit] = []
    pages: dict[str, set[int]] = {}
    repeats: set[str] = set()
    for hit in hits:
        better = next((one for one in kept if _repeats(hit.chunk, one.chunk, crop)), None)
        if better is None:
            kept.append(hit)
        else:
            repeats.add(hit.chunk.id)
            pages.setdefault(better.chunk.id, set()).update(hit.chunk.pages)
    ranked = [
        replace(hit, rank=rank, repeats=tuple(sorted(pages.get(hit.chunk.id, ()))))
        for rank, hit in enumerate(kept, start=1)
    ]
    return ranked, repeats


def _repeats(one: Chunk, better: Chunk, crop: Callable[[str], Path]) -> bool:
    """Whether a chunk says nothing that a better one has not said."""
    if one.document_id != better.document_id or one.kind != better.kind:
        return False
    if one.kind != "figure":
        # Under another heading the same words say something else: "Not applicable."
        return one.heading_path == better.heading_path and _words(one) == _words(better) != []
    part = _PART.fullmatch(one.label)
    if part and part["whole"] == better.label:
        return True
    if one.label != better.label or _words(one) != _words(better):
        return False
    return one.image == better.image or _same_look(crop(one.image), crop(better.image))


def _words(chunk: Chunk) -> list[str]:
    return chunk.text.casefold().split()


def _same_look(one: Path, other: Path) -> bool:
    """A logo, say, that was rendered for each page anew."""
    first, second = look_of_crop(one), look_of_crop(other)
    return first is not None and second is not None and first.fine_distance(second) <= SAME
