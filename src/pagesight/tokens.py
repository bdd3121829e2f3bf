"""Words for BM25: the one token stream that documents and questions are both cut into."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Collection, Iterator
from functools import cache, lru_cache
from typing import Any

import snowballstemmer

from pagesight.languages import ASKED, ENGLISH, STOPWORDS, language_of

TOKENS_VERSION = 2
"""Raised with every change of what a text is cut into: indexes of words are then built anew."""

LONGEST_TOKEN = 200
"""Characters. Longer runs are encoded data, not words; the rest of them is cut off."""

_CACHED_WORDS = 1 << 16
"""Distinct words kept with their tokens: the vocabulary of some hundred manuals."""

_CACHED_QUESTIONS = 64
"""Questions kept with their tokens: one is cut for each list, and for each document inside which it
is asked."""

_STEMMERS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ru": "russian",
    "sv": "swedish",
}
"""Language -> Snowball's name of it."""

_UNITS = (
    "a ah b bar bit bits bps byte bytes c cm db dbi dbm degc degf dpi f fps ft g gb gbit gbps ghz "
    "gib gpa gw h hp hz j k kb kbit kbps kg kgf khz kib kj km kn kohm kohms kpa kv kva kw kwh l lb "
    "lbs lm lx m ma mah mb mbar mbit mbps mg mh mhz mi mib min ml mm mn mohm mohms mpa ms mv mw n "
    "nf nh nm ns nv nw ohm ohms oz pa percent pf ph pin pins pixel pixels ppm ps psi pt px r rad "
    "rpm s sec t tb tib ua uf uh um us uv uw v va vac vdc w wh wb μa μf μg μh μl μm μs μv μw ω kω "
    "mω °c °f °"
)
"""Casefolded. "in" is left out: as a word it is far more frequent than inches."""

_SAME_UNIT = {
    "%": "percent",
    "bits": "bit",
    "bytes": "byte",
    "degc": "°c",
    "degf": "°f",
    "kohms": "kohm",
    "kω": "kohm",
    "lbs": "lb",
    "mohms": "mohm",
    "mω": "mohm",
    "ohms": "ohm",
    "pins": "pin",
    "pixels": "pixel",
    "sec": "s",
    "ua": "μa",
    "uf": "μf",
    "uh": "μh",
    "um": "μm",
    "us": "μs",
    "uv": "μv",
    "uw": "μw",
    "ω": "ohm",
}
"""How a unit is spelled in tokens, where people spell it in several ways."""

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_CHARACTERS = re.compile(rf"[{_CJK}]")
_WORD = rf"[^\W{_CJK}]+"
_JOINER = r"(?:://|::|[-./:@+#\\])"
_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS.split(), key=len, reverse=True))
_MEASURE = rf"(?i:(?:{_UNIT})(?!\w|{_JOINER}\w)|%)"
_SIGN = r"(?<![^\s(\[,;:/])(?:-|±\s?)"
_REST = rf"(?:{_JOINER}{_WORD})*(?:\+\+|\#)?"
_PIECES = re.compile(
    rf"[^\W\d{_CJK}][^\W{_CJK}]*{_REST}"
    rf"|(?:{_SIGN})?(?:{_NUMBER}\s?-\s?)?{_NUMBER}\s?{_MEASURE}"
    rf"|[{_CJK}]+|(?<![\w.])\.(?=[^\W\d]{{2}}){_WORD}{_REST}|{_WORD}{_REST}"
)
"""A word or identifier, most often one that opens with a letter; a quantity, or two that are the
ends of a range; characters without spaces between words; a name that opens with a dot."""
_QUANTITY = re.compile(
    rf"(-|±\s?)?(?:({_NUMBER})\s?-\s?)?({_NUMBER})[\s-]?({_MEASURE})", re.IGNORECASE
)
"""Sign, lower end of a range, number and unit."""
_PLAIN_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_VERSION = re.compile(r"v(\d+(?:\.\d+)+)")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d|,\d)")
_PART_ENDS = tuple(
    map(re.compile, (r"://|::|[/:@#\\]+", r"(?<!\d)\.|\.(?!\d)", r"(?:-|\+(?!\+?$))+|\+\+$", "_+"))
)
"""Where an identifier comes apart, the weakest joint first; a dot between digits belongs to a
number."""
_HUMPS = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z]{2})|(?<=[A-Z]{2})(?=[A-Z][a-z]{2})")
"""Where words are joined by their capitals: "readRegister", "HTTPServer"; not "PDFs", "LaTeX"."""

_DEGREES = "º˚"
"""What stands for a degree sign in many files; compatibility would make a letter of the one."""
_HYPHENS = re.compile("[\u2010-\u2013\u2212]")
"""Hyphens, the en dash of ranges and the minus sign are one character."""
_INVISIBLE = re.compile("[\u00ad\u200b\u2060]")

_NOTHING: frozenset[str] = frozenset()
_stemmer_lock = threading.Lock()


def tokenize(text: str, language: str = ENGLISH) -> list[str]:
    """The tokens of a text in one of `LANGUAGES`, in order, with repetitions.

    The text is NFKC-normalised and casefolded. Then, from left to right:

    - a plain word gives its Snowball stem ("Resistors" -> "resistor"), and, where capitals join
      several, theirs as well ("readRegister" -> "readregist", "read", "regist");
    - a word with a digit gives itself ("LM317" -> "lm317", "0x80070057"), and a version without
      its letter as well ("v2.1.3" -> "v2.1.3", "2.1.3");
    - an identifier (words joined by one of - . / : @ + # \\ _, or by :: or ://) gives itself,
      unstemmed, and then its parts as if each stood alone, from the weakest joint to the strongest
      ("config/lb.yaml" -> "config/lb.yaml", "config", "lb.yaml", "lb", "yaml"); a number with dots
      ("3.3", "5.1.2") stays whole; ".NET" gives ".net" and "net";
    - a number with a unit gives the number, the unit and both joined, however they are spelled
      ("3.3 V" and "3.3V" -> "3.3", "v", "3.3v"; "10 kΩ" and "10 kOhm" -> "10", "kohm", "10kohm"),
      and once more with its sign ("-40 °C" -> "-40°c"); so does each end of a range ("2.7-5.5 V");
    - a run of Chinese, Japanese or Korean characters gives its overlapping pairs, or the one
      character that it consists of.

    In an English text the commas in "1,024" separate thousands; in others they may be decimal.
    The language's stopwords are left out, unless the text has nothing else. Everything else
    separates. No token contains white space or is longer than `LONGEST_TOKEN`.
    """
    pieces = _pieces(text, language)
    return _stream(pieces, language, STOPWORDS[language]) or _stream(pieces, language, _NOTHING)


def question_tokens(text: str, languages: Collection[str]) -> list[str]:
    """The distinct tokens of a question in each of the languages that may answer it.

    A question is too short to be sure of its language, and names and loanwords are found in the
    others: each language cuts it in its own way, and finds nothing by the stems of another.
    Stopwords of the language that the question seems to be in are left out everywhere.
    """
    return list(_question_tokens(text, tuple(sorted(languages))))


@lru_cache(maxsize=_CACHED_QUESTIONS)
def _question_tokens(text: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    asked = language_of(text, ASKED)
    tokens: dict[str, None] = {}
    for language in languages or (ENGLISH,):
        dropped = STOPWORDS[language] | STOPWORDS.get(asked, _NOTHING)
        tokens |= dict.fromkeys(_stream(_pieces(text, language), language, dropped))
    return tuple(tokens or dict.fromkeys(tokenize(text, asked or ENGLISH)))


def _pieces(text: str, language: str) -> list[str]:
    normalised = _normalised(text)
    if language == ENGLISH and "," in normalised:
        normalised = _THOUSANDS.sub(lambda found: found[0].replace(",", ""), normalised)
    return _PIECES.findall(normalised)


def _normalised(text: str) -> str:
    """Spelled in one way, but for capitals, which tell words apart."""
    if text.isascii():
        return text
    for sign in _DEGREES:
        text = text.replace(sign, "°")
    return _INVISIBLE.sub("", _HYPHENS.sub("-", unicodedata.normalize("NFKC", text)))


def _stream(pieces: list[str], language: str, dropped: frozenset[str]) -> list[str]:
    tokens_of = _cutter(language, dropped)
    return [token for piece in pieces for token in tokens_of(piece)]


@cache
def _cutter(language: str, dropped: frozenset[str]) -> Callable[[str], tuple[str, ...]]:
    """Cuts pieces, and remembers what most of them gave."""

    @lru_cache(maxsize=_CACHED_WORDS)
    def tokens_of(piece: str) -> tuple[str, ...]:
        return tuple(token[:LONGEST_TOKEN] for token in _tokens(piece, language, dropped))

    return tokens_of


def _tokens(piece: str, language: str, dropped: frozenset[str]) -> Iterator[str]:
    folded = piece.casefold()
    if piece.isalpha() and not _CHARACTERS.match(piece):
        if folded not in dropped:
            yield _stem(folded, language)
            yield from _inner(_HUMPS.split(piece), piece, language, dropped)
    elif _PLAIN_NUMBER.fullmatch(piece):
        yield piece
    elif quantity := _QUANTITY.fullmatch(piece):
        yield from _quantity_tokens(piece, quantity, dropped)
    elif _CHARACTERS.match(piece):
        yield from _pairs(piece)
    elif version := _VERSION.fullmatch(folded):
        yield folded
        yield version[1]
    else:
        yield folded
        yield from _inner(_parts(piece), piece, language, dropped)


def _parts(word: str) -> list[str]:
    """Of an identifier, at its weakest joint."""
    for ends in _PART_ENDS:
        parts = [part for part in ends.split(word) if part]
        if parts != [word]:
            return parts
    return _HUMPS.split(word)


def _inner(parts: list[str], word: str, language: str, dropped: frozenset[str]) -> Iterator[str]:
    """The tokens of a word's parts, if it has any but itself."""
    if parts != [word]:
        for part in parts:
            yield from _tokens(part, language, dropped)


def _quantity_tokens(piece: str, quantity: re.Match[str], dropped: frozenset[str]) -> Iterator[str]:
    sign, low, number = (group or "" for group in quantity.groups()[:3])
    folded = quantity[4].casefold()
    unit = _SAME_UNIT.get(folded, folded)
    if low:
        yield f"{low}-{number}"
        yield low
        yield low + unit
    elif "-" in piece[1:]:
        yield f"{number}-{folded}"
    yield number
    if unit not in dropped:
        yield unit
    yield number + unit
    if sign:
        yield sign.strip() + (low or number) + unit


def _pairs(characters: str) -> list[str]:
    if len(characters) == 1:
        return [characters]
    return [characters[at : at + 2] for at in range(len(characters) - 1)]


def _stem(word: str, language: str) -> str:
    # A Snowball stemmer keeps the word that it works on in itself: one thread at a time.
    with _stemmer_lock:
        return str(_stemmer(language).stemWord(word))


@cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer(_STEMMERS[language])
