"""Which keys a document mentions or leaves out of a sequence, and does not define."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pagesight.document import Element, Place, Reference
from pagesight.references.keys import CAPTIONED, FIGURES, HEADINGS, TABLES, without_part, word_of
from pagesight.references.numerals import NUMERALS, ROMANS

_ALWAYS_HERE = frozenset({"Figure", "Table"})
"""Words that name something in the document itself. An "Exhibit 10.1" is often another file, and
"plates 5" are dinnerware, unless captions use the word."""
_LEAST = 2
"""Things of a word and way of counting that show that a document has such things; one may be
misread."""
_STRUCTURE = HEADINGS | {"Equation", "Note"}
"""What is missed where the document has such things: a "Step 3" or "page 5" of running text is too
often one of something else."""
_FARTHEST = 10
"""Times the largest number of a caption. A mention beyond that is a year, or the mark of a
footnote stands at its end: "Table 12" and 11 read as 1211."""
_BEYOND = 2
"""Numbers of sections, equations or notes after the last that was found. What is farther is in a
law or another document."""

_DIGITS = r"\d{1,9}"
"""A longer row of digits counts nothing, and Python refuses to convert a very long one."""
_COUNTED = re.compile(rf"(?P<head>\S+ .*?)(?P<last>{_DIGITS}|(?<= )[IVXLC]+)$")


def missing(references: Sequence[Reference], elements: Sequence[Element]) -> tuple[str, ...]:
    """Keys in natural order. A part ("Figure 3(b)") goes by the whole.

    Figures and tables are missed wherever they are mentioned, and where a sequence of captions
    leaves them out; a caption alone is no figure. Sections, equations and notes are missed where
    the document has others that are counted in the same way, up to about as far.
    """
    defined = [each for each in references if each.defined]
    named = {without_part(each.key) for each in defined}
    found = {
        without_part(each.key)
        for each in defined
        if any(_is_thing(each.key, place, elements) for place in each.defined)
    }
    mentioned = [each.key for each in references if each.mentions]
    wanted = {*_captioned(mentioned, named, found), *_structure(mentioned, named)}
    return tuple(sorted(wanted - found, key=_natural))


def _is_thing(key: str, place: Place, elements: Sequence[Element]) -> bool:
    """Whether more than a caption stands there; code, which is text, makes the place larger."""
    if place.element is None or word_of(key) not in FIGURES | TABLES:
        return True
    element = elements[place.element]
    return element.type != "text" or place.bbox != element.bbox


def _captioned(mentioned: Iterable[str], named: set[str], found: set[str]) -> Iterator[str]:
    """Figures, tables and listings that are to be expected."""
    named = {key for key in named if word_of(key) in CAPTIONED}
    uses = Counter(map(word_of, found))
    words = _ALWAYS_HERE | {word for word, count in uses.items() if count >= _LEAST}
    styles = _styles(named)
    for key in (*named, *_gaps(named), *map(without_part, mentioned)):
        style = styles[word_of(key)]
        counted = style.cut(key)
        if word_of(key) in words & CAPTIONED and not style.is_far(counted):
            yield counted


def _structure(mentioned: Iterable[str], named: set[str]) -> Iterator[str]:
    """Sections, equations and notes that are to be expected."""
    counts, largest = Counter[tuple[str, str]](), defaultdict[tuple[str, str], int](int)
    for key in named:
        shape = _shape(key)
        counts[shape] += 1
        largest[shape] = max(largest[shape], _first(key))
    for key in map(without_part, mentioned):
        shape = _shape(key)
        near = _first(key) <= largest[shape] + _BEYOND
        if word_of(key) in _STRUCTURE and counts[shape] >= _LEAST and near:
            yield key


def _shape(key: str) -> tuple[str, str]:
    """How a key counts: "Section 5.1" like "Section 12.3", and "Appendix B" like "Section C"."""
    word, _, number = key.partition(" ")
    if word in ("Section", "Chapter") or (word in HEADINGS and not number[0].isdigit()):
        word = "Section"
    shape = re.sub(r"[IVXLC]{2,}|[IVX]", "i", re.sub(r"\d+", "1", number))
    return word, re.sub(r"[A-Z]", "A", shape)


def _first(key: str) -> int:
    """The first number of a key; letters count as well, C after B and not as a hundred."""
    number = key.split(" ", 1)[1]
    if match := re.match(_DIGITS, number):
        return int(match.group())
    letters = re.match(r"[A-Z]+", number)
    if letters is None:
        return 0
    is_roman = len(letters.group()) > 1 or letters.group() in "IVX"
    return ROMANS.get(letters.group(), 0) if is_roman else ord(number[0]) - ord("A") + 1


def _gaps(named: Iterable[str]) -> Iterator[str]:
    """Labels that a sequence of captions leaves out: "Table 2-2" between 2-1 and 2-3. Where more
    numbers are left out than there are captions, one of these was rather misread."""
    sequences = defaultdict[tuple[str, bool], set[int]](set)
    for key in named:
        if match := _COUNTED.match(key):
            head, last = match["head"], match["last"]
            if value := int(last) if last.isdigit() else ROMANS.get(last):
                sequences[head, last.isdigit()].add(value)
    for (head, arabic), numbers in sequences.items():
        for low, high in pairwise(sorted(numbers)):
            if high - low - 1 <= len(numbers):
                for number in range(low + 1, high):
                    yield head + (str(number) if arabic else NUMERALS[number])


@dataclass(slots=True)
class _Style:
    """How the captions of one word count."""

    depth: int = 0
    """Numbers in a label: 1 for "Table A.1", 2 for "Figure 3-2"; 0 where there is no caption."""
    largest: int = 0

    def cut(self, key: str) -> str:
        """The key with no more numbers than captions have. Where these count 1, 2, 3, the 5 of
        "Figure 2.5" is a footnote's mark behind the full stop, or ends a range ("Figures 2-5")."""
        numbers = [*re.finditer(r"\d+", key)]
        return key[: numbers[self.depth - 1].end()] if 0 < self.depth < len(numbers) else key

    def is_far(self, key: str) -> bool:
        """Whether the number is beyond what captions may count up to."""
        number = key.split(" ", 1)[1]
        return number.isdigit() and (
            not re.fullmatch(_DIGITS, number)
            or int(number) > _FARTHEST * max(_FARTHEST, self.largest)
        )


def _styles(named: Iterable[str]) -> defaultdict[str, _Style]:
    """Word -> how its captions count."""
    styles = defaultdict[str, _Style](_Style)
    for key in named:
        style = styles[word_of(key)]
        style.depth = max(style.depth, len(re.findall(r"\d+", key)))
        if match := re.fullmatch(rf"\S+ ({_DIGITS})", key):
            style.largest = max(style.largest, int(match[1]))
    return styles


def _natural(key: str) -> tuple[tuple[bool, int, str], ...]:
    """Sorts numbers by value, Roman ones too, and before letters."""
    parts = []
    for part in re.findall(rf"{_DIGITS}|[A-Za-z]+", key):
        value = int(part) if part.isdigit() else ROMANS.get(part, 0)
        parts.append((not value, value, part))
    return tuple(parts)
