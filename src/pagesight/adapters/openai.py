"""Answers by a (vision) LLM at any OpenAI-compatible endpoint, through the openai client.

Which endpoint, the client's own variables say: OPENAI_BASE_URL and OPENAI_API_KEY (OpenAI, vLLM,
Ollama, LM Studio, llama.cpp ...), or AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY and
OPENAI_API_VERSION, where ask.model is the name of the deployment.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import openai

from pagesight.errors import ServiceError, SettingsError, UnfinishedReplyError
from pagesight.pictures import fitted, png
from pagesight.results import Detail, ImagePart, Reply

CONNECT_SECONDS = 10.0
"""An endpoint that does not take a connection for so long is not there."""
MOST_TILES = 4
"""Of a picture that is sent by its path."""

_OPTIONAL: Mapping[str, object] = {"temperature": 0, "stream_options": {"include_usage": True}}
"""What is asked for and can be done without: reasoning models refuse a temperature, and older
servers refuse the options."""
_PICTURES = re.compile(
    r"image|picture|vision|multi-?modal|mmproj|content.{0,40}(?:string|'text'|`text`)",
    re.IGNORECASE | re.DOTALL,
)
"""How servers word it that a model takes no pictures."""
_NOT_ABOUT_PICTURES = frozenset({401, 403, 408, 409, 429, 502, 503, 504})
_NO_KEY = "none"
"""Sent to servers of one's own, which do not look at it."""


class OpenAIChat:
    """Implements VisionModel by chat completions.

    `seconds` is for how long the endpoint may be silent; `retries` is how often a request is
    repeated, with growing pauses or after what Retry-After says, when no connection was made or
    the status is 408, 409, 429 or 5xx. A reply that has begun is never asked for again. `section`
    is that of the settings which name the model.

    Raises:
        ServiceError: no endpoint is configured.
        SettingsError: the variables for Azure are incomplete.
    """

    def __init__(
        self,
        model: str,
        *,
        image_side: int,
        image_detail: Detail = "auto",
        seconds: float,
        retries: int,
        section: str = "ask",
    ) -> None:
        self._model = model
        self._section = section
        self._image_side = image_side
        self._image_detail: Detail = image_detail
        self._refused: set[str] = set()
        self._client = _client(model, seconds, retries, section)

    @property
    def name(self) -> str:
        return self._model

    def fit(self, path: Path, most: int) -> tuple[ImagePart, ...]:
        """See the port."""
        return fitted(path, side=self._image_side, detail=self._image_detail, most=most)

    def stream(self, system: str, parts: Sequence[str | Path | ImagePart]) -> Reply:
        """See the port. The endpoint is asked when the first piece is."""
        usage: dict[str, int] = {}
        return Reply(pieces=self._pieces(system, parts, usage), usage=usage)

    def _pieces(
        self, system: str, parts: Sequence[str | Path | ImagePart], usage: dict[str, int]
    ) -> Iterator[str]:
        """The text as it comes; `usage` is filled when the endpoint reports it."""
        content = self._content(parts)
        chunks = self._opened(system, content)
        came: list[str] = []
        finish = None
        try:
            for chunk in chunks:
                usage |= _tokens(chunk.usage)
                # The client leaves out what a server leaves out, required or not.
                for choice in (getattr(chunk, "choices", None) or ())[:1]:
                    finish = choice.finish_reason or finish
                    delta = getattr(choice, "delta", None)
                    if delta and delta.content:
                        came.append(delta.content)
                        yield delta.content
        except (openai.OpenAIError, ValueError) as error:
            raise self._broken("".join(came), error) from error
        finally:
            chunks.close()
        if unfinished := _unfinished(finish):
            raise UnfinishedReplyError(
                f"{self._url}: {unfinished}", "".join(came), retryable=finish is None
            )

    @property
    def _url(self) -> str:
        return str(self._client.base_url)

    def _opened(self, system: str, content: str | list[dict[str, Any]]) -> openai.Stream[Any]:
        """The stream of the reply. What the endpoint refuses of `_OPTIONAL` is left out from then
        on."""
        messages: list[Any] = [
            {"role": "system", "content": system},
            {"role": "user", "content": content},
        ]
        while True:
            wanted = {name: _OPTIONAL[name] for name in _OPTIONAL if name not in self._refused}
            options: dict[str, Any] = {"model": self._model, "messages": messages, **wanted}
            try:
                stream: openai.Stream[Any] = self._client.chat.completions.create(
                    stream=True, **options
                )
                return stream
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                named = {name for name in wanted if name in f"{error.param} {error.message}"}
                if not named:
                    raise self._translated(error, pictures=isinstance(content, list)) from error
                self._refused |= named
            except openai.OpenAIError as error:
                raise self._translated(error, pictures=isinstance(content, list)) from error

    def _content(self, parts: Sequence[str | Path | ImagePart]) -> str | list[dict[str, Any]]:
        """What the user message says: plain text where there is no picture, which every server
        takes."""
        content = [item for part in parts for item in self._items(part)]
        if all(item["type"] == "text" for item in content):
            return "\n\n".join(item["text"] for item in content)
        return content

    def _items(self, part: str | Path | ImagePart) -> Iterator[dict[str, Any]]:
        if isinstance(part, str):
            yield _text(part)
            return
        path = part if isinstance(part, Path) else part.path
        try:
            pictures = self.fit(path, MOST_TILES) if isinstance(part, Path) else (part,)
            yield from [_image(picture) for picture in pictures]
        except OSError:
            yield _text(f"(A picture belongs here; its file {path.name} cannot be read.)")

    def _broken(self, came: str, error: Exception) -> UnfinishedReplyError:
        match error:
            case openai.APITimeoutError():
                reason = "nothing more came in time (ask.seconds)"
            case openai.APIConnectionError():
                reason = "the connection was lost"
            case json.JSONDecodeError():
                reason = "what came is no JSON"
            case _:
                reason = _line(str(error))
        return UnfinishedReplyError(
            f"{self._url}: the reply broke off after {len(came):,} characters: {reason}",
            came,
            retryable=True,
        )

    def _translated(self, error: openai.OpenAIError, *, pictures: bool) -> ServiceError:
        """The failure and its remedy in one line."""
        url, model = self._url, self._model
        if pictures and _refuses_pictures(error, model):
            return ServiceError(
                f"{url}: {model!r} does not take the pictures: set {self._section}.images=0 to "
                f"send text alone, or choose a vision model ({_line(str(error))})"
            )
        match error:
            case openai.APITimeoutError():
                return ServiceError(f"{url}: no answer in time (ask.seconds)", retryable=True)
            case openai.APIConnectionError():
                return ServiceError(
                    f"{url}: cannot be reached; check {_address_variable()}", retryable=True
                )
            case openai.AuthenticationError():
                return ServiceError(f"{url}: refused the key; check {_key_variable()}")
            case openai.NotFoundError():
                return ServiceError(f"{url}: has no model {model!r}; check {self._section}.model")
            case openai.APIStatusError():
                status = error.status_code
                return ServiceError(
                    f"{url}: {status} {_line(error.message)}",
                    retryable=status in (408, 409, 429) or status >= 500,
                )
            case _:
                return ServiceError(f"{url}: {_line(str(error))}")


def _client(model: str, seconds: float, retries: int, section: str) -> openai.OpenAI:
    timeout = openai.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    try:
        if _is_azure():
            return openai.AzureOpenAI(azure_deployment=model, timeout=timeout, max_retries=retries)
        own = None if os.environ.get("OPENAI_API_KEY") else _own_key()
        return openai.OpenAI(api_key=own, timeout=timeout, max_retries=retries)
    except openai.OpenAIError as error:
        if _is_azure():
            raise SettingsError(
                "AZURE_OPENAI_ENDPOINT is set without a key: set AZURE_OPENAI_API_KEY"
            ) from error
        raise ServiceError(
            "no endpoint is configured: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of "
            f"your own, or do without {section}.model"
        ) from error
    except ValueError as error:
        raise SettingsError(
            "AZURE_OPENAI_ENDPOINT is set without OPENAI_API_VERSION: set it to a version of the "
            "API, as 2024-10-21"
        ) from error


def _is_azure() -> bool:
    return bool(os.environ.get("AZURE_OPENAI_ENDPOINT")) and not os.environ.get("OPENAI_BASE_URL")


def _own_key() -> str | None:
    return _NO_KEY if os.environ.get("OPENAI_BASE_URL") else None


def _address_variable() -> str:
    return "AZURE_OPENAI_ENDPOINT" if _is_azure() else "OPENAI_BASE_URL"


def _key_variable() -> str:
    return "AZURE_OPENAI_API_KEY" if _is_azure() else "OPENAI_API_KEY"


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _image(part: ImagePart) -> dict[str, Any]:
    """A PNG data URL. The detail is only named where it is not the default: not every server
    knows it."""
    url = f"data:image/png;base64,{base64.b64encode(png(part)).decode('ascii')}"
    detail = {} if part.detail == "auto" else {"detail": part.detail}
    return {"type": "image_url", "image_url": {"url": url, **detail}}


def _tokens(reported: Any) -> dict[str, int]:
    if reported is None:
        return {}
    return {
        "prompt_tokens": reported.prompt_tokens or 0,
        "completion_tokens": reported.completion_tokens or 0,
    }


def _refuses_pictures(error: openai.OpenAIError, model: str) -> bool:
    return (
        isinstance(error, openai.APIStatusError)
        and error.status_code not in _NOT_ABOUT_PICTURES
        and _PICTURES.search(str(error).replace(model, "")) is not None
    )


def _unfinished(finish: str | None) -> str:
    """Why a reply that ended so is not whole; "" if it is."""
    match finish:
        case None:
            return "the reply ended without saying that it is finished; it may lack its end"
        case "length":
            return (
                "the reply was cut at the most tokens that the model may write or read: raise "
                "that limit of the server, or show less (ask.tokens, ask.images)"
            )
        case "content_filter":
            return "the reply was withheld by the content filter of the endpoint"
        case _:
            return ""


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
