"""Question sets: JSONL, one case a line. eval/README.md describes the keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pagesight.errors import SettingsError
from pagesight.evaluation.sets.lines import Line, checked, parsed, repeated
from pagesight.files import digest, write_whole
from pagesight.geometry import BBox

_BOM = b"\xef\xbb\xbf"
_ID_DIGITS = 10
"""Hex digits of the id of a made case: of 20,000 sets of 10,000 cases one has two alike."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class GoldPage:
    """A page that holds the answer: file name and 1-based number."""

    document: str
    page: int

    def __str__(self) -> str:
        return f"{self.document}#{self.page}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldBox:
    """Where on a page the evidence stands."""

    document: str
    page: int
    """1-based."""
    bbox: BBox
    """PDF points, origin top-left, after rotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with what a right result contains."""

    id: str
    question: str
    """"" where the image asks."""
    image: Path | None = None
    """A picture that asks, or belongs to the question."""
    documents: tuple[str, ...] = ()
    """File names of the documents that hold the answer, or that the question is about."""
    pages: tuple[GoldPage, ...] = ()
    boxes: tuple[GoldBox, ...] = ()
    evidence: str = ""
    """"text", "figure", "table", another word of the set, or "" where it is not labelled."""
    answers: tuple[str, ...] = ()
    """The gold answer, then its accepted variants; empty where the set has none."""
    tolerance: float = 0.0
    """Relative, for numbers in the answer; 0: to the last digit that the gold answer prints."""
    grades: Mapping[str, int] = field(default_factory=dict)
    """Graded relevance of documents ("a.pdf") and pages ("a.pdf#4"); what is gold and not named
    here counts 1."""
    unanswerable: bool = False
    """The documents do not answer it: a refusal is right."""
    tags: tuple[str, ...] = ()
    synthetic: bool = False
    """Made by a program from the documents themselves."""
    review: str = ""
    """Why a person must look at the case before it counts; "" for a case that counts."""


def load_set(path: Path) -> list[Case]:
    """The cases in the order of the file, also those that wait for review.

    Pages come back grouped by document, the path of an image absolute.

    Raises:
        SettingsError: the file cannot be read or a line is not a case; names line and field.
    """
    cases, faults = _read(path)
    if faults:
        more = len(faults) - 1
        rest = f" (and {more} more: `pagesight eval validate {path}` lists them)" if more else ""
        raise SettingsError(faults[0] + rest)
    return cases


def validate_set(path: Path) -> list[str]:
    """Every fault of a set, each as one line that names file, line and field; empty for none."""
    return _read(path)[1]


def write_set(path: Path, cases: Sequence[Case]) -> None:
    """Writes cases in a form that `load_set` reads back as they are, all of the file or nothing.

    Raises:
        SettingsError: a case contradicts itself, an id occurs twice, or the file cannot be written.
    """
    for case in cases:
        for fault in checked(_values(case, _relative(case, path.parent)), path.parent)[1]:
            raise SettingsError(f"{path}: the case {case.id!r} cannot be written: {fault}")
    twice = repeated([case.id for case in cases])
    if twice:
        raise SettingsError(f"{path}: the id {twice[0]!r} occurs twice: give each case its own")
    lines = (_dumped(case, _relative(case, path.parent)) + "\n" for case in cases)
    try:
        write_whole(path, "".join(lines).encode())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror})") from error


def set_hash(cases: Sequence[Case]) -> str:
    """SHA-256 (hex) of what is asked and what is right: equal cases in equal order, equal hash.

    An image counts by its bytes, so that a set may be moved.

    Raises:
        SettingsError: an image cannot be read.
    """
    hashed = sha256()
    for case in cases:
        image = ""
        if case.image is not None:
            try:
                image = digest(case.image)
            except OSError as error:
                raise SettingsError(f"{case.image}: cannot be read ({error.strerror})") from error
        hashed.update(f"{_dumped(case, image)}\n".encode())
    return hashed.hexdigest()


def made_id(prefix: str, *parts: str) -> str:
    """The id of a case that a program makes: equal parts, equal id."""
    identity = "\0".join(parts)
    return f"{prefix}-{sha256(identity.encode()).hexdigest()[:_ID_DIGITS]}"


def faults_of(case: Case) -> list[str]:
    """Why a case could not stand in a set, one line each; empty for a case that could."""
    return checked(_values(case, str(case.image or "")), Path())[1]


def _read(path: Path) -> tuple[list[Case], list[str]]:
    """The cases of the lines without a fault, and all faults."""
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        return [], [f"{path}: is a folder: name the .jsonl file in it"]
    except OSError as error:
        return [], [f"{path}: cannot be read ({error.strerror})"]
    cases: list[Case] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(data.removeprefix(_BOM).split(b"\n"), start=1):
        if not raw.strip():
            continue
        line, found = parsed(raw, path.parent)
        if line is not None:
            first = seen.setdefault(line.id, number)
            if first != number:
                found.append(f"`id`: {line.id!r} is the id of line {first} already")
            if not found:
                cases.append(_case(line, path.parent))
        faults += [f"{path}, line {number}: {fault}" for fault in found]
    if not cases and not faults:
        faults.append(f"{path}: holds no questions")
    return cases, faults


def _case(line: Line, folder: Path) -> Case:
    return Case(
        id=line.id,
        question=line.question,
        image=(folder / line.image).resolve() if line.image else None,
        documents=tuple(line.documents),
        pages=tuple(
            GoldPage(document=name, page=number)
            for name, numbers in line.numbers.items()
            for number in numbers
        ),
        boxes=tuple(
            GoldBox(document=line.document_of(box), page=box.page, bbox=BBox(*box.bbox))
            for box in line.boxes
        ),
        evidence=line.evidence,
        answers=(line.answer, *line.aliases) if line.answer else (),
        tolerance=line.tolerance,
        grades=line.grades,
        unanswerable=line.unanswerable,
        tags=tuple(line.tags),
        synthetic=line.synthetic,
        review=line.review,
    )


def _values(case: Case, image: str) -> dict[str, object]:
    """A case as the JSON values of its line, in one form only, defaults left out."""
    numbers: dict[str, list[int]] = {}
    for page in case.pages:
        numbers.setdefault(page.document, []).append(page.page)
    alone = case.documents[0] if len(case.documents) == 1 else ""
    values: dict[str, object] = {
        "id": case.id,
        "question": case.question,
        "image": image,
        "documents": list(case.documents),
        "pages": numbers[alone] if list(numbers) == [alone] else numbers,
        "boxes": [_box_values(box, alone) for box in case.boxes],
        "evidence": case.evidence,
        "answer": next(iter(case.answers), ""),
        "aliases": list(case.answers[1:]),
        "tolerance": float(case.tolerance),
        "grades": dict(sorted(case.grades.items())),
        "unanswerable": case.unanswerable,
        "tags": list(case.tags),
        "synthetic": case.synthetic,
        "review": case.review,
    }
    return {key: value for key, value in values.items() if value}


def _box_values(box: GoldBox, alone: str) -> dict[str, object]:
    named = {} if box.document == alone else {"document": box.document}
    bbox = box.bbox
    return {**named, "page": box.page, "bbox": [*map(float, (bbox.x0, bbox.y0, bbox.x1, bbox.y1))]}


def _dumped(case: Case, image: str) -> str:
    return json.dumps(_values(case, image), ensure_ascii=False)


def _relative(case: Case, folder: Path) -> str:
    """The case's image as seen from `folder`; "" for none."""
    if case.image is None:
        return ""
    return Path(os.path.relpath(case.image.resolve(), folder.resolve())).as_posix()
