"""The OpenAI protocol, for chat front ends and programs that speak it: a library is a model.

What OpenAI's fields have no place for stands beside them, as `citations` and `pagesight`.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.sse import format_sse_event
from pydantic_core import to_json

from pagesight.results import Turn
from pagesight.server.access import Everything, Who
from pagesight.server.answering import answering, begun, while_there, whole
from pagesight.server.callers import Caller
from pagesight.server.completions import (
    WITH_SOURCES,
    ChatMessage,
    CheckedReply,
    Choice,
    Completion,
    CompletionMessage,
    CompletionRequest,
    Model,
    ModelList,
    cited,
    usage,
)
from pagesight.server.problems import OPENAI_RESPONSES, Problem, problem_of
from pagesight.server.requests import LONGEST_ANSWER, LONGEST_QUESTION, MOST_TURNS, Asked
from pagesight.server.shelves import Shelf, Shelves
from pagesight.views import Answered, AskEvent, DeltaEvent, FinalEvent

router = APIRouter(tags=["openai"], responses=OPENAI_RESPONSES)

ONLY = "pagesight"
"""Id of the model for callers who see one library."""


@router.get("/v1/models")
def models(shelves: Everything, who: Who) -> ModelList:
    """The libraries that the caller sees, each with and without sources in the text."""
    return ModelList(
        data=tuple(
            Model(id=id + suffix) for id in _models(shelves, who) for suffix in ("", WITH_SOURCES)
        )
    )


@router.post(
    "/v1/chat/completions",
    response_model=Completion,
    responses={200: {"content": {"text/event-stream": {"itemSchema": {"type": "object"}}}}},
)
async def complete(
    request: Request, shelves: Everything, who: Who, asked: CompletionRequest
) -> Response:
    """Answers the last question of a conversation from the library that is named as the model."""
    _refuse_what_cannot_be(asked)
    shelf, with_sources = _meant(shelves, who, asked.model)
    question, history = _conversation(asked)
    events = answering(shelves, shelf, who, question, history)
    reply = _Reply(
        id=f"chatcmpl-{uuid4().hex}",
        created=int(time.time()),
        model=asked.model,
        library=shelf.name,
        sources=with_sources or asked.sources,
        usage=bool(asked.stream_options and asked.stream_options.include_usage),
        request_id=getattr(request.state, "request_id", ""),
    )
    if asked.stream:
        return await begun(request, events, partial(_chunks, reply))
    answer = await while_there(request, whole(events))
    return Response(to_json(reply.completion(answer)), media_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """A completion, whose answer is to come."""

    id: str
    created: int
    model: str
    library: str
    sources: bool
    usage: bool
    request_id: str

    def completion(self, answer: Answered) -> Completion:
        message = CompletionMessage(
            content=answer.text + self.listed(answer),
            citations=cited(answer.citations),
            pagesight=self.checked(answer),
        )
        return Completion(
            id=self.id,
            created=self.created,
            model=self.model,
            choices=(Choice(message=message),),
            usage=usage(answer),
        )

    def chunk(
        self, delta: Mapping[str, str] | None, finish: str | None = None, **more: object
    ) -> bytes:
        """An event; without a choice where there is no delta."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        chunk = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [] if delta is None else [choice],
            **more,
        }
        return format_sse_event(data_str=to_json(chunk).decode())

    def checked(self, answer: Answered) -> CheckedReply:
        return CheckedReply(library=self.library, **answer.checked)

    def listed(self, answer: Answered) -> str:
        """The sources as the end of the text, as a list, and how much of it they do not bear out;
        "" where they are not wanted."""
        if not self.sources:
            return ""
        lines: dict[str, None] = {}
        for citation in sorted(answer.citations, key=lambda citation: citation.mark):
            label = f", {citation.label}" if citation.label else ""
            page = f", page {citation.page_label or citation.page_number}"
            lines[f"- [{citation.mark}] {citation.document}{page}{label}"] = None
        listed = "\n\nSources:\n" + "\n".join(lines) if lines else ""
        claims = answer.support.claims
        unverified = claims - answer.support.verified
        return listed + (f"\n\nNot verified: {unverified} of {claims} claims" if unverified else "")


async def _chunks(
    reply: _Reply, events: AsyncGenerator[AskEvent, None]
) -> AsyncGenerator[bytes, None]:
    """Events of an answer as chunks; an error becomes the last of them."""
    try:
        yield reply.chunk({"role": "assistant", "content": ""})
        said = False
        async with aclosing(events):
            async for event in events:
                match event:
                    case DeltaEvent():
                        said = True
                        yield reply.chunk({"content": event.text})
                    case FinalEvent(answer=answer):
                        # Of a refusal no pieces come.
                        rest = ("" if said else answer.text) + reply.listed(answer)
                        if rest:
                            yield reply.chunk({"content": rest})
                        places, checked = cited(answer.citations), reply.checked(answer)
                        yield reply.chunk({}, "stop", citations=places, pagesight=checked)
                        if reply.usage:
                            yield reply.chunk(None, usage=usage(answer))
    except Exception as error:
        problem = problem_of(error, reply.request_id)
        yield format_sse_event(data_str=to_json(problem.openai_body()).decode())
    yield format_sse_event(data_str="[DONE]")


def _models(shelves: Shelves, who: Caller) -> Mapping[str, Shelf]:
    """Model id -> library, for those that the caller sees, by name."""
    seen = [shelf for name, shelf in sorted(shelves.libraries.items()) if who.sees(name)]
    only = {ONLY: seen[0]} if len(seen) == 1 else {}
    return only | {f"{ONLY}/{shelf.name}": shelf for shelf in seen}


def _meant(shelves: Shelves, who: Caller, model: str) -> tuple[Shelf, bool]:
    """The library of a model, and whether it lists its sources in the text."""
    known = _models(shelves, who)
    for id, sources in ((model, False), (model.removesuffix(WITH_SOURCES), True)):
        if id in known:
            return known[id], sources
    there = ", ".join(known) or "none"
    error = {"loc": "model", "msg": "there is no such model", "type": "missing"}
    raise Problem(
        404,
        "model not found",
        f"there is no model {model!r} for this key: there are {there}",
        errors=[error],
    )


def _refuse_what_cannot_be(asked: CompletionRequest) -> None:
    """Refuses what would change the answer and is not supported; all else is ignored."""
    if asked.n not in (None, 1):
        raise _unsupported("n", "there is one answer to a question: leave n out")
    for name in ("tools", "functions"):
        if getattr(asked, name):
            raise _unsupported(name, f"no tools are called: leave {name} out")
    if asked.response_format and asked.response_format.type != "text":
        raise _unsupported(
            "response_format", "answers are text: leave response_format out, or use the native API"
        )


def _conversation(asked: CompletionRequest) -> tuple[Asked, list[Turn]]:
    """The question, and the turns before it."""
    said = [message for message in asked.messages if message.role in ("user", "assistant")]
    last = next((n for n in range(len(said) - 1, -1, -1) if said[n].role == "user"), None)
    if last is None:
        raise _unsupported("messages", "there is no question: send a message of the user")
    text, image = _question(said[last])
    if not (text or image):
        raise _unsupported("messages", "the question is empty: send text, a picture or both")
    if len(text) > LONGEST_QUESTION:
        raise _unsupported(
            "messages", f"the question is too long: at most {LONGEST_QUESTION:,} characters"
        )
    question = Asked(text=text, image=image or None, narrowing=asked.narrowing)
    return question, _turns(said[:last])[-MOST_TURNS:]


def _question(message: ChatMessage) -> tuple[str, str]:
    """Its text and its picture, a data: URL; "" for what it has not."""
    parts = message.content if isinstance(message.content, list) else []
    images = []
    for part in parts:
        if part.type not in ("text", "image_url"):
            raise _unsupported("messages", f"a part of type {part.type!r} is not supported")
        if part.image_url is not None:
            images.append(part.image_url if isinstance(part.image_url, str) else part.image_url.url)
    if len(images) > 1:
        raise _unsupported("messages", "a question may have one picture only")
    if images and not images[0].lower().startswith("data:"):
        raise _unsupported(
            "messages", "pictures are not fetched from elsewhere: send them as data: URLs"
        )
    return _text(message), "".join(images)


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, list):
        return "\n".join(part.text for part in message.content if part.text).strip()
    return (message.content or "").strip()


def _turns(messages: Sequence[ChatMessage]) -> list[Turn]:
    """Questions with what was answered, oldest first; pictures are left out."""
    turns: list[Turn] = []
    for message in messages:
        text = _text(message)
        if message.role == "user" and text:
            turns.append(Turn(question=text[:LONGEST_QUESTION], answer=""))
        elif message.role == "assistant" and turns and text:
            turns[-1] = Turn(question=turns[-1].question, answer=text[:LONGEST_ANSWER])
    return turns


def _unsupported(place: str, why: str) -> Problem:
    error = {"loc": place, "msg": why, "type": "unsupported"}
    return Problem(400, "not supported", f"{place}: {why}", errors=[error])
