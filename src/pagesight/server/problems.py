"""Errors as they are answered: problem details (RFC 9457), never a stack trace.

Under /v1/ they have the shape that OpenAI's clients read, with the same status.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from pagesight.errors import (
    DocumentError,
    LibraryError,
    MissingError,
    PagesightError,
    ServiceError,
    SettingsError,
)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
"""After which a call may be repeated that failed for a reason which passes."""
OPENAI_PATHS = "/v1/"

_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_OPENAI_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
_FOLDERS = re.compile(r"(?<![\w/:.~])~?/(?:[^/\s:'\"]+/)+(?=[^/\s])")
"""The folders of an absolute path; not those of a URL, nor of "and/or"."""

_log = logging.getLogger(__name__)


class Problem(HTTPException):
    """What a route or the guard answers instead of a result.

    It is an HTTPException because FastAPI lets only those through while it reads a body.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(status, detail, headers)
        self.title = title
        self.errors = errors
        """What is wrong with a request, place by place: {loc, msg, type} each."""

    @property
    def status(self) -> int:
        return self.status_code

    def __str__(self) -> str:
        return f"{self.title}: {self.detail}"

    def body(self, request_id: str = "") -> dict[str, Any]:
        """Problem details, as JSON values."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        return body

    def openai_body(self) -> dict[str, Any]:
        """The same for OpenAI's clients, as JSON values."""
        otherwise = "server_error" if self.status >= 500 else "invalid_request_error"
        places = [error["loc"] for error in self.errors]
        return {
            "error": {
                "message": self.detail,
                "type": _OPENAI_TYPES.get(self.status, otherwise),
                "param": places[0].removeprefix("body.") if places else None,
                "code": _OPENAI_CODES.get(self.status, re.sub(r"\W+", "_", self.title.lower())),
            }
        }


def problem_of(error: Exception, request_id: str = "") -> Problem:
    """What is answered to an error; what only the log may tell is in the log then."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            title = HTTPStatus(error.status_code).phrase.lower()
            return Problem(error.status_code, title, str(error.detail), headers=error.headers)
        case ClientDisconnect():
            return Problem(400, "connection closed", "the request ended before its body did")
        case PagesightError() if not isinstance(error, LibraryError):
            return _foreseen(error)
    _log.error("%s: %s", type(error).__name__, error, exc_info=error, extra=_tagged(request_id))
    if isinstance(error, LibraryError):
        return Problem(
            500,
            "library cannot be used",
            "the library cannot be used as it is: its log tells why, and `pagesight doctor` what "
            "to do",
        )
    return Problem(500, "internal error", "something went wrong here: the server's log tells what")


def response(problem: Problem, scope: Scope) -> Response:
    """A problem as the answer to a request, in the shape that its path promises."""
    state = scope.get("state", {})
    request_id = state.get("request_id", "")
    if scope["path"].startswith(OPENAI_PATHS):
        return JSONResponse(problem.openai_body(), problem.status, problem.headers)
    body = problem.body(request_id)
    return JSONResponse(body, problem.status, problem.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Makes every error of an application a problem."""
    for kind in (HTTPException, RequestValidationError, ClientDisconnect, PagesightError):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(Exception, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    request_id = getattr(request.state, "request_id", "")
    return response(problem_of(error, request_id), request.scope)


def _foreseen(error: PagesightError) -> Problem:
    """An error of ours; its message goes out, without the folders of this machine."""
    detail = _FOLDERS.sub("", str(error))
    match error:
        case MissingError():
            return Problem(404, "not found", detail)
        case SettingsError():
            return Problem(400, "cannot be done", detail)
        case DocumentError():
            return Problem(422, "document cannot be used", detail)
        case ServiceError(retryable=True):
            return unavailable("service unavailable", detail)
        case ServiceError():
            return Problem(502, "service failed", detail)
    return Problem(500, "failed", detail)


def unavailable(title: str, detail: str, seconds: float = RETRY_SECONDS) -> Problem:
    """Not now, but the same call may do in some seconds."""
    return Problem(503, title, detail, headers=retry_after(seconds))


def retry_after(seconds: float) -> dict[str, str]:
    """The header; whole seconds, at least one."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def _invalid(error: RequestValidationError) -> Problem:
    """Without the values themselves: there may be passwords and pictures among them."""
    errors = [
        {
            "loc": ".".join(str(part) for part in wrong["loc"]),
            "msg": str(wrong["msg"]),
            "type": str(wrong["type"]),
        }
        for wrong in error.errors()
    ]
    first = errors[0] if errors else {"loc": "request", "msg": "is not valid"}
    detail = f"{first['loc']}: {first['msg']}"
    if len(errors) > 1:
        detail += f" (and {len(errors) - 1} more: see errors)"
    return Problem(422, "invalid request", detail, errors=errors)


def _tagged(request_id: str) -> dict[str, str]:
    return {"request_id": request_id} if request_id else {}


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {name: {"type": "string"} for name in ("loc", "msg", "type")},
            },
        },
    },
}
_OPENAI_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_WHEN = {
    400: "What is asked for cannot be done.",
    401: "No key, or an unknown one.",
    403: "The key may not do this, or another site sent the request.",
    404: "There is no such thing for this key.",
    413: "The body is too large.",
    421: "The server does not go by this Host name.",
    422: "The request is not valid, or the document cannot be used.",
    429: "Too many requests: see Retry-After.",
    500: "The server failed; its log tells why.",
    502: "A service that the server needs failed.",
    503: "Too busy, or a service is away: see Retry-After.",
}


def _documented(media_type: str, schema: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"description": when, "content": {media_type: {"schema": schema}}}
        for status, when in _WHEN.items()
    }


RESPONSES = _documented(MEDIA_TYPE, _SCHEMA)
"""For `APIRouter(responses=...)`: what every route may answer besides its result."""
OPENAI_RESPONSES = _documented("application/json", _OPENAI_SCHEMA)
"""The same for routes under /v1/."""
