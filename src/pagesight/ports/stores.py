"""What a library keeps beside its catalogue: crops, parsed documents, and its writer's lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from pagesight.document import ParsedDocument


class CropWriter(Protocol):
    """Takes the crops that a parser cuts."""

    def put(self, png: bytes) -> str:
        """Stores the bytes durably and returns their key; the same bytes give the same key."""


class CropStore(CropWriter, Protocol):
    """Content-addressed PNG files."""

    def path(self, key: str) -> Path:
        """Where the crop of this key is, or would be.

        Raises:
            LibraryError: it is no key.
        """

    def keys(self) -> set[str]:
        """Of all crops that are there."""

    def whole(self, key: str) -> bool:
        """Whether the crop is there and its bytes are those that were stored."""

    def remove(self, keys: Iterable[str]) -> int:
        """Removes crops; unknown keys are ignored. Returns the bytes that they took."""


class ParseCache(Protocol):
    """Parsed documents by content and parser."""

    def get(self, document_id: str, fingerprint: str) -> ParsedDocument | None:
        """None where there is none that can be read, or where one of its crops is gone."""

    def put(self, parsed: ParsedDocument, fingerprint: str) -> None: ...

    def entries(self) -> Mapping[Path, str]:
        """File -> id of its document; "" for a file that is no entry."""

    def readable(self, path: Path) -> bool:
        """Whether the entry in a file can be read."""

    def remove(self, document_id: str) -> None:
        """Removes what is kept of a document, by any parser; unknown ids are ignored."""

    def discard(self, paths: Iterable[Path]) -> int:
        """Removes these files of `entries`. Returns the bytes that they took."""


class WriterLock(Protocol):
    """Lets one process at a time write to a library."""

    def acquire(self) -> None:
        """Takes the lock without waiting for its holder to be done.

        Raises:
            LibraryError: another process holds it, or it cannot be taken in this folder.
        """

    def release(self) -> None: ...

    def held(self) -> bool:
        """Another process holds it."""
