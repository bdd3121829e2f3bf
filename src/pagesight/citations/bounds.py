"""What stands beside a quantity: "at most", "at least", "about"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from pagesight.quantities import DASHES, Quantity

Bound = Literal["", "upper", "lower"]

_UPPER = (
    r"at\s+(?:the\s+)?most|up\s+to|less\s+than|below|under|maximum|max\.?|fewer\s+than|within|maximal"
    r"|(?:low|small|short|cool)er\s+than|as\s+much\s+as|höchstens|bis\s+zu|weniger\s+als"
)
_LOWER = (
    r"at\s+(?:the\s+)?least|more\s+than|above|over|exceed(?:s|ed|ing)?|minimum|min\.?|mindestens"
    r"|(?:great|high|long|larg|hott)er\s+than|mehr\s+als|minimal|not\s+before|later\s+than"
)
_FILLER = r"(?:\s+(?:of|a|an|the|about|value|is|are|=|:|be|von)){0,3}\s*[\(:=]?\s*"
_BEFORE = re.compile(
    rf"(?:\b(?:(?P<upper>{_UPPER})|(?P<lower>{_LOWER}))|(?P<le>[≤<]=?)|(?P<ge>[≥>]=?)){_FILLER}$",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"(?:\b(?:not?|never|nor|cannot|nicht)|n['’]t)\s+(?:\w+\s+){0,2}(?:to\s+)?$", re.IGNORECASE
)
_AFTER = re.compile(
    r"\s*[\(,]?\s*(?:(?P<lower>(?:or|and)\s+(?:more|above|higher|longer|over|greater)|minimum|min\."
    r"|at\s+(?:the\s+)?least)|(?P<upper>(?:or|and)\s+(?:less|below|fewer|lower|under|shorter)"
    r"|maximum|max\b\.?|at\s+(?:the\s+)?most))",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"\s*(?:to|and|up to|through|bis|und|[-{DASHES}—…]|\.\.\.?)\s*\+?", re.IGNORECASE
)
_ABOUT = re.compile(
    r"(?:\b(?:about|approximately|approx\.?|around|roughly|circa|ca\.|nearly|almost|some)|[~≈])\s*$",
    re.IGNORECASE,
)
_MAXIMUM = re.compile(r"\bmax(?:imum|imal)?\b|\bhighest\b|\bupper limit\b", re.IGNORECASE)
_MINIMUM = re.compile(r"\bmin(?:imum|imal)?\b|\blowest\b|\blower limit\b", re.IGNORECASE)
_REACH = 60
"""Characters before a quantity that are looked at."""


def bound(text: str, quantity: Quantity) -> Bound:
    """Whether the words right beside a quantity make it a limit; "not more than" is an upper."""
    before = text[max(0, quantity.start - _REACH) : quantity.start]
    match = _BEFORE.search(before)
    if match is None:
        after = _AFTER.match(text, quantity.end)
        return "" if after is None else "lower" if after["lower"] else "upper"
    upper = bool(match["upper"] or match["le"])
    negated = _NOT.search(before, 0, match.start()) is not None
    return "upper" if upper != negated else "lower"


def named_bound(words: str) -> Bound:
    """The limit that a label or clause names ("Max. pressure"); "" if it names both or none."""
    upper, lower = _MAXIMUM.search(words) is not None, _MINIMUM.search(words) is not None
    return "" if upper == lower else "upper" if upper else "lower"


def is_about(text: str, quantity: Quantity) -> bool:
    """Whether the quantity is said to be rounded."""
    return _ABOUT.search(text, max(0, quantity.start - _REACH), quantity.start) is not None


def range_ends(text: str, found: Sequence[Quantity]) -> dict[int, Bound]:
    """Index in `found` -> which end of a range ("4.5 to 5.5 V") the quantity is."""
    ends: dict[int, Bound] = {}
    for number, (left, right) in enumerate(pairwise(found)):
        between = text[left.end : right.start]
        if left.unit != right.unit or not _RANGE.fullmatch(between) or left.value >= right.value:
            continue
        joined = between.strip().casefold()
        before = text[max(0, left.start - 20) : left.start].casefold()
        if joined not in ("and", "und") or re.search(r"(?:between|zwischen)\s*$", before):
            ends |= {number: "lower", number + 1: "upper"}
    return ends
