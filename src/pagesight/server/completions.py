"""OpenAI's shapes: what chat completions ask, and what is answered, with citations beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from pagesight.document import Kind
from pagesight.results import Citation
from pagesight.server.requests import Narrowing
from pagesight.views import Answered, Checked

WITH_SOURCES = "+sources"
"""At the end of a model's id: front ends let people choose a model, and hardly ever send further
fields."""

LONGEST_TEXT = 1_000_000
"""Characters of a message. A text with a limit is also checked to be Unicode that can be
written."""

_Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]


class ImageUrl(BaseModel):
    url: str


class ContentPart(BaseModel):
    type: str
    text: _Text = ""
    image_url: ImageUrl | str | None = None


class ChatMessage(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: _Text | list[ContentPart] | None = None


class StreamOptions(BaseModel):
    include_usage: bool = False


class ResponseFormat(BaseModel):
    type: str = "text"


class CompletionRequest(BaseModel):
    """A conversation that ends with a question. Fields that are not named are ignored."""

    model: str = Field(max_length=300, description='"pagesight/LIBRARY"; see GET /v1/models.')
    messages: list[ChatMessage] = Field(
        min_length=1,
        max_length=2_000,
        description="The last one of the user is the question, with at most one picture as a "
        "data: URL; those before it are the history. System messages are ignored.",
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: ResponseFormat | None = None
    narrowing: Narrowing = Field(default_factory=Narrowing)
    sources: bool = Field(
        default=False,
        description="Ends the text with a short list of sources, as the models do whose ids end "
        f"with {WITH_SOURCES}.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedBox:
    page_number: int
    page_label: str
    fractions: tuple[float, float, float, float]
    """Left, top, right, bottom as fractions of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A citation: a mark in the text, and where it points to."""

    mark: int
    document: str
    """File name."""
    document_id: str
    title: str
    kind: Kind
    label: str
    """"Figure 3-2", or ""."""
    page_number: int
    page_label: str
    boxes: tuple[CitedBox, ...]
    quote: str
    crop: str
    """URL path of a PNG; "" for text."""
    verified: bool
    claim: int
    """Index in `claims` of the claim that it stands behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedReply(Checked):
    """What was found out about the answer."""

    library: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens, as the LLM's endpoint reported them; zeros for quotes."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionMessage:
    content: str
    citations: tuple[Cited, ...]
    pagesight: CheckedReply
    role: Literal["assistant"] = "assistant"
    refusal: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    message: CompletionMessage
    index: Literal[0] = 0
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """An answer. When it is streamed, `citations` and `pagesight` are fields of the chunk that has
    the `finish_reason`."""

    id: str
    created: int
    model: str
    choices: tuple[Choice]
    usage: Usage
    object: Literal["chat.completion"] = "chat.completion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "pagesight"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    data: tuple[Model, ...]
    object: Literal["list"] = "list"


def cited(citations: Sequence[Citation]) -> tuple[Cited, ...]:
    return tuple(
        Cited(
            mark=citation.mark,
            document=citation.document,
            document_id=citation.document_id,
            title=citation.title,
            kind=citation.kind,
            label=citation.label,
            page_number=citation.page_number,
            page_label=citation.page_label,
            boxes=tuple(
                CitedBox(
                    page_number=box.page_number,
                    page_label=box.page_label,
                    fractions=box.fractions,
                )
                for box in citation.boxes
            ),
            quote=citation.quote,
            crop=citation.crop,
            verified=citation.verified,
            claim=citation.claim,
        )
        for citation in citations
    )


def usage(answer: Answered) -> Usage:
    prompt = answer.usage.get("prompt_tokens", 0)
    completion = answer.usage.get("completion_tokens", 0)
    return Usage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )
