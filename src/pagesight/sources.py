"""Which files the user means: files, folders and globs become a list of paths."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pagesight.results import Failed

SUFFIXES = (".pdf",)
"""What a folder is searched for; a file that is named is tried whatever it is called."""


def find_sources(paths: Sequence[str]) -> Iterator[Path | Failed]:
    """Absolute paths in the order given, folders sorted, each once; what is not there is Failed."""
    seen: set[Path] = set()
    for text in paths:
        for found in _found(text):
            if isinstance(found, Failed):
                yield found
            elif (path := Path(os.path.abspath(found))) not in seen:
                seen.add(path)
                yield path


def _found(text: str) -> Iterator[Path | Failed]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from _in_folder(path)
    elif path.exists() or not glob.has_magic(text):
        yield path if path.exists() else Failed(source=text, reason="no such file or folder")
    elif matches := sorted(glob.glob(str(path), recursive=True)):
        for match in matches:
            yield from _found(match) if Path(match).is_dir() else [Path(match)]
    else:
        yield Failed(source=text, reason="the pattern matches nothing")


def _in_folder(folder: Path) -> Iterator[Path | Failed]:
    """Every PDF below the folder, hidden folders left out; folders that cannot be read fail."""
    unreadable: list[Failed] = []

    def note(error: OSError) -> None:
        reason = f"the folder cannot be read ({error.strerror})"
        unreadable.append(Failed(source=str(error.filename), reason=reason))

    found = 0
    for root, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                found += 1
                yield Path(root, name)
    yield from unreadable
    if not found and not unreadable:
        wanted = " or ".join(SUFFIXES)
        yield Failed(source=str(folder), reason=f"the folder holds no {wanted} files")
