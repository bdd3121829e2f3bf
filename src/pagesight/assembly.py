"""From parsed pages to one document: running headers dropped, headings ranked, title found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from pagesight.document import (
    DocumentProfile,
    Element,
    Figure,
    OutlineEntry,
    PageContent,
    ParsedDocument,
    TextBlock,
)
from pagesight.pairing import paired

_LEAST_REPEATS = 3
"""Pages on which a text has to stand at the same place to be a running one."""
_REPEAT_SHARE = 0.2
"""Of the pages: chapter titles change, and left and right pages differ."""
_MARGIN_SHARE = 0.12
"""Of the page's height: where running headers and footers stand."""
_SAME_PLACE = 10.0
"""Points by which a running text moves at most from page to page."""
_LONGEST_RUNNING = 120
_LONGEST_TITLE = 200
_LONGEST_HEADING = 120
"""Characters of a heading in a path; a longer one is a sentence that looked like a heading."""
_DEEPEST = 6
_SIZE_STEP = 0.6
"""Points by which two headings differ in size at least to be of different levels."""

_NUMBERED = re.compile(
    r"(?i:(?P<named>chapter|appendix|part|annex)\s+(?P<name>[A-Z]|\d{1,3}|[IVXLC]+)\b)|"
    r"(?P<number>(?:\d{1,3}|[A-Z])(?:[.\-]\d{1,3})+)\.?\s+\S|(?P<single>\d{1,2}|[A-Z]|[IVX]{1,5})(?P<dot>\.?)\s+\S"
)
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_NOTE = re.compile(r"\(?(?:\d{1,2}|[*\u2020\u2021\u00a7]|[a-z])\)?\s+\w")
_WORDLESS = re.compile(r"\W+")


def assemble(profile: DocumentProfile, contents: Sequence[PageContent]) -> ParsedDocument:
    """One document of all its pages, in their order.

    Running headers and footers and decoration that repeats from page to page are dropped; headers
    and footers that stand on one page only (letterheads, footnotes) become text, and so does all
    that a page has where nothing else is on it. Levels
    of headings come from the outline, else from their numbers, else from their size; every
    element gets the path of the headings above it.
    """
    ordered = sorted(contents, key=lambda content: content.page.index)
    running = _Running(ordered)
    decoration = _decoration(ordered)
    elements = [
        _without_margin_role(element)
        for content in ordered
        for element in _kept(content, running, decoration) or content.elements
    ]
    return ParsedDocument(
        profile=profile,
        title=_title(profile, elements),
        pages=tuple(content.page for content in ordered),
        elements=tuple(_with_paths(paired(elements), profile.outline)),
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
            self._texts.update({_place(block) for block in blocks if _in_margin(block, height)})
            self._lines.update({_place(block)[1] for block in blocks if _is_marginal(block)})
        self._least = max(_LEAST_REPEATS, _REPEAT_SHARE * len(contents))

    def has(self, element: Element, height: float) -> bool:
        """A numbered heading ("Chapter 3") repeats once digits are masked, and is none for it."""
        if not isinstance(element, TextBlock) or element.role in ("heading", "title", "caption"):
            return False
        text, line = _place(element)
        repeats = sum(self._texts[text, near] for near in _near(line))
        if _is_marginal(element):
            same_line = sum(self._lines[near] for near in _near(line))
            is_number = not any(map(str.isalpha, text))
            return is_number or repeats > 1 or same_line >= self._least
        is_short = len(element.text) <= _LONGEST_RUNNING
        return is_short and _in_margin(element, height) and repeats >= self._least


def _near(line: int) -> range:
    return range(line - 1, line + 2)


def _place(block: TextBlock) -> _Place:
    text = _DIGITS.sub("#", " ".join(block.text.lower().split()))
    return text[:_LONGEST_RUNNING], round(block.bbox.y0 / _SAME_PLACE)


def _is_marginal(block: TextBlock) -> bool:
    return block.role in ("header", "footer")


def _in_margin(block: TextBlock, height: float) -> bool:
    margin = _MARGIN_SHARE * height
    return _is_marginal(block) or block.bbox.y1 < margin or block.bbox.y0 > height - margin


def _without_margin_role(element: Element) -> Element:
    """What is left of headers and footers belongs to the text."""
    if not isinstance(element, TextBlock) or not _is_marginal(element):
        return element
    is_note = element.role == "footer" and _NOTE.match(element.text)
    return replace(element, role="footnote" if is_note else "paragraph")


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
    return [block for block in blocks if most and block.font_size > most - _SIZE_STEP]


def _with_paths(elements: Sequence[Element], outline: Sequence[OutlineEntry]) -> Iterator[Element]:
    sizes = _heading_sizes(elements)
    entries = _Outline(outline)
    path: list[tuple[int, str]] = []
    for element in elements:
        if isinstance(element, TextBlock) and element.role in ("title", "heading"):
            text = " ".join(element.text.split())[:_LONGEST_HEADING]
            level = entries.level(element.page, text)
            if level is None:
                level = _level_by_number(text)
            if level is None:
                level = _level_by_size(element, sizes)
            path = [above for above in path if above[0] < level]
            yield replace(element, heading_path=tuple(title for _, title in path))
            path.append((level, text))
        else:
            yield replace(element, heading_path=tuple(title for _, title in path))


class _Outline:
    """Finds the bookmark of a heading: same words, on its page or the one before or after."""

    def __init__(self, entries: Sequence[OutlineEntry]) -> None:
        self._levels: dict[tuple[int, str], int] = {}
        for entry in entries:
            self._levels.setdefault((entry.page, _bare(entry.title)), entry.level)

    def level(self, page: int, heading: str) -> int | None:
        """Level from 1, None where the outline does not have the heading."""
        for text in (_bare(heading), _bare(_without_number(heading))):
            for near in (page, page - 1, page + 1):
                found = self._levels.get((near, text)) if text else None
                if found is not None:
                    return found
        return self._level_of_numbered(page, _bare(heading))

    def _level_of_numbered(self, page: int, bare: str) -> int | None:
        """The outline may have the number ("3.1 Setup") where the heading has none."""
        for (near, text), level in self._levels.items():
            if (
                near == page
                and len(bare) > 3
                and text.endswith(bare)
                and text[: -len(bare)].isdigit()
            ):
                return level
        return None


def _bare(text: str) -> str:
    return _WORDLESS.sub("", text).lower()


def _without_number(heading: str) -> str:
    match = _NUMBERED.match(heading)
    if match is None or match["named"]:
        return heading
    return heading.split(maxsplit=1)[-1]


def _level_by_number(heading: str) -> int | None:
    """1 for "3 Setup" and "Chapter 3", 3 for "3.2.1 Wiring", None without a number."""
    match = _NUMBERED.match(heading)
    if match is None:
        return None
    if match["number"]:
        return min(len(re.split(r"[.\-]", match["number"])), _DEEPEST)
    if match["single"] and match["single"].isalpha() and not match["dot"]:
        # "A pump needs oil" and "I Introduction" begin alike; only the dot tells.
        return None
    return 1


def _heading_sizes(elements: Sequence[Element]) -> list[float]:
    """Sizes of headings, largest first, those that hardly differ taken as one."""
    found = sorted(
        {
            element.font_size
            for element in elements
            if isinstance(element, TextBlock) and element.role in ("title", "heading")
        },
        reverse=True,
    )
    steps: list[float] = []
    for size in found:
        if size and (not steps or steps[-1] - size >= _SIZE_STEP):
            steps.append(size)
    return steps


def _level_by_size(block: TextBlock, sizes: Sequence[float]) -> int:
    for level, size in enumerate(sizes, 1):
        if block.font_size > size - _SIZE_STEP:
            return min(level, _DEEPEST)
    return 1 if not sizes else _DEEPEST
