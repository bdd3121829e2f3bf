"""Uploads: the file of a multipart form goes to the disk as it comes, and is checked on the way."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pagesight.document import file_name
from pagesight.formats import HEAD_BYTES, KINDS, PDF, SUFFIXES, looks_like
from pagesight.server.problems import Problem
from pagesight.server.uploaded import Arrived, Uploads, no_room

FILE_FIELD = "file"
IDLE_SECONDS = 60.0
"""After which a client that sends nothing is given up."""

_LONGEST_NAME = 120
"""Characters of a file name."""
_MOST_BYTES = 200
"""Of a file name without its suffix; file systems take 255 for a name, marks included."""
_MOST_FIELDS = 20
_LONGEST_FIELD = 8192
"""Bytes."""
_BLOCK = 1 << 20
"""Bytes that are written at a time."""
_UNSEEN = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the order of others around, so that a name looks like another."""
_DROPPED = frozenset(("Cc", "Cs", "Zl", "Zp"))
"""Unicode categories: control characters, halves of characters, line and paragraph separators."""


def safe_name(said: str) -> str:
    """What a file of that name is called here: the last part of a path, without characters that
    are not seen, not too long, and with the suffix of a document, in lower case: that of a PDF
    where it has none."""
    normal = unicodedata.normalize("NFC", file_name(said))
    kept = (
        each
        for each in normal
        if each not in _UNSEEN and unicodedata.category(each) not in _DROPPED
    )
    name = "".join(kept).rstrip(" .")
    suffix = next((each for each in SUFFIXES if name.lower().endswith(each)), "")
    stem = name.removesuffix(name[len(name) - len(suffix) :])
    suffix = suffix or PDF
    stem = stem[: _LONGEST_NAME - len(suffix)].encode()[:_MOST_BYTES].decode(errors="ignore")
    return f"{stem.strip(' .') or 'document'}{suffix}"


@asynccontextmanager
async def receiving(request: Request, uploads: Uploads, most_mb: int) -> AsyncIterator[Arrived]:
    """The file that a multipart request brings, while the block lasts: what it has not moved to a
    place is removed then, and whenever anything goes wrong.

    Raises:
        Problem: the request is no such form, the file is too large or no document, the client is
            silent for too long, or there is no room.
        ClientDisconnect: the client has gone.
    """
    boundary = _boundary(request)
    form: _Form | None = None
    try:
        try:
            form = _Form(boundary, await run_sync(uploads.temporary), most_mb)
            await _read_into(form, request)
        except FormParserError as error:
            raise Problem(400, "not a form", f"the body is no multipart form: {error}") from error
        except OSError as error:
            raise no_room(error) from error
        yield form.arrived()
    finally:
        if form is not None:
            form.close()


async def _read_into(form: _Form, request: Request) -> None:
    """Gives the body to the form in blocks, each in a thread: disks may be slow."""
    block = bytearray()
    pieces = aiter(request.stream())
    while True:
        try:
            with anyio.fail_after(IDLE_SECONDS):
                piece = await anext(pieces, None)
        except TimeoutError:
            raise Problem(
                408, "too slow", f"nothing came for {IDLE_SECONDS:g} seconds: upload it again"
            ) from None
        block += piece or b""
        if piece is None or len(block) >= _BLOCK:
            await run_sync(form.write, bytes(block))
            block.clear()
        if piece is None:
            await run_sync(form.finish)
            return


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise Problem(
            415, "not a form", f"send the file as multipart/form-data, in the field {FILE_FIELD!r}"
        )
    return boundary


class _Form:
    """A multipart body: its file goes to `path`, its fields are kept."""

    def __init__(self, boundary: bytes, path: Path, most_mb: int) -> None:
        self._path = path
        self._most_mb = most_mb
        self._file = path.open("xb")
        self._hash = hashlib.sha256()
        self._size = 0
        self._head = b""
        self._name: str | None = None
        """As the client gives it; None until the file begins."""
        self._fields: dict[str, bytearray] = {}
        self._header = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._field = ""
        """The name of the part that comes in."""
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": self._header_comes,
                    "on_header_value": self._value_comes,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data_comes,
                    "on_end": self._body_ends,
                },
            )
        except BaseException:
            self.close()
            raise

    def write(self, data: bytes) -> None:
        """Takes the next bytes of the body.

        Raises:
            FormParserError: they are no part of a multipart form.
            Problem: see `receiving`.
            OSError: the file cannot be written.
        """
        self._parser.write(data)

    def finish(self) -> None:
        """Nothing more comes: makes sure that the file is whole, is a document, and stays.

        Raises:
            the same as `write`.
        """
        self._parser.finalize()
        if not self._ended:
            raise Problem(400, "not a form", "the form ends in the middle: upload it again")
        if self._name is None:
            raise Problem(422, "no file", f"the form has no field {FILE_FIELD!r} with a file in it")
        self._check_head()
        self._file.flush()
        os.fsync(self._file.fileno())

    def arrived(self) -> Arrived:
        fields = {name: bytes(data).decode(errors="replace") for name, data in self._fields.items()}
        return Arrived(
            path=self._path,
            name=safe_name(self._name or ""),
            digest=self._hash.hexdigest(),
            fields=fields,
        )

    def close(self) -> None:
        """Removes the file, unless it was moved."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _part_begins(self) -> None:
        self._headers = {}
        self._header.clear()
        self._value.clear()

    def _header_comes(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _value_comes(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._field = options.get(b"name", b"").decode(errors="replace")
        if self._field != FILE_FIELD:
            self._fields[self._field] = bytearray()
            if len(self._fields) > _MOST_FIELDS:
                raise Problem(422, "too many fields", f"a form has {_MOST_FIELDS} fields at most")
        elif self._name is None:
            self._name = options.get(b"filename", b"").decode(errors="replace")
        else:
            raise Problem(422, "several files", "upload one file at a time: each is a job")

    def _data_comes(self, data: bytes, start: int, end: int) -> None:
        if self._field == FILE_FIELD:
            self._take(data[start:end])
            return
        value = self._fields[self._field]
        value += data[start:end]
        if len(value) > _LONGEST_FIELD:
            raise Problem(422, "field too long", f"{self._field} is longer than {_LONGEST_FIELD}")

    def _take(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._most_mb << 20:
            raise Problem(
                413,
                "file too large",
                f"the file is larger than {self._most_mb} MB: split it, or ask who runs the "
                "server to raise serve.upload_mb",
            )
        if len(self._head) < HEAD_BYTES:
            self._head = (self._head + data)[:HEAD_BYTES]
            if len(self._head) == HEAD_BYTES:
                self._check_head()
        self._hash.update(data)
        self._file.write(data)

    def _check_head(self) -> None:
        if not self._size:
            raise Problem(415, "empty file", "the file is empty: copy or download it again")
        said = file_name(self._name or "").rstrip(" .").lower()
        suffix = Path(safe_name(said)).suffix
        if looks_like(suffix, self._head):
            return
        if said.endswith(suffix):
            raise Problem(
                415,
                "not what it is called",
                f"the file is not a {suffix[1:].upper()}, whatever its name: open it in its "
                "program and save it again, or convert it to PDF",
            )
        raise Problem(
            415,
            "no document",
            f"{Path(said).suffix or 'files without an ending'} cannot be read; these can: {KINDS}",
        )

    def _body_ends(self) -> None:
        self._ended = True
