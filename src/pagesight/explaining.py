"""Explanations of hits in words, for whoever shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pagesight.results import Evidence, Explanation, Related

_FIRST_UNSPACED = "\u2e80"
"""From here on Unicode has the scripts that write words without spaces between them."""


def reasons(explanation: Explanation) -> tuple[str, ...]:
    """Why a hit was found, one reason a line, the most telling first."""
    return tuple(_reasons(explanation))


def _reasons(told: Explanation) -> Iterator[str]:
    ranks = {each.list: each.rank for each in told.lists}
    if told.named:
        yield f"named in the question: {', '.join(told.named)}"
    if "picture" in ranks:
        yield "is what the picture of the question shows"
    if "kinds" in ranks:
        yield "is of the kind that the question asks for"
    if ranks.get("pages") == 1:
        yield "stands on the page of its document that fits best by its words"
    if told.document_rank and told.documents > 1:
        first = told.document_rank == 1
        yield (
            f"its document fits best of {told.documents}"
            if first
            else f"its document is number {told.document_rank} of {told.documents} that fit"
        )
    yield from map(_relation, told.related)
    if not told.words:
        yield "has none of the question's words"


def _relation(related: Related) -> str:
    match related.how:
        case "mentions":
            return f"mentions {related.label} (hit {related.rank})"
        case "mentioned by":
            return f"hit {related.rank} mentions it"


def place_in_evidence(piece: Evidence) -> str:
    """Why a piece of evidence is shown: it is a hit, or what brought it along."""
    brought = piece.brought
    if brought is None:
        around = " and what stands around it" if len(piece.parts) > 1 else ""
        return f"hit {piece.rank}{around}" if piece.rank else "stands next to what is shown"
    match brought.how:
        case "mentions":
            return f"mentions {brought.label}, which is [{brought.mark}]"
        case "mentioned by":
            return f"[{brought.mark}] mentions {brought.label}"


def pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds the words in a text, whichever their case; None where there are none."""
    parts = [
        rf"(?<!\w){re.escape(word)}(?!\w)" if is_spaced(word) else re.escape(word)
        for word in sorted(set(words), key=lambda word: (-len(word), word))
    ]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def is_spaced(word: str) -> bool:
    """Whether the word's script puts spaces between words."""
    return max(word) < _FIRST_UNSPACED
