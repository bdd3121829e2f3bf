"""Page labels as they are printed, for documents that do not declare any."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pagesight.document import Page, PageContent, TextBlock

_MARGIN_SHARE = 0.12
"""Of the page's height: where running headers, footers and page numbers stand."""
_LEAST_PAGES = 3
"""Whose printed numbers run with the pages; fewer may do so by chance."""
_LEAST_SHARE, _ENOUGH_PAGES = 0.2, 10
"""The same as a share of all pages, and how many are enough however many there are: years at the
heads of tables, and numbered items, also go on from page to page. Front matter has few pages."""
_LEAST_OF_CHAPTER = 2
"""Pages of one chapter, for numbers like "3-17"."""
_LONGEST = 120
"""Characters of a header or footer."""
_ROMANS = {
    hundreds + tens + ones: 100 * hundred + 10 * ten + one
    for hundred, hundreds in enumerate(("", "c", "cc", "ccc"))
    for ten, tens in enumerate(("", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx", "xc"))
    for one, ones in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if hundred or ten or one
}
_NUMERALS = {value: numeral for numeral, value in _ROMANS.items()}
_NUMBER = r"(?P<prefix>(?:[A-Z]{1,2}|\d{1,3})[\-\u2010-\u2013])?(?P<number>\d{1,4})"
_ARABIC, _LOWER, _UPPER = "3", "iii", "III"
_ENDS = (
    re.compile(rf"(?:(?i:page)\s+)?[-\u2013\u2014|\[(\s]*{_NUMBER}(?![\w.,:/%-]*\w)", re.ASCII),
    re.compile(rf"(?<![\w.,:/$-]){_NUMBER}[-\u2013\u2014|\])\s]*$", re.ASCII),
    re.compile(r"(?i:page)\s+(?P<prefix>)(?P<number>\d{1,4})\s*(?:of|/)\s*\d{1,4}\s*$"),
)
"""A label at the beginning or the end of a header or footer."""


@dataclass(frozen=True, slots=True)
class _Count:
    """How labels run: what stands before the number, its style, and number less page index."""

    prefix: str
    style: str
    offset: int

    def least(self, pages: int) -> float:
        """Pages that have to count like this, of so many."""
        if self.prefix:
            return _LEAST_OF_CHAPTER
        share = _LEAST_SHARE * pages if self.style == _ARABIC else 0
        return max(_LEAST_PAGES, min(_ENOUGH_PAGES, share))

    def label(self, index: int) -> str:
        number = self.offset + index
        if self.style == _ARABIC:
            return f"{self.prefix}{number}"
        numeral = _NUMERALS.get(number, str(number))
        return numeral.upper() if self.style == _UPPER else numeral


def labelled(contents: Sequence[PageContent]) -> tuple[Page, ...]:
    """The pages of `contents`, which are all of a document in their order.

    Where all labels are plain page numbers, they are replaced by those printed in headers and
    footers, if these count on with the pages ("xii", "3-17", "Page 9 of 40"). A page that shows
    none gets what it would have by its place.
    """
    pages = tuple(content.page for content in contents)
    if any(page.label != str(page.number) for page in pages):
        return pages
    found = [set(_counts(content)) for content in contents]
    support = Counter(count for counts in found for count in counts)
    chosen = [
        max(
            (count for count in counts if support[count] >= count.least(len(pages))),
            key=lambda count: (support[count], count.prefix, count.style, count.offset),
            default=None,
        )
        for counts in found
    ]
    return tuple(
        replace(page, label=count.label(page.index)) if count else page
        for page, count in zip(pages, _filled(chosen), strict=True)
    )


def _filled(counts: Sequence[_Count | None]) -> list[_Count | None]:
    """Pages that show no label count on from the one before, the first pages back from theirs."""
    filled = list(counts)
    for place in range(1, len(filled)):
        filled[place] = filled[place] or filled[place - 1]
    for place in reversed(range(len(filled) - 1)):
        following = filled[place + 1]
        if filled[place] is None and following and following.offset + place >= 1:
            filled[place] = following
    return filled


def in_margin(block: TextBlock, height: float) -> bool:
    """Whether it stands at the top or bottom of a page of that height, or is taken for a header or
    footer."""
    margin = _MARGIN_SHARE * height
    return block.is_marginal or block.bbox.y1 < margin or block.bbox.y0 > height - margin


def _counts(content: PageContent) -> Iterator[_Count]:
    page = content.page
    for block in content.elements:
        if not isinstance(block, TextBlock) or len(block.text) > _LONGEST:
            continue
        if in_margin(block, page.height):
            yield from _counts_of(" ".join(block.text.split()), page.index)


def _counts_of(text: str, index: int) -> Iterator[_Count]:
    for pattern in _ENDS:
        match = pattern.search(text) if pattern is not _ENDS[0] else pattern.match(text)
        if match:
            prefix = re.sub("[\u2010-\u2013]", "-", match["prefix"] or "")
            yield _Count(prefix, _ARABIC, int(match["number"]) - index)
    for word in {text.split(" ")[0], text.split(" ")[-1]} if text else ():
        bare = word.strip("-\u2013\u2014|[]()")
        if bare.lower() in _ROMANS:
            yield _Count("", _UPPER if bare.isupper() else _LOWER, _ROMANS[bare.lower()] - index)
