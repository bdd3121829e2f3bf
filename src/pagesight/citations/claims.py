"""An answer is cut into what it states: sentences, list items, table rows, code blocks.

No claims are: headings, rules, header rows, questions, lead-ins that end with a colon, sentences
that say only that the documents do not tell, "Yes." and other openings without a mark, and
"See Figure 3" without a mark. A pointer with a mark is one: that its source is that figure can be
checked. Rows, list items and code without marks have those of the lead-in above them ("The
torques are [1]:") or of the line below that consists of marks alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pagesight.citations.marks import Run, blanked, code_ranges, mark_runs, tidied
from pagesight.quantities import quantities
from pagesight.sentences import sentence_ranges
from pagesight.tables import row_cells

_ITEM = re.compile(r"\s*(?:>\s*)*(?:[-*+•–]\s+|\(?(?:\d{1,2}|[a-z])[.)]\s+)?")
_HEADING = re.compile(r"\s*#{1,6}\s|\s*(?:\*\*|__)[^*_.!?]+:?(?:\*\*|__):?\s*$")
_ONLY_SOURCE = re.compile(r"[\W_]*(?:sources?|references?|quellen?|evidence)?[\W_]*", re.IGNORECASE)
_DOCUMENTS = (
    r"(?:documents?|evidence|sources?|excerpts?|passages?|context|texts?|manuals?|pages?|tables?"
    r"|figures?|report|data ?sheet|information|material|unterlagen|dokumente?)"
)
_TELLS = (
    r"(?:say|state|mention|contain|specify|give|provide|include|list|show|answer|tell|describe"
    r"|indicate|address|cover|disclose|name|explain|define|report)"
)
_HEDGE = re.compile(
    rf"\b{_DOCUMENTS}\b[^.;]{{0,40}}?\b(?:do|does|did)(?:\s+not|n['’]t)\s+(?:\w+\s+)?{_TELLS}\b"
    rf"|\b(?:is|are|was|were)(?:\s+not|n['’]t)\s+(?:\w+ly\s+)?(?:stated|specified|mentioned|given"
    rf"|provided|documented|described|listed|shown|found|disclosed|included|contained)\s+"
    rf"(?:in|by|on)\s+(?:\w+\s+){{0,3}}{_DOCUMENTS}\b"
    rf"|\b(?:no|none of the)\s+(?:\w+\s+)?{_DOCUMENTS}\b[^.;]{{0,60}}\b{_TELLS}"
    r"|(?:^\W*|\bthere (?:is|are) |\b(?:contains?|provides?|gives?) )no (?:further |specific )?"
    r"(?:information|evidence|mention|details?|data)\b(?:\W*$|\s+(?:about|on|of|regarding|for|in|that"
    r"|concerning|(?:is|are|was|were) (?:available|given|provided|found|stated|shown|listed))\b)"
    r"|\b(?:I|we)\s+(?:can\s?not|can['’]t|could not|couldn['’]t|do not|don['’]t|did not)\s+"
    r"(?:find|answer|determine|know|tell|see)\b"
    r"|\bnothing in the (?:library|documents?|evidence)\b|\bcannot be (?:determined|answered)\b",
    re.IGNORECASE,
)
_TURN = re.compile(r"[,;:]?\s*\b(?:but|however|although|though|yet|aber|jedoch)\b", re.IGNORECASE)
_CONCEDES = re.compile(r"\W*(?:although|though|even|while|whereas)\b", re.IGNORECASE)
"""Beginnings of a sentence whose main clause comes after a comma."""
_POINTER = re.compile(
    r"(?:for [^,.]{0,60},?\s+)?(?:please\s+)?(?:also\s+)?(?:see|refer to|cf\.?|compare|consult"
    r"|siehe|look at)\b(?!.*\b(?:which|where|that|because)\b)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"[\W_]*(?:yes|no|correct|sure|certainly|of course|in short|ja|nein|note|answer)[\W_]*",
    re.IGNORECASE,
)

Shape = Literal["sentence", "row", "code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something that an answer states, before it is checked."""

    text: str
    """On one line, without marks; code as it stands."""
    start: int
    end: int
    """Characters [start, end) of the answer, its marks included."""
    marks: tuple[int, ...]
    shape: Shape = "sentence"
    header: tuple[str, ...] = ()
    """Cells above a row of a table that the answer has made; empty under a header of the
    evidence."""
    lead: str = ""
    """The heading or lead-in that it stands under."""


@dataclass(slots=True)
class _Above:
    """What stands above the line that is being read."""

    lead: str = ""
    marks: tuple[int, ...] = ()
    """Of the lead-in; they go to the rows and items under it."""
    header: tuple[str, ...] = ()


def statements(text: str, headers: Collection[tuple[str, ...]] = ()) -> list[Statement]:
    """What a checked text states, in order.

    `headers` are the cells of header rows in the evidence: such a row above others is no claim,
    even without the rule below it.
    """
    runs = mark_runs(text)
    plain = blanked(text, runs)
    found: list[Statement] = []
    above = _Above()
    lines = list(_lines(text))
    for number, (start, end) in enumerate(lines):
        own = [run for run in runs if start <= run.start < end]
        line = plain[start:end]
        if _is_code(text, start, end):
            found.append(_code(text, plain, start, end, own, above))
        elif own and _ONLY_SOURCE.fullmatch(line):
            found = _marked_below(found, own)
        elif line.strip().startswith("|") and line.strip().endswith("|"):
            following = plain[slice(*lines[number + 1])] if number + 1 < len(lines) else ""
            is_header = _is_header(line, following, own, headers)
            found += _row(line, start, own, above, headers, is_header)
        elif _HEADING.match(line):
            above.lead, above.marks = line.strip(" #*_:"), ()
        else:
            found += _sentences(text, plain, (start, end), own, above)
    return found


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The lines that are not blank; a fenced block counts as one."""
    fences = [(start, end) for start, end in code_ranges(text) if text.startswith("```", start)]
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        for start, stop in fences:
            if at <= start <= end and not text[at:start].strip():
                end = text.find("\n", stop - 1)
                end = len(text) if end < 0 else end
        if text[at:end].strip():
            yield at, end
        at = end + 1


def _is_code(text: str, start: int, end: int) -> bool:
    return text[start:end].lstrip().startswith("```")


def _code(text: str, plain: str, start: int, end: int, own: list[Run], above: _Above) -> Statement:
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    return Statement(
        text=plain[start:end].strip(),
        start=start,
        end=end,
        marks=_marks(own) or above.marks,
        shape="code",
        lead=above.lead,
    )


def _is_header(
    line: str, following: str, own: list[Run], headers: Collection[tuple[str, ...]]
) -> bool:
    cells = row_cells(line)
    if own or cells is None:
        return False
    ruled = following.strip().startswith("|") and row_cells(following.replace(":", "-")) is None
    return ruled or cells in headers


def _row(
    line: str,
    start: int,
    own: list[Run],
    above: _Above,
    headers: Collection[tuple[str, ...]],
    is_header: bool,
) -> Iterator[Statement]:
    cells = row_cells(line.replace(":-", "--").replace("-:", "--"))
    if cells is None:
        return
    cells = row_cells(line) or cells
    if is_header:
        above.header = () if cells in headers else cells
    elif any(any(map(str.isalnum, cell)) for cell in cells):
        left = len(line) - len(line.lstrip())
        end = max(len(line.rstrip()), own[-1].end - start if own else 0)
        yield Statement(
            text=tidied(line),
            start=start + left,
            end=start + end,
            marks=_marks(own) or above.marks,
            shape="row",
            header=above.header if len(above.header) == len(cells) else (),
            lead=above.lead,
        )


def _marked_below(found: list[Statement], own: list[Run]) -> list[Statement]:
    """Gives the marks of a line of marks to what stands unmarked above it."""
    if not found or found[-1].marks:
        return found
    at = len(found)
    while at and not found[at - 1].marks and found[at - 1].shape == found[-1].shape:
        at -= 1
        if found[at].shape == "sentence":
            break
    return found[:at] + [replace(each, marks=_marks(own)) for each in found[at:]]


def _sentences(
    text: str, plain: str, place: tuple[int, int], own: list[Run], above: _Above
) -> Iterator[Statement]:
    start, end = place
    marker = _ITEM.match(plain, start, end)
    at = marker.end() if marker else start
    is_item = bool(plain[start:at].strip())
    inherited = above.marks if is_item else ()
    above.header = ()
    cut = _without_code(text, plain)[at:end]
    ranges = [(at + left, at + right) for left, right in sentence_ranges(cut)]
    for number, (left, right) in enumerate(ranges):
        first = left if number else start
        last = ranges[number + 1][0] if number + 1 < len(ranges) else end
        mine = [run for run in own if first <= run.start < last]
        one = Statement(
            text=tidied(plain[left:right]),
            start=min([left, *(run.start for run in mine)]),
            end=max([right, *(run.end for run in mine)]),
            marks=_marks(mine) or inherited,
            lead=above.lead,
        )
        if _is_lead_in(one.text):
            above.lead, above.marks = one.text, one.marks or inherited
        elif states(one.text, marked=bool(mine)):
            yield one
        if not is_item and not _is_lead_in(one.text):
            above.lead, above.marks = "", ()


def _without_code(text: str, plain: str) -> str:
    """As long as `plain`; inline code has no full stops any more."""
    characters = list(plain)
    for start, end in code_ranges(text):
        characters[start:end] = ("x" if each.strip() else each for each in characters[start:end])
    return "".join(characters)


def _is_lead_in(text: str) -> bool:
    return text.rstrip("*_ ").endswith(":") and not quantities(text)


def states(text: str, *, marked: bool) -> bool:
    """Whether a sentence is a claim, see the module."""
    if not any(map(str.isalnum, text)) or text.rstrip("*_ )\"'").endswith("?"):
        return False
    if text_of_claim(text) == "":
        return False
    return marked or not (_OPENING.fullmatch(text) or _is_pointer(text))


def text_of_claim(text: str) -> str:
    """The text without a part that only says what the documents do not tell; "" if that is all."""
    hedge = _HEDGE.search(text)
    if hedge is None:
        return text
    if _CONCEDES.match(text) and (comma := text.find(",", hedge.end())) > 0:
        return text[comma + 1 :].strip()
    turn = _TURN.search(text, hedge.end())
    if turn is not None:
        return text[turn.end() :].strip()
    before = _TURN.search(text)
    return text[: before.start()].strip() if before and before.start() < hedge.start() else ""


def _is_pointer(text: str) -> bool:
    return bool(_POINTER.match(text)) and not quantities(text)


def _marks(runs: Collection[Run]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(mark for run in runs for mark in run.marks))
