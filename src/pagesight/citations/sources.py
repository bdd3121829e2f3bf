"""A piece of evidence as the checker reads it: stretches that can be quoted, and its facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pagesight.citations.bounds import Bound, bound, named_bound, range_ends
from pagesight.citations.tables import Grid, Row, grids
from pagesight.citations.words import Reading, comparable, read
from pagesight.quantities import Quantity
from pagesight.results import Evidence
from pagesight.sentences import sentence_ranges

_NUMBERING = re.compile(r"\(?(?:\d{1,2}|[a-zA-Z])[.)]")
_CLAUSE_END = re.compile(
    r"[;,]\s|\n|\s(?:and|but|while|whereas|or|und|aber)\s|\s\(|[—:]\s", re.IGNORECASE
)

_ITEM_END = r",?\s(?:and|or)\s|,\s"
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been)\s+([a-z]+)|\b([a-z]+ed)\b"
    r"|\b([a-z]{3,}s)\s(?:at|to|by|for|from|when|up|below|above)\b",
    re.IGNORECASE,
)
_LIST = re.compile(r"(?:[\w-]+,\s)*[\w-]+,?\s(?:and|or)\s[\w-]+")
"""Names in a row: "inlet and outlet", "A, B and C"."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The place of a fact in a table."""

    grid: Grid
    row: Row
    column: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters [start, end) of a chunk that say something: a sentence, a row, a figure."""

    mark: int
    position: int
    """In its source, from 0."""
    start: int
    end: int
    reading: Reading
    words: frozenset[str]
    """Its own, and those that belong to it from elsewhere: headings, caption, header row."""
    row: tuple[Grid, Row] | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A quantity in a source, and what it belongs to."""

    stretch: Stretch
    printed: Quantity
    implied: Quantity | None
    """In the unit and scale of its header; None where there is nothing to add."""
    near: frozenset[str]
    """Words of its clause, or of its row and column."""
    around: frozenset[str]
    """Words of its sentence, or of the caption."""
    context: frozenset[str]
    """Words of the sentences beside it, and of the headings."""
    scopes: tuple[frozenset[str], ...]
    """Identifiers of clause, sentence, sentence before, headings: the first that has any counts."""
    bound: Bound
    named: Bound
    """The limit that its header or its place in a range makes it."""
    cell: Cell | None = None

    @property
    def full(self) -> Quantity:
        return self.implied or self.printed


@dataclass(frozen=True, slots=True)
class Source:
    """The part of a piece of evidence that was shown."""

    mark: int
    stretches: tuple[Stretch, ...]
    facts: tuple[Fact, ...]
    keys: frozenset[str]
    """Every word, identifier (with its parts) and whole number."""
    whole: str
    """All its words in small letters, for names."""
    shown: str
    """The chunk's text, blank where it was not shown."""


def source_of(piece: Evidence) -> Source:
    """Reads a piece of evidence; what was not shown counts for nothing."""
    chunk = piece.chunk
    shown = shown_part(chunk.text, piece.shown_text)
    title = f"{chunk.title} | {piece.document.title} | {piece.document.name}"
    over = " | ".join((*chunk.heading_path, chunk.label, title))
    about = read(over)
    found = grids(shown)
    stretches = tuple(_stretches(piece, shown, about.all, found))
    facts = tuple(_facts(stretches, found, about))
    readings = [about, *(each.reading for each in stretches)]
    readings += [read(cell) for grid in found for cell in grid.header]
    return Source(
        mark=piece.mark,
        stretches=stretches,
        facts=facts,
        keys=frozenset().union(*map(_keys, readings), *(each.words for each in stretches)),
        whole=f"{over} | {shown}".casefold(),
        shown=shown,
    )


def shown_part(text: str, shown: str) -> str:
    """`text` with blanks in place of what is not in `shown`; line by line where it was cut."""
    if not shown.strip():
        return " " * len(text)
    at = text.find(shown.strip())
    if at >= 0:
        end = at + len(shown.strip())
        return re.sub(r"[^\n]", " ", text[:at]) + text[at:end] + re.sub(r"[^\n]", " ", text[end:])
    blank = list(re.sub(r"[^\n]", " ", text))
    at = 0
    for line in filter(str.strip, shown.splitlines()):
        start = text.find(line.strip(), at)
        if start >= 0:
            at = start + len(line.strip())
            blank[start:at] = text[start:at]
    return "".join(blank)


def _keys(reading: Reading) -> frozenset[str]:
    """The words of a reading; identifiers also in parts, and joined with the word beside them."""
    text, keys = reading.text, set(reading.all)
    keys |= {letter.casefold() for letter in re.findall(r"\b[A-Z]\b", text)}
    for word in reading.words:
        if word.sort == "identifier":
            keys |= set(re.split(r"[-_./:]+", text[word.start : word.end].casefold()))
    for left, right in pairwise(reading.words):
        if right.start - left.end == 1 and "identifier" in (left.sort, right.sort):
            keys.add(re.sub(r"[-_\s]", "", text[left.start : right.end].casefold()))
    keys |= {str(int(each.value)) for each in reading.quantities if not each.decimals}
    return frozenset(keys)


def parts(text: str) -> list[tuple[int, int]]:
    """The clauses of a text: ranges [start, end)."""
    ends = [match.span() for match in _CLAUSE_END.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    return list(zip(starts, [*(start for start, _ in ends), len(text)], strict=True))


def _stretches(
    piece: Evidence, shown: str, about: frozenset[str], found: Sequence[Grid]
) -> Iterator[Stretch]:
    """Sentences and rows in order; a figure is one stretch, its words belong together."""
    places: list[tuple[int, int, tuple[Grid, Row] | None]] = []
    if piece.chunk.kind == "figure" and shown.strip():
        left = len(shown) - len(shown.lstrip())
        places.append((left, len(shown.rstrip()), None))
    else:
        places += ((start, end, None) for start, end in _prose(shown, found))
        places += ((row.start, row.end, (grid, row)) for grid in found for row in grid.rows)
    for position, (start, end, row) in enumerate(sorted(places, key=lambda place: place[:2])):
        around = about
        if row is not None:
            around |= read(row[0].caption).all | frozenset().union(*row[0].columns)
            around |= row[1].words
        reading = read(shown[start:end])
        words = reading.all | around
        yield Stretch(piece.mark, position, start, end, reading, words, row)


def _prose(shown: str, found: Sequence[Grid]) -> Iterator[tuple[int, int]]:
    """Sentences outside of tables; the number of a list item stays with its item."""
    waiting = -1
    for start, end in sentence_ranges(shown):
        if any(grid.start <= start < grid.end for grid in found):
            continue
        if _NUMBERING.fullmatch(shown[start:end]):
            waiting = start
            continue
        near = waiting >= 0 and "\n" not in shown[waiting:start]
        yield (waiting if near else start), end
        waiting = -1


def _facts(stretches: Sequence[Stretch], found: Sequence[Grid], about: Reading) -> Iterator[Fact]:
    prose = [each for each in stretches if each.row is None]
    for number, stretch in enumerate(prose):
        before = prose[number - 1] if number else None
        after = prose[number + 1] if number + 1 < len(prose) else None
        yield from _prose_facts(stretch, before, after, about)
    for stretch in stretches:
        if stretch.row is not None:
            yield from _row_facts(stretch, *stretch.row, about)
    for grid in found:
        yield from _header_facts(stretches, grid)


def _prose_facts(
    stretch: Stretch, before: Stretch | None, after: Stretch | None, about: Reading
) -> Iterator[Fact]:
    reading = stretch.reading
    beside = [each.reading for each in (before, after) if each is not None]
    context = frozenset(about.all).union(*(each.all for each in beside))
    ends = range_ends(reading.text, reading.quantities)
    for number, (quantity, (start, end)) in enumerate(
        zip(reading.quantities, segments(reading), strict=True)
    ):
        yield Fact(
            stretch=stretch,
            printed=quantity,
            implied=None,
            near=_paired(reading, number) or _near(reading, number, start, end),
            around=reading.all,
            context=context,
            scopes=(
                _identifiers(reading, start, end),
                reading.identifiers,
                before.reading.identifiers if before else frozenset(),
                about.identifiers,
            ),
            bound=bound(reading.text, quantity),
            named=ends.get(number, "") or named_bound(reading.text[start:end]),
        )


def _near(reading: Reading, number: int, start: int, end: int) -> frozenset[str]:
    """Words of the part of a sentence that is about a quantity, and those that it leaves out.

    In "decreased by 31 % in one group and by 12 % in the other" the second has the beginning of the
    first; in "the pump is protected by F1 (2 A), the heater by F2 (16 A)" it has the verb, in "the
    filter is cleaned every 250 h and replaced every 1000 h" the rest.
    """
    near = reading.bag(start, end)
    first = reading.quantities[0].start
    if "\n" in reading.text or start <= first:
        return near
    at = reading.quantities[number].start
    own, shared = reading.bag(start, at), verbs(reading, 0, first)
    if not own:
        return near | reading.bag(0, first)
    only_verbs = own <= verbs(reading, start, at)
    return near | (reading.bag(0, first) - shared if only_verbs else shared)


def verbs(reading: Reading, start: int, end: int) -> frozenset[str]:
    """Words in a range that are verbs by their form: "is made", "protected"."""
    forms = _VERB.finditer(reading.text, start, end)
    starts = {match.start(match.lastindex or 0) for match in forms}
    return frozenset(word.key for word in reading.words if word.start in starts)


def _paired(reading: Reading, number: int) -> frozenset[str]:
    """Words of a quantity in "inlet and outlet are 50 mm and 40 mm, respectively"."""
    found = reading.quantities
    if "respectively" not in reading.text:
        return frozenset()
    lists = _LIST.findall(reading.text, 0, found[0].start)
    names = [read(name).all for name in re.split(_ITEM_END, lists[-1])] if lists else []
    if len(names) != len(found):
        return frozenset()
    return reading.all - frozenset().union(*names) | names[number]


def segments(reading: Reading) -> list[tuple[int, int]]:
    """For each quantity the part of the sentence that is about it: [start, end).

    Between two quantities the sentence is cut at the first clause end. Where there is none, two of
    one kind are parted right behind the first; others, and members of a range, share their part:
    "62 l/min at 1500 rpm". In a figure it is the line.
    """
    found = reading.quantities
    ranged = range_ends(reading.text, found)
    cuts = [0]
    for number, (left, right) in enumerate(pairwise(found)):
        inside = ranged.get(number) == "lower" and ranged.get(number + 1) == "upper"
        end = _CLAUSE_END.search(reading.text, left.end, right.start)
        alike = bool(left.unit) == bool(right.unit) and comparable(left.unit, right.unit)
        cuts.append(-1 if inside else end.start() if end else left.end if alike else -1)
    cuts.append(len(reading.text))
    if "\n" in reading.text:
        return [_line(reading.text, each.start) for each in found]
    return [_between(cuts, number) for number in range(len(found))]


def _line(text: str, at: int) -> tuple[int, int]:
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _between(cuts: Sequence[int], number: int) -> tuple[int, int]:
    first, last = number, number + 1
    while cuts[first] < 0:
        first -= 1
    while cuts[last] < 0:
        last += 1
    return cuts[first], cuts[last]


def _identifiers(reading: Reading, start: int, end: int) -> frozenset[str]:
    return frozenset(
        word.key
        for word in reading.words
        if word.sort == "identifier" and start <= word.start < end
    )


def _row_facts(stretch: Stretch, grid: Grid, row: Row, about: Reading) -> Iterator[Fact]:
    for column, cell in enumerate(row.cells):
        header = grid.columns[column] if column < len(grid.columns) else frozenset()
        head = grid.header[column] if column < len(grid.header) else ""
        reading = read(cell)
        ends = range_ends(reading.text, reading.quantities)
        for number, (printed, full) in enumerate(grid.quantities(row, column)):
            yield Fact(
                stretch=stretch,
                printed=printed,
                implied=full,
                near=row.words | header | reading.all,
                around=stretch.reading.all | read(grid.caption).all,
                context=about.all,
                scopes=(
                    stretch.reading.identifiers | _label_identifiers(row) | read(head).identifiers,
                    read(grid.caption).identifiers,
                    about.identifiers,
                ),
                bound=bound(reading.text, printed),
                named=ends.get(number, "") or named_bound(head) or named_bound(row.label[0]),
                cell=Cell(grid, row, column),
            )


def _label_identifiers(row: Row) -> frozenset[str]:
    return frozenset(key for cell in row.label for key in read(cell).identifiers)


def _header_facts(stretches: Sequence[Stretch], grid: Grid) -> Iterator[Fact]:
    """Quantities in a header ("at 10 V"): conditions, which any row may be said under."""
    first = next((each for each in stretches if each.row and each.row[0] is grid), None)
    for cell in grid.header:
        reading = read(cell)
        for quantity in reading.quantities:
            if first is not None:
                keys = reading.all
                yield Fact(first, quantity, None, keys, keys, frozenset(), (), "", "")
