"""Which files the user means: files, folders, globs and URLs become a list of sources; and the
passwords that open them."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from pagesight.errors import DocumentError, SettingsError
from pagesight.formats import PDF, SUFFIXES
from pagesight.ports import RemoteFiles
from pagesight.results import Failed

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]+://")
"""Two letters at least, as C:/ is a drive; a colon is for chains like zip::https://."""
_WEB = ("http", "https")
_SERVERS = (*_WEB, "ftp", "sftp", "ssh")
"""Schemes whose URLs begin with user:password@host:port."""
_CONTAINERS = ("abfs", "abfss", "az", "wasb", "wasbs")
"""Schemes that put a container before the @: it is part of the name."""
_USER = re.compile(r"(?<=://)[^/?#]*@")

_SECRET = re.compile(
    "sig|signature|token|(?:access|auth|id)_token|jwt|api[-_]?key|password|hdnea|hdnts|"
    "x-(?:amz|goog)-.*"
)
"""Query parameters that let one in and do not say what is asked for; lower case."""
_BESIDE_SIGNATURE = re.compile(
    "expires|awsaccesskeyid|googleaccessid|key-pair-id|policy|"
    "s[eprstv]|srt|spr|sip|sdd|sk(?:oid|tid|[estv])"
)
"""What a signature covers (Amazon, Google, Azure): left out beside one, else part of the name."""

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
"""Characters that some file system does not take in a name."""
_LONGEST_NAME = 100
"""Characters of the name of a local copy."""
_MOST_BYTES = 200
"""Of that name's stem: file systems take 255 for a name, and a character has up to four."""
_LONGEST_SUFFIX = 10
"""Characters after which a suffix is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A document and where its bytes are."""

    source: str
    """Its name in the library: absolute path, or URL without passwords and signatures."""
    path: Path


def find_sources(paths: Sequence[str], remote: RemoteFiles) -> Iterator[Located | Failed]:
    """Sources in the order given, folders sorted, each once; what cannot be had is Failed.

    A URL is fetched when the iteration comes to it, one at a time.
    """
    seen: dict[str, str] = {}
    for text in paths:
        for found in _found(text, remote):
            if isinstance(found, Failed):
                yield found
                continue
            name, secret = _split(found)
            if name not in seen:
                seen[name] = secret
                yield _located(name, found, remote)
            elif seen[name] != secret:
                reason = (
                    "two URLs are the same but for a password or signature, and only the first is "
                    "read: leave one out, or download the files and name them"
                )
                yield Failed(source=name, reason=reason)


def is_remote(source: str) -> bool:
    """Whether a source is a URL; a file:// URL is a path."""
    return bool(_SCHEME.match(source)) and not source.lower().startswith("file://")


def source_name(source: str) -> str:
    """The name of a path or URL in the library, in messages and in logs.

    The absolute path; or the URL without user and password, and over http(s) without the
    fragment and the query parameters that only let one in, so that a document under a new
    signature is the same source. It is a source too, and its own name.
    """
    return _split(source)[0]


def local_copy(source: str, downloads: Path) -> Path:
    """Where the copy of a URL lies, in a folder of its own; the same under any signature."""
    name = source_name(source)
    key = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    return downloads / key[:2] / key / _copy_name(name)


def read_passwords(path: Path) -> tuple[str, ...]:
    """The passwords of a file in UTF-8, one a line, in order, each once; blank lines are left out.

    Raises:
        SettingsError: it cannot be read, or holds no password.
    """
    try:
        # Only line ends are taken off: a password may begin or end with a blank.
        lines = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        # Without the cause: it has the bytes.
        raise SettingsError(f"{path}: is not UTF-8; save it as UTF-8") from None
    passwords = tuple(dict.fromkeys(line for line in lines if line.strip()))
    if not passwords:
        raise SettingsError(f"{path}: holds no password; write one a line")
    return passwords


def _located(name: str, found: str, remote: RemoteFiles) -> Located | Failed:
    if not is_remote(found):
        return Located(source=name, path=Path(name))
    try:
        return Located(source=name, path=remote.fetch(found))
    except DocumentError as error:
        return _failed(name, error)


def _failed(name: str, error: DocumentError) -> Failed:
    return Failed(source=name, reason=str(error).removeprefix(name).lstrip(" :"))


def _found(text: str, remote: RemoteFiles) -> Iterator[str | Failed]:
    if not is_remote(text):
        yield from _found_here(_plain(text))
        return
    try:
        urls = remote.find(text)
    except DocumentError as error:
        yield _failed(source_name(text), error)
    else:
        yield from urls


def _plain(text: str) -> str:
    """A file:// URL as the path that it means; anything else as it is."""
    if not text.lower().startswith("file://"):
        return text
    from urllib.request import url2pathname  # it loads http and ssl

    host, slash, path = text[len("file://") :].partition("/")
    share = f"//{host}" if host and host != "localhost" else ""
    return url2pathname(share + slash + path)


def _found_here(text: str) -> Iterator[str | Failed]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from _in_folder(path)
    elif path.exists() or not glob.has_magic(text):
        yield str(path) if path.exists() else Failed(source=text, reason="no such file or folder")
    elif matches := sorted(glob.glob(str(path), recursive=True)):
        for match in matches:
            yield from _found_here(match) if Path(match).is_dir() else [match]
    else:
        yield Failed(source=text, reason="the pattern matches nothing")


def _in_folder(folder: Path) -> Iterator[str | Failed]:
    """Documents below the folder, hidden folders left out; folders that cannot be read fail."""
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
                yield os.path.join(root, name)
    yield from unreadable
    if not found and not unreadable:
        yield Failed(source=str(folder), reason="the folder holds no documents")


def _split(source: str) -> tuple[str, str]:
    """The name of a source, and what was left out of it because it is secret."""
    if not is_remote(source):
        return os.path.abspath(source), ""
    scheme, _, rest = source.partition("://")
    scheme = scheme.lower()
    url = f"{scheme}://{rest}"
    if scheme in _SERVERS and not _is_well_formed(url):
        # Where a password with a slash in it ends cannot be told.
        return f"{scheme}://...", rest
    users = [] if scheme in _CONTAINERS else _USER.findall(url)
    url = _USER.sub("", url) if users else url
    if scheme not in _WEB:
        return url, "".join(users)
    parts = urlsplit(url)
    query, secrets = _unsigned(parts.query)
    name = urlunsplit((scheme, parts.netloc.lower(), parts.path, query, ""))
    return name, "".join(users) + secrets


def _is_well_formed(url: str) -> bool:
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


def _unsigned(query: str) -> tuple[str, str]:
    """The parameters that say what is asked for, and those that only let one in."""
    pairs = [(unquote(pair.partition("=")[0]).lower(), pair) for pair in query.split("&")]
    is_signed = any(name in ("sig", "signature") for name, _ in pairs)
    secrets = [
        pair
        for name, pair in pairs
        if _SECRET.fullmatch(name) or (is_signed and _BESIDE_SIGNATURE.fullmatch(name))
    ]
    return "&".join(pair for _, pair in pairs if pair not in secrets), "&".join(secrets)


def _copy_name(url: str) -> str:
    """A file name that any file system takes, like the last part of the URL's path."""
    path = re.split("[?#]", url.partition("://")[2])[0]
    name = _UNSAFE.sub("_", unquote(path.rsplit("/", 1)[-1])).strip(" .") or "document"
    stem, suffix = os.path.splitext(name)
    if not 1 < len(suffix) <= _LONGEST_SUFFIX:
        stem, suffix = name, PDF
    stem = stem.encode(errors="ignore")[:_MOST_BYTES].decode(errors="ignore")
    return stem[: _LONGEST_NAME - len(suffix)] + suffix
