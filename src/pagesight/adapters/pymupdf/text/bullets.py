"""Bullets and boxes of symbol fonts, which a text layer tells as letters.

Wingdings and its kin have no Unicode map: their boxes to tick read "x" and "o". A bullet of a font
that nobody knows reads "G"; it is known by its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

BULLET = "\u2022"
_WINGDINGS = {
    "l": "\u25cf",
    "m": "\u25cb",
    "n": "\u25a0",
    "o": "\u2610",
    "q": "\u2610",
    "v": "\u2756",
    "w": "\u2666",
    "x": "\u2612",
    "\u00a7": "\u25aa",
    "\u00a8": "\u2610",
    "\u00d8": "\u27a2",
    "\u00e0": "\u2192",
    "\u00e8": "\u2192",
    "\u00f0": "\u21e8",
    "\u00fb": "\u2717",
    "\u00fc": "\u2713",
    "\u00fd": "\u2612",
    "\u00fe": "\u2611",
}
_PRIVATE = {"\uf0b7": BULLET, "\uf0a7": "\u25aa", "\uf0d8": "\u27a2", "\uf0fc": "\u2713"}
"""What Word writes for bullets of Symbol and Wingdings, whatever the font is called."""
_LEAST_BULLETS = 3
"""On a page, of a font of which nothing else stands there."""
_SAME_LEFT = 3.0
"""Points by which bullets of one depth differ at most."""
_MOST_LEFTS = 3
"""Depths of a list, or columns; two bullets below each other at each."""
_TEXT_GAP = 40.0
"""Points between a bullet and its text at most."""

_Raw = Sequence[dict[str, Any]]
"""Blocks of a "rawdict"."""


@dataclass(frozen=True, slots=True)
class _First:
    """The first character of a line."""

    character: dict[str, Any]
    is_followed: bool
    """By a text in another font, on its line or right beside it."""


def name_signs(blocks: _Raw) -> None:
    """Writes the signs of symbol fonts in place as what they look like."""
    lines = [line for block in blocks for line in block.get("lines", ())]
    for line in lines:
        for span in line["spans"]:
            is_wingdings = "wingdings" in span["font"].lower()
            for character in span["chars"]:
                character["c"] = _sign(character["c"], is_wingdings)
    for character in _unknown_bullets(lines):
        character["c"] = BULLET


def _sign(character: str, is_wingdings: bool) -> str:
    if character in _PRIVATE:
        return _PRIVATE[character]
    if not is_wingdings:
        return character
    code = ord(character)
    plain = chr(code - 0xF000) if 0xF000 < code < 0xF100 else character
    return _WINGDINGS.get(plain, character)


def _unknown_bullets(lines: _Raw) -> Iterator[dict[str, Any]]:
    """Letters of fonts that have nothing but the same letter, always left of a text."""
    count: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        for span in line["spans"]:
            count[span["font"]] += sum(not each["c"].isspace() for each in span["chars"])
    firsts = _firsts(lines, {font for font, number in count.items() if number >= _LEAST_BULLETS})
    for font, found in firsts.items():
        letters = {each.character["c"] for each in found}
        lefts = {round(each.character["bbox"][0] / _SAME_LEFT) for each in found}
        if (
            len(found) == count[font]
            and len(letters) == 1
            and letters.pop().isalpha()
            and len(lefts) <= min(_MOST_LEFTS, len(found) // 2)
            and all(each.is_followed for each in found)
        ):
            yield from (each.character for each in found)


def _firsts(lines: _Raw, fonts: set[str]) -> dict[str, list[_First]]:
    firsts: defaultdict[str, list[_First]] = defaultdict(list)
    for line in lines:
        marks = [
            (span["font"], each)
            for span in line["spans"]
            for each in span["chars"]
            if not each["c"].isspace()
        ]
        if marks and marks[0][0] in fonts and line["dir"][0] > 0.99:
            font, character = marks[0]
            is_followed = marks[1][0] != font if len(marks) > 1 else _is_beside_text(line, lines)
            firsts[font].append(_First(character, is_followed))
    return firsts


def _is_beside_text(line: dict[str, Any], lines: _Raw) -> bool:
    _, top, right, bottom = line["bbox"]
    return any(
        0 <= other["bbox"][0] - right < _TEXT_GAP
        and min(other["bbox"][3], bottom) - max(other["bbox"][1], top) > 0.5 * (bottom - top)
        for other in lines
        if other is not line
    )
