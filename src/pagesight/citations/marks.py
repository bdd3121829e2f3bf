"""Marks like [1] or [2, 3] in an answer: found, checked, taken out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_RUN = re.compile(r"([ \t]*)((?:[ \t]*\[[0-9]{1,4}(?:\s*[,;]\s*[0-9]{1,4})*\])+)")
"""Marks that stand together, with the white space before them: " [1][2, 3]"."""
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_BEFORE_PUNCTUATION = re.compile(r"[ \t]+(?=[.,;:!?](?:\s|$))")


@dataclass(frozen=True, slots=True)
class Run:
    """Marks that stand together at characters [start, end), without the white space before."""

    start: int
    end: int
    marks: tuple[int, ...]


def mark_runs(text: str) -> list[Run]:
    """The marks of a text, in order; what looks like one inside code (`a[1]`) is none."""
    code = code_ranges(text)
    return [
        Run(match.start(2), match.end(2), _numbers(match))
        for match in _RUN.finditer(text)
        if not any(start <= match.start(2) < end for start, end in code)
    ]


def code_ranges(text: str) -> list[tuple[int, int]]:
    """Where code stands, its fences and back ticks included: ranges [start, end)."""
    return [match.span() for match in _CODE.finditer(text)]


def check_marks(text: str, known: Collection[int]) -> tuple[str, int]:
    """Removes the marks that are not `known`; returns the text and how many were removed."""
    unknown = 0
    code = code_ranges(text)

    def keep(match: re.Match[str]) -> str:
        nonlocal unknown
        if any(start <= match.start(2) < end for start, end in code):
            return match[0]
        numbers = _numbers(match)
        kept = [number for number in numbers if number in known]
        unknown += len(numbers) - len(kept)
        return match[1] + "".join(f"[{number}]" for number in kept) if kept else ""

    return _RUN.sub(keep, text), unknown


def blanked(text: str, runs: Collection[Run]) -> str:
    """The text with spaces in place of its marks, as long as before."""
    characters = list(text)
    for run in runs:
        characters[run.start : run.end] = " " * (run.end - run.start)
    return "".join(characters)


def tidied(text: str) -> str:
    """A blanked text on one line, without the gaps that marks leave."""
    return _BEFORE_PUNCTUATION.sub("", " ".join(text.split()))


def _numbers(match: re.Match[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(number) for number in re.findall(r"[0-9]+", match[2])))
