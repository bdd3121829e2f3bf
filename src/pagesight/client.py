"""The server that a library has, seen from another process on the same machine.

A server leaves a file in each library that it serves, which only its user can read: where it
listens, and a key for that library. Who finds it asks the server, whose models are warm, instead
of loading its own.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from pagesight.errors import (
    DocumentError,
    MissingError,
    PagesightError,
    ServiceError,
    SettingsError,
)
from pagesight.files import write_whole
from pagesight.results import Event, Turn
from pagesight.settings import Settings
from pagesight.sources import is_remote
from pagesight.views import (
    AskEvent,
    DocumentDetail,
    DocumentRow,
    Found,
    PageText,
    Passage,
)

if TYPE_CHECKING:
    from pagesight.ingest import Request
    from pagesight.service import Question

FILE_NAME = "server.json"
"""Of the file in a library's folder."""
CONNECT_SECONDS = 1.0
"""A server on the same machine that does not take a connection for so long is not there."""
SILENT_SECONDS = 600.0
"""A server that sends nothing for so long is given up; it keeps streams alive by comments."""

MOST_TURNS = 50
"""Of a conversation: a server takes no more, and looks at fewer."""

View = TypeVar("View")


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """How a server is reached that has a library open."""

    url: str
    library: str
    """Name that the server knows it by."""
    token: str
    settings: str
    """`fingerprint` of those that the server answers with."""


def fingerprint(settings: Settings) -> str:
    """SHA-256, hexadecimal, of everything that decides what is stored, found and answered."""
    sections = settings.as_dict()
    del sections["serve"]
    return sha256(json.dumps(sections, sort_keys=True).encode()).hexdigest()


def announce(root: Path, presence: Presence) -> None:
    """Leaves the file in a library's folder.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(root / FILE_NAME, json.dumps(asdict(presence)).encode(), mode=0o600)


def withdraw(root: Path) -> None:
    """Removes it."""
    (root / FILE_NAME).unlink(missing_ok=True)


def find(root: Path, settings: Settings | None = None) -> RemoteService | None:
    """The server that has the library open; None where none runs, or where it answers with other
    settings than these."""
    root = root.expanduser().absolute()
    try:
        presence = Presence(**json.loads((root / FILE_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if settings is not None and fingerprint(settings) != presence.settings:
        return None
    service = RemoteService(presence)
    return service if service.answers() else None


class RemoteService:
    """Implements Service by a running server."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._path = f"/api/libraries/{quote(presence.library, safe='')}"

    def answers(self) -> bool:
        """Whether the server is there and ready."""
        with suppress(OSError, HTTPException), closing(self._connection()) as connection:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False

    def search(
        self, question: Question, count: int | None = None, *, explain: bool = False
    ) -> Found:
        """See the protocol."""
        asked = _asked(question) | {"count": count, "explain": explain}
        return self._view(Found, "POST", f"{self._path}/search", asked)

    def ask(self, question: Question, history: Sequence[Turn] = ()) -> Iterator[AskEvent]:
        """See the protocol."""
        turns = [asdict(turn) for turn in history[-MOST_TURNS:]]
        asked = _asked(question) | {"history": turns, "stream": True}
        for name, data in self._events("POST", f"{self._path}/ask", asked):
            if name == "error":
                raise _error(json.loads(data))
            event: AskEvent = _adapter(AskEvent).validate_json(data)
            yield event

    def documents(self) -> list[DocumentRow]:
        """See the protocol."""
        return self._view(list[DocumentRow], "GET", f"{self._path}/documents")

    def document(self, reference: str) -> DocumentDetail:
        """See the protocol."""
        id = self.find(reference).id
        return self._view(DocumentDetail, "GET", f"{self._path}/documents/{id}")

    def page(self, reference: str, number: int) -> PageText:
        """See the protocol."""
        id = self.find(reference).id
        return self._view(PageText, "GET", f"{self._path}/documents/{id}/pages/{number}")

    def page_picture(self, reference: str, number: int) -> bytes:
        """See the protocol."""
        id = self.find(reference).id
        return self._sent("GET", f"{self._path}/documents/{id}/pages/{number}/image")

    def crop(self, passage: Passage) -> bytes | None:
        """See the protocol. Programs on the same machine are given paths."""
        with suppress(OSError):
            return Path(passage.crop).read_bytes() if passage.crop else None
        return None

    def find(self, reference: str) -> DocumentRow:
        """The one document meant by an id or its beginning, a path, or a file name.

        Raises:
            MissingError: there is none.
            SettingsError: there are several.
        """
        from pagesight.contents import the_one

        rows = self.documents()
        exact = (reference, str(Path(reference).absolute()))
        for row in rows:
            if row.id == reference or row.source in exact:
                return row
        return the_one(reference, rows, {row.source: row.id for row in rows})

    def remove(self, id: str) -> None:
        """Removes a document from the library."""
        self._sent("DELETE", f"{self._path}/documents/{id}")

    def ingest(self, request: Request, metadata: Path | None = None) -> Generator[Event]:
        """What `Ingester.ingest` gives, by the server. Closing the iterator cancels it there.

        Args:
            metadata: the file that the request's metadata come from.
        """
        asked = {
            "paths": [_from_here(path) for path in request.paths],
            "metadata": None if metadata is None else str(metadata.absolute()),
            "passwords": list(request.passwords),
            "prune": request.prune,
            "reparse": request.reparse,
        }
        for name, data in self._events("POST", f"{self._path}/ingest", asked):
            if name == "error":
                raise _error(json.loads(data))
            event: Event = _adapter(Event).validate_json(data)
            yield event

    def _view(self, shape: type[View], method: str, path: str, body: object = None) -> View:
        view: View = _adapter(shape).validate_json(self._sent(method, path, body))
        return view

    def _sent(self, method: str, path: str, body: object = None) -> bytes:
        with closing(self._connection()) as connection:
            return self._response(connection, method, path, body).read()

    def _events(self, method: str, path: str, body: object) -> Iterator[tuple[str, bytes]]:
        """(event name, data) of a stream of server-sent events."""
        with closing(self._connection()) as connection:
            response = self._response(connection, method, path, body)
            name = ""
            for line in _lines(response):
                field, _, value = line.partition(b":")
                if field == b"event":
                    name = value.strip().decode()
                elif field == b"data":
                    yield name, value.strip()

    def _response(
        self, connection: HTTPConnection, method: str, path: str, body: object
    ) -> HTTPResponse:
        headers = {"Authorization": f"Bearer {self._presence.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, sent, headers)
            if connection.sock is not None:
                connection.sock.settimeout(SILENT_SECONDS)
            response = connection.getresponse()
        except (OSError, HTTPException) as error:
            raise self._lost(error) from error
        if response.status >= 400:
            raise _error(_problem(response))
        return response

    def _connection(self) -> HTTPConnection:
        url = urlsplit(self._presence.url)
        return HTTPConnection(url.hostname or "", url.port or 80, timeout=CONNECT_SECONDS)

    def _lost(self, error: Exception) -> ServiceError:
        return ServiceError(
            f"{self._presence.url}: the server of the library does not answer ({error}); try "
            "again, or end it",
            retryable=True,
        )


def _lines(response: HTTPResponse) -> Iterator[bytes]:
    try:
        while line := response.readline():
            yield line.rstrip(b"\r\n")
    except (OSError, HTTPException) as error:
        raise ServiceError(f"the server ended in the middle: {error}", retryable=True) from error


def _from_here(path: str) -> str:
    """A path, glob or URL as it reads from any folder."""
    return path if is_remote(path) else os.path.abspath(os.path.expanduser(path))


def _asked(question: Question) -> dict[str, object]:
    asked: dict[str, object] = {"text": question.text, "narrowing": asdict(question.narrowing)}
    if question.image is not None:
        try:
            asked["image"] = base64.b64encode(question.image.read_bytes()).decode("ascii")
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise SettingsError(f"{question.image}: cannot be read ({reason})") from error
    return asked


def _problem(response: HTTPResponse) -> dict[str, Any]:
    problem: dict[str, Any] = {"status": response.status, "detail": response.reason}
    with suppress(ValueError):
        problem |= json.loads(response.read())
    return problem


def _error(problem: Mapping[str, Any]) -> PagesightError:
    detail, status = str(problem.get("detail", "")), int(problem.get("status", 500))
    if status == 404:
        return MissingError(detail)
    if status == 422 and "errors" not in problem:
        return DocumentError(detail)
    if status < 500 and status != 429:
        return SettingsError(detail)
    return ServiceError(detail, retryable=status in (429, 503))


def _adapter(shape: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(shape)
