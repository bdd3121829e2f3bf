"""Where sentences and words end in technical prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?][\"')\]]*(?=\s+[\"'(\[]?[A-Z0-9])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|al|approx|ca|no|nos|fig|figs|tab|eq|eqs|sec|ch|vol|pp?|resp|ref|refs"
    r"|mr|ms|dr|inc|ltd|dept|max|min|typ|incl|excl|st|ed|eds|et)|(?<!\d\s)(?<!°)\b[A-Z])\.$",
    re.IGNORECASE,
)


def sentence_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Character ranges [start, end) of the sentences of `text`, in order, without the white
    space around them. Line breaks end a sentence; "Fig. 3", "e.g. 5" and initials do not, but a
    unit of one letter does ("25 °C. Its")."""
    start = 0
    for match in _END.finditer(text):
        broken = match.group().startswith("\n")
        end = match.start() if broken else match.end()
        if not broken and _ABBREVIATION.search(text, max(start, end - 8), end):
            continue
        yield from _trimmed(text, start, end)
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    stripped = piece.strip()
    if stripped:
        yield start + left, start + left + len(stripped)


def first_words(text: str, limit: int) -> str:
    """The first `limit` words of `text`, with the white space between them as it stands."""
    words = 0
    inside = False
    for position, character in enumerate(text):
        if character.isspace():
            inside = False
        elif not inside:
            inside = True
            words += 1
            if words > limit:
                return text[:position].rstrip()
    return text
