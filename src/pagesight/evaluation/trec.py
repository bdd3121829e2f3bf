"""Judgements and rankings in the format of trec_eval, so that other programs can re-score a run.

    qrels   topic 0 document grade
    run     topic Q0 document rank score tag

Fields are parted by white space, so ids and tag are percent-encoded ("data%20sheet.pdf#12").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

from pagesight.errors import SettingsError
from pagesight.files import write_whole

N = TypeVar("N", int, float)

_PLAIN = "/#@:"
"""Characters of our ids that need no encoding besides letters, digits and "_.-~"."""
_NOTHING = "-"
"""A document that stands for no gold: it is not relevant and never retrieved."""


def write_qrels(path: Path, qrels: Mapping[str, Mapping[str, int]]) -> None:
    """Writes case id -> gold unit -> grade, whole or not at all.

    A case without gold units gets one line of grade 0, so that `trec_eval -c` counts it as zero.

    Raises:
        OSError: the file cannot be written.
    """
    _write(
        path,
        (
            f"{_encoded(case)} 0 {_encoded(unit)} {grade}"
            for case, units in qrels.items()
            for unit, grade in (units or {_NOTHING: 0}).items()
        ),
    )


def write_run(path: Path, ranked: Mapping[str, Sequence[str]], tag: str) -> None:
    """Writes case id -> units, best first, whole or not at all; of repeated units the first.

    The score is the negative rank, because trec_eval sorts by score and does not read the rank.
    Cases without units have no line: use `trec_eval -c`.

    Raises:
        OSError: the file cannot be written.
    """
    _write(
        path,
        (
            f"{_encoded(case)} Q0 {_encoded(unit)} {rank} {-rank} {_encoded(tag)}"
            for case, units in ranked.items()
            for rank, unit in enumerate(dict.fromkeys(units), start=1)
        ),
    )


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Case id -> relevant unit -> grade; cases without a relevant unit are empty.

    Raises:
        SettingsError: the file cannot be read, or a line is not in the format.
    """
    qrels: dict[str, dict[str, int]] = {}
    for line, (case, _, unit, grade) in _lines(path, "topic 0 document grade"):
        units = qrels.setdefault(unquote(case), {})
        value = _number(int, path, line, grade)
        if value > 0:
            units[unquote(unit)] = value
    return qrels


def read_run(path: Path) -> dict[str, list[str]]:
    """Case id -> units in the order of trec_eval, without repeats.

    That order is by score, and by document id, descending, where scores are equal; the rank in the
    file counts for nothing.

    Raises:
        SettingsError: the file cannot be read, or a line is not in the format.
    """
    scored: dict[str, list[tuple[float, str]]] = {}
    for line, (case, _, unit, _, score, _) in _lines(path, "topic Q0 document rank score tag"):
        scored.setdefault(unquote(case), []).append((_number(float, path, line, score), unit))
    return {
        case: list(dict.fromkeys(unquote(unit) for _, unit in sorted(found, reverse=True)))
        for case, found in scored.items()
    }


def _encoded(id: str) -> str:
    return quote(id, safe=_PLAIN)


def _write(path: Path, lines: Iterable[str]) -> None:
    write_whole(path, "".join(f"{line}\n" for line in lines).encode())


def _lines(path: Path, form: str) -> Iterator[tuple[int, list[str]]]:
    """1-based number and fields of each line that is not blank."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as TREC lines ({form}): {error}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if fields and len(fields) != len(form.split()):
            raise SettingsError(f"{path}, line {number}: write it as `{form}`, not {line!r}")
        if fields:
            yield number, fields


def _number(kind: Callable[[str], N], path: Path, line: int, text: str) -> N:
    try:
        return kind(text)
    except ValueError:
        raise SettingsError(f"{path}, line {line}: {text!r} is not a number") from None
