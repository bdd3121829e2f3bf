"""Answers by a (vision) LLM at any OpenAI-compatible endpoint, through the openai client."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import openai
from PIL import Image

from pagesight.errors import ServiceError


class OpenAIChat:
    """Implements ChatModel by chat completions. OPENAI_API_KEY and OPENAI_BASE_URL are read by
    the client; local servers that want no key get a placeholder."""

    def __init__(self, model: str, *, image_side: int, seconds: float, retries: int) -> None:
        self._model = model
        self._image_side = image_side
        self._usage: dict[str, int] = {}
        try:
            self._client = openai.OpenAI(timeout=seconds, max_retries=retries)
        except openai.OpenAIError as error:
            raise ServiceError(
                "no endpoint is configured: set OPENAI_API_KEY, or OPENAI_BASE_URL and any "
                "OPENAI_API_KEY for a local server, or leave ask.model empty"
            ) from error

    @property
    def name(self) -> str:
        return self._model

    def stream(self, system: str, parts: Sequence[str | Path]) -> Iterator[str]:
        """See the port; the request is retried by the client on retryable errors only."""
        self._usage = {}
        messages: list[Any] = [
            {"role": "system", "content": system},
            {"role": "user", "content": list(self._content(parts))},
        ]
        try:
            chunks = self._client.chat.completions.create(
                model=self._model,
                messages=messages,
                stream=True,
                stream_options={"include_usage": True},
                temperature=0,
            )
            for chunk in chunks:
                if chunk.usage is not None:
                    self._usage = {
                        "prompt_tokens": chunk.usage.prompt_tokens,
                        "completion_tokens": chunk.usage.completion_tokens,
                    }
                if chunk.choices and chunk.choices[0].delta.content:
                    yield chunk.choices[0].delta.content
        except openai.OpenAIError as error:
            raise _translated(error, self._model, str(self._client.base_url)) from error

    def usage(self) -> Mapping[str, int]:
        return self._usage

    def _content(self, parts: Sequence[str | Path]) -> Iterator[dict[str, Any]]:
        for part in parts:
            if isinstance(part, str):
                yield {"type": "text", "text": part}
                continue
            # A picture that is gone or damaged is left out: the text beside it still answers.
            with suppress(OSError):
                url = data_url(part, self._image_side)
                yield {"type": "image_url", "image_url": {"url": url}}


def data_url(path: Path, side: int) -> str:
    """The picture as a PNG data URL, shrunk so that its longest side is at most `side` pixels."""
    with Image.open(path) as image:
        if max(image.size) <= side:
            png = path.read_bytes()
        else:
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
            buffer = io.BytesIO()
            image.save(buffer, "PNG")
            png = buffer.getvalue()
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _translated(error: openai.OpenAIError, model: str, url: str) -> ServiceError:
    """The failure and its remedy in one line."""
    match error:
        case openai.APITimeoutError():
            return ServiceError(f"{url}: no answer in time (ask.seconds)", retryable=True)
        case openai.APIConnectionError():
            return ServiceError(f"{url}: cannot be reached; check OPENAI_BASE_URL", retryable=True)
        case openai.AuthenticationError():
            return ServiceError(f"{url}: refused the key; check OPENAI_API_KEY")
        case openai.NotFoundError():
            return ServiceError(f"{url}: has no model {model!r}; check ask.model")
        case openai.APIStatusError():
            retryable = error.status_code == 429 or error.status_code >= 500
            reason = " ".join(error.message.split())[:300]
            return ServiceError(f"{url}: {error.status_code} {reason}", retryable=retryable)
        case _:
            return ServiceError(f"{url}: {' '.join(str(error).split())[:300]}")
