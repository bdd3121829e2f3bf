"""The uploaded files of a library, in its folder until their document is deleted:

uploads/<16 digits of its SHA-256>/<name>         a file
uploads/<16 digits of its SHA-256>/<name>.json    while it is not in the library: what is to
                                                  be done with it, or why that failed
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from pagesight.document import Metadata
from pagesight.files import sync_folder
from pagesight.server.problems import Problem

_PART = ".part"
"""Ends the name of what is being written. Not what `Library.sweep` takes for left behind: it may
run while a file arrives."""
_MARK = ".json"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file that has come whole, on the disk of the library but without a place there."""

    path: Path
    """Temporary."""
    name: str
    """Safe to be a file's."""
    digest: str
    """SHA-256 of the bytes, hexadecimal."""
    fields: Mapping[str, str] = field(repr=False)
    """The other fields of the form; a password may be among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is known of an upload that is not in the library."""

    id: str
    """Of its job."""
    created: str
    """ISO 8601, UTC."""
    state: Literal["queued", "failed", "cancelled"] = "queued"
    reason: str = ""
    starts: int = 0
    """Times that its job was begun and not ended."""
    replaces: bool = True
    """Uploads of the same name are removed when it is stored."""
    metadata: Metadata = field(default_factory=Metadata)


_MARKS = TypeAdapter(Mark)


class Uploads:
    """The uploaded files of a library. One process uses them at a time."""

    def __init__(self, folder: Path) -> None:
        self._root = Path(os.path.abspath(folder))

    def holds(self, source: str) -> bool:
        """Whether a source of the library is an uploaded file."""
        return Path(source).is_relative_to(self._root)

    def temporary(self) -> Path:
        """A new path for a file that arrives.

        Raises:
            OSError: the folder cannot be made.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        return self._root / f".{uuid.uuid4().hex}{_PART}"

    def place_of(self, arrived: Arrived) -> Path:
        """Where its file belongs; the same for the same bytes under the same name."""
        return self._root / arrived.digest[:16] / arrived.name

    def put(self, arrived: Arrived) -> None:
        """Moves a file to its place, in place of what is there.

        Raises:
            OSError: it cannot be moved.
        """
        path = self.place_of(arrived)
        path.parent.mkdir(parents=True, exist_ok=True)
        _move(arrived.path, path)

    def mark(self, path: Path, mark: Mark) -> None:
        """Says what is to be done with the file at its place, or why it failed. Before the file is
        there, so that none is forgotten; a mark alone means nothing.

        Raises:
            OSError: it cannot be written.
        """
        temporary = self.temporary()
        try:
            with temporary.open("xb") as file:
                file.write(_MARKS.dump_json(mark))
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            _move(temporary, _mark_of(path))
        finally:
            temporary.unlink(missing_ok=True)

    def unmark(self, path: Path) -> None:
        """The file is in the library now."""
        _mark_of(path).unlink(missing_ok=True)

    def discard(self, path: Path) -> None:
        """Removes a file with its mark, and their folder with the last one in it."""
        path.unlink(missing_ok=True)
        self.unmark(path)
        with suppress(OSError):
            path.parent.rmdir()

    def marked(self) -> list[tuple[Path, Mark]]:
        """The files that are not in the library, oldest first. What a kill has left of others is
        removed."""
        for part in self._root.glob(f"*{_PART}"):
            part.unlink(missing_ok=True)
        found = []
        for place in self._root.glob(f"*/*{_MARK}"):
            path = place.with_name(place.name.removesuffix(_MARK))
            if path.is_file():
                found.append((path, _read(place)))
            else:
                self.discard(path)
        return sorted(found, key=lambda each: (each[1].created, each[0]))


def no_room(error: OSError) -> Problem:
    """What is answered where a file cannot be written."""
    _log.error("an upload cannot be written: %s", error)
    return Problem(
        507,
        "cannot be stored",
        f"the file cannot be written ({error.strerror}): free some space on the server",
    )


def _move(temporary: Path, path: Path) -> None:
    os.replace(temporary, path)
    sync_folder(path.parent)


def _mark_of(path: Path) -> Path:
    return path.with_name(path.name + _MARK)


def _read(place: Path) -> Mark:
    """A mark; one that cannot be read is taken for that of a new file."""
    try:
        return _MARKS.validate_json(place.read_bytes())
    except (OSError, ValidationError):
        _log.warning("%s cannot be read: its file is ingested without it", place)
        return Mark(id=uuid.uuid4().hex, created="")
