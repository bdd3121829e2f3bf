"""One line of a question set: its keys, and all that can be wrong with them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, ValidationError

_Item = TypeVar("_Item", str, int)

_ALIKE = 60.0
"""Least likeness, 0 to 100, of a key that was meant: "doc" and "documents" have 90."""
_MUST_BE = {
    "id": "a text that is not empty",
    "question": "a text",
    "image": "the path of a picture, relative to the set's file",
    "documents": "a list of file names",
    "pages": "a list of page numbers from 1, or an object from file name to such a list",
    "boxes": 'a list of {"page": number from 1, "bbox": [x0, y0, x1, y1]}, with "document" '
    "where the case has several",
    "evidence": "a text",
    "answer": "a text that is not empty",
    "aliases": "a list of texts that are not empty",
    "tolerance": "a number from 0",
    "grades": 'an object from "file.pdf" or "file.pdf#page" to a whole number from 0',
    "unanswerable": "true or false",
    "tags": "a list of texts that are not empty",
    "synthetic": "true or false",
    "review": "a text",
}

Text = Annotated[str, StringConstraints(pattern=r"\S")]
PageNumber = Annotated[int, Field(ge=1)]


class Box(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    document: Text | None = None
    page: PageNumber
    bbox: Annotated[list[FiniteFloat], Field(min_length=4, max_length=4)]


class Line(BaseModel):
    """One line, well-formed; `_contradictions` says whether it makes sense."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: Text
    question: str = ""
    image: Text = ""
    documents: list[Text] = []
    pages: list[PageNumber] | dict[str, list[PageNumber]] = []
    boxes: list[Box] = []
    evidence: str = ""
    answer: Text = ""
    aliases: list[Text] = []
    tolerance: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    grades: dict[str, Annotated[int, Field(ge=0)]] = {}
    unanswerable: bool = False
    tags: list[Text] = []
    synthetic: bool = False
    review: str = ""

    @property
    def numbers(self) -> dict[str, list[int]]:
        """Document -> its 1-based gold pages, in the order of the line."""
        if isinstance(self.pages, dict):
            return self.pages
        return {self.documents[0]: self.pages} if len(self.documents) == 1 else {}

    def document_of(self, box: Box) -> str:
        """The box's document; "" where several come into question."""
        return box.document or (self.documents[0] if len(self.documents) == 1 else "")


def parsed(raw: bytes, folder: Path) -> tuple[Line | None, list[str]]:
    """The line that some bytes hold, None where they are not one, and its faults.

    `folder` is where the path of an image starts.
    """
    try:
        values = json.loads(raw.decode(), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        return None, [f"is not UTF-8 (byte {error.start + 1}): save the file as UTF-8"]
    except json.JSONDecodeError as error:
        return None, [f"is not JSON ({error.msg}, column {error.colno})"]
    except (ValueError, RecursionError) as error:
        return None, [f"is not usable JSON ({error})"]
    if not isinstance(values, dict):
        return None, ["is not a JSON object: a set has one object on each line"]
    return checked(values, folder)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON lets a key stand twice and keeps the last one: gold pages would be lost silently."""
    twice = repeated([key for key, _ in pairs])
    if twice:
        raise ValueError(f"the key `{twice[0]}` occurs twice")
    return dict(pairs)


def checked(values: Mapping[str, object], folder: Path) -> tuple[Line | None, list[str]]:
    """The line, None where it is not well-formed, and its faults."""
    try:
        line = Line.model_validate(dict(values))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        # A union reports each of its members: the first report of a field says enough.
        return None, list(dict.fromkeys(_fault(item["loc"], item["type"]) for item in found))
    faults = list(_contradictions(line))
    if line.image and not os.path.isfile(folder / line.image):
        faults.append(f"`image`: there is no file {folder / line.image}")
    return line, faults


def _fault(place: tuple[int | str, ...], kind: str) -> str:
    if not place:
        return "a key is not valid Unicode"
    name, last = str(place[0]), str(place[-1])
    if kind == "missing" and len(place) == 1:
        return f"`{name}`: is missing"
    if kind == "extra_forbidden":
        known, owner = (_MUST_BE, "case") if len(place) == 1 else (Box.model_fields, "box")
        return f"`{last}`: is no key of a {owner}{_meant(last, list(known))}"
    return f"`{name}`: must be {_MUST_BE[name]}"


def _meant(key: str, known: Sequence[str]) -> str:
    from rapidfuzz import fuzz, process

    best = process.extractOne(key, known, scorer=fuzz.WRatio, score_cutoff=_ALIKE)
    return f": did you mean `{best[0]}`?" if best else f": the keys are {', '.join(known)}"


def _contradictions(line: Line) -> Iterator[str]:
    if not (line.question.strip() or line.image):
        yield "`question`: is missing, and there is no `image` that asks"
    for name in repeated(line.documents):
        yield f"`documents`: {name!r} occurs twice"
    for name in line.documents:
        if "/" in name or "\\" in name:
            yield f"`documents`: {name!r} is a path: give the file name alone"
    if not (line.documents or line.pages or line.answer or line.unanswerable or line.review):
        yield (
            "`documents`: there is nothing to measure without it, `pages`, `answer` or "
            "`unanswerable`"
        )
    yield from _wrong_pages(line)
    yield from _wrong_boxes(line)
    yield from _wrong_grades(line)
    yield from _wrong_answers(line)


def _wrong_pages(line: Line) -> Iterator[str]:
    if line.pages and not line.documents:
        yield "`pages`: there is no `documents` that says of which file"
    elif line.pages and not line.numbers:
        yield "`pages`: must be an object from file name to page numbers, for several documents"
    for name, numbers in line.numbers.items():
        if line.documents and name not in line.documents:
            yield f"`pages`: {name!r} is not in `documents`"
        for number in repeated(numbers):
            yield f"`pages`: page {number} of {name!r} occurs twice"


def _wrong_boxes(line: Line) -> Iterator[str]:
    for index, box in enumerate(line.boxes, start=1):
        x0, y0, x1, y1 = box.bbox
        name = line.document_of(box)
        if not name:
            yield f"`boxes`: box {index} must name its `document`"
        elif name not in line.documents:
            yield f"`boxes`: {name!r} of box {index} is not in `documents`"
        elif box.page not in line.numbers.get(name, ()):
            yield f"`boxes`: page {box.page} of box {index} is not in `pages`: add it there"
        if x0 >= x1 or y0 >= y1:
            yield f"`boxes`: `bbox` of box {index} must be [x0, y0, x1, y1] with x0 < x1, y0 < y1"


def _wrong_grades(line: Line) -> Iterator[str]:
    known = set(line.documents)
    known |= {f"{name}#{number}" for name, numbers in line.numbers.items() for number in numbers}
    for name in sorted(line.grades.keys() - known):
        yield f"`grades`: {name!r} is neither in `documents` nor, as file.pdf#page, in `pages`"


def _wrong_answers(line: Line) -> Iterator[str]:
    if line.aliases and not line.answer:
        yield "`aliases`: there is no `answer` that they are variants of"
    if line.unanswerable:
        for key in ("pages", "boxes", "answer", "grades"):
            if getattr(line, key):
                yield f"`{key}`: an unanswerable case has none"


def repeated(items: Sequence[_Item]) -> list[_Item]:
    """What occurs more than once, in order."""
    return [item for item, count in Counter(items).items() if count > 1]
