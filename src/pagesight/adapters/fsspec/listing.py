"""What is behind a URL: a file, the documents in a folder, or what a glob matches."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from fsspec.utils import glob_translate

from pagesight.errors import DocumentError
from pagesight.formats import SUFFIXES
from pagesight.sources import source_name

WEB = ("http", "https")
"""What the file system of web pages is called: its paths are whole URLs."""

_DEEPEST = 20
"""Folders in folders: links on a server may go round in circles."""
_LITERAL = re.compile(r"[^/]+://(?:[^/?#]*@)?[^*?\[]*")
"""A URL up to its first wildcard; a password may have such characters too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What a listing holds, or a folder below it that cannot be listed."""

    path: str
    kind: Literal["file", "folder", "unreadable"]


def documents(system: Any, url: str) -> list[str]:
    """URLs of the documents that a URL means, sorted; for a file it is the URL.

    Raises:
        DocumentError: there are none.
        Exception: whatever the library of the file system raises.
    """
    if _is_glob(system, url):
        found, nothing = _matches(system, url), "the pattern matches nothing"
    elif _is_folder(system, url):
        found = _below(system, url)
        nothing = "the folder holds no documents"
    else:
        return [url]
    if not found:
        raise DocumentError(f"{source_name(url)}: {nothing}")
    return sorted(found)


def _is_glob(system: Any, url: str) -> bool:
    """A file whose name looks like a glob is that file, where that can be asked."""
    if system.protocol == WEB:
        return any(character in _place(url) for character in "*[")
    path = system._strip_protocol(url)
    return any(character in path for character in "*?[") and not system.exists(path)


def _is_folder(system: Any, url: str) -> bool:
    if system.protocol == WEB:
        return not _place(url) or (url.endswith("/") and _place(url).endswith("/"))
    return bool(system.info(system._strip_protocol(url))["type"] == "directory")


def _place(url: str) -> str:
    """The path of a web address, without server and query."""
    _, slash, path = re.split("[?#]", url)[0].partition("://")[2].partition("/")
    return slash + path


def _below(system: Any, url: str) -> set[str]:
    """URLs of the documents in a folder and in the folders in it."""
    root = url if url.endswith("/") else f"{url}/"
    start = system._strip_protocol(root)
    return {
        _joined(root, start, entry.path)
        for entry in _walk(system, start, _DEEPEST)
        if entry.kind == "unreadable" or (entry.kind == "file" and _is_document(entry.path))
    }


def _is_document(path: str) -> bool:
    return re.split("[?#]", path)[0].lower().endswith(SUFFIXES)


def _matches(system: Any, url: str) -> set[str]:
    """URLs of the files that a glob matches, and of the documents in the folders that it does."""
    literal = _LITERAL.match(url)
    root = url[: url.rindex("/", 0, literal.end() if literal else None) + 1]
    start = system._strip_protocol(root)
    pattern = url[len(root) :].rstrip("/")
    depth = _DEEPEST if "**" in pattern else pattern.count("/")
    is_match = re.compile(glob_translate(pattern)).match
    found: set[str] = set()
    for entry in _walk(system, start, depth):
        inner = _joined(root, start, entry.path)
        if is_match(inner[len(root) :].rstrip("/")):
            found.update(_below(system, inner) if entry.kind == "folder" else [inner])
    return found


def _joined(root: str, start: str, path: str) -> str:
    """The URL of a path below the folder whose URL is `root`, and whose path is `start`."""
    return root + path[len(start) :].lstrip("/")


def _walk(system: Any, folder: str, depth: int) -> Iterator[_Entry]:
    """What is in a folder, and in the folders in it down to `depth`."""
    for entry in _listed(system, folder):
        yield entry
        if entry.kind == "folder" and depth > 0:
            try:
                yield from _walk(system, entry.path, depth - 1)
            except Exception:
                # Whatever the library raises; the other folders go on.
                yield _Entry(path=entry.path, kind="unreadable")


def _listed(system: Any, folder: str) -> list[_Entry]:
    """What is in a folder, each once, hidden things left out."""
    entries = {}
    for info in system.ls(folder, detail=True):
        path = _link(folder, info["name"]) if system.protocol == WEB else info["name"]
        inner = path[len(folder) :].strip("/")
        if inner and not any(part.startswith(".") for part in inner.split("/")):
            kind: Literal["file", "folder"] = "folder" if info["type"] == "directory" else "file"
            entries[path] = _Entry(path=path, kind=kind)
    return list(entries.values())


def _link(folder: str, link: str) -> str:
    """A link on a page of links, without detours ("./a", "b/../a"); one that leads out of the
    folder stays hidden, with a ".." in its path."""
    inner = html.unescape(link)[len(folder) :].lstrip("/")
    if not inner:
        return folder
    return folder + posixpath.normpath(inner) + ("/" if inner.endswith("/") else "")
