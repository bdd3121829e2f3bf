"""Word, PowerPoint, Excel, HTML, Markdown, text, EPUB and e-mail, read by unstructured."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pagesight.errors import DocumentError, LockedError
from pagesight.flow import Flow

MOST_UNPACKED = 2_000_000_000
"""Bytes that a ZIP file may unpack to: a presentation full of films has as many, a bomb more."""
_PACKED = (".docx", ".pptx", ".xlsx", ".epub")
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""What old Office files begin with, and encrypted new ones."""

_READERS: Mapping[str, tuple[str, str]] = {
    ".docx": ("word", "read_word"),
    ".pptx": ("slides", "read_slides"),
    ".xlsx": ("sheets", "read_workbook"),
    ".csv": ("sheets", "read_separated"),
    ".tsv": ("sheets", "read_separated"),
    ".html": ("texts", "read_web"),
    ".htm": ("texts", "read_web"),
    ".xhtml": ("texts", "read_web"),
    ".md": ("texts", "read_markdown"),
    ".markdown": ("texts", "read_markdown"),
    ".txt": ("texts", "read_text"),
    ".epub": ("book", "read_book"),
    ".eml": ("mail", "read_mail"),
    ".msg": ("mail", "read_outlook"),
}
"""Suffix -> module and function: each takes seconds to import, and a process needs few."""


def read_flow(path: Path) -> Flow:
    """What a file without pages of its own holds, read by its suffix.

    Raises:
        LockedError: it is encrypted.
        DocumentError: it cannot be read; the message names it and the remedy.
    """
    flow: Flow = _read(path, *_READERS[path.suffix.lower()])
    return flow


def read_beside_slides(path: Path) -> Flow:
    """What a presentation holds and its slides do not show: notes, the numbers of charts.

    Raises:
        the same as `read_flow`.
    """
    flow: Flow = _read(path, "slides", "read_beside")
    return flow


def accepted_word(path: Path) -> bytes | None:
    """The file with its tracked changes made; None where they deleted nothing.

    Raises:
        the same as `read_flow`.
    """
    changed: bytes | None = _read(path, "word", "accepted")
    return changed


def _read(path: Path, module: str, name: str) -> Any:
    suffix = path.suffix.lower()
    try:
        _check(path, suffix)
        read: Callable[[Path], Any] = getattr(import_module(f"{__name__}.{module}"), name)
        return read(path)
    except (DocumentError, ImportError, MemoryError):
        raise
    except Exception as error:
        # Each of the libraries raises whatever a damaged file makes it run into.
        said = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(
            f"{path} cannot be read as {suffix[1:]} ({said}): open it in its program and save it "
            "again"
        ) from error


def _check(path: Path, suffix: str) -> None:
    """Refuses what is empty, encrypted or a bomb, before a library unpacks it."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_OLE))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DocumentError(f"{path} cannot be opened ({reason}): check the path") from error
    if not head:
        raise DocumentError(f"{path} is empty (0 bytes): copy or download it again")
    if suffix not in _PACKED:
        return
    if head == _OLE:
        raise LockedError(
            f"{path} is encrypted, or an old Office file with a new name: save a copy without a "
            "password"
        )
    with zipfile.ZipFile(path) as packed:
        size = sum(each.file_size for each in packed.infolist())
    if size > MOST_UNPACKED:
        raise DocumentError(f"{path} unpacks to {size / 1e9:.1f} GB, and is not read")
