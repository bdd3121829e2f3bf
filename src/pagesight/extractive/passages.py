"""Prose: its sentences and lists, quoted with what is needed to understand them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from pagesight.extractive.quoting import Part, led, marked, sentences
from pagesight.extractive.wishes import Wish
from pagesight.results import Evidence
from pagesight.tokens import tokenize

MOST_ITEMS = 15
MOST_WORDS = 250
"""Items of a list that are shown, and their words: what is longer is a catalogue, no procedure."""

_HEADING = re.compile(r"(?:[A-Z]?[\d.]+\s+)?[^\d.!?:]+")
_HEADING_WORDS = 6
"""A line of at most so many words that looks like a heading says what follows, not an answer."""
_TITLE_WORDS = 3
"""Words of a line of capitals that is a title and no code."""
_SENTENCE_WORDS = 4
"""Words of what can be a sentence without a full stop."""
_FURNITURE = re.compile(
    r"(?:page\s+)?\W*\d+\W*(?:(?:of|/)\s*\d+)?|(?:©|\(c\)|copyright\b).*|(?:https?://|www\.)\S+"
    r"|sources?:.*|\d+(?:\.\d+)+\.?\s+[^\W\d_]{2}.*\s[\divx]+(?:-\d+)?",
    re.IGNORECASE,
)
_LEAST_ITEMS = 2
_MOST_BEFORE = 2
"""Sentences that may be needed to understand one."""
_BREAKS_OFF = re.compile(
    r"(?:,|\b(?:a|an|and|as|at|by|for|from|in|into|is|are|of|on|or|that|the|to|was|were|which|with))$"
)
"""Ends of a line whose sentence goes on in the next."""
_BULLET = r"[\u2022\u2023\u2043\u204c\u204d\u2219\u25a0-\u25ff\u2756\u27a2\u00b7\uf0b7\uf0a7]"
_ITEM = re.compile(
    rf"(?:(?P<bullet>{_BULLET}|[-\u2013*\u2014](?=\s))"
    r"|(?i:step\s+)?\(?(?P<number>\d{1,2})[.):](?=\s)|\(?(?P<letter>[a-z])[.)](?=\s))\s*"
)
_WARNING = re.compile(
    r"(?:DANGER|WARNING|CAUTION|NOTICE|NOTE|ATTENTION|IMPORTANT"
    r"|(?:Danger|Warning|Caution|Notice|Note|Attention|Important)(?=\s*[:!]))\b"
)
_WARNING_ALONE = re.compile(rf"(?:{_WARNING.pattern})\W*")
_LEANS = re.compile(
    r"(?:It|Its|This|That|These|Those|They|Their|Them|He|She|His|Her|Both|Such|Here|There(?:fore|by)"
    r"|Then|Thus|Hence|However|Otherwise|Instead|Also|Moreover|Furthermore|In addition"
    r"|In th(?:is|at|ese|ose) cases?|The (?:latter|former|same|other|result))\b"
)
"""Beginnings of a sentence that lean on the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A paragraph, heading or item of a list."""

    text: str
    marker: str = ""
    """"number", "letter" or "bullet" of an item."""
    number: int = 0
    """Of a numbered or lettered item, from 1."""
    heading: bool = False

    @property
    def warns(self) -> bool:
        return _WARNING.match(self.text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """Lines [start, stop) of a list: its items, and the warnings among and around them."""

    start: int
    stop: int
    lead: str
    """What leads into it: the sentence above that ends with a colon, else its heading, or "".
    """
    led: bool
    """The line above leads into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    text: str
    line: int
    """Index of its line."""


@dataclass(frozen=True)
class Passage:
    """Implements Source for text."""

    piece: Evidence

    @cached_property
    def parts(self) -> Sequence[Part]:
        """One for each sentence; headings and page furniture only where there is nothing else."""
        return [self._part(number) for number in self._quotable]

    def written(self, chosen: Sequence[int], wish: Wish) -> list[str]:
        """See the port. The sentences of a paragraph stand on one line, each with its mark; an
        item stands under what leads into its list, and a list that is asked for is whole."""
        shown: set[int] = set()
        leads: dict[int, str] = {}
        for part in chosen:
            number = self._quotable[part]
            found = self._list_at(self._sentences[number].line)
            if found is None:
                shown |= self._understood(number)
                continue
            lines = _lines_shown(found, self._sentences[number].line, self._lines, wish)
            leads.setdefault(found.start, found.lead)
            shown |= {n for n, each in enumerate(self._sentences) if each.line in lines}
        return list(self._written(shown, leads))

    def _written(self, shown: set[int], leads: dict[int, str]) -> Iterator[str]:
        sentences = (self._sentences[number] for number in sorted(shown))
        for line, members in groupby(sentences, key=lambda sentence: sentence.line):
            found = self._list_at(line)
            if found and line >= found.start and (lead := leads.pop(found.start, "")):
                yield led(lead, self.piece.mark)
            yield " ".join(marked(member.text, self.piece.mark) for member in members)

    def _part(self, number: int) -> Part:
        sentence = self._sentences[number]
        found = self._list_at(sentence.line)
        before = self._sentences[number - 1].text if number else ""
        lead = found.lead if found else ""
        line = self._lines[sentence.line]
        return Part(
            text=sentence.text,
            context="\n".join((" > ".join(self.piece.chunk.heading_path), lead, before)),
            in_list=found is not None,
            whole=self._whole(found) if found and self._begins(number, found) else "",
            fragment=not line.marker and _is_fragment(sentence.text),
        )

    def _begins(self, number: int, found: _List) -> bool:
        """Whether a sentence is the first of a list."""
        before = self._sentences[number - 1].line if number else -1
        return before < found.start == self._sentences[number].line

    def _whole(self, found: _List) -> str:
        lines = self._lines[found.start : _stop(found, self._lines)]
        return "\n".join((found.lead, *(line.text for line in lines)))

    def _understood(self, number: int) -> set[int]:
        """A sentence, and those before it in its paragraph that it leans on."""
        first = number
        while (
            _LEANS.match(self._sentences[first].text)
            and first
            and self._sentences[first - 1].line == self._sentences[number].line
            and number - first < _MOST_BEFORE
        ):
            first -= 1
        return set(range(first, number + 1))

    def _list_at(self, line: int) -> _List | None:
        """The list that a line is part of, or leads into."""
        holders = (each for each in self._lists if each.start <= line < each.stop)
        leading = (each for each in self._lists if line == each.start - 1 and each.led)
        return next(holders, None) or next(leading, None)

    @cached_property
    def _quotable(self) -> Sequence[int]:
        numbers = range(len(self._sentences))
        return [
            number
            for number in numbers
            if not self._lines[self._sentences[number].line].heading
            and not _FURNITURE.fullmatch(self._sentences[number].text)
        ] or numbers

    @cached_property
    def _sentences(self) -> Sequence[_Sentence]:
        return [
            _Sentence(text=text, line=number)
            for number, line in enumerate(self._lines)
            for text in _sentences(line)
        ]

    @cached_property
    def _lines(self) -> Sequence[_Line]:
        titles = {_bare(title) for title in self.piece.chunk.heading_path}
        return [_line(text, titles) for text in _paragraphs(self.piece.shown_text)]

    @cached_property
    def _lists(self) -> Sequence[_List]:
        return [
            _with_lead(self._lines, start, stop, self.piece.chunk.heading_path)
            for start, stop in _runs(self._lines)
        ]


def _lines_shown(found: _List, line: int, lines: Sequence[_Line], wish: Wish) -> range:
    """Lines of a list: all for its lead-in, where steps are asked for, and where several things
    are that its lead-in or heading names."""
    stop = _stop(found, lines)
    wanted = wish.steps or (wish.several and wish.words.intersection(tokenize(found.lead)))
    if line < found.start or (wanted and line < stop):
        return range(found.start, stop)
    return range(line, line + 1)


def _stop(found: _List, lines: Sequence[_Line]) -> int:
    """Where a list ends, or becomes too long to be shown."""
    stop, words = found.start, 0
    while stop < min(found.stop, found.start + MOST_ITEMS) and words <= MOST_WORDS:
        words += len(lines[stop].text.split())
        stop += 1
    return stop


def _paragraphs(text: str) -> list[str]:
    """The lines of a text; what a page or a column broke is put together again."""
    lines: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if lines and not _ITEM.match(line) and _continues(line, lines[-1]):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return lines


def _continues(line: str, before: str) -> bool:
    return (
        (line[0].islower() and before[-1] not in ".!?:;")
        or _BREAKS_OFF.search(before) is not None
        or _WARNING_ALONE.fullmatch(before) is not None
    )


def _line(text: str, titles: Collection[str]) -> _Line:
    match = _ITEM.match(text)
    rest = text[match.end() :] if match else text
    if (_bare(text) in titles and not _is_sentence(text)) or not rest:
        return _Line(text=text, heading=True)
    if match is None:
        return _Line(text=text, heading=_is_heading(text))
    number = int(match["number"] or 0) or ord(match["letter"] or "`") - ord("`")
    return _Line(text=text, marker=str(match.lastgroup), number=number)


def _sentences(line: _Line) -> Iterator[str]:
    """The sentences of a line; the marker of an item belongs to its first one."""
    match = _ITEM.match(line.text) if line.marker else None
    at = match.end() if match else 0
    first, *others = sentences(line.text[at:])
    yield line.text[:at] + first
    yield from others


def _runs(lines: Sequence[_Line]) -> Iterator[tuple[int, int]]:
    """[start, stop) of each list: two items or more, with the warnings that stand by them."""
    items: list[int] = []
    last: dict[str, int] = {}
    for number, line in enumerate(lines):
        if not line.marker:
            continue
        if items and not _goes_on(lines, items, last, number):
            yield from _run(lines, items)
            items, last = [], {}
        items.append(number)
        last[line.marker] = line.number
    yield from _run(lines, items)


def _goes_on(
    lines: Sequence[_Line], items: Sequence[int], last: Mapping[str, int], number: int
) -> bool:
    """Whether an item continues a list: what stands between two items must be a warning, unless
    their numbers follow each other."""
    line = lines[number]
    between = lines[items[-1] + 1 : number]
    if any(each.heading for each in between):
        return False
    if line.marker != "bullet" and line.number == last.get(line.marker, 0) + 1:
        return True
    nested = line.marker != lines[items[0]].marker
    return all(each.warns for each in between) and (line.marker == "bullet" or nested)


def _run(lines: Sequence[_Line], items: Sequence[int]) -> Iterator[tuple[int, int]]:
    if len(items) < _LEAST_ITEMS:
        return
    start, stop = items[0], items[-1] + 1
    while start and lines[start - 1].warns:
        start -= 1
    while stop < len(lines) and lines[stop].warns:
        stop += 1
    yield start, stop


def _with_lead(lines: Sequence[_Line], start: int, stop: int, headings: Sequence[str]) -> _List:
    before = lines[start - 1] if start else None
    if before and before.text.endswith(":"):
        *_, lead = _sentences(before)
        return _List(start=start, stop=stop, lead=lead, led=True)
    heading = before.text if before and before.heading else headings[-1] if headings else ""
    return _List(start=start, stop=stop, lead=heading, led=False)


def _is_heading(text: str) -> bool:
    words = len(text.split())
    in_capitals = text.isupper() and words >= _TITLE_WORDS and text[-1] not in ".!?:"
    short = words <= _HEADING_WORDS and _HEADING.fullmatch(text) is not None
    return short or (in_capitals and not _WARNING.match(text))


def _is_sentence(text: str) -> bool:
    """What stands alone in a large font is taken for a heading, though it may say something."""
    return text.endswith(".") and len(text.split()) >= _SENTENCE_WORDS


def _is_fragment(text: str) -> bool:
    return text[-1] not in ".!?:" and len(text.split()) < _SENTENCE_WORDS


def _bare(text: str) -> str:
    return " ".join(text.split()).casefold()
