"""Raised characters: exponents, marks of footnotes, degrees, fractions; written so that they read
as what they are.

The rule, for characters that are smaller than those before them and stand higher:

- after a power's base they are its exponent: "10^-3", "2^16" after a number that is 10 or 2 (or
  any, where the exponent has a sign); "m²", "cm³", "s⁻¹", "x^n" after a symbol, which is one
  letter or two small ones; "(a+b)²" after a bracket;
- a charge, "Ca²⁺", stays where it is, as do ordinals ("4th") and trade marks;
- a small o between a number and C or F is a degree: "20°C";
- digits before a slash are a fraction: "3 1/2";
- a change, "25.6 +6.7", and a source, "shown [12]", stand apart;
- all other digits, and single letters, are marks of footnotes and stand apart: "Table 12 ¹",
  "pressure ³,⁴", "net ⁽³⁾", "Smith a".

Exponents of numbers are written with a caret, because a search takes "10³" for "103".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Run = tuple[str, bool]
"""Characters of a word, and whether they are raised."""

_SUPERSCRIPTS = str.maketrans("0123456789+-\u2212\u2013=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾")
_DASHES = str.maketrans("\u2212\u2013", "--")
_POWER = re.compile(r"[+\-\u2212\u2013]?\d+(?:[.,]\d+)?")
_SIGNED = re.compile(r"[+\-\u2212\u2013]\d+")
_CHANGE = re.compile(r"[+\-\u2212\u2013]\d+[.,]\d+%?")
_CHARGE = re.compile(r"\d*[+\-\u2212\u2013]")
_MARK = re.compile(r"\d+(?:[,;\u2013-]\d+)*[,;]?|\((?:\d+|[a-z])\)|[a-z](?:,[a-z])*|[a-e]{2,4}")
_BASE_NUMBER = re.compile(r"(?<![\d.,])(?:10|2)$")
_SYMBOL = re.compile(r"(?<![^\W\d_])(?:[^\W\d_]|[a-z\u03bc\u00b5]{2})$")
_FRACTION = re.compile("[/\u2044]\\d")
_DEGREE = frozenset("oO0\u00b0\u00ba\u2218\u25e6")


def word_text(runs: Sequence[Run]) -> str:
    """The text of one word; where it begins with raised digits, they are the number of a note."""
    text = ""
    for place, (characters, is_raised) in enumerate(runs):
        following = runs[place + 1][0] if place + 1 < len(runs) else ""
        if not is_raised:
            text += characters
        elif not text:
            text = f"{characters} " if following and characters.isdigit() else characters
        else:
            text = attached(text, characters, following)
    return text


def attached(base: str, raised: str, following: str = "") -> str:
    """The text with raised characters behind it; `following` comes right after them."""
    last = base[-1:]
    if raised in _DEGREE and (raised in "\u00b0\u2218\u25e6" or _is_degree(last, following)):
        return f"{base}\u00b0"
    if raised.isdigit() and _FRACTION.match(following):
        return f"{base} {raised}" if last.isdigit() else base + raised
    if last.isdigit():
        if _SIGNED.fullmatch(raised) or (_BASE_NUMBER.search(base) and _POWER.fullmatch(raised)):
            return f"{base}^{raised.translate(_DASHES)}"
    elif raised[0] != "(" and (last in ")]}" or _SYMBOL.search(base)):
        return base + _exponent(raised, following)
    elif _SIGNED.fullmatch(raised) or _CHARGE.fullmatch(raised):
        return base + raised.translate(_SUPERSCRIPTS)
    if raised.startswith("[") or _CHANGE.fullmatch(raised):
        return f"{base} {raised}"
    return f"{base} {_lifted(raised)}" if _MARK.fullmatch(raised) else base + raised


def _is_degree(last: str, following: str) -> bool:
    return last.isdigit() and following[:1] in ("C", "F")


def _exponent(raised: str, following: str) -> str:
    """ "LaTeX" is no power: letters follow its raised one."""
    if _POWER.fullmatch(raised) or _CHARGE.fullmatch(raised):
        return raised.translate(_SUPERSCRIPTS)
    is_power = any(map(str.isalnum, raised)) and not following[:1].isalpha()
    return f"^{raised}" if is_power else raised


def _lifted(mark: str) -> str:
    """Digits as superscripts, with their brackets; what parts them stays."""
    return re.sub(r"\(\d+\)|\d+", lambda digits: digits[0].translate(_SUPERSCRIPTS), mark)
