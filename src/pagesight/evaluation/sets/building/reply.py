"""What a model wrote for a passage, checked against the passage word by word."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ValidationError

from pagesight.citations import find_verbatim
from pagesight.document import Chunk
from pagesight.evaluation.sets.building.candidate import Candidate, holds
from pagesight.tokens import tokenize

TAG = "model-written"
QUESTION_WORDS = (5, 40)

Reason = Literal[
    "endpoint failed",
    "not the JSON asked for",
    "declined",
    "question too short or too long",
    "question points at what it does not name",
    "answer in the question",
    "quote not in the passage",
    "answer not in the quote",
    "asked before",
]

_THING = (
    r"(?:passage|section|table|figure|document|text|excerpt|page|diagram|chart|image|picture)s?"
)
_SAYS = r"(?:does|do|is|are|was|shows?|shown|lists?|gives?|describes?|mentions?|says?|states?)"
_POINTS = re.compile(
    rf"\b(?:this|these|above|given|provided|following) {_THING}\b(?! [\"'“‘]?[A-Z\d])"
    rf"|\bthe {_THING}(?: {_SAYS}\b| (?:above|below)\b|[,.?]|$)"
    r"|\b(?:this|the) (?:above|following)\b|\bfollowing (?:is|are|were|was)\b"
    r"|\b(?:mentioned|described|shown|listed|given) (?:above|below|here)\b",
)
"""A question that only makes sense beside its passage; "Table 5-1" and "the table of ..." name
theirs."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class _Reply(BaseModel):
    question: str
    answer: str
    quote: str


def checked(reply: str, chunk: Chunk) -> Candidate | Reason:
    """The question that a model wrote for a chunk, or why it is not used."""
    try:
        written = _Reply.model_validate_json(reply[reply.find("{") : reply.rfind("}") + 1])
    except ValidationError:
        return "not the JSON asked for"
    question, answer = " ".join(written.question.split()), " ".join(written.answer.split())
    if not question or not answer:
        return "declined"
    fewest, most = QUESTION_WORDS
    if not fewest <= len(question.split()) <= most:
        return "question too short or too long"
    if _POINTS.search(question[0].lower() + question[1:]):
        return "question points at what it does not name"
    if holds(question, answer):
        return "answer in the question"
    place = find_verbatim(written.quote, chunk.text)
    if place is None:
        return "quote not in the passage"
    if not _stands_in(answer, written.quote):
        return "answer not in the quote"
    return Candidate(
        question=question,
        answers=(answer,),
        tag=TAG,
        chunk=chunk,
        start=place[0],
        end=place[1],
        whole=chunk.kind == "figure",
    )


def _stands_in(answer: str, quote: str) -> bool:
    """Whether the words of the answer, and its numbers to the digit, are all in the quote."""
    words, numbers = set(tokenize(answer)), set(_NUMBER.findall(answer))
    return bool(words) and words <= set(tokenize(quote)) and numbers <= set(_NUMBER.findall(quote))
