"""Files that are no PDF are shown, quoted and parsed by a PDF that is made of each once."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pagesight.document import DocumentProfile, PageContent
from pagesight.errors import DocumentError, LibraryError
from pagesight.files import digest, write_whole
from pagesight.flow import Rendition
from pagesight.formats import PDF, kind_of, says_pdf
from pagesight.ports import Converter, Illustrator, Parser

RENDITION_VERSION = 2
"""Raise it when the same file is converted differently."""

RENDITIONS = "renditions"
"""Their folder in that of a library."""

_CONTENTS = TypeAdapter(tuple[PageContent, ...])
_ENTRY = re.compile(r"([0-9a-f]{64})-\d+\.(?:pdf|json\.gz)")


class Renditions:
    """The folder of a library in which the PDFs lie, by the id of the document."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, document_id: str) -> Path:
        """Where the PDF is, or would be."""
        return self._root / document_id[:2] / f"{document_id}-{RENDITION_VERSION}.pdf"

    def put(self, document_id: str, rendition: Rendition) -> None:
        """Keeps a rendition durably.

        Raises:
            LibraryError: it cannot be written.
        """
        path = self.path(document_id)
        packed = gzip.compress(_CONTENTS.dump_json(rendition.contents), mtime=0)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The PDF last: where it is, all is.
            write_whole(_contents_of(path), packed)
            write_whole(path, rendition.pdf)
        except OSError as error:
            raise LibraryError(
                f"cannot write {path}: {error}: free some space or make the folder writable"
            ) from error

    def contents(self, document_id: str) -> tuple[PageContent, ...] | None:
        """What stands on the pages; empty where only the PDF tells. None where there is no
        rendition that can be read."""
        path = self.path(document_id)
        try:
            packed = _contents_of(path).read_bytes() if path.is_file() else b""
            return _CONTENTS.validate_json(gzip.decompress(packed))
        except (OSError, EOFError, ValidationError):
            return None

    def entries(self) -> Mapping[Path, str]:
        """File -> id of its document; "" for a file that is no rendition."""
        found = {}
        for path in self._root.glob("*/*"):
            match = _ENTRY.fullmatch(path.name)
            found[path] = match[1] if match else ""
        return found

    def remove(self, document_id: str) -> None:
        """Removes the rendition of a document, if there is one."""
        path = self.path(document_id)
        for each in (path, _contents_of(path)):
            each.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A file that has its rendition."""

    stamp: tuple[object, ...]
    """By which the file is known to be the same still."""
    id: str
    """Of the document."""
    contents: tuple[PageContent, ...]
    """As in `Rendition`."""


class AnyParser:
    """Parses files of every kind that `converters` names by suffix, and PDFs by `parser`;
    implements `pagesight.ports.Parser`."""

    def __init__(
        self,
        parser: Parser,
        renditions: Renditions,
        converters: Mapping[str, Converter],
        illustrator: Illustrator,
    ) -> None:
        self._parser = parser
        self._renditions = renditions
        self._converters = converters
        self._illustrator = illustrator
        self._last: _Rendered | None = None
        """Documents are parsed some pages at a time: hashing a large one, and reading all that
        stands on its pages, takes longer than most of these."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same bytes would be parsed differently. What converts is not named:
        a rendition is made once, whatever is installed later."""
        return f"{self._parser.fingerprint}, renditions {RENDITION_VERSION}"

    def profile(self, path: Path, passwords: Sequence[str] = ()) -> DocumentProfile:
        """What is known before parsing; makes the rendition of a file that is no PDF.

        Raises:
            DocumentError: the file cannot be parsed; the message names it and the remedy.
            LibraryError: the rendition cannot be written.
        """
        kind = kind_of(path)
        if kind == PDF:
            _check_name(path)
            return self._parser.profile(path, passwords)
        rendered = self._rendered(path, kind)
        profile = self._parser.profile(self._renditions.path(rendered.id))
        return replace(profile, id=rendered.id, source=str(path.absolute()))

    def parse_pages(
        self, path: Path, start: int, stop: int, passwords: Sequence[str] = ()
    ) -> tuple[PageContent, ...]:
        """The pages with 0-based index in [start, stop); those past the end are left out.

        Raises:
            DocumentError: the file cannot be opened.
            LibraryError: the rendition cannot be written.
            OSError: a crop cannot be stored.
        """
        kind = kind_of(path)
        if kind == PDF:
            return self._parser.parse_pages(path, start, stop, passwords)
        rendered = self._rendered(path, kind)
        pdf = self._renditions.path(rendered.id)
        if not rendered.contents:
            return self._parser.parse_pages(pdf, start, stop)
        return self._illustrator.illustrate(pdf, rendered.contents[start:stop])

    def _rendered(self, path: Path, kind: str) -> _Rendered:
        known, stamp = self._last, _stamp(path)
        if known and known.stamp == stamp and self._renditions.path(known.id).is_file():
            return known
        id = digest(path)
        contents = self._renditions.contents(id)
        if contents is None:
            rendition = self._converters[kind](path)
            self._renditions.put(id, rendition)
            contents = rendition.contents
        self._last = _Rendered(stamp, id, contents)
        return self._last


def _check_name(path: Path) -> None:
    """Refuses what is no PDF and is called like nothing that is read, but where there is nothing
    that could be read whatever its name."""
    suffix = path.suffix.lower()
    if suffix == PDF or not path.is_file() or not path.stat().st_size:
        return
    with suppress(OSError):
        if not says_pdf(path):
            raise DocumentError(
                f"{path} is no PDF, and {f'{suffix} is' if suffix else 'without an ending it is'} "
                "no kind of file that is read: rename it by what it is, convert it to PDF, or "
                "leave it out"
            )


def _stamp(path: Path) -> tuple[object, ...]:
    """What changes with the file: its inode too, for a copy keeps the time of what it replaces."""
    about = path.stat()
    return path.absolute(), about.st_ino, about.st_size, about.st_mtime_ns


def _contents_of(path: Path) -> Path:
    return path.with_suffix(".json.gz")
