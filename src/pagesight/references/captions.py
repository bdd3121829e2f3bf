"""The keys that captions, headings and numbered paragraphs begin with."""

from __future__ import annotations

import re

from pagesight.references.keys import CAPTIONED, Noun, nouns

_MARKS = re.compile(r"[^\w§]{0,2}")
_REST = re.compile(r"\s*[.:|\u2013\u2014]|\s+-\s|\s*$|\s+[A-Z(\"\u201c\u2018\[\d]")
_REST_OF_LETTER = re.compile(r"\s*[.:|\u2013\u2014]|\s+-\s|\s*$")
"""What follows a letter: "Table A new era" names none."""
_LONGEST_WORD = 20
"""Characters of a word with its full stop at most."""
_RUNNING = re.compile(
    r"[\s.:]*(?:shows?|illustrates?|presents?|depicts?|gives?|lists?|summari[sz]es?|compares?|"
    r"plots?|is|are|was|and|in|of|we|that|reports?|provides?|displays?|describes?|contains?|"
    r"zeigt|und|ist)\b"
)


def parse_caption(text: str, *, trusted: bool = False) -> str | None:
    """The key that a caption begins with; None where `text` is no caption of a numbered thing.

    Running text may begin the same way ("Figure 3 shows ..."), so that punctuation or a capital
    has to follow the number, unless the layout already says that it is a caption (`trusted`).
    """
    return leading_key(text, CAPTIONED, trusted=trusted)


def leading_key(text: str, words: frozenset[str], *, trusted: bool = False) -> str | None:
    """The same for the things of any `words`: "Step 2: Open the valve", "Note 4 - Leases"."""
    noun = _leading(text, words)
    match = noun.number(text) if noun else None
    if noun is None or match is None:
        return None
    rest = text[match.end() :]
    expected = _REST_OF_LETTER if match["number"].isalpha() and len(match["number"]) == 1 else _REST
    if not trusted and (not expected.match(rest) or _RUNNING.match(rest)):
        return None
    return noun.key(match["number"])


def _leading(text: str, words: frozenset[str]) -> Noun | None:
    marks = _MARKS.match(text)
    start = marks.end() if marks else 0
    noun = next(nouns(text[: start + _LONGEST_WORD], words, start), None)
    return noun if noun and noun.start == start else None
