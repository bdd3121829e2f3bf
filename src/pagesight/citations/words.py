"""The words of a claim or source, and what each is for: content, name, identifier, quantity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from rapidfuzz import fuzz

from pagesight.quantities import DASHES, Quantity, quantities
from pagesight.quantities.units import converted, spelled
from pagesight.tokens import tokenize

Sort = Literal["word", "name", "identifier"]

_TOKEN = re.compile(r"[^\W_](?:\w|['’](?=\w))*(?:[-./:#+]\w+)*(?:\+\+|#)?")
_HYPHENS = str.maketrans(dict.fromkeys(DASHES, "-"))
_INNER_CAPITAL = re.compile(r"[^\W\d_][a-zß-ÿ]*[A-Z]")
_WORD_BEHIND = re.compile(r"(?<=\d)-([^\W\d_]{4,})$")
"""A plain word that is joined to an identifier: "M10-Schrauben"."""
_OPENS = re.compile(r"(?:^|[.!?:;|*\"(\n]|\d[.)])\s*$")
"""What stands before the first word of a sentence, whose capital says nothing."""
_PREFIXES = frozenset(
    ("anti", "counter", "inter", "multi", "non", "over", "pre", "re", "self", "semi", "sub", "un")
)
"""What makes one word with its neighbour behind a hyphen."""
_GERMAN_LIGHT = (
    "der die das des dem den ein eine einer eines ist sind wird werden mit bei von zu zum zur im "
    "am auf für und oder"
)
_LIGHT = frozenset(
    tokenize(
        f"{_GERMAN_LIGHT} "
        "use need require necessary provide give state specify list show amount equal value set "
        "accord figure table section page manual document source following ensure sure make please "
        "mean call name know describe refer indicate see also such order respectively about "
        "approximately around roughly exactly well per via always consist specification item step "
        "number note least exceed take get reach become come go keep allow permit perform "
        "correspond measure every latest earliest"
    )
)
"""Stems that say little by themselves."""
_ABBREVIATIONS = {
    "max": "maximum",
    "maxim": "maximum",
    "min": "minimum",
    "minim": "minimum",
    "typ": "typic",
    "temp": "temperatur",
    "nom": "nomin",
}
_COUNTS = (
    *enumerate(("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=2),
    *enumerate(
        ("zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"), start=2
    ),
    *((11, "eleven"), (12, "twelve"), (15, "fifteen"), (20, "twenty"), (24, "twenty-four")),
    *((30, "thirty"), (40, "forty"), (45, "forty-five"), (50, "fifty"), (60, "sixty")),
    *((90, "ninety"), (10, "zehn"), (11, "elf"), (12, "zwölf"), (20, "zwanzig"), (30, "dreißig")),
)
_NUMBERS = {word: str(value) for value, word in _COUNTS}
"""Without "one", which is more often a pronoun."""
_SPELLED = re.compile(
    rf"\b(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\b(?!-)|\bminus (?=\d)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\b(axis|pin|bit|port|channel|pump|valve|motor|terminal|zone|phase|slot|relay|sensor|class|tank"
    r"|position|stage|bank) (\d{1,3})\b(?![.,]\d| ?[-–%°/]| (?:to|and|or) \d)"
    r"(?! ?(?!(?:is|are|has|can|may|in|on|at|of|for|by|the|and|or|to|was)\b)"
    r"[A-Za-zµΩ]{1,3}(?:\b|/))",
    re.IGNORECASE,
)
"""A thing with its number, which is a name, unless a unit follows: "axis 1"."""
_AND = re.compile(r"\s+(?:and|to|und|bis)\s+")
_BETWEEN = re.compile(r"\b(?:between|from|zwischen|von)\s+$", re.IGNORECASE)
_REACH = 12
"""Characters before a quantity."""
_LETTERS = frozenset("ABCDEFGHJKLMNPQRSTUVWXYZ")
"""Alone they name something ("valve A"), unless they open a sentence; I and O are words."""
_YEARS = range(1900, 2101)
_ALIKE = 90.0
"""Percent, rapidfuzz ratio, from which two long stems are the same word, misspelled."""
_LONG = 6
_SHORT = 4
_ENDINGS = re.compile(r"(?<=[a-z]{4})(?:ation|at|ag|ing|ment|er|or|ion|anc|e)$")
"""What the stemmer leaves: "store" and "storag", "operat" and "oper" are one word."""
_GERMAN = re.compile(r"\b(?:der|die|das|und|ist|sind|nicht|wird|beträgt|bei|mit|von)\b")


@dataclass(frozen=True, slots=True)
class Word:
    """A word at characters [start, end): a stem, or the folded whole of an identifier."""

    key: str
    sort: Sort
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with its words and quantities."""

    text: str
    words: tuple[Word, ...]
    quantities: tuple[Quantity, ...]
    all: frozenset[str]
    """All words, and the quantities as words: they tell conditions apart."""
    identifiers: frozenset[str]

    def bag(self, start: int, end: int) -> frozenset[str]:
        """The words and quantities that begin in a range."""
        words = (word.key for word in self.words if start <= word.start < end)
        numbers = (quantity_key(each) for each in self.quantities if start <= each.start < end)
        return frozenset((*words, *numbers))

    def spelled_as(self, vocabulary: frozenset[str]) -> Reading:
        """With the words of `vocabulary` in place of those that are none of it, but like one:
        with another ending, or misspelled."""
        words = tuple(_nearest(word, vocabulary) for word in self.words)
        return _reading(self.text, words, self.quantities)

    def written(self, key: str) -> str:
        """How the first word with this key is written."""
        found = (self.text[each.start : each.end] for each in self.words if each.key == key)
        return next(found, key)


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """The words and quantities of a text, without stopwords and light words.

    Spelled numbers ("eight", "minus 5") are read as digits. Years are words, not quantities.
    """
    digits = with_digits(text)
    labels = list(_NUMBERED.finditer(digits))
    unlabelled = _NUMBERED.sub(lambda match: "x" * len(match[0]), digits)
    measured = _between(digits, [each for each in quantities(unlabelled) if not is_year(each)])
    masked = list(digits)
    for label in labels:
        masked[label.start() : label.end()] = " " * len(label[0])
    for each in measured:
        masked[each.start : each.end] = " " * (each.end - each.start)
    plain = "".join(masked).translate(_HYPHENS)
    words = [*_words(plain, names=not _GERMAN.search(text)), *map(_numbered, labels)]
    words.sort(key=lambda word: (word.start, word.end))
    return _reading(digits, tuple(words), tuple(measured))


def _numbered(label: re.Match[str]) -> Word:
    return Word(number_label(label[1], label[2]), "identifier", label.start(), label.end())


def number_label(noun: str, number: str) -> str:
    """The key of "axis 1", "Pin 7"."""
    return f"{noun.casefold()}{number}"


def _between(text: str, found: list[Quantity]) -> list[Quantity]:
    """With the unit of the upper end for the lower in "between 5 and 25 °C"."""
    for number, (left, right) in enumerate(pairwise(found)):
        if left.unit or not right.unit or not _AND.fullmatch(text, left.end, right.start):
            continue
        if _BETWEEN.search(text, max(0, left.start - _REACH), left.start):
            found[number] = replace(left, unit=right.unit)
    return found


def _reading(text: str, words: tuple[Word, ...], found: tuple[Quantity, ...]) -> Reading:
    keys = frozenset((*(word.key for word in words), *map(quantity_key, found)))
    names = frozenset(word.key for word in words if word.sort == "identifier")
    return Reading(text, words, found, keys, names)


def _nearest(word: Word, vocabulary: frozenset[str]) -> Word:
    if word.key in vocabulary or word.sort == "identifier" or len(word.key) < _SHORT:
        return word
    root = _root(word.key)
    alike = sorted(key for key in vocabulary if _root(key) == root or _alike(word.key, key))
    return replace(word, key=alike[0]) if alike else word


def with_digits(text: str) -> str:
    """The text with small spelled numbers as digits, as long as before."""

    def digits(match: re.Match[str]) -> str:
        number = _NUMBERS.get(match[0].casefold(), "-")
        return number.rjust(len(match[0]))

    return _SPELLED.sub(digits, text)


def is_year(quantity: Quantity) -> bool:
    """Whether a bare number is rather a year."""
    bare = not quantity.unit and not quantity.decimals and re.fullmatch(r"\d{4}", quantity.text)
    return bool(bare) and int(quantity.value) in _YEARS


def quantity_key(quantity: Quantity) -> str:
    """A quantity as a word: equal ones of one unit have equal keys."""
    return f"{quantity.value.normalize():f} {quantity.unit}"


def _words(text: str, *, names: bool) -> Iterator[Word]:
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token.endswith(("n't", "n’t")):
            continue
        if not any(map(str.isdigit, token)):
            yield from _plain(text, token, match.start(), names)
            continue
        tail = _WORD_BEHIND.search(token)
        name = token[: tail.start()] if tail else token
        yield Word(folded(name), "identifier", match.start(), match.start() + len(name))
        if tail:
            yield from _plain(text, tail[1], match.start() + tail.start(1), names)


def _plain(text: str, token: str, at: int, names: bool) -> Iterator[Word]:
    """The parts of a word without digits: "filter-mesh" is two words, "re-tighten" is one."""
    whole = re.sub(r"['’]s?$", "", token)
    parts = re.split(r"[-./:#+]+", whole)
    if len(parts) > 1 and (len(parts[0]) == 1 or parts[0].casefold() in _PREFIXES):
        parts = ["".join(parts)]
    for part in parts:
        start = at + max(0, token.find(part))
        if part in _LETTERS and not _is_initial(text, start):
            yield Word(part.casefold(), "identifier", start, start + 1)
        if len(part) < 2 or (len(part) < 4 and spelled(part)):
            continue
        key = stem(part)
        if key:
            yield Word(key, _sort(text, part, at, names), start, start + len(part))


def _is_initial(text: str, at: int) -> bool:
    """Whether a capital letter opens a sentence, or a name ("C. R. Green")."""
    return bool(_OPENS.search(text, max(0, at - 6), at) or re.match(r"\.\s*\w", text[at + 1 :]))


def _sort(text: str, part: str, at: int, names: bool) -> Sort:
    if _INNER_CAPITAL.match(part) and not part.isupper():
        return "identifier"
    capital = names and part[0].isupper() and len(part) > 1
    return "name" if capital and not _OPENS.search(text, max(0, at - 6), at) else "word"


@lru_cache(maxsize=1 << 15)
def stem(word: str) -> str:
    """The stem of a plain word; "" for a stopword or light word."""
    tokens = tokenize(f"{word} zzz")
    if len(tokens) < 2 or tokens[0] in _LIGHT:
        return ""
    return _ABBREVIATIONS.get(tokens[0], tokens[0])


@lru_cache(maxsize=4096)
def comparable(unit: str, other: str) -> bool:
    """Whether quantities of two units can say the same; a bare number can with any."""
    if unit == other or not unit or not other:
        return True
    return converted(Decimal(1), unit, other) is not None


@lru_cache(maxsize=1 << 14)
def folded(token: str) -> str:
    """An identifier without case, hyphens and underscores: "LX-7302" and "lx7302" are one."""
    key = token.casefold().rstrip(".:")
    return re.sub("[-_]", "", key) if re.search(r"[^\W\d_]", key) else key


@lru_cache(maxsize=1 << 14)
def shape(key: str) -> str:
    """Identifiers of one shape may be mistaken for each other: "p4100" and "p450", "m8", "m10"."""
    if key.isdecimal():
        return "year" if len(key) == 4 and int(key) in _YEARS else key
    if re.fullmatch(r"[^\W\d_]{3,}\d+", key):
        return key.rstrip("0123456789")
    letters = re.match(r"[^\W\d_]*", key)
    prefix = letters[0] if letters else ""
    if len(prefix) == 1 and sum(map(str.isdigit, key)) < 2:
        return prefix
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d+", "0", key))


@lru_cache(maxsize=1 << 15)
def _root(key: str) -> str:
    return _ENDINGS.sub("", key)


def _alike(one: str, other: str) -> bool:
    if one[:2] != other[:2] or min(len(one), len(other) + 1) < _LONG or not (one + other).isalpha():
        return False
    shorter, longer = sorted((one, other), key=len)
    if longer.startswith(shorter) and len(shorter) >= 0.6 * len(longer):
        return True
    return len(other) >= _LONG and fuzz.ratio(one, other) >= _ALIKE
