"""What every request passes before any route sees it, in this order: its id, the headers of its
answer, the Host that it names, the site that sent it, its key, its rate and its size.

It is plain ASGI: nothing is buffered, so that a slow client holds no memory and a stream streams.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pagesight.errors import SettingsError
from pagesight.server.addresses import LOOPBACK_HOSTS, host_name, network, public_address, same_site
from pagesight.server.callers import Caller
from pagesight.server.keys import KeyStore
from pagesight.server.problems import (
    Problem,
    problem_of,
    response,
    retry_after,
    unavailable,
)
from pagesight.settings import ServeSettings

WRONG_KEYS_PER_MINUTE = 10
"""Of one address. Right ones are let in all the same: nobody finds 256 bits by trying, and whoever
tries must not lock out the others behind the same proxy."""
MEGABYTE = 2**20
BASE64 = 1.4
"""Characters of a picture in JSON for each of its bytes, with room for line breaks."""
JSON_MB = 1
"""For all that a request holds besides a picture."""

_CONTENT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(
        f"{what} {where}" for what, where in _CONTENT_POLICY.items()
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
}
_PUBLIC = frozenset({"/", "/healthz", "/readyz"})
_STATIC = "/static/"
_UPLOAD = re.compile(r"/api/libraries/[^/]+/documents/?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOCAL = "(this machine)"
"""Name of callers by a local token; no key can have it."""

__all__ = ["LOOPBACK_HOSTS", "Guard", "public_address"]

_log = logging.getLogger(__name__)


class Guard:
    """Middleware that lets in who may come in, and says who it is.

    `scope["state"]` gets `request_id` and, for all but public paths, `caller`.

    Args:
        keys: who may come in; None: anyone, as a caller who may do anything.
        local: token -> name of the one library that it opens, for programs of the same user on
            the same machine.
        hosts: names that a Host header may have, against pages that have their own name resolve
            to this machine; empty: any.
        limits: rates and sizes.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: KeyStore | None,
        local: Mapping[str, str],
        hosts: Collection[str],
        limits: ServeSettings,
    ) -> None:
        self._app = app
        self._keys = keys
        self._local = local
        self._hosts = frozenset(host_name(host) for host in hosts)
        self._sizes = _Sizes.of(limits)
        self._rate = _Rate(limits.per_minute)
        self._wrong_keys = _Rate(WRONG_KEYS_PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        headers = Headers(scope=scope)
        state["request_id"] = _request_id(headers)
        answer = _Answer(send, state["request_id"])
        try:
            most = self._admit(scope, headers)
            await self._app(scope, _counted(receive, most), answer.send)
        except Exception as error:
            if answer.started:
                raise
            problem = problem_of(error, state["request_id"])
            await response(problem, scope)(scope, receive, answer.send)

    def _admit(self, scope: Scope, headers: Headers) -> int:
        """Lets a request in, with its caller in its state; how many bytes its body may have.

        Raises:
            Problem: it is not let in.
        """
        self._check_host(headers)
        visit = scope["method"] in ("GET", "HEAD") and _is_page(scope["path"])
        if not visit:
            _check_site(headers)
        if not _is_public(scope["path"]):
            caller = scope["state"]["caller"] = self._caller(scope, headers)
            if not caller.local:
                self._check_rate(scope, caller)
        most = self._sizes.most(scope["method"], scope["path"])
        if _declared_size(headers) > most:
            raise _too_large(most)
        return most

    def _check_host(self, headers: Headers) -> None:
        names = headers.getlist("host")
        if len(names) > 1:
            raise Problem(400, "wrong host", "send one Host header")
        if self._hosts and host_name("".join(names)) not in self._hosts:
            raise Problem(
                421,
                "wrong host",
                "this server does not go by that name: start it with --allow-host NAME, or call "
                "it by its own",
            )

    def _caller(self, scope: Scope, headers: Headers) -> Caller:
        """Who it is, by the key that comes along.

        Raises:
            Problem: the key is missing, wrong, or cannot be checked; or too many were wrong.
        """
        token = _token(headers)
        library = _local_library(self._local, token)
        if library is not None:
            return Caller(name=_LOCAL, scope="write", libraries=(library,), local=True)
        if self._keys is None:
            return Caller(name="", scope="write")
        try:
            caller = self._keys.caller_of(token) if token else None
        except SettingsError as error:
            _log.error("no key can be checked: %s", error)
            raise unavailable(
                "keys cannot be checked", "the server cannot read its keys: its log tells why"
            ) from error
        if caller is not None:
            return caller
        if not token:
            raise _unauthorized("send a key: `Authorization: Bearer KEY`", 'realm="pagesight"')
        wait = self._wrong_keys.take(_client(scope))
        if wait:
            raise Problem(
                429,
                "too many wrong keys",
                f"too many wrong keys came from this address: wait {wait} seconds",
                headers=retry_after(wait),
            )
        raise _unauthorized(
            "the key is wrong or was removed: ask for another",
            'realm="pagesight", error="invalid_token"',
        )

    def _check_rate(self, scope: Scope, caller: Caller) -> None:
        who = f"key {caller.name}" if caller.name else f"address {_client(scope)}"
        wait = self._rate.take(who)
        if wait:
            raise Problem(
                429,
                "too many requests",
                f"more than {self._rate.per_minute} requests a minute: wait {wait} seconds",
                headers=retry_after(wait),
            )


class _Rate:
    """So many a minute of each name; 0: any number."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._limit = RateLimitItemPerMinute(per_minute)
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def take(self, name: str) -> int:
        """Counts one, unless there were too many: then the seconds after which there may be one
        more; else 0."""
        if not self.per_minute or self._windows.hit(self._limit, name):
            return 0
        oldest = self._windows.get_window_stats(self._limit, name).reset_time
        return max(1, round(oldest - time.time() + 0.5))


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Bytes that bodies may have."""

    json: int
    upload: int

    @classmethod
    def of(cls, limits: ServeSettings) -> _Sizes:
        return cls(
            json=int((limits.image_mb * BASE64 + JSON_MB) * MEGABYTE),
            upload=(limits.upload_mb + JSON_MB) * MEGABYTE,
        )

    def most(self, method: str, path: str) -> int:
        return self.upload if method == "POST" and _UPLOAD.fullmatch(path) else self.json


class _Answer:
    """Sends an answer with the headers that all have."""

    def __init__(self, send: Send, request_id: str) -> None:
        self.started = False
        self._send = send
        self._request_id = request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


def _counted(receive: Receive, most: int) -> Receive:
    """`receive` that ends with a problem once a body is too large, whatever it said of its size."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            if size > most:
                raise _too_large(most)
        return message

    return counted


def _too_large(most: int) -> Problem:
    # The rest of the body would be taken for the next request.
    return Problem(
        413,
        "too large",
        f"the request is larger than {most / MEGABYTE:g} MB",
        headers={"Connection": "close"},
    )


def _unauthorized(detail: str, challenge: str) -> Problem:
    return Problem(401, "key needed", detail, headers={"WWW-Authenticate": f"Bearer {challenge}"})


def _check_site(headers: Headers) -> None:
    """Refuses what a browser sends on behalf of another site; programs send neither header.

    Raises:
        Problem: it comes from there.
    """
    site = headers.get("sec-fetch-site", "none")
    origins = headers.getlist("origin")
    host = headers.get("host", "")
    if site in ("none", "same-origin") and all(same_site(origin, host) for origin in origins):
        return
    raise Problem(
        403,
        "other site",
        "pages of other sites may not use this server; behind a proxy, have it pass the Host "
        "header on",
    )


def _is_page(path: str) -> bool:
    """The page and its files: links to them may stand anywhere."""
    return path == "/" or path.startswith(_STATIC)


def _is_public(path: str) -> bool:
    return path in _PUBLIC or path.startswith(_STATIC)


def _request_id(headers: Headers) -> str:
    """That of a proxy where it is harmless, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _token(headers: Headers) -> str:
    """The key that is sent; "" where there is none, or more than one."""
    sent = headers.getlist("authorization")
    scheme, _, token = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


def _local_library(local: Mapping[str, str], token: str) -> str | None:
    given = token.encode()
    found = None
    for known, library in local.items():
        if hmac.compare_digest(known.encode(), given):
            found = library
    return found


def _declared_size(headers: Headers) -> int:
    """Bytes; 0 where a body does not say, and is counted as it comes."""
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _client(scope: Scope) -> str:
    client = scope.get("client")
    return network(client[0]) if client else ""
