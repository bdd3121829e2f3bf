"""Crops, parsed documents and readings of pictures as files."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pagesight.document import Figure, ParsedDocument, Table
from pagesight.errors import LibraryError
from pagesight.files import digest, write_whole
from pagesight.optical import ReadWord
from pagesight.ports import CropStore, OpticalReader

_KEY = re.compile(r"[0-9a-f]{64}")
_ENTRY = re.compile(r"([0-9a-f]{64})-[0-9a-f]{16}\.json\.gz")
_PARSED = TypeAdapter(ParsedDocument)
_WORDS = TypeAdapter(tuple[ReadWord, ...])

_UNREADABLE = (OSError, EOFError, zlib.error, ValidationError)
"""What a damaged entry raises."""

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

    def keys(self) -> set[str]:
        return {path.stem for path in self._root.glob("??/*.png") if _KEY.fullmatch(path.stem)}

    def whole(self, key: str) -> bool:
        try:
            return digest(self.path(key)) == key
        except OSError:
            return False

    def remove(self, keys: Iterable[str]) -> int:
        return sum(_remove(self.path(key)) for key in keys)


class FileParseCache:
    """ParseCache in the folder `root`, as compressed JSON, one file a document and parser:
    <root>/<first two digits>/<document id>-<digest of the parser's fingerprint>.json.gz."""

    def __init__(self, root: Path, crops: CropStore) -> None:
        self._root = root
        self._crops = crops

    def get(self, document_id: str, fingerprint: str) -> ParsedDocument | None:
        path = self._path(document_id, fingerprint)
        try:
            parsed = _PARSED.validate_json(gzip.decompress(path.read_bytes()))
            whole = parsed.profile.id == document_id and all(
                self._crops.path(element.image).is_file()
                for element in parsed.elements
                if isinstance(element, Figure | Table) and element.image
            )
        except (*_UNREADABLE, LibraryError):
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

    def entries(self) -> Mapping[Path, str]:
        found = {}
        for path in self._root.glob("*/*.gz"):
            match = _ENTRY.fullmatch(path.name)
            found[path] = match[1] if match else ""
        return found

    def readable(self, path: Path) -> bool:
        try:
            _PARSED.validate_json(gzip.decompress(path.read_bytes()))
        except _UNREADABLE:
            return False
        return True

    def remove(self, document_id: str) -> None:
        self.discard((self._root / document_id[:2]).glob(f"{document_id}-*.json.gz"))

    def discard(self, paths: Iterable[Path]) -> int:
        return sum(_remove(path) for path in paths)

    def _path(self, document_id: str, fingerprint: str) -> Path:
        parser = hashlib.sha256(fingerprint.encode()).hexdigest()[:16]
        return self._root / document_id[:2] / f"{document_id}-{parser}.json.gz"


class FileReadings:
    """OpticalReader that keeps what another one reads in the folder `root`, so that pages that are
    parsed anew are not read anew: <root>/<first two digits>/<digest>.json.gz, the digest being
    that of the reader's fingerprint, of the mode, and of the picture."""

    def __init__(self, root: Path, reader: OpticalReader) -> None:
        self._root = root
        self._reader = reader

    @property
    def fingerprint(self) -> str:
        return self._reader.fingerprint

    def read(self, png: bytes, *, sparse: bool) -> tuple[ReadWord, ...]:
        """See `OpticalReader.read`.

        Raises:
            ServiceError: the reader failed; nothing is kept.
            LibraryError: what was read cannot be written.
        """
        known = hashlib.sha256(f"{self._reader.fingerprint} sparse={sparse} ".encode())
        known.update(png)
        path = self._root / known.hexdigest()[:2] / f"{known.hexdigest()}.json.gz"
        try:
            return _WORDS.validate_json(gzip.decompress(path.read_bytes()))
        except _UNREADABLE:
            words = tuple(
                ReadWord(
                    text=word.text,
                    left=word.left,
                    top=word.top,
                    width=word.width,
                    height=word.height,
                    line=word.line,
                    confidence=word.confidence,
                )
                for word in self._reader.read(png, sparse=sparse)
            )
        _write(path, gzip.compress(_WORDS.dump_json(words), _COMPRESSION, mtime=0))
        return words


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise LibraryError(
            f"cannot write {path}: {error}: free some space or make the folder writable"
        ) from error


def _remove(path: Path) -> int:
    """Bytes that the file took; 0 where there is none."""
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise LibraryError(f"cannot remove {path}: {error}: make the folder writable") from error
    return size
