"""From words to lines, from lines to text with one span a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median

from pagesight.adapters.pymupdf.text.formulas import formula_lines, is_formula
from pagesight.adapters.pymupdf.text.scripts import attached
from pagesight.adapters.pymupdf.text.words import HIGHER, SMALLER, SOFT_HYPHEN, Word
from pagesight.document import Link, Role, Span, TextBlock
from pagesight.geometry import BBox, union

Line = tuple[Word, ...]
"""Words that stand on one line, in the order they are read; never empty."""

_HYPHENS = ("-", "\u2010", SOFT_HYPHEN)
_NO_SPACE = 0.12
"""Gap in font sizes under which two pieces are one word."""
_LEAST_HALF = 4
"""Letters of a word that is taken for the first half of a compound; "in-", "con-" are syllables."""
_LONGEST_HEAD = 8
"""Words of a heading that a paragraph has taken in."""
_LEAST_PROSE = 8
"""Words of the paragraph under it; fewer are cells under the head of a table, or labels."""
_HEAD_GAP = 0.7
"""Font sizes between a heading and the text that follows it on its line; a blank is narrower."""
_LEADER_DOTS = "...."
_LEADERS = re.compile(r"\s?(?:\.\s?){5,}(?=\w)")
_SIDE_GAP = 0.8
"""Line heights between a label and the text that it stands beside."""
_BULLET = re.compile(
    r"(?:[\u2022\u2023\u2043\u204c\u204d\u2219\u25a0-\u25ff\u2610-\u2612\u2756\u27a2\u00b7\uf0b7\uf0a7]|"
    r"[-\u2013*\u2014](?=\s)|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)](?=\s))"
)

_SIGNS = frozenset("\u2022\u2023\u2043\u25a0\u25aa\u25cf\u2610\u2611\u2612\u27a2\uf0b7\uf0a7")
"""Bullets that are nothing else, and boxes to tick."""


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Lines from top to bottom. Pieces that a wide gap parted are put together again; the order
    of the words inside a piece is the reader's own, but in right-to-left script."""
    pieces = [tuple(group) for _, group in groupby(words, key=lambda word: (word.block, word.line))]
    level = [piece for piece in pieces if _is_level(piece)]
    label = _side_label(level)
    rows: list[list[Line]] = []
    for piece in sorted(level, key=_middle):
        if piece is label:
            continue
        if rows and _shares_line(rows[-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    joined = [_joined(row) for row in rows]
    first = [label] if label else []
    return first + joined + [piece for piece in pieces if not _is_level(piece)]


def _side_label(pieces: Sequence[Line]) -> Line | None:
    """The one piece left of all others ("WARNING" beside its three lines): read before them."""
    if len(pieces) < 3:
        return None
    lefts = sorted((piece[0].bbox.x0, place) for place, piece in enumerate(pieces))
    label = pieces[lefts[0][1]]
    gap = lefts[1][0] - max(word.bbox.x1 for word in label)
    return label if gap > _SIDE_GAP * label[0].bbox.height else None


def line_text(line: Line) -> str:
    """The words of a line with single spaces; pieces of one word are put together, and the dots
    between a heading and its page number are left out."""
    text = line[0].text
    for before, word in pairwise(line):
        if not _is_glued(before, word):
            text += " " + word.text
        elif _is_raised(before, word):
            text = attached(text, word.text)
        else:
            text += word.text
    return _LEADERS.sub(" ", text)


def has_leaders(line: Line) -> bool:
    """Whether dots lead from a heading to its page number, as in a table of contents."""
    dots = (word.text for word in line if word.text.startswith(".") or "..." in word.text)
    return _LEADER_DOTS in "".join(dots)


def region_text(words: Sequence[Word]) -> str:
    """The words line by line, for the inside of a figure or of a table without cells."""
    return "\n".join(line_text(line).replace(SOFT_HYPHEN, "") for line in lines_of(words))


def headed(words: Sequence[Word]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words of a paragraph's own heading, and the rest: a bold beginning that ends its line, or
    that a wide gap parts from the text on the same line. None where there is no such thing."""
    lines = lines_of(words)
    ordered = [word for line in lines for word in line]
    count = next((at for at, word in enumerate(ordered) if not word.bold), 0)
    head, rest = ordered[:count], ordered[count:]
    if not 0 < count <= _LONGEST_HEAD or len(rest) < _LEAST_PROSE or count > len(lines[0]):
        return (), tuple(words)
    is_apart = count == len(lines[0]) or (
        rest[0].bbox.x0 - head[-1].bbox.x1 > _HEAD_GAP * head[-1].size and rest[0].text[0].isupper()
    )
    of_text = {word.block for word in rest}
    is_own = count < len(lines[0]) or of_text.isdisjoint(word.block for word in head)
    if not (is_apart and is_own and _reads_as_heading(line_text(tuple(head)))):
        return (), tuple(words)
    return tuple(head), tuple(rest)


def _reads_as_heading(text: str) -> bool:
    return text[0].isupper() and not text.endswith((".", ",", ";", ":"))


def text_block(
    words: Sequence[Word], *, page: int, role: Role, vocabulary: Collection[str]
) -> TextBlock:
    """Joins the words of one region to a block; `vocabulary` decides about hyphens at line ends.

    Raises:
        ValueError: there are no words.
    """
    formula = _formula(words, role)
    lines = [line for _, line in formula] or lines_of(words)
    if formula:
        text, ranges = _below_each_other([written for written, _ in formula])
    elif role == "code":
        text, ranges = _code(lines)
    else:
        text, ranges = _prose(lines, role, vocabulary)
    spans = tuple(
        Span(start=start, end=end, page=page, bbox=_line_box(line))
        for (start, end), line in zip(ranges, lines, strict=True)
        if end > start
    )
    return TextBlock(
        page=page,
        bbox=union(span.bbox for span in spans),
        role=role,
        text=text,
        spans=spans,
        font_size=max(word.size for word in words),
        links=tuple(_links(text, lines, ranges)),
    )


def vocabulary_of(words: Sequence[Word]) -> frozenset[str]:
    """Lower-case words of a page, punctuation at the ends stripped, second halves of words that
    are broken at a line's end left out."""
    whole = [
        word
        for before, word in pairwise([None, *words])
        if word and not (before and before.text.endswith(_HYPHENS) and before.line != word.line)
    ]
    return frozenset(word.text.strip(".,;:!?()[]\"'\u201c\u201d").lower() for word in whole)


def _links(text: str, lines: Sequence[Line], ranges: Sequence[tuple[int, int]]) -> Iterator[Link]:
    """The words that lead somewhere, those of one link together, also over a line's end."""
    links: list[tuple[str, int, int]] = []
    for line, (at, end) in zip(lines, ranges, strict=True):
        for word in line:
            said = word.text.replace(SOFT_HYPHEN, "")
            start = text.find(said, at, end)
            if start < 0:
                # The hyphen that broke the word at the line's end is gone.
                said = said.rstrip("-\u2010")
                start = text.find(said, at, end)
            if start < 0 or not said:
                continue
            at = start + len(said)
            if not word.leads_to:
                continue
            if links and links[-1][0] == word.leads_to and not text[links[-1][2] : start].strip():
                links[-1] = (word.leads_to, links[-1][1], at)
            else:
                links.append((word.leads_to, start, at))
    for target, start, end in links:
        if target.startswith("#"):
            yield Link(start=start, end=end, page=int(target[1:]))
        else:
            yield Link(start=start, end=end, uri=target)


def _prose(
    lines: Sequence[Line], role: Role, vocabulary: Collection[str]
) -> tuple[str, list[tuple[int, int]]]:
    text = ""
    ranges: list[tuple[int, int]] = []
    before = lines[0]
    for line in lines:
        piece = line_text(line)
        if text:
            start, end = ranges[-1]
            text, separator = _line_break(text, piece, vocabulary)
            ranges[-1] = (start, min(end, len(text)))
            is_item = _is_item(piece, role) or has_leaders(before)
            text += "\n" if separator and is_item else separator
        start = len(text)
        text += piece
        ranges.append((start, len(text)))
        before = line
    if text.endswith(SOFT_HYPHEN):
        text = text[:-1]
        ranges[-1] = (ranges[-1][0], len(text))
    # A soft hyphen inside a line is a place where the word was not broken.
    return _without_soft_hyphens(text, ranges)


def _is_item(line: str, role: Role) -> bool:
    """A number may begin any line of a paragraph; a bullet or a box to tick begins an item."""
    match = _BULLET.match(line)
    return match is not None and (role == "list" or match[0] in _SIGNS)


def _line_break(text: str, following: str, vocabulary: Collection[str]) -> tuple[str, str]:
    """The text so far, without a hyphen that only broke a word, and what goes between."""
    if not text.endswith(_HYPHENS) or len(text) < 2 or not text[-2].isalpha():
        return text, " "
    if text.endswith(SOFT_HYPHEN):
        return text[:-1], ""
    first = re.split(r"[\s(/\u2014]", text[:-1])[-1].lower()
    second = re.match(r"\w*", following)
    rest = second[0].lower() if second else ""
    if not rest or not following[0].islower() or "-" in first:
        return text, ""
    if f"{first}-{rest}" in vocabulary:
        return text, ""
    is_compound = len(first) >= _LEAST_HALF and first in vocabulary and rest in vocabulary
    if is_compound and f"{first}{rest}" not in vocabulary:
        return text, ""
    return text[:-1], ""


def _formula(words: Sequence[Word], role: Role) -> list[tuple[str, Line]]:
    """How the lines of a formula read, and their words; none where it is none."""
    is_own = role == "formula" and all(word.size for word in words)
    if is_own or (role == "paragraph" and is_formula(words)):
        return formula_lines(words)
    return []


def _below_each_other(lines: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    ranges = []
    start = 0
    for line in lines:
        ranges.append((start, start + len(line)))
        start += len(line) + 1
    return "\n".join(lines), ranges


def _without_soft_hyphens(
    text: str, ranges: list[tuple[int, int]]
) -> tuple[str, list[tuple[int, int]]]:
    if SOFT_HYPHEN not in text:
        return text, ranges
    kept = [
        (start - text.count(SOFT_HYPHEN, 0, start), end - text.count(SOFT_HYPHEN, 0, end))
        for start, end in ranges
    ]
    return text.replace(SOFT_HYPHEN, ""), kept


def _code(lines: Sequence[Line]) -> tuple[str, list[tuple[int, int]]]:
    """Lines stay lines, and gaps become as many spaces as fit into them."""
    advances = [word.bbox.width / len(word.text) for line in lines for word in line]
    advance = max(median(advances), 0.1)
    left = min(line[0].bbox.x0 for line in lines)
    text = ""
    ranges = []
    for line in lines:
        text += "\n" if text else ""
        text += " " * round((line[0].bbox.x0 - left) / advance)
        start = len(text)
        text += line[0].text
        for before, word in pairwise(line):
            gap = round((word.bbox.x0 - before.bbox.x1) / advance)
            text += " " * min(max(gap, 0 if _is_glued(before, word) else 1), 40) + word.text
        ranges.append((start, len(text)))
    return _without_soft_hyphens(text, ranges)


def _line_box(line: Line) -> BBox:
    return union(word.bbox for word in line).rounded()


def _is_level(piece: Line) -> bool:
    """Whether the words stand beside each other rather than above each other."""
    box = union(word.bbox for word in piece)
    if len(piece) == 1:
        # A word on its side is as wide as its font is tall; "ii." is narrow and level.
        is_thin = box.width < 0.9 * piece[0].size
        return len(piece[0].text) < 3 or is_thin or box.width >= 0.6 * box.height
    return box.width >= box.height or box.height < 1.8 * max(word.size for word in piece)


def _middle(piece: Line) -> float:
    box = union(word.bbox for word in piece)
    return (box.y0 + box.y1) / 2


def _shares_line(row: Sequence[Line], piece: Line) -> bool:
    """Whether a piece stands beside those of a row: heights overlap, and widths do not."""
    box = union(word.bbox for word in piece)
    whole = union(word.bbox for other in row for word in other)
    shared = min(whole.y1, box.y1) - max(whole.y0, box.y0)
    if shared < 0.55 * min(whole.height, box.height):
        return False
    others = (union(word.bbox for word in other) for other in row)
    return all(
        min(other.x1, box.x1) - max(other.x0, box.x0) < 0.5 * min(other.width, box.width)
        or min(other.height, box.height) < 0.7 * max(other.height, box.height)
        for other in others
    )


def _joined(row: Sequence[Line]) -> Line:
    """The words of a row as they are read. Pieces stand in each other where scripts were parted
    from their line; right-to-left script is also found in the order in which it is drawn."""
    pieces = sorted(row, key=lambda piece: min(word.bbox.x0 for word in piece))
    words = [word for piece in pieces for word in piece]
    if sum(map(is_leftward, words)) > sum(any(map(str.isalpha, word.text)) for word in words) / 2:
        return _from_right(words)
    is_mixed = any(
        min(word.bbox.x0 for word in piece) < max(word.bbox.x0 for word in before)
        for before, piece in pairwise(pieces)
    )
    return tuple(sorted(words, key=lambda word: word.bbox.x0) if is_mixed else words)


def _from_right(words: Sequence[Word]) -> Line:
    """Words from right to left; runs of numbers and of other scripts inside them stay as they
    are."""
    ordered = sorted(words, key=lambda word: -word.bbox.x1)
    read: list[Word] = []
    for is_turned, run in groupby(ordered, key=is_leftward):
        found = [*run]
        read += found if is_turned else found[::-1]
    return tuple(read)


def is_leftward(word: Word) -> bool:
    """Whether it is written from right to left."""
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in word.text)


def _is_glued(before: Word, word: Word) -> bool:
    """Inside a line of the reader white space parts words; between its lines distance does."""
    if before.line == word.line and before.block == word.block:
        return False
    size = before.size or before.bbox.height
    gap = word.bbox.x0 - before.bbox.x1
    return -0.5 * size < gap < _NO_SPACE * size


def _is_raised(before: Word, word: Word) -> bool:
    """Whether a piece is smaller than the one before it and stands higher."""
    if not before.size or word.size > SMALLER * before.size:
        return False
    return word.bbox.y1 < before.bbox.y1 - HIGHER * before.size
