"""Documents behind URLs: https, s3, gs, az, ftp, sftp and what else fsspec knows, copied here.

How one gets in is fsspec's business: the environment (AWS_ACCESS_KEY_ID), the files of the
service (~/.aws, ~/.netrc), and for anything else fsspec's own settings (FSSPEC_S3_ANON=true).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fsspec
from fsspec.config import apply_config

from pagesight.adapters.fsspec.listing import WEB, documents
from pagesight.adapters.fsspec.reasons import reason
from pagesight.errors import DocumentError
from pagesight.files import replacing, write_whole
from pagesight.sources import local_copy, source_name

_STAMP = ".version.json"
"""Beside a copy: which version of the file it is. No copy has a name that begins with a dot."""
_TAGS = ("ETag", "etag", "generation", "md5Hash", "content_md5", "Content-MD5")
"""Where the file systems say which content a file has; all of it changes with the content."""
_TIMES = ("Last-Modified", "LastModified", "last_modified", "updated", "mtime", "modify", "created")
"""Where they say when it was changed."""
_BLOCK = 2**23
"""Bytes that are asked for at a time where a server gives a file in parts."""
_SLOWEST = 1_000
"""Bytes a second, on top of the seconds of patience: a server that drips must not hold up a run."""


class FsspecFiles:
    """Implements `pagesight.ports.RemoteFiles`; copies lie under `downloads`.

    `seconds` is the patience with a server that does not answer, `most_bytes` the size above
    which a file is refused. Not for several threads.
    """

    def __init__(self, downloads: Path, *, seconds: float, most_bytes: int) -> None:
        self._downloads = downloads
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._systems: dict[tuple[str, str], Any] = {}
        """(scheme, options) -> file system: a connection that is kept."""

    def find(self, url: str) -> list[str]:
        """URLs of the documents below a folder or that a glob matches, sorted; a file is found
        itself.

        Over http(s) a folder ends with a slash and is a page of links, and only * and [ make a
        glob. Hidden files and folders are left out. A folder below that cannot be listed is among
        the URLs: fetching it tells why.

        Raises:
            DocumentError: it cannot be read, or there is nothing; the message names it and the
                remedy.
        """
        with self._connected(url) as (system, _):
            system.invalidate_cache()
            return documents(system, url)

    def fetch(self, url: str) -> Path:
        """A local copy of what is behind the URL now. It stays, and is fetched again only where
        the server says that the content changed, or does not say.

        Raises:
            DocumentError: it cannot be read or kept; the message names it and the remedy.
        """
        name, copy = source_name(url), local_copy(url, self._downloads)
        stamp = copy.with_name(_STAMP)
        with self._connected(url) as (system, path):
            info = system.info(path)
        if info["type"] == "directory":
            raise DocumentError(
                f"{name} is a folder that cannot be listed: check its permissions on the server"
            )
        version = _version(info)
        if version and copy.exists() and _stamped(stamp) == version:
            return copy
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            # A copy must never lie beside the stamp of another version.
            stamp.unlink(missing_ok=True)
            with replacing(copy) as file:
                for block in self._blocks(url, info["size"]):
                    file.write(block)
            write_whole(stamp, json.dumps({"version": version}).encode())
        except OSError as error:
            raise DocumentError(
                f"{name} cannot be kept in {self._downloads} ({error.strerror}): "
                "make room there, or give write permission"
            ) from error
        return copy

    def _blocks(self, url: str, size: int | None) -> Iterator[bytes]:
        """The bytes behind the URL; `size` is how many the server announced."""
        started, total = time.monotonic(), 0
        with self._connected(url) as (system, path):
            self._check_size(url, size or 0)
            # Of a web page there are no parts: one request, which no new version can come between.
            block_size = 0 if system.protocol == WEB else _BLOCK
            with system.open(path, "rb", block_size=block_size) as remote:
                while block := remote.read(_BLOCK):
                    total += len(block)
                    self._check_size(url, total)
                    if time.monotonic() - started > self._seconds + total / _SLOWEST:
                        raise TimeoutError
                    yield block
            if total < (size or 0):
                raise EOFError

    def _check_size(self, url: str, size: int) -> None:
        if size > self._most_bytes:
            raise DocumentError(
                f"{source_name(url)} is too large (over {self._most_bytes / 1e6:g} MB): "
                "raise the limit, or download it and name the file"
            )

    @contextmanager
    def _connected(self, url: str) -> Iterator[tuple[Any, str]]:
        """The file system of a URL and the path there; what either raises is explained."""
        key = None
        try:
            scheme = url.partition("://")[0].lower()
            kind = fsspec.get_filesystem_class(scheme)
            options = kind._get_kwargs_from_urls(url)
            for name in {"username", "password"} & options.keys():
                options[name] = unquote(options[name])
            key = (scheme, repr(sorted(options.items())))
            if key not in self._systems:
                limits = _limits(scheme, kind, self._seconds)
                self._systems[key] = kind(**limits, **options, skip_instance_cache=True)
            yield self._systems[key], kind._strip_protocol(url)
        except DocumentError:
            raise
        except Exception as error:
            if key in self._systems and not self._systems[key].async_impl:
                # One connection for all files: it may have been idle for too long.
                del self._systems[key]
            why = reason(error, url, self._seconds)
            # Without the cause: its text may have the URL with the password in it.
            raise DocumentError(f"{source_name(url)} {why}") from None


def _limits(scheme: str, kind: Any, seconds: float) -> dict[str, Any]:
    """Options that keep a file system from waiting for ever, and what the user's fsspec settings
    say beside them. The libraries of other schemes have limits of their own."""
    ours: dict[str, Any] = {}
    if scheme in ("ftp", "sftp", "ssh"):
        return {"timeout": seconds}
    if scheme in (*WEB, "gs", "gcs"):
        from aiohttp import ClientTimeout

        limit = ClientTimeout(total=None, connect=seconds, sock_connect=seconds, sock_read=seconds)
        name = "client_kwargs" if scheme in WEB else "session_kwargs"
        # trust_env: the proxy of the environment and the logins of ~/.netrc.
        ours = {name: {"timeout": limit, "trust_env": True}}
    elif scheme in ("s3", "s3a"):
        # s3fs tries five times by itself: two layers of that would multiply the patience.
        retries = {"total_max_attempts": 1}
        limits = {"connect_timeout": seconds, "read_timeout": seconds, "retries": retries}
        ours = {"config_kwargs": limits}
    theirs = apply_config(kind, {})
    return {name: {**theirs.get(name, {}), **options} for name, options in ours.items()}


def _version(info: dict[str, Any]) -> str:
    """Changes whenever the content does; "" where the server does not tell."""
    for name in _TAGS:
        if info.get(name):
            return str(info[name])
    for name in _TIMES:
        if info.get(name):
            return f"{info[name]}, {info['size']} bytes"
    return ""


def _stamped(stamp: Path) -> str:
    """The version that was fetched; "" where there is no stamp that can be read."""
    try:
        return str(json.loads(stamp.read_bytes())["version"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
