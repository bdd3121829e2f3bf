"""Which headings there are, and which stand above which."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from statistics import median_low
from typing import TypeGuard

from pagesight.document import Element, OutlineEntry, TextBlock
from pagesight.geometry import union

_LONGEST_HEADING = 120
"""Characters of a heading in a path; a longer one is a sentence that looked like a heading."""
_DEEPEST = 6
SIZE_STEP = 0.6
"""Points by which two headings differ in size at least to be of different levels."""

_NUMBERED = re.compile(
    r"(?i:(?P<named>chapter|appendix|part|annex)\s+(?P<name>[A-Z]|\d{1,3}|[IVXLC]+)\b)|"
    r"(?P<number>(?:\d{1,3}|[A-Z])(?:[.\-]\d{1,3})+)\.?\s+\S|(?P<single>\d{1,2}|[A-Z]|[IVX]{1,5})(?P<dot>\.?)\s+\S"
)
_ITEM = re.compile(r"\(?(\d{1,2})[.)]\s+\S")
_ENDINGS = (".", ";", ",")
_SENTENCE = 5
"""Words of a sentence at least; shorter headings may end with a full stop."""
_WORDLESS = re.compile(r"\W+")


def with_paths(elements: Sequence[Element], outline: Sequence[OutlineEntry]) -> Iterator[Element]:
    """Every element with the path of the headings above it.

    The level of a heading is that of its bookmark; else what its number says, counted from where
    the bookmarks put numbers; else that of the headings of its size whose level is known so; else
    one below that of the next larger size. A line in the size of the text that ends with a colon
    ("Before you begin:") stands under the heading before it.
    """
    levels = _Levels(elements, outline)
    path: list[tuple[int, str]] = []
    above = 0
    for element in elements:
        if is_heading(element):
            level = levels.of(element)
            if levels.leads_in(element):
                level = min(max(level, above + 1), _DEEPEST)
            else:
                above = level
            path = [outer for outer in path if outer[0] < level]
            yield replace(element, heading_path=tuple(title for _, title in path))
            path.append((level, _words(element)))
        else:
            yield replace(element, heading_path=tuple(title for _, title in path))


def is_heading(element: Element) -> TypeGuard[TextBlock]:
    return isinstance(element, TextBlock) and element.role in ("title", "heading")


def settled(elements: Sequence[Element], outline: Sequence[OutlineEntry]) -> list[Element]:
    """The elements with headings that are none made text, and "Chapter 4" and the words under it
    made one heading. What has a bookmark stays as it is."""
    entries = _Outline(outline)
    body = _body_size(elements)
    found: list[Element] = []
    number: tuple[str, ...] = ()
    for element, following in zip_longest(elements, elements[1:]):
        before = found[-1] if found else None
        if isinstance(element, TextBlock) and _goes_on(number, element):
            found.append(replace(element, role="heading"))
        elif not is_heading(element) or entries.has(element):
            found.append(element)
        elif _is_item(element, before, following):
            found.append(replace(element, role="list"))
        elif _is_sentence(element, body):
            found.append(replace(element, role="paragraph"))
        else:
            found.append(element)
        number = _number_of(found[-1]) or number
    return [*_with_chapters(found, entries)]


def _number_of(heading: Element) -> tuple[str, ...]:
    """("3", "2", "1") of "3.2.1 Wiring"; () of a heading without such a number."""
    match = _NUMBERED.match(heading.text) if is_heading(heading) else None
    return tuple(re.split(r"[.\-]", match["number"])) if match and match["number"] else ()


def _goes_on(number: tuple[str, ...], block: TextBlock) -> bool:
    """Whether a text counts on from the last heading with a number: "3.2.2" after "3.2.1". Clauses
    that are numbered like that are longer, or end like a sentence."""
    match = _NUMBERED.match(block.text)
    if block.role not in ("paragraph", "list") or match is None or not match["number"]:
        return False
    own = tuple(re.split(r"[.\-]", match["number"]))
    is_short = len(block.text) <= _LONGEST_HEADING and not block.text.rstrip().endswith(_ENDINGS)
    following = number and own[:-1] == number[:-1] and _follows(number[-1], own[-1])
    return bool(is_short and (following or own == (*number, "1")) and number)


def _follows(number: str, following: str) -> bool:
    return number.isdigit() and following.isdigit() and int(following) == int(number) + 1


def _with_chapters(elements: Sequence[Element], entries: _Outline) -> Iterator[Element]:
    pending: TextBlock | None = None
    for element in elements:
        if pending and is_heading(element) and _is_words(element, pending):
            yield _joined(pending, element)
            pending = None
            continue
        if pending:
            yield pending
            pending = None
        if is_heading(element) and _is_bare(element) and not entries.has(element):
            pending = element
        else:
            yield element
    if pending:
        yield pending


def _words(block: TextBlock) -> str:
    return " ".join(block.text.split())[:_LONGEST_HEADING]


def _body_size(elements: Sequence[Element]) -> float:
    """The size of most letters of the text; 0 where sizes are unknown."""
    letters: Counter[float] = Counter()
    for element in elements:
        if isinstance(element, TextBlock) and element.role in ("paragraph", "list"):
            letters[element.font_size] += len(element.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def _is_sentence(heading: TextBlock, body: float) -> bool:
    """A heading in the size of the text that ends like a sentence, and has no number like "3.1"."""
    match = _NUMBERED.match(heading.text)
    is_numbered = match is not None and bool(match["number"] or match["named"])
    words = heading.text.split()
    ends = heading.text.rstrip().endswith(_ENDINGS)
    return (
        ends
        and heading.role == "heading"
        and not is_numbered
        and len(words) >= _SENTENCE
        and heading.font_size < body + SIZE_STEP
        and not heading.text.isupper()
    )


def _is_item(heading: TextBlock, before: Element | None, following: Element | None) -> bool:
    """A "3." between "2." and "4." that are no headings is an item of their list."""
    number = _item_number(heading)
    return number is not None and (
        (_item_of_text(before) == number - 1) or (_item_of_text(following) == number + 1)
    )


def _item_of_text(element: Element | None) -> int | None:
    if not isinstance(element, TextBlock) or element.role not in ("list", "paragraph"):
        return None
    return _item_number(element)


def _item_number(block: TextBlock) -> int | None:
    match = _ITEM.match(block.text)
    return int(match[1]) if match else None


def _is_bare(heading: TextBlock) -> bool:
    """Whether a heading is "Chapter 4" and nothing else."""
    match = _NUMBERED.match(heading.text)
    if match is None or not match["named"]:
        return False
    return match.end() == len(heading.text.rstrip(" :."))


def _is_words(heading: TextBlock, chapter: TextBlock) -> bool:
    """Whether a heading under "Chapter 4" says what the chapter is about."""
    return heading.page == chapter.page and _depth(heading.text) is None


def _joined(heading: TextBlock, following: TextBlock) -> TextBlock:
    text = f"{heading.text} {following.text}"
    offset = len(heading.text) + 1
    moved = (
        replace(link, start=link.start + offset, end=link.end + offset) for link in following.links
    )
    return replace(
        heading,
        bbox=union([heading.bbox, following.bbox]),
        text=text,
        spans=(*heading.spans, *(span.moved(offset) for span in following.spans)),
        font_size=max(heading.font_size, following.font_size),
        links=(*heading.links, *moved),
    )


class _Levels:
    """Levels of a document's headings, from 1."""

    def __init__(self, elements: Sequence[Element], outline: Sequence[OutlineEntry]) -> None:
        headings = [element for element in elements if is_heading(element)]
        self._entries = _Outline(outline)
        self._shift = self._number_shift(headings)
        self._sizes = _sizes_of(headings)
        known: defaultdict[float, list[int]] = defaultdict(list)
        for heading in headings:
            level = self._known(heading)
            if heading.role == "heading" and level is not None:
                known[self._size(heading)].append(level)
        self._body = _body_size(elements)
        self._known_sizes = frozenset(known)
        self._of_size = _levels_of_sizes(self._sizes, known)

    def of(self, heading: TextBlock) -> int:
        level = self._known(heading)
        if level is None:
            level = self._of_size.get(self._size(heading), _DEEPEST if self._sizes else 1)
            if level > 1 and heading.font_size < self._body + SIZE_STEP:
                # At the head of a paragraph, under the numbered heading of the same size.
                level += self._size(heading) in self._known_sizes
        return min(level, _DEEPEST)

    def leads_in(self, heading: TextBlock) -> bool:
        """Whether it only says what comes next."""
        is_small = heading.role == "heading" and heading.font_size < self._body + SIZE_STEP
        return is_small and heading.text.rstrip().endswith(":") and self._known(heading) is None

    def _known(self, heading: TextBlock) -> int | None:
        text = _words(heading)
        level = self._entries.level(heading.page, text)
        if level is not None:
            return level
        depth = _depth(text)
        return None if depth is None else max(1, depth + self._shift)

    def _number_shift(self, headings: Sequence[TextBlock]) -> int:
        """Levels that bookmarks have above numbers: parts, say, or the document itself."""
        shifts = []
        for heading in headings:
            text = _words(heading)
            level, depth = self._entries.level(heading.page, text), _depth(text)
            if level is not None and depth is not None:
                shifts.append(level - depth)
        return median_low(shifts) if shifts else 0

    def _size(self, heading: TextBlock) -> float:
        """The step that a heading's size belongs to; 0 where it is unknown."""
        return next((size for size in self._sizes if heading.font_size > size - SIZE_STEP), 0.0)


def _sizes_of(headings: Sequence[TextBlock]) -> list[float]:
    """Sizes of headings, largest first, those that hardly differ taken as one."""
    steps: list[float] = []
    for size in sorted({heading.font_size for heading in headings}, reverse=True):
        if size and (not steps or steps[-1] - size >= SIZE_STEP):
            steps.append(size)
    return steps


def _levels_of_sizes(
    sizes: Sequence[float], known: Mapping[float, Sequence[int]]
) -> dict[float, int]:
    levels: dict[float, int] = {}
    above = 0
    for size in sizes:
        if known.get(size):
            levels[size] = median_low(known[size])
        elif above:
            levels[size] = above + 1
        else:
            levels[size] = _above_known([known[each] for each in sizes if known.get(each)])
        above = levels[size]
    return levels


def _above_known(known: Sequence[Sequence[int]]) -> int:
    """The level of a size above all those whose level is known."""
    return max(1, median_low(known[0]) - 1) if known else 1


class _Outline:
    """Finds the bookmark of a heading: same words, on its page or the one before or after."""

    def __init__(self, entries: Sequence[OutlineEntry]) -> None:
        self._levels: dict[tuple[int, str], int] = {}
        for entry in entries:
            self._levels.setdefault((entry.page, _bare(entry.title)), entry.level)

    def has(self, heading: TextBlock) -> bool:
        return self.level(heading.page, _words(heading)) is not None

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
    if match is None:
        return heading
    if match["named"]:
        return heading[match.end() :].lstrip(" .:\u2013\u2014-") or heading
    return heading.split(maxsplit=1)[-1]


def _depth(heading: str) -> int | None:
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
