"""What was found in a parsed document and what is missing, for people to judge the parsing by."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pagesight.document import (
    Audit,
    Element,
    HiddenPart,
    HiddenReason,
    HiddenText,
    Page,
    ParsedDocument,
)
from pagesight.references import missing, reference_graph, without_part
from pagesight.references.numerals import NUMERALS, ROMANS
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

_DIGITS = r"\d{1,9}"
"""A longer row of digits counts nothing, and Python refuses to convert a very long one."""
_TAIL = re.compile(rf"(?P<head>.*?)(?P<last>{_DIGITS}|(?<![A-Za-z])[A-Za-z]+)$", re.DOTALL)


def audit(parsed: ParsedDocument) -> Audit:
    """Counts what was read and collects what is missing."""
    counts = Counter[str]()
    for text in _texts(parsed.elements):
        counts.update(text)
    references = reference_graph(parsed)
    absent = missing(references, parsed.elements)
    captioned = {without_part(each.key) for each in references if each.defined}
    read = {each: count for each, count in counts.items() if not each.isspace()}
    return Audit(
        characters=sum(read.values()),
        unreadable=sum(count for each, count in read.items() if _is_unreadable(each)),
        labels=_labels(parsed.pages),
        missing=absent,
        bare_captions=tuple(key for key in absent if key in captioned),
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
    bare = audit.bare_captions
    if bare:
        has = "has a caption" if len(bare) == 1 else "have captions"
        found.append(f"{_listed(bare)} {has}, but no figure or table was found there")
    if rest := [key for key in audit.missing if key not in bare]:
        is_or_are = "is" if len(rest) == 1 else "are"
        found.append(f"{_listed(rest)} {is_or_are} mentioned, not found")
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
    numeral = NUMERALS.get(ROMANS.get(last.upper(), 0) + 1, "")
    if last.upper() in ROMANS:
        yield head + (numeral if last.isupper() else numeral.lower())
    if len(last) == 1 and last not in "zZ":
        yield head + chr(ord(last) + 1)


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
    """ "Figure 1", "Figure 1 and Table 2", "Figure 1, ... and 14 more"."""
    first, more = labels[:_MOST_LISTED], len(labels) - _MOST_LISTED
    if more > 0:
        return f"{', '.join(first)} and {more} more"
    return " and ".join(filter(None, (", ".join(first[:-1]), first[-1])))
