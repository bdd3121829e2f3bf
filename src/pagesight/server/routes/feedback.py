"""What readers think of answers: thumbs that become questions to measure by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from pagesight.document import Kind
from pagesight.errors import LibraryError, SettingsError
from pagesight.evaluation.record import Cited
from pagesight.evaluation.sets.feedback import FILE_NAME, Feedback, FeedbackLog
from pagesight.library import Library
from pagesight.server.access import Everything, Readable
from pagesight.server.problems import RESPONSES
from pagesight.server.requests import LONGEST_ANSWER, MOST_DOCUMENTS, QuestionText

router = APIRouter(tags=["feedback"], responses=RESPONSES)

MOST_CITATIONS = 500

_Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
_PageNumber = Annotated[int, Field(ge=1)]


class CitedBox(BaseModel):
    page_number: _PageNumber


class CitedPlace(BaseModel):
    """A citation as it came with the answer; its other fields are not needed."""

    document: _Name = Field(description="File name.")
    page_number: _PageNumber
    kind: Kind = "text"
    boxes: list[CitedBox] = Field(default=[], max_length=1000)


class FeedbackRequest(BaseModel):
    """A verdict on one answer."""

    question: QuestionText = Field(description='`question` of the answer; "" for a picture alone.')
    answer: Annotated[str, StringConstraints(max_length=LONGEST_ANSWER)]
    verdict: Literal["up", "down"]
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] = ""
    answerer: Annotated[str, StringConstraints(max_length=200)]
    citations: list[CitedPlace] = Field(default=[], max_length=MOST_CITATIONS)
    documents: list[_Name] = Field(
        default=[],
        max_length=MOST_DOCUMENTS,
        description="Ids or file names of those that the question was restricted to.",
    )


class Kept(BaseModel):
    id: str


@router.post("/api/libraries/{library}/feedback", status_code=201)
def give(shelf: Readable, shelves: Everything, said: FeedbackRequest) -> Kept:
    """Keeps a reader's verdict; `pagesight eval from-feedback` makes questions of them."""
    library = shelf.app.library
    feedback = Feedback(
        id=uuid4().hex,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        question=said.question,
        answer=said.answer,
        answerer=said.answerer,
        verdict=said.verdict,
        comment=said.comment,
        cited=_cited(said.citations),
        kinds=tuple(citation.kind for citation in said.citations),
        documents=tuple(_name(library, document) for document in said.documents),
    )
    try:
        FeedbackLog(library.root / FILE_NAME).append(feedback)
    except SettingsError as error:  # the caller has set nothing: it is the server's to mend
        raise LibraryError(str(error)) from error
    shelves.metrics.feedback(shelf.name, said.verdict)
    return Kept(id=feedback.id)


def _cited(citations: list[CitedPlace]) -> tuple[Cited, ...]:
    """Pages of all boxes, in order, without repeats."""
    pages = [
        Cited(document=citation.document, page=page)
        for citation in citations
        for page in ([box.page_number for box in citation.boxes] or [citation.page_number])
    ]
    return tuple(dict.fromkeys(pages))


def _name(library: Library, said: str) -> str:
    """The file name of a document that is called by its id or by that name."""
    document = library.document(said)
    return document.name if document else said
