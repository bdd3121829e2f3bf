"""Whether a text layer says what the page shows, or is garbage of a font without a Unicode map."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from pagesight.adapters.pymupdf.text.words import Word

_MOST_UNKNOWN = 0.3
"""Share of the characters that are no characters: bullets and symbols of a few fonts are fewer."""
_LEAST_CHARACTERS = 100
"""A page with fewer says too little about how its letters are spread."""
_LEAST_PAIRS = 80
_MOST_SYMBOLS = 0.45
"""Share of the characters. Source code and tables of amounts stay under .30 on 5,900 pages."""
_LEAST_COMMON = 0.2
"""Share of the pairs of letters that are common ones. Prose of European languages has .35 to .6,
shifted letters about .1."""
_MOST_ACCENTED = 0.5
"""Share of the letters. No language has half as many; Cyrillic or Greek read as Latin-1 has."""
_MOST_MOJIBAKE = 0.1
"""Share of the words in which UTF-8 was read as Latin-1."""
_LATIN = 0.8
"""Share of the letters from which on the pairs are looked at."""

_SYMBOLS = frozenset("!\"#$%&'()*+,:;<>?@[]^`{}~\\")
"""Without those that make rules and leaders."""
_CID = re.compile(r"\(cid:\d+\)")
_LETTERS = re.compile(r"(?<![^\W_])[^\W\d_]{3,}(?![^\W_])")
"""Part numbers and encoded data have digits among their letters."""
_MOJIBAKE = re.compile(r"[\u00c2\u00c3][\u0080-\u00bf\u0152-\u0178\u2013-\u2122]|\u00e2\u20ac")
_COMMON = frozenset(
    first + second
    for first, seconds in {
        "a": "adilnrst",
        "b": "e",
        "c": "ehio",
        "d": "eio",
        "e": "adeilnrsu",
        "f": "f",
        "g": "e",
        "h": "aei",
        "i": "ceinost",
        "l": "aeil",
        "m": "ae",
        "n": "degt",
        "o": "fmnrsu",
        "q": "u",
        "r": "aeio",
        "s": "eist",
        "t": "aehiot",
        "u": "nr",
        "v": "e",
    }.items()
    for second in seconds
)
"""Pairs of letters that are common in English and in the larger languages of Europe."""


def is_usable(words: Sequence[Word]) -> bool:
    """Whether the text says anything. It does not where fonts without a Unicode map give
    private-use characters, U+FFFD, "(cid:12)", symbols or shifted letters in place of letters, nor
    where bytes were read in the wrong encoding. In doubt it does: other scripts, code, part
    numbers and tables of numbers are text."""
    text = " ".join(word.text for word in words)
    characters = "".join(text.split())
    if not characters or _unknown(characters) >= _MOST_UNKNOWN:
        return False
    if len(characters) < _LEAST_CHARACTERS:
        return True
    symbols = sum(character in _SYMBOLS for character in characters) / len(characters)
    return not (symbols > _MOST_SYMBOLS or _is_mojibake(words, characters) or _is_shifted(text))


def _unknown(characters: str) -> float:
    unknown = sum(
        character == "\ufffd" or unicodedata.category(character) == "Co" for character in characters
    )
    unknown += sum(len(match) for match in _CID.findall(characters))
    return unknown / len(characters)


def _is_mojibake(words: Sequence[Word], characters: str) -> bool:
    letters = [character for character in characters if character.isalpha()]
    accented = sum("\u00c0" <= letter <= "\u00ff" for letter in letters)
    wrong = sum(bool(_MOJIBAKE.search(word.text)) for word in words)
    return accented > _MOST_ACCENTED * len(letters) or wrong > _MOST_MOJIBAKE * len(words)


def _is_shifted(text: str) -> bool:
    """Latin letters that follow each other as in no language."""
    letters = [character for character in text if character.isalpha()]
    latin = sum(character < "\u0250" for character in letters)
    if latin < _LATIN * len(letters):
        return False
    # Each word once: a table may name one family of parts in every row.
    words = {_folded(word) for word in _LETTERS.findall(text)}
    pairs = [pair for word in words for pair in pairwise(word)]
    common = sum(first + second in _COMMON for first, second in pairs)
    return len(pairs) >= _LEAST_PAIRS and common < _LEAST_COMMON * len(pairs)


def _folded(word: str) -> str:
    """Lower case without accents."""
    plain = unicodedata.normalize("NFKD", word.lower())
    return "".join(character for character in plain if "a" <= character <= "z")
