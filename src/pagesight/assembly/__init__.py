"""From parsed pages to one document: running headers dropped, headings ranked, title found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from statistics import median

from pagesight.assembly.continuation import joined_tables
from pagesight.assembly.headings import SIZE_STEP, settled, with_paths
from pagesight.assembly.hyphens import with_hyphens
from pagesight.assembly.labels import in_margin, labelled
from pagesight.assembly.lists import listed
from pagesight.assembly.pairing import paired
from pagesight.assembly.sisters import with_sisters
from pagesight.assembly.strays import without_strays
from pagesight.document import (
    DocumentProfile,
    Element,
    Figure,
    PageContent,
    ParsedDocument,
    TextBlock,
)

_LEAST_REPEATS = 3
"""Pages on which a text has to stand at the same place to be a running one."""
_REPEAT_SHARE = 0.2
"""Of the pages: chapter titles change, and left and right pages differ."""
_SAME_PLACE = 10.0
"""Points by which a running text moves at most from page to page."""
_LONGEST_RUNNING = 120
_NEVER_RUNNING = ("heading", "title", "caption", "annotation")
_LONGEST_TITLE = 200
_TALLER = 1.15
"""Line heights of the running text up to which a line is taken for as small."""
_SHORT = 3
"""Characters of a level line that may be narrower than it is tall."""

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_NOTE = re.compile(r"\(?(?:\d{1,2}|[*\u2020\u2021\u00a7]|[a-z])\)?\s+\w")


def assemble(profile: DocumentProfile, contents: Sequence[PageContent]) -> ParsedDocument:
    """One document of all its pages, in their order.

    Running headers and footers and decoration that repeats from page to page are dropped. Of those
    that stand on one page only, small print keeps its role, and the rest (titles of slides,
    letterheads, footnotes) becomes text; a page keeps all it has where nothing else is on it.
    Captions find what stands on the next page. Pages without declared labels get those that are
    printed. Every element gets the path of the headings above it.
    """
    ordered = sorted(contents, key=lambda content: content.page.index)
    running = _Running(ordered)
    decoration = _decoration(ordered)
    elements = [
        _settled_margin(element, tallest)
        for content in ordered
        for tallest in [_tallest_print(content)]
        for element in _kept(content, running, decoration) or content.elements
    ]
    pages = labelled(ordered)
    elements = with_hyphens(without_strays(joined_tables(elements, pages)))
    elements = listed(with_sisters(settled(elements, profile.outline)))
    return ParsedDocument(
        profile=profile,
        title=_title(profile, elements),
        pages=pages,
        elements=tuple(with_paths(paired(elements), profile.outline)),
        hidden=tuple(each for content in ordered for each in content.hidden),
    )


def _kept(content: PageContent, running: _Running, decoration: frozenset[str]) -> list[Element]:
    return [
        element
        for element in content.elements
        if not running.has(element, content.page.height)
        and not (isinstance(element, Figure) and element.image in decoration)
    ]


_Place = tuple[str, int]
"""A text with its digits masked, and its height on the page in steps of `_SAME_PLACE`."""


class _Running:
    """Running headers and footers of a document.

    The layout's word alone is not enough: letterheads and footnotes look like headers and footers
    too, and stand on one page only.
    """

    def __init__(self, contents: Sequence[PageContent]) -> None:
        self._texts: Counter[_Place] = Counter()
        self._lines: Counter[int] = Counter()
        for content in contents:
            blocks = [each for each in content.elements if isinstance(each, TextBlock)]
            height = content.page.height
            self._texts.update({_place(block) for block in blocks if in_margin(block, height)})
            self._lines.update({_place(block)[1] for block in blocks if block.is_marginal})
        self._least = max(_LEAST_REPEATS, _REPEAT_SHARE * len(contents))

    def has(self, element: Element, height: float) -> bool:
        """A numbered heading ("Chapter 3") repeats once digits are masked, and is none for it."""
        if not isinstance(element, TextBlock) or element.role in _NEVER_RUNNING:
            return False
        text, line = _place(element)
        repeats = sum(self._texts[text, near] for near in _near(line))
        if element.is_marginal:
            same_line = sum(self._lines[near] for near in _near(line))
            is_number = not any(map(str.isalpha, text))
            return is_number or repeats > 1 or same_line >= self._least
        is_short = len(element.text) <= _LONGEST_RUNNING
        return is_short and in_margin(element, height) and repeats >= self._least


def _near(line: int) -> range:
    return range(line - 1, line + 2)


def _place(block: TextBlock) -> _Place:
    text = _DIGITS.sub("#", " ".join(block.text.lower().split()))
    return text[:_LONGEST_RUNNING], round(block.bbox.y0 / _SAME_PLACE)


def _settled_margin(element: Element, tallest: float) -> Element:
    """What is left of headers and footers: notes are footnotes, lines that are no taller than
    `tallest` points stay what they are, and anything larger belongs to the text."""
    if not isinstance(element, TextBlock) or not element.is_marginal:
        return element
    if element.role == "footer" and _NOTE.match(element.text):
        return replace(element, role="footnote")
    return element if _line_height(element) <= tallest else replace(element, role="paragraph")


def _tallest_print(content: PageContent) -> float:
    """Points up to which a line of the page is no taller than its running text."""
    heights = [
        _line_height(element)
        for element in content.elements
        if isinstance(element, TextBlock) and element.role in ("paragraph", "list")
        for _ in element.spans
    ]
    return _TALLER * median(heights) if heights else 0.0


def _line_height(block: TextBlock) -> float:
    """The mean over its lines, in points; a line that runs up the margin is as tall as it is wide
    on the page."""
    heights = [
        span.bbox.width
        if span.end - span.start > _SHORT and span.bbox.width < span.bbox.height
        else span.bbox.height
        for span in block.spans
    ]
    return sum(heights) / max(len(heights), 1)


def _decoration(contents: Sequence[PageContent]) -> frozenset[str]:
    """Crops without caption that look the same on many pages: logos and icons."""
    pages: Counter[str] = Counter()
    for content in contents:
        pages.update(
            {
                element.image
                for element in content.elements
                if isinstance(element, Figure) and element.caption is None
            }
        )
    return frozenset(image for image, count in pages.items() if count >= _LEAST_REPEATS)


def _title(profile: DocumentProfile, elements: Sequence[Element]) -> str:
    if profile.title:
        return profile.title
    first = [
        element
        for element in elements
        if isinstance(element, TextBlock) and element.page == 0 and element.role != "footnote"
    ]
    titles = [block for block in first if block.role == "title"]
    heads = [block for block in first if block.role == "heading"]
    sizes = [block for block in first if block.font_size > 0]
    candidates = titles or _largest(heads) or _largest(sizes) or heads
    for block in candidates:
        title = " ".join(block.text.split())
        if 3 <= len(title) <= _LONGEST_TITLE and any(map(str.isalpha, title)):
            return title
    name = profile.source.replace("\\", "/")
    return PurePosixPath(name).stem.replace("_", " ") or profile.source


def _largest(blocks: Sequence[TextBlock]) -> list[TextBlock]:
    """Blocks in the largest font, in reading order; none where sizes are unknown."""
    most = max((block.font_size for block in blocks), default=0.0)
    return [block for block in blocks if most and block.font_size > most - SIZE_STEP]
