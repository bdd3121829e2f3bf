"""An index on a Chroma server, which a file in its directory names."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import chromadb
import httpx
from chromadb.api import ServerAPI
from chromadb.api.fastapi import FastAPI
from chromadb.config import Settings, System
from chromadb.errors import (
    AuthorizationError,
    ChromaAuthError,
    ChromaError,
    InternalError,
    NotFoundError,
    RateLimitError,
)
from chromadb.types import Collection as CollectionModel

from pagesight.adapters.chromadb.collection import CONFIGURATION, CollectionIndex
from pagesight.errors import LibraryError, PagesightError, ServiceError
from pagesight.files import write_whole

MARKER = "collection.json"
"""The file in an index's directory that names its collection."""

BATCH = 1_000
"""Records a call: a server refuses more than 40 MB, and 4,096 dimensions are 22 kB a record."""

CONNECT_SECONDS = 5.0
"""A server that does not accept a connection for so long is away."""

PROTOCOL = "1"
"""Major version that servers give for the protocol that Chroma's client of today speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Where the collection of an index is."""

    server: str
    """URL."""
    collection: str
    directory: str
    """Where the index was made: a copy of the folder must not write to its collection."""


class ServedVectorIndex(CollectionIndex):
    """VectorIndex of `directory` in a collection of the Chroma server at `url`; both are made
    where the directory is missing or empty.

    The collection's name is random: the next index in the same directory has another one, and
    several libraries can share a server.

    Raises:
        ServiceError: the server is away, silent for `seconds`, or no Chroma server.
        LibraryError: the directory holds another kind of index, or the collection is gone.
    """

    def __init__(self, directory: Path, url: str, *, seconds: float) -> None:
        super().__init__(
            _system(url),
            partial(_opened, directory, url, seconds),
            partial(_translated, directory, url),
            batch=BATCH,
        )


def drop(directory: Path, *, seconds: float) -> None:
    """Drops the collection that a directory names, if it names one and no other directory does.

    Raises:
        ServiceError: its server is away.
    """
    marker = _read(directory)
    if marker is None or _is_copy(directory, marker):
        return
    url = marker.server
    try:
        with _translated(directory, url):
            _delete(marker.collection, url, seconds)
    except ServiceError as error:
        raise ServiceError(
            f"{error}. It keeps what {directory} names: if it is gone for good, delete that folder",
            retryable=error.retryable,
        ) from error


def _delete(collection: str, url: str, seconds: float) -> None:
    system = _system(url)
    server = system.instance(ServerAPI)  # type: ignore[type-abstract]
    system.start()
    try:
        _prepare(server, url, seconds)
        with suppress(NotFoundError):
            server.delete_collection(collection)
    finally:
        system.stop()


@contextmanager
def _translated(directory: Path, url: str) -> Iterator[None]:
    """Turns the errors of Chroma's client into ours."""
    try:
        yield
    except PagesightError:
        raise
    except httpx.TransportError as error:
        raise ServiceError(
            f"the Chroma server at {url} does not answer ({error or type(error).__name__}): start "
            "it, or set vectors.server (folder: vectors are kept in the library's folder)",
            retryable=True,
        ) from error
    except (AuthorizationError, ChromaAuthError) as error:
        raise ServiceError(
            f"the Chroma server at {url} refused the key: check CHROMA_CLIENT_AUTH_CREDENTIALS"
        ) from error
    except (InternalError, RateLimitError) as error:
        raise ServiceError(
            f"the Chroma server at {url} failed: {_line(error)}: see its log", retryable=True
        ) from error
    except (ChromaError, OSError) as error:
        raise _unfit(directory, _line(error)) from error
    except Exception as error:
        # Chroma's client raises a bare Exception, or whatever it stumbles over.
        raise ServiceError(
            f"{url} does not answer like a Chroma server ({_line(error)}): check vectors.server"
        ) from error


def _system(url: str) -> System:
    """A client of its own; CHROMA_CLIENT_AUTH_PROVIDER and the like count for it."""
    return System(
        Settings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=url.rstrip("/"),
            chroma_server_http_port=0,  # must be there, and is not used with a whole URL
            anonymized_telemetry=False,
        )
    )


def _prepare(server: ServerAPI, url: str, seconds: float) -> None:
    """Sets time limits, and makes sure that both sides mean the same.

    Raises:
        ServiceError: the server speaks another version.
    """
    assert isinstance(server, FastAPI)
    # The client waits for ever, and has no setting for it.
    server._session.timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
    version = server.get_version()
    if version.split(".")[0] != PROTOCOL:
        raise ServiceError(
            f"the Chroma server at {url} speaks version {version}: run one of Chroma "
            f"{chromadb.__version__}"
        )


def _opened(directory: Path, url: str, seconds: float, server: ServerAPI) -> CollectionModel:
    directory.mkdir(parents=True, exist_ok=True)
    marker = _marker(directory, url) if any(directory.iterdir()) else None
    _prepare(server, url, seconds)
    if marker is not None:
        return server.get_collection(marker.collection)
    name = f"pagesight-{directory.name}-{uuid.uuid4().hex}"
    marker = Marker(server=url, collection=name, directory=str(directory.absolute()))
    # The marker first: a collection that no directory names would never be dropped.
    write_whole(directory / MARKER, json.dumps(asdict(marker), indent=2).encode())
    metadata = {"directory": marker.directory}
    return server.create_collection(name, configuration=CONFIGURATION, metadata=metadata)


def _marker(directory: Path, url: str) -> Marker:
    """Of an index that is there.

    Raises:
        LibraryError: it is another kind of index, one of another server, or a copy.
    """
    marker = _read(directory)
    if marker is None:
        raise _unfit(directory, f"it is not on the Chroma server at {url}")
    if marker.server != url:
        raise _unfit(directory, f"it is on the Chroma server at {marker.server}, not at {url}")
    if _is_copy(directory, marker):
        raise _unfit(directory, f"it is a copy of {marker.directory}, and needs its own")
    return marker


def _read(directory: Path) -> Marker | None:
    """None where there is none that can be read."""
    try:
        return Marker(**json.loads((directory / MARKER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_copy(directory: Path, marker: Marker) -> bool:
    """Whether the collection belongs to another directory, which still is there."""
    other = Path(marker.directory)
    try:
        if other.samefile(directory):
            return False
    except OSError:
        return False
    named = _read(other)
    return named is not None and named.collection == marker.collection


def _unfit(directory: Path, what: str) -> LibraryError:
    return LibraryError(
        f"vector index {directory}: {what}: "
        "`pagesight doctor --repair` rebuilds it from the catalogue"
    )


def _line(error: Exception) -> str:
    """Its message, on one line of bearable length."""
    return " ".join(str(error).split())[:200] or type(error).__name__
