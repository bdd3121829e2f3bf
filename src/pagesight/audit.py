"""What was found in a parsed document and what is missing, for people to judge the parsing by."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pagesight.document import (
    Audit,
    Element,
    HiddenPart,
    HiddenReason,
    HiddenText,
    Page,
    ParsedDocument,
)
from pagesight.references import mentions, names_figure, names_table, parse_caption
from pagesight.sentences import first_words

_REPLACEMENT = "\ufffd"
_UNREADABLE = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Unicode categories: control, unassigned, private use, lone surrogate."""
_WORST_SHARE = 0.01
"""Of the characters. In 350 documents measured, bullets and brackets of symbol fonts come to
0.7 % at most, and a text font without a map to 30 % at least."""
_MOST_LISTED = 10
_MOST_RUNS = 40
"""Runs of page labels that are told; a manual with chapters and appendices has fewer."""
_FIRST_WORDS = 12
"""Words of a hidden text that are told."""
_LONGEST_WORDS = 120
"""Characters of them."""
_FARTHEST = 10
"""Times the largest number of a caption. A mention beyond that is a year, or the mark of a
footnote stands at its end: "Table 12" and 11 read as 1211."""
_ALWAYS_HERE = frozenset({"Figure", "Table"})
"""Words that name something in the document itself. An "Exhibit 10.1" is often another file, and
"plates 5" are dinnerware, unless captions use the word."""
_LEAST_CAPTIONS = 2
"""Captions that show that a document uses such a word; one may be a heading that was misread."""

_ROMANS = {
    hundreds + tens + ones: 100 * hundred + 10 * ten + one
    for hundred, hundreds in enumerate(("", "C", "CC", "CCC"))
    for ten, tens in enumerate(("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"))
    for one, ones in enumerate(("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"))
    if hundred or ten or one
}
_NUMERALS = {value: numeral for numeral, value in _ROMANS.items()}

_PART = re.compile(r"\([a-z]\)$")
_DIGITS = r"\d{1,9}"
"""A longer row of digits counts nothing, and Python refuses to convert a very long one."""
_COUNTED = re.compile(rf"(?P<head>\S+ .*?)(?P<last>{_DIGITS}|(?<= )[IVXLC]+)$")
_TAIL = re.compile(rf"(?P<head>.*?)(?P<last>{_DIGITS}|(?<![A-Za-z])[A-Za-z]+)$", re.DOTALL)
_ELSEWHERE = re.compile(
    r"[\s,]*(?:of|in|from)\s+(?:"
    r"\[|[Rr]ef(?:s|erences?)?\b|"
    r"[A-Z][\w\u2019'-]+(?:\s+(?:and|&)\s+[A-Z][\w-]+)?\s+(?:et\s+al\b|\[|\((?:19|20)\d\d)|"
    r"(?i:(?:the|their|its|his|her)\s+(?:[\w.\u2019'-]+\s+){0,5}?"
    r"(?:standard|specification|data\s?sheet|supplement|supplementary|thesis|original)\b))"
)
"""What follows the mention of another document's figure."""
_CITED = re.compile(r"(?:\[\d[\d,\s\u2013-]*|\b(?:19|20)\d\d[a-z]?|\bpp?\.\s?\d[\d\u2013-]*),\s*$")
"""What stands before one in a citation: "[12, Figure 3]", "(Smith 2019, Table 2)"."""
_FULL_STOP = re.compile(r"(?!(?:figs?|tabs?|tbl)\b)[a-z]+\.", re.IGNORECASE)
"""A word that is no abbreviation ends its sentence ("in these tables. 3 The ...", 3 being a
footnote's mark) or is a file ("figure.1")."""
_CITATION = 40
"""Characters before a mention that a citation takes."""


def audit(parsed: ParsedDocument) -> Audit:
    """Counts what was read and collects what is missing."""
    counts = Counter[str]()
    for text in _texts(parsed.elements):
        counts.update(text)
    read = {each: count for each, count in counts.items() if not each.isspace()}
    return Audit(
        characters=sum(read.values()),
        unreadable=sum(count for each, count in read.items() if _is_unreadable(each)),
        labels=_labels(parsed.pages),
        missing=_missing(parsed.elements),
        page_errors=tuple(
            f"page {page.number}: {page.error}" for page in parsed.pages if page.error
        ),
        hidden=tuple(_hidden_parts(parsed.hidden)),
    )


def findings(audit: Audit) -> tuple[str, ...]:
    """What is wrong with a document, a line each, worst first; nothing for a sound one."""
    found = _by_reason(audit.page_errors)
    if not audit.characters:
        found.append("no text at all")
    if audit.unreadable_share > _WORST_SHARE:
        found.append(
            f"{100 * audit.unreadable_share:.1f} % of the characters cannot be read "
            "(U+FFFD and private use): the fonts lack a character map"
        )
    found += _hidden_lines(audit.hidden)
    if audit.missing:
        found.append(f"{_listed(audit.missing)} mentioned, not found")
    return tuple(found)


def runs(labels: Sequence[str]) -> str:
    """ "i to xii, 1 to 40": labels that count on are told by the first and the last."""
    ends: list[list[str]] = []
    for label in labels:
        if ends and label in _next(ends[-1][-1]):
            ends[-1][1:] = [label]
        else:
            ends.append([label])
    told = ", ".join(" to ".join(run) for run in ends[:_MOST_RUNS])
    return f"{told} and {len(ends) - _MOST_RUNS} more" if len(ends) > _MOST_RUNS else told


def _hidden_parts(hidden: Iterable[HiddenText]) -> Iterator[HiddenPart]:
    """One a page and reason, in the order in which they come."""
    texts = defaultdict[tuple[int, HiddenReason], list[str]](list)
    for each in hidden:
        texts[each.page, each.reason].append(each.text)
    for (page, reason), parts in texts.items():
        text = " ".join(" ".join(parts).split())
        yield HiddenPart(
            page_number=page + 1,
            reason=reason,
            words=first_words(text, _FIRST_WORDS)[:_LONGEST_WORDS],
            characters=len(text.replace(" ", "")),
        )


def _hidden_lines(hidden: Sequence[HiddenPart]) -> Iterator[str]:
    """A line for each reason: "pages 2 to 3 have hidden text (too small to be read, 312
    characters): left out of the page's text"."""
    parts = defaultdict[str, list[HiddenPart]](list)
    for part in hidden:
        parts[part.reason].append(part)
    for reason, same in parts.items():
        has = "page {} has" if len(same) == 1 else "pages {} have"
        pages = has.format(runs([str(part.page_number) for part in same]))
        count = sum(part.characters for part in same)
        yield (
            f"{pages} hidden text ({reason}, {count:,} characters): left out of the page's text, "
            f'"{same[0].words}"'
        )


def _texts(elements: Iterable[Element]) -> Iterator[str]:
    """Every text once: where a table has cells, they say what its text says."""
    for element in elements:
        if element.type == "table" and element.rows:
            yield from (cell for row in element.rows for cell in row)
        else:
            yield element.text
        if element.type != "text" and element.caption:
            yield element.caption.text


def _is_unreadable(character: str) -> bool:
    return character == _REPLACEMENT or unicodedata.category(character) in _UNREADABLE


def _labels(pages: Sequence[Page]) -> str:
    """The printed labels in runs; "" where they are the page numbers."""
    if all(page.label == str(page.number) for page in pages):
        return ""
    return runs([page.label for page in pages])


def _next(label: str) -> Iterator[str]:
    """What may follow: a number, a Roman numeral, a letter."""
    match = _TAIL.match(label)
    if match is None:
        return
    head, last = match["head"], match["last"]
    if last.isdigit():
        yield head + str(int(last) + 1).zfill(len(last))
        return
    numeral = _NUMERALS.get(_ROMANS.get(last.upper(), 0) + 1, "")
    if last.upper() in _ROMANS:
        yield head + (numeral if last.isupper() else numeral.lower())
    if len(last) == 1 and last not in "zZ":
        yield head + chr(ord(last) + 1)


def _missing(elements: Sequence[Element]) -> tuple[str, ...]:
    """What the text mentions or a sequence of captions leaves out, and no caption of a figure or
    table has; a part ("Figure 3(b)") goes by the whole."""
    found = {_whole(label) for label in _found(elements)}
    named = found | {_whole(label) for label in _orphans(elements)}
    uses = Counter(map(_noun, found))
    nouns = _ALWAYS_HERE | {noun for noun, count in uses.items() if count >= _LEAST_CAPTIONS}
    styles = _styles(named)
    wanted = set(_gaps(named))
    for text in _running(elements):
        for label in _mentioned(text):
            style = styles[_noun(label)]
            counted = style.cut(_whole(label))
            if not style.is_far(counted):
                wanted.add(counted)
    missing = (label for label in wanted - found if _noun(label) in nouns)
    return tuple(sorted(missing, key=_natural))


def _found(elements: Iterable[Element]) -> Iterator[str]:
    """Labels of the figures and tables, and of listings and algorithms, which are text."""
    for element in elements:
        if element.type != "text" and element.caption and element.caption.label:
            yield element.caption.label
    for text in _texts(elements):
        label = parse_caption(text)
        if label and not names_table(label) and not names_figure(label):
            yield label


def _orphans(elements: Iterable[Element]) -> Iterator[str]:
    """Labels of the captions that have found no figure or table."""
    for element in elements:
        if element.type == "text" and element.role == "caption":
            label = parse_caption(element.text, trusted=True)
            if label:
                yield label


def _running(elements: Iterable[Element]) -> Iterator[str]:
    """What may mention a figure: all texts but the words inside figures."""
    for element in elements:
        if element.type != "figure":
            yield from _texts([element])
        elif element.caption:
            yield element.caption.text


def _mentioned(text: str) -> Iterator[str]:
    """Labels that `text` mentions, other documents' left out. In "Figures 2 and 3 of [7]" what
    follows the last one goes for all."""
    end, elsewhere = len(text) + 1, False
    for mention in reversed(mentions(text)):
        if mention.end < end:
            elsewhere = bool(_ELSEWHERE.match(text, mention.end))
        end = mention.start
        cited = _CITED.search(text, max(0, mention.start - _CITATION), mention.start)
        if not elsewhere and not cited and not _FULL_STOP.match(text, mention.start):
            yield mention.label


def _gaps(named: Iterable[str]) -> Iterator[str]:
    """Labels that a sequence of captions leaves out: "Table 2-2" between 2-1 and 2-3. Where more
    numbers are left out than there are captions, one of these was rather misread."""
    sequences = defaultdict[tuple[str, bool], set[int]](set)
    for label in named:
        if match := _COUNTED.match(label):
            head, last = match["head"], match["last"]
            if value := int(last) if last.isdigit() else _ROMANS.get(last):
                sequences[head, last.isdigit()].add(value)
    for (head, arabic), numbers in sequences.items():
        for low, high in pairwise(sorted(numbers)):
            if high - low - 1 <= len(numbers):
                for number in range(low + 1, high):
                    yield head + (str(number) if arabic else _NUMERALS[number])


@dataclass(slots=True)
class _Style:
    """How the captions of one word count."""

    depth: int = 0
    """Numbers in a label: 1 for "Table A.1", 2 for "Figure 3-2"; 0 where there is no caption."""
    largest: int = 0

    def cut(self, label: str) -> str:
        """The label with no more numbers than captions have. Where these count 1, 2, 3, the 5 of
        "Figure 2.5" is a footnote's mark behind the full stop, or ends a range ("Figures 2-5")."""
        numbers = [*re.finditer(r"\d+", label)]
        return label[: numbers[self.depth - 1].end()] if 0 < self.depth < len(numbers) else label

    def is_far(self, label: str) -> bool:
        """Whether the number is beyond what captions may count up to."""
        number = label.split(" ", 1)[1]
        return number.isdigit() and (
            not re.fullmatch(_DIGITS, number)
            or int(number) > _FARTHEST * max(_FARTHEST, self.largest)
        )


def _styles(named: Iterable[str]) -> defaultdict[str, _Style]:
    """Word -> how its captions count."""
    styles = defaultdict[str, _Style](_Style)
    for label in named:
        style = styles[_noun(label)]
        style.depth = max(style.depth, len(re.findall(r"\d+", label)))
        if match := re.fullmatch(rf"\S+ ({_DIGITS})", label):
            style.largest = max(style.largest, int(match[1]))
    return styles


def _noun(label: str) -> str:
    return label.split(" ", 1)[0]


def _whole(label: str) -> str:
    return _PART.sub("", label)


def _natural(label: str) -> tuple[tuple[bool, int, str], ...]:
    """Sorts numbers by value, Roman ones too, and before letters."""
    key = []
    for part in re.findall(rf"{_DIGITS}|[A-Za-z]+", label):
        value = int(part) if part.isdigit() else _ROMANS.get(part, 0)
        key.append((not value, value, part))
    return tuple(key)


def _by_reason(page_errors: Iterable[str]) -> list[str]:
    """A line for each reason, with the pages that have it."""
    pages: dict[str, list[str]] = {}
    for error in page_errors:
        page, _, reason = error.removeprefix("page ").partition(": ")
        pages.setdefault(reason, []).append(page)
    lines = [
        f"{'page' if len(numbers) == 1 else 'pages'} {runs(numbers)}: {reason}"
        for reason, numbers in pages.items()
    ]
    rest = sum(len(numbers) for numbers in [*pages.values()][_MOST_LISTED:])
    return lines[:_MOST_LISTED] + ([f"and {rest} more pages"] if rest else [])


def _listed(labels: Sequence[str]) -> str:
    """ "Figure 1 is", "Figure 1 and Table 2 are", "Figure 1, ... and 14 more are"."""
    if len(labels) == 1:
        return f"{labels[0]} is"
    first, more = labels[:_MOST_LISTED], len(labels) - _MOST_LISTED
    if more > 0:
        return f"{', '.join(first)} and {more} more are"
    return f"{', '.join(first[:-1])} and {first[-1]} are"
