"""Texts as they are compared word for word: without case, pipes, and the forms of dashes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pagesight.quantities import DASHES
from pagesight.references import BIBLIOGRAPHIC

_FEWEST_WORDS = 2
"""A verbatim match of a single word proves nothing, unless the word is all there is to say."""
_ROW_END = "\x1e"
"""Stands for a line break beside a table's row: no quote goes over it."""
_MARKUP = re.compile(r"\*\*|__|`|^\s*\|?\s*|\s*\|?\s*$|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)")
_FOLDS = {
    **dict.fromkeys(DASHES, "-"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
}


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared, and for each of its characters where it stands in the original."""

    text: str
    at: tuple[int, ...]


def find_verbatim(needle: str, source: str) -> tuple[int, int] | None:
    """Where `needle` stands in `source`: [start, end), or None.

    Case, white space, the forms of dashes and quotation marks, ligatures, hyphens at line ends
    and the pipes of tables do not count, nor closing punctuation and quotation marks around the
    needle, nor the source's own marks like [12], which an answer would give for its own. Digits,
    signs and units do: "1.5 bar" is not found in "1,5 bar" or "11.5 bar".
    """
    words = fold(_MARKUP.sub("", needle)).text.strip().strip("\"'").rstrip(".;:,").split()
    if not words or (len(words) < _FEWEST_WORDS and len(source.split()) > _FEWEST_WORDS):
        return None
    pattern = r"(?<!\w)(?<!\d[.,])" + r" ".join(map(re.escape, words)) + r"(?!\w)(?![.,]\d)"
    for folded in _readings(source):
        if match := re.search(pattern, folded.text):
            return folded.at[match.start()], folded.at[match.end() - 1] + 1
    return None


@lru_cache(maxsize=512)
def _readings(source: str) -> tuple[Folded, ...]:
    """A source folded as it stands, and without its own marks where it has any."""
    kept: list[int] = []
    at = 0
    for mark in BIBLIOGRAPHIC.finditer(source):
        kept += range(at, mark.start())
        at = mark.end()
    if not at:
        return (fold(source),)
    kept += range(at, len(source))
    bare = fold("".join(source[place] for place in kept))
    return fold(source), Folded(bare.text, tuple(kept[place] for place in bare.at))


@lru_cache(maxsize=512)
def fold(text: str) -> Folded:
    """Folds a text for comparison: single spaces, small letters, plain dashes, no pipes."""
    joined = re.sub(r"(?<=\w)[-\u2010\u00ad]\n(?=[a-zß-ÿ])", _dropped, text)
    joined = re.sub(r"\|[ \t]*\n(?:\|[ \-:|]+\|[ \t]*\n)?|\n(?=[ \t]*\|)", _row_break, joined)
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(joined):
        for each in _fold_one(character):
            if each == " " and (not characters or characters[-1] == " "):
                continue
            characters.append(each)
            places.append(place)
    return Folded("".join(characters), tuple(places))


def _dropped(match: re.Match[str]) -> str:
    return "\u00ad" * len(match[0])


def _row_break(match: re.Match[str]) -> str:
    return _ROW_END.ljust(len(match[0]))


def _fold_one(character: str) -> str:
    if character == _ROW_END:
        return character
    if character.isascii():
        return " " if character.isspace() or character == "|" else character.lower()
    folded = _FOLDS.get(character)
    if folded is None:
        folded = unicodedata.normalize("NFKC", character).casefold()
        folded = " " if folded.isspace() else folded
    return folded
