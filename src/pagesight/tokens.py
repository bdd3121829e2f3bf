"""Words for BM25: the one token stream that documents and questions are both cut into."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

LONGEST_TOKEN = 200
"""Characters. Longer runs are encoded data, not words; the rest of them is cut off."""

_CACHED_WORDS = 1 << 16
"""Distinct words kept with their tokens: the vocabulary of some hundred manuals."""

_UNITS = (
    "a ah b bar bit bits bps byte bytes c cm db dbi dbm dpi f fps ft g gb gbit gbps ghz gib gpa gw "
    "h hp hz j k kb kbit kbps kg kgf khz kib kj km kn kohm kpa kv kva kw kwh l lb lbs lm lx m ma "
    "mah mb mbar mbit mbps mg mh mhz mi mib min ml mm mn mohm mpa ms mv mw n nf nh nm ns nv nw ohm "
    "ohms oz pa pf ph pin pins pixel pixels ppm ps psi pt px r rad rpm s sec t tb tib v va vac vdc "
    "w wh wb μa μf μg μh μl μm μs μv μw ω kω mω °c °f °"
)
"""Casefolded. "in" is left out: as a word it is far more frequent than inches."""

_STOPWORDS = (
    "a about above after again against all also am an and any are as at be because been before "
    "being below between both but by can could did do does doing down during each few for from "
    "further had has have having he her here hers him his how i if in into is it its itself just "
    "let may me might more most must my no nor not of off on once only or other our out over own "
    "s same shall she should so some such t than that the their them then there these they this "
    "those through to too under until up upon us very was we were what when where which while who "
    "whom whose why will with would you your"
)

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = rf"[^\W{_CJK}]+"
_JOINER = r"(?:://|::|[-./:@+#\\])"
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS.split(), key=len, reverse=True))
_QUANTITY = rf"(\d+(?:\.\d+)?)\s?({_UNIT})"
_PIECES = re.compile(
    rf"{_QUANTITY}(?!\w|{_JOINER}\w)|([{_CJK}]+)|({_WORD}(?:{_JOINER}{_WORD})*(?:\+\+|\#)?)"
)
_QUANTITY_ALONE = re.compile(_QUANTITY)
_PLAIN_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_PART_ENDS = re.compile(r"[-/:@+#\\_]+|(?<!\d)\.|\.(?!\d)")
"""Where an identifier comes apart; a dot between digits belongs to a number."""

_SPELLINGS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-") | dict.fromkeys("\u00ad\u200b\u2060", "")
)
"""Hyphens, the en dash of ranges and the minus sign are one character; invisible ones are none."""

_DROPPED = frozenset(_STOPWORDS.split())
_stemmer = snowballstemmer.stemmer("english")
_stemmer_lock = threading.Lock()


def tokenize(text: str) -> list[str]:
    """The tokens of a text, in order, with repetitions.

    The text is NFKC-normalised and casefolded first. Then, from left to right:

    - a plain word gives its English Snowball stem ("Resistors" -> "resistor");
    - a word with a digit gives itself ("LM317" -> "lm317", "0x80070057");
    - an identifier (words joined by one of - . / : @ + # \\ _, or by :: or ://) gives itself,
      unstemmed, and then its parts as if each stood alone ("LM317-ADJ" -> "lm317-adj", "lm317",
      "adj"; "config/lb.yaml" -> "config/lb.yaml", "config", "lb", "yaml"); a number with dots
      ("3.3", "5.1.2") stays whole;
    - a number with a unit gives the number, the unit and both joined, whether or not a space
      stands between them ("3.3 V" and "3.3V" -> "3.3", "v", "3.3v");
    - a run of Chinese, Japanese or Korean characters gives its overlapping pairs, or the one
      character that it consists of.

    English stopwords are left out, unless the text has nothing else. Everything else separates.
    No token contains white space or is longer than `LONGEST_TOKEN`.
    """
    pieces = _PIECES.findall(_normalised(text))
    return _stream(pieces, keep_stopwords=False) or _stream(pieces, keep_stopwords=True)


def _normalised(text: str) -> str:
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_SPELLINGS)
    # Casefolding can undo the composition: "İ" becomes "i" and a combining dot.
    return unicodedata.normalize("NFKC", folded)


def _stream(pieces: list[tuple[str, str, str, str]], *, keep_stopwords: bool) -> list[str]:
    tokens: list[str] = []
    for number, unit, characters, word in pieces:
        if word:
            tokens += _word_tokens(word, keep_stopwords)
        elif number:
            tokens += _quantity_tokens(number, unit, keep_stopwords)
        else:
            tokens += _pairs(characters)
    return tokens


@lru_cache(maxsize=_CACHED_WORDS)
def _word_tokens(word: str, keep_stopwords: bool) -> tuple[str, ...]:
    if word.isalpha():
        if word in _DROPPED and not keep_stopwords:
            return ()
        return (_stem(word)[:LONGEST_TOKEN],)
    if _PLAIN_NUMBER.fullmatch(word):
        return (word[:LONGEST_TOKEN],)
    if quantity := _QUANTITY_ALONE.fullmatch(word):
        return _quantity_tokens(quantity[1], quantity[2], keep_stopwords)
    parts = [part for part in _PART_ENDS.split(word) if part]
    if parts == [word]:
        return (word[:LONGEST_TOKEN],)
    inner = (token for part in parts for token in _word_tokens(part, keep_stopwords))
    return (word[:LONGEST_TOKEN], *inner)


def _quantity_tokens(number: str, unit: str, keep_stopwords: bool) -> tuple[str, ...]:
    if unit in _DROPPED and not keep_stopwords:
        return (number[:LONGEST_TOKEN], (number + unit)[:LONGEST_TOKEN])
    return (number[:LONGEST_TOKEN], unit, (number + unit)[:LONGEST_TOKEN])


def _pairs(characters: str) -> list[str]:
    if len(characters) == 1:
        return [characters]
    return [characters[at : at + 2] for at in range(len(characters) - 1)]


def _stem(word: str) -> str:
    # A Snowball stemmer keeps the word that it works on in itself: one thread at a time.
    with _stemmer_lock:
        return str(_stemmer.stemWord(word))
