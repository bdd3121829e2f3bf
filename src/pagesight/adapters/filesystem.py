"""Crops and parsed documents as files."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pagesight.document import Figure, ParsedDocument, Table
from pagesight.errors import LibraryError
from pagesight.files import write_whole
from pagesight.ports import CropStore

_KEY = re.compile(r"[0-9a-f]{64}")
_PARSED = TypeAdapter(ParsedDocument)

_COMPRESSION = 6
"""zlib's own default: parsed text shrinks about eightfold, and slower levels gain little."""


class FileCropStore:
    """CropStore in the folder `root`: <root>/<first two digits>/<SHA-256 of the bytes>.png."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, png: bytes) -> str:
        """Stores the bytes durably and returns their key. A key that is there is not rewritten.

        Raises:
            LibraryError: the file cannot be written.
        """
        key = hashlib.sha256(png).hexdigest()
        path = self.path(key)
        if not path.exists():
            _write(path, png)
        return key

    def path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise LibraryError(f"{key!r} is no key of a crop (64 hexadecimal digits)")
        return self._root / key[:2] / f"{key}.png"


class FileParseCache:
    """ParseCache in the folder `root`, as compressed JSON, one file a document and parser."""

    def __init__(self, root: Path, crops: CropStore) -> None:
        self._root = root
        self._crops = crops

    def get(self, document_id: str, fingerprint: str) -> ParsedDocument | None:
        try:
            packed = self._path(document_id, fingerprint).read_bytes()
            parsed = _PARSED.validate_json(gzip.decompress(packed))
            whole = parsed.profile.id == document_id and all(
                self._crops.path(element.image).is_file()
                for element in parsed.elements
                if isinstance(element, Figure | Table) and element.image
            )
        except (OSError, EOFError, zlib.error, ValidationError, LibraryError):
            return None
        return parsed if whole else None

    def put(self, parsed: ParsedDocument, fingerprint: str) -> None:
        """Stores a parsed document durably.

        Raises:
            LibraryError: the file cannot be written.
        """
        # mtime 0: the same document gives the same bytes.
        packed = gzip.compress(_PARSED.dump_json(parsed), _COMPRESSION, mtime=0)
        _write(self._path(parsed.profile.id, fingerprint), packed)

    def _path(self, document_id: str, fingerprint: str) -> Path:
        key = hashlib.sha256(f"{document_id}\n{fingerprint}".encode()).hexdigest()
        return self._root / key[:2] / f"{key}.json.gz"


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise LibraryError(
            f"cannot write {path}: {error}: free some space or make the folder writable"
        ) from error
