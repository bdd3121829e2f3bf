"""Formulas on one line each: limits, scripts and fractions put where they are read.

A text layer gives what stands above, on and below the line of a formula as pieces of their own,
mostly the upper ones first: "k n i=1 x i". Here the words are laid along the line from left to
right, and what stands off it follows the word it belongs to: "∑_{i=1}^k x_i", "∂B/∂t".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pagesight.adapters.pymupdf.text.scripts import attached
from pagesight.adapters.pymupdf.text.words import SMALLER, Word
from pagesight.geometry import BBox, union

_ON_LINE, _OPERATOR_ON_LINE = 0.3, 0.5
"""Font sizes by which baselines on one line differ at most: those of numerators and denominators
are .6 off, and fonts of large operators put theirs where they like."""
_DESCENT = 0.22
"""Font sizes from the baseline to the bottom of a word's box."""
_BESIDE = 0.5
"""Font sizes between the words of one numerator or limit at most."""
_OVER = 0.5
"""Share of the narrower width from which a word stands above or below another."""
_FARTHEST = 0.75
"""Font sizes between the baseline of a word and that of its scripts; limits are further off."""
_CENTRED = 0.4
"""Font sizes by which the middles of numerator and denominator differ at most; cases behind a
brace are aligned at their left."""
_NEARER = 2.0
"""Distances from its line at which the next line may be, for a limit that touches neither."""
_GLUED = 0.12
"""Font sizes between two words under which they are one."""
_SIGN = re.compile(r"[=≠≈≡≤≥<>∝∼→⇒∑∏∫∮∂∇√±∈]")
_PROSE = re.compile(r"[^\W\d_]{4,}")
"""No name of a variable, and of few functions."""
_MOST_WORDS = 60
_UNREADABLE = "\ufffd"
"""What large operators and brackets are in fonts without a Unicode map."""
_OPERATOR = re.compile(
    "(?:[∑∏∐∫∬∭∮⋃⋂⋁⋀⨁⨂⨀∪∩]|\ufffd|lim(?:sup|inf)?|max|min|sup|inf|arg(?:max|min)?|det|Pr)"
    "[\ufe00-\ufe0f]?"
)
"""What has limits, with the selector of its variant."""
_POWERED = re.compile(r"(\w)\^(.+)")
"""A letter whose exponent is one word with it."""
_PLAIN = re.compile(r"[\w.∂]+(?:\([^()]*\))?")
"""What needs no brackets as a part of a fraction."""


@dataclass(slots=True)
class _Group:
    """Words beside each other, all above or all below the line."""

    words: list[Word]
    is_above: bool

    @property
    def bbox(self) -> BBox:
        return union(word.bbox for word in self.words)

    @property
    def is_stacked(self) -> bool:
        """Whether one of the words stands above another: they belong to two lines."""
        return any(_overlap(one.bbox, other.bbox) for one, other in pairwise(self.words))

    @property
    def text(self) -> str:
        return _spaced([(word.bbox, word.text, word.size) for word in self.words])


@dataclass(slots=True)
class _Item:
    """A word of the line, or a fraction that stands between two, with its scripts."""

    bbox: BBox
    text: str
    size: float
    above: list[_Group] = field(default_factory=list)
    below: list[_Group] = field(default_factory=list)

    @property
    def whole(self) -> BBox:
        """With its scripts, which are not glued to what follows."""
        return union([self.bbox, *(group.bbox for group in (*self.above, *self.below))])

    @property
    def written(self) -> str:
        high = " ".join(group.text for group in self.above)
        if high and not self.below and not _OPERATOR.fullmatch(self.text):
            return attached(self.text, high)
        low = "".join(f"_{_grouped(group.text)}" for group in self.below)
        powered = _POWERED.fullmatch(self.text)
        if low and not high and powered:
            return f"{powered[1]}{low}^{_grouped(powered[2])}"
        return self.text + low + (f"^{_grouped(high)}" if high else "")


def is_formula(words: Sequence[Word]) -> bool:
    """Whether words that the layout took for a paragraph are a formula: signs, and no prose."""
    return (
        2 < len(words) <= _MOST_WORDS
        and all(word.size for word in words)
        and any(_SIGN.search(word.text) for word in words)
        and not any(_PROSE.search(word.text) for word in words)
    )


def formula_lines(words: Sequence[Word]) -> list[tuple[str, tuple[Word, ...]]]:
    """The lines from top to bottom: how each reads, and its words from left to right. None where
    lines stand so close that what is above one cannot be told from what is below another."""
    lines = []
    for band in _bands(words):
        text = _line(band)
        if text is None:
            return []
        lines.append((text, tuple(sorted(band, key=lambda word: word.bbox.x0))))
    return lines


def _bands(words: Sequence[Word]) -> list[list[Word]]:
    """Words with nothing but white above and below them, limits with their line; none where those
    may belong to either of two."""
    bands: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.bbox.y0):
        if not bands or word.bbox.y0 > max(other.bbox.y1 for other in bands[-1]):
            bands.append([])
        bands[-1].append(word)
    size = max(word.size for word in words)
    lines = [band for band in bands if max(word.size for word in band) > SMALLER * size]
    for band in bands:
        if band not in lines:
            nearest, *others = sorted(lines, key=lambda line: _gap(line, band))
            if others and _gap(others[0], band) < _NEARER * _gap(nearest, band):
                return []
            nearest.extend(band)
    return lines


def _gap(line: Sequence[Word], band: Sequence[Word]) -> float:
    one, other = (union(word.bbox for word in words) for words in (line, band))
    return max(one.y0 - other.y1, other.y0 - one.y1)


def _line(band: Sequence[Word]) -> str | None:
    line, level = _base(band)
    size = max(word.size for word in [word for word in line if not _is_operator(word)] or line)
    rest = [word for word in band if word not in line]
    items = [_Item(word.bbox, word.text, word.size) for word in line]
    if any(map(_is_operator, rest)):
        return None
    groups = [
        *_groups([word for word in rest if _baseline(word) < level], True),
        *_groups([word for word in rest if _baseline(word) >= level], False),
    ]
    items += _fractions(groups, line)
    items.sort(key=lambda item: item.bbox.x0)
    for group in groups:
        owner = _owner(group, items, size)
        is_far = any(abs(_baseline(word) - level) > _FARTHEST * size for word in group.words)
        if owner is None or (is_far and not _OPERATOR.fullmatch(owner.text)) or group.is_stacked:
            return None
        (owner.above if group.is_above else owner.below).append(group)
    said = [item for item in items if item.written != _UNREADABLE] or items
    return _spaced([(item.whole, item.written, item.size) for item in said])


def _base(words: Sequence[Word]) -> tuple[list[Word], float]:
    """The words of the line, and its y: of all baselines, that of the widest words together that
    have nothing above or below them; numerators and denominators may be wider."""
    plain = [word for word in words if not _is_operator(word)] or [*words]
    size = max(word.size for word in plain)
    large = [word for word in plain if word.size > SMALLER * size]

    def near(level: float) -> list[Word]:
        return [word for word in large if abs(_baseline(word) - level) <= _ON_LINE * size]

    free = [word for word in large if not any(_is_over(word, other) for other in large)]
    level = max(
        map(_baseline, free or large),
        key=lambda each: sum(word.bbox.width for word in near(each) if not free or word in free),
    )
    operators = [
        word
        for word in words
        if word.text == _UNREADABLE
        or (_is_operator(word) and abs(_baseline(word) - level) <= _OPERATOR_ON_LINE * size)
    ]
    return [*near(level), *(word for word in operators if word not in near(level))], level


def _is_operator(word: Word) -> bool:
    return _OPERATOR.fullmatch(word.text) is not None


def _baseline(word: Word) -> float:
    """Its y. A box with raised characters still ends below the others."""
    return word.bbox.y1 - _DESCENT * word.size


def _groups(words: Sequence[Word], is_above: bool) -> Iterator[_Group]:
    group: list[Word] = []
    for word in sorted(words, key=lambda word: word.bbox.x0):
        if group and not _is_beside(group, word):
            yield _Group(group, is_above)
            group = []
        group.append(word)
    if group:
        yield _Group(group, is_above)


def _is_beside(group: Sequence[Word], word: Word) -> bool:
    """Whether a word goes on with those before it; a script goes on with what it is glued to."""
    gap = word.bbox.x0 - max(other.bbox.x1 for other in group)
    smaller, larger = sorted((group[-1].size, word.size))
    return gap <= (_BESIDE if smaller > SMALLER * larger else _GLUED) * larger


def _fractions(groups: list[_Group], line: Sequence[Word]) -> list[_Item]:
    """Takes those of the groups that stand above each other with no word of the line between."""
    found = []
    for upper in [group for group in groups if group.is_above]:
        lower = next(
            (each for each in groups if not each.is_above and _overlap(upper.bbox, each.bbox)), None
        )
        if (
            lower is None
            or any(_overlap(word.bbox, part.bbox) for word in line for part in (upper, lower))
            or abs(_centre(upper.bbox) - _centre(lower.bbox)) > _CENTRED * upper.words[0].size
            or _are_scripts(upper, lower, line)
        ):
            continue
        groups.remove(upper)
        groups.remove(lower)
        bbox = union((upper.bbox, lower.bbox))
        size = max(word.size for word in upper.words)
        found.append(_Item(bbox, f"{_bracketed(upper.text)}/{_bracketed(lower.text)}", size))
    return found


def _are_scripts(upper: _Group, lower: _Group, line: Sequence[Word]) -> bool:
    """Whether two small groups stand right behind a word, as those of "x_i^2" do."""
    left = min(upper.bbox.x0, lower.bbox.x0)
    return any(
        max(each.size for each in (*upper.words, *lower.words)) <= SMALLER * word.size
        and abs(left - word.bbox.x1) <= _GLUED * word.size
        for word in line
    )


def _owner(group: _Group, items: Sequence[_Item], size: float) -> _Item | None:
    """What a group is the limit or the script of; None where it may be another line."""
    over = [item for item in items if _overlap(item.bbox, group.bbox)]
    operator = next((item for item in over if _OPERATOR.fullmatch(item.text)), None)
    if operator is not None:
        return operator
    if max(word.size for word in group.words) > SMALLER * size:
        return None
    before = [item for item in items if item.bbox.x0 < group.bbox.x0]
    return before[-1] if before else None


def _centre(bbox: BBox) -> float:
    return (bbox.x0 + bbox.x1) / 2


def _is_over(word: Word, other: Word) -> bool:
    """Whether they are not beside each other."""
    is_beside = word.bbox.x1 <= other.bbox.x0 or other.bbox.x1 <= word.bbox.x0
    return word is not other and not is_beside


def _overlap(one: BBox, other: BBox) -> bool:
    shared = min(one.x1, other.x1) - max(one.x0, other.x0)
    return shared > _OVER * min(one.width, other.width)


def _spaced(parts: Sequence[tuple[BBox, str, float]]) -> str:
    text, end = "", 0.0
    for bbox, part, size in parts:
        text += f" {part}" if text and bbox.x0 - end > _GLUED * size else part
        end = bbox.x1
    return text


def _grouped(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"


def _bracketed(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else f"({text})"
