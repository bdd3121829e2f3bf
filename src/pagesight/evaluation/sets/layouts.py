"""Lines of other people's question sets: read, checked, and brought to one flat form."""

from __future__ import annotations

import ast
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pagesight.errors import SettingsError
from pagesight.evaluation.sets.lines import PageNumber

Model = TypeVar("Model", bound=BaseModel)


class Query(BaseModel):
    """A line of BEIR's queries.jsonl."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str = Field(validation_alias="_id", min_length=1)
    text: str


class Document(Query):
    """A line of BEIR's corpus.jsonl."""

    title: str | None = None


class Cited(BaseModel):
    doc: str
    pages: list[PageNumber]


class Region(BaseModel):
    page: PageNumber
    bbox: tuple[float, float, float, float]


class Flat(BaseModel):
    """One question: a file name, 1-based pages, and what the source knows besides."""

    id: str
    question: str
    doc: str
    pages: list[PageNumber] = []
    answer: str | None = None
    evidence: list[Cited] = []
    """In place of `doc` and `pages`, where several documents hold the answer."""
    evidence_type: str | None = None
    evidence_sources: list[str] = []
    """In the words of MMLongBench-Doc; in place of `evidence_type`."""
    answer_format: str | None = None
    image_only_doc: bool = False
    question_type: str | None = None
    question_reasoning: str | None = None
    regions: list[Region] = []


class Extract(BaseModel):
    doc_name: str | None = Field(
        default=None, validation_alias=AliasChoices("doc_name", "evidence_doc_name")
    )
    evidence_page_num: Annotated[int, Field(ge=0)]
    """0-based."""


class FinanceBench(BaseModel):
    """A line of financebench_open_source.jsonl."""

    KEY: ClassVar = "financebench_id"
    NUMBERED: ClassVar = False

    financebench_id: str
    question: str
    answer: str
    doc_name: str
    evidence: list[Extract]
    question_type: str | None = None
    question_reasoning: str | None = None

    def flat(self) -> Flat:
        return Flat(
            id=self.financebench_id,
            question=self.question,
            doc=f"{self.doc_name}.pdf",
            answer=self.answer,
            evidence=[
                Cited(
                    doc=f"{extract.doc_name or self.doc_name}.pdf",
                    pages=[extract.evidence_page_num + 1],
                )
                for extract in self.evidence
            ],
            question_type=self.question_type,
            question_reasoning=self.question_reasoning,
        )


def _literal(value: object) -> object:
    """The value of a Python literal; what is no text is taken as it is."""
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (SyntaxError, RecursionError) as error:
        raise ValueError("is not the text of a list") from error


class Sample(BaseModel):
    """An entry of the samples.json of MMLongBench-Doc, which writes lists as texts."""

    KEY: ClassVar = "doc_id"
    NUMBERED: ClassVar = True

    doc_id: str
    question: str
    answer: str | int | float | list[Any]
    evidence_pages: Annotated[list[PageNumber], BeforeValidator(_literal)]
    evidence_sources: Annotated[list[str], BeforeValidator(_literal)]
    answer_format: str

    def flat(self) -> Flat:
        return Flat(
            id=self.doc_id.removesuffix(".pdf"),
            question=self.question,
            doc=self.doc_id,
            pages=self.evidence_pages,
            answer=str(self.answer),
            evidence_sources=self.evidence_sources,
            answer_format=self.answer_format,
        )


PaperPage = Annotated[str, Field(pattern=r"^[^_]+_[1-9][0-9]*$")]
"""Paper and 1-based page: "2_1" is page 1 of 2.pdf."""


def paper_page(id: PaperPage) -> tuple[str, int]:
    """File name and 1-based page."""
    paper, _, number = id.partition("_")
    return f"{paper}.pdf", int(number)


class Paper(BaseModel):
    """A row of the queries of IRPAPERS."""

    KEY: ClassVar = "dataset_id"
    NUMBERED: ClassVar = True

    dataset_id: PaperPage
    question: str
    answer: str | None = None

    def flat(self) -> Flat:
        name, number = paper_page(self.dataset_id)
        return Flat(
            id=self.dataset_id,
            question=self.question,
            doc=name,
            pages=[number],
            answer=self.answer,
        )


class Ranked(BaseModel):
    """A question with the pages that a published system found, best first."""

    id: str
    published_hybrid_top20: list[PaperPage]


Published = FinanceBench | Sample | Paper
"""Lines as their authors publish them. `KEY` tells them from flat ones; where `NUMBERED`, they
have no id of their own and are numbered under the one that `flat` gives them."""


def read(path: Path, model: type[Model]) -> Iterator[tuple[str, Model]]:
    """Place ("FILE, line 3") and value of each line; see `items`."""
    for where, item in items(path):
        yield where, valid(model, item, where)


def valid(model: type[Model], item: dict[str, Any], where: str) -> Model:
    """A line as its model; keys that the model does not know are passed over.

    Raises:
        SettingsError: a field is missing or wrong; names place and field.
    """
    try:
        return model.model_validate(item)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{where}: `{name}`: {message[:1].lower()}{message[1:]}") from error


def items(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and object of each line of a JSONL file, or of each entry of a JSON list.

    Raises:
        SettingsError: the file cannot be read, or is neither; names the line.
    """
    numbered = lines(path)
    for where, line in numbered:
        if line.startswith("["):
            entries = _json("\n".join([line, *(rest for _, rest in numbered)]), str(path))
            for number, entry in enumerate(entries, start=1):
                yield _object(entry, f"{path}, entry {number}")
        else:
            yield _object(_json(line, where), where)


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """Place ("FILE, line 3") and text of each line that is not blank; unpacks .gz.

    Raises:
        SettingsError: the file cannot be read, or a line is not UTF-8.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                where = f"{path}, line {number}"
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                except UnicodeDecodeError as error:
                    raise SettingsError(f"{where}: is not UTF-8: save it as UTF-8") from error
                if text:
                    yield where, text
    except (OSError, EOFError, zlib.error) as error:
        raise SettingsError(f"{path}: cannot be read ({error})") from error


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{where}: is not JSON ({error})") from error


def _object(item: object, where: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(item, dict):
        raise SettingsError(f"{where}: is not a JSON object")
    return where, item
