"""Vectors on a Chroma server: what can be away, wrong, or left behind."""

import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pagesight.adapters.chromadb.stores import ChromaFolders, ChromaServer
from pagesight.app import build
from pagesight.doctor import examine
from pagesight.errors import LibraryError, ServiceError
from pagesight.library import Library
from pagesight.settings import load
from tests.builders import (
    a_chunk,
    a_document,
    an_id,
    open_library,
    some_pages,
    unit_vectors,
    vectors_for,
)
from tests.chroma_server import Server, free_port, running

QUESTION = unit_vectors(1)[0]


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@pytest.fixture
def store(chroma: Server) -> ChromaServer:
    return ChromaServer(url=chroma.url)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "library"


def put(library: Library, name: str, *, seed: int = 0) -> Mapping[str, npt.NDArray[np.float32]]:
    chunks = [a_chunk(f"{name}-{i}", f"{name} says {i}", document_id=an_id(name)) for i in range(4)]
    vectors = vectors_for(chunks, seed=seed)
    library.put(a_document(name, chunks=4), some_pages(), chunks, {"text": vectors})
    return vectors


def ids(library: Library) -> list[str]:
    return sorted(id for id, _ in library.search_vectors("text", QUESTION, 20))


def of_space(chroma: Server, root: Path) -> list[str]:
    """Collections that the directories of a library's text space name."""
    markers = sorted((root / "index").glob("text-*/collection.json"))
    return [
        name for name in chroma.collections() if any(name in path.read_text() for path in markers)
    ]


def faults(root: Path, store: ChromaServer) -> list[str]:
    """What doctor finds broken without changing anything."""
    with open_library(root, write=False, vectors=store) as library:
        found = examine(library, lambda what, done, total: None)
    return [f"{finding.subject}: {finding.detail}" for finding in found if finding.fault]


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[str, list[str]]]:
    """URL of an HTTP server that answers everything alike, and the credentials it was shown."""
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", shown
        finally:
            server.shutdown()
            thread.join()


def test_a_library_works_with_its_vectors_on_a_server(root: Path, store: ChromaServer) -> None:
    with open_library(root, vectors=store) as library:
        vectors = put(library, "pump")
        put(library, "valve", seed=1)
        library.remove(an_id("valve"))
        assert library.search_vectors("text", vectors["pump-2"], 1) == [("pump-2", 1.0)]
        with open_library(root, write=False, vectors=store) as reader:
            assert ids(reader) == [f"pump-{i}" for i in range(4)]
    assert list((root / "index" / "text-0").iterdir()) == [
        root / "index" / "text-0" / "collection.json"
    ]
    with open_library(root, vectors=store) as library:
        assert library.repaired == {}
        assert library.check() == {}
        assert ids(library) == [f"pump-{i}" for i in range(4)]
    assert faults(root, store) == []


def test_a_reader_sees_what_a_writer_adds_and_rebuilds(root: Path, store: ChromaServer) -> None:
    with open_library(root, vectors=store) as library:
        put(library, "pump")
    with open_library(root, write=False, vectors=store) as reader:
        assert len(ids(reader)) == 4
        with open_library(root, vectors=store) as library:
            put(library, "valve", seed=1)
        assert len(ids(reader)) == 8
        with open_library(root, vectors=store) as library:
            library.rebuild("text")
        assert len(ids(reader)) == 8


def test_a_rebuild_leaves_one_collection(root: Path, store: ChromaServer, chroma: Server) -> None:
    before = chroma.collections()
    with open_library(root, vectors=store) as library:
        put(library, "pump")
        (first,) = of_space(chroma, root)
        library.rebuild("text")
        (second,) = of_space(chroma, root)
        library.erase()
        (third,) = of_space(chroma, root)
        assert len(ids(library)) == 4
    assert len({first, second, third}) == 3
    assert sorted(set(chroma.collections()) - set(before)) == [third]


def test_a_lost_collection_is_found_by_doctor_and_made_anew_by_the_next_writer(
    root: Path, store: ChromaServer
) -> None:
    with open_library(root, vectors=store) as library:
        put(library, "pump")
    shutil.copytree(root / "index" / "text-0", root.parent / "kept")
    store.drop(root / "index" / "text-0")
    shutil.copytree(root.parent / "kept", root / "index" / "text-0")
    (fault,) = faults(root, store)
    assert "text-0: Collection" in fault
    assert "does not exist: `pagesight doctor --repair`" in fault
    with open_library(root, vectors=store) as library:
        assert list(library.repaired) == ["text"]
        assert len(ids(library)) == 4
    assert faults(root, store) == []


def test_vectors_that_differ_on_the_server_are_found_and_mended(
    root: Path, store: ChromaServer
) -> None:
    with open_library(root, vectors=store) as library:
        put(library, "pump")
    index = store.open(root / "index" / "text-0")
    index.add(["pump-1"], unit_vectors(1, seed=9))
    index.close()
    (fault,) = faults(root, store)
    assert "pump-1" in fault
    with open_library(root, vectors=store) as library:
        assert list(library.repaired) == ["text"]
    assert faults(root, store) == []


def test_vectors_move_to_a_server_and_back_by_the_setting_alone(
    root: Path, store: ChromaServer, chroma: Server
) -> None:
    before = chroma.collections()
    with open_library(root) as library:
        put(library, "pump")
    with open_library(root, vectors=store) as library:
        assert "is not on the Chroma server" in library.repaired["text"]
        assert len(ids(library)) == 4
    assert len(of_space(chroma, root)) == 1
    assert not list(root.rglob("chroma.sqlite3"))
    with open_library(root) as library:
        assert "chroma.sqlite3 is missing" in library.repaired["text"]
        assert len(ids(library)) == 4
    assert chroma.collections() == before


def test_a_library_remembers_where_its_vectors_are(root: Path, chroma: Server) -> None:
    def opened(server: str = "", *, create: bool = False) -> str:
        """Where the vectors are after the library was opened for writing."""
        told: list[str] = []
        settings = load(overrides=[f"vectors.server={server}"])
        with build(settings, root, writable=True, create=create, notify=told.append) as app:
            if create:
                put(app.library, "pump")
            assert len(ids(app.library)) == 4
        place = "server" if of_space(chroma, root) else "folder"
        return f"{place}, rebuilt" if told else place

    assert opened(create=True) == "folder"
    assert opened(chroma.url) == "server, rebuilt"
    assert opened() == "server"
    with build(load(), root, notify=lambda message: None) as reader:
        assert len(ids(reader.library)) == 4
    assert opened("folder") == "folder, rebuilt"
    assert opened() == "folder"


def test_a_copied_library_gets_a_collection_of_its_own(
    root: Path, store: ChromaServer, chroma: Server
) -> None:
    with open_library(root, vectors=store) as library:
        put(library, "pump")
    copy = root.parent / "copy"
    shutil.copytree(root, copy)
    with open_library(copy, vectors=store) as library:
        assert "is a copy of" in library.repaired["text"]
        put(library, "valve", seed=1)
        assert len(ids(library)) == 8
    assert of_space(chroma, root) != of_space(chroma, copy)
    with open_library(root, vectors=store) as library:
        assert library.repaired == {}
        assert len(ids(library)) == 4


def test_a_moved_library_keeps_its_collection(root: Path, store: ChromaServer) -> None:
    with open_library(root, vectors=store) as library:
        put(library, "pump")
    moved = root.rename(root.parent / "moved")
    linked = root.parent / "linked"
    linked.symlink_to(moved)
    for place in (moved, linked):
        with open_library(place, vectors=store) as library:
            assert library.repaired == {}
            assert len(ids(library)) == 4


def test_a_server_that_is_away_is_named_with_the_remedy_and_used_when_it_is_back(
    root: Path, tmp_path: Path
) -> None:
    with running(tmp_path / "chroma") as server:
        store = ChromaServer(url=server.url)
        with open_library(root, vectors=store) as library:
            put(library, "pump")
            assert len(ids(library)) == 4
            server.stop()
            with pytest.raises(ServiceError, match=f"{server.url} does not answer") as raised:
                ids(library)
            assert raised.value.retryable
            assert "vectors.server" in str(raised.value)
            # The catalogue has it; the index learns it later.
            with pytest.raises(ServiceError, match="does not answer"):
                put(library, "valve", seed=1)
            server.start()
            library.drain()
            assert library.check() == {}
            assert len(ids(library)) == 8


def test_a_library_that_cannot_reach_its_server_is_not_opened_and_not_locked(root: Path) -> None:
    with open_library(root) as library:
        put(library, "pump")
    for _ in range(2):
        with pytest.raises(ServiceError, match="does not answer"):
            open_library(root, vectors=ChromaServer(url=f"http://127.0.0.1:{free_port()}"))
    with open_library(root) as library:
        assert library.repaired == {}
        assert len(ids(library)) == 4


def test_a_former_index_stays_until_its_server_can_drop_it(root: Path, tmp_path: Path) -> None:
    with running(tmp_path / "chroma") as server:
        with open_library(root, vectors=ChromaServer(url=server.url)) as library:
            put(library, "pump")
        server.stop()
        with open_library(root) as library:
            assert list(library.repaired) == ["text"]
            assert len(ids(library)) == 4
            assert library.indexes.others() == [root / "index" / "text-0"]
            with pytest.raises(ServiceError, match=r"text-0 names: if it is gone .*, delete that"):
                library.sweep()
            server.start()
            library.sweep()
            assert library.indexes.others() == []
        assert server.collections() == []


def test_a_server_that_stays_silent_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = ChromaServer(url=f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.2)
        with pytest.raises(ServiceError, match="does not answer") as raised:
            store.open(tmp_path / "text-0")
    assert raised.value.retryable


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<h1>Not Found</h1>"),
        (200, b"<h1>Welcome</h1>"),
        (404, b'{"detail": "Not Found"}'),
        (200, b"{}"),
    ],
)
def test_what_is_no_chroma_server_is_said_not_to_be(
    tmp_path: Path, status: int, body: bytes
) -> None:
    with (
        answering(status, body) as (url, _),
        pytest.raises(ServiceError, match=f"{url} does not answer like a Chroma server"),
    ):
        ChromaServer(url=url).open(tmp_path / "text-0")


def test_a_server_of_another_version_is_refused(tmp_path: Path) -> None:
    with (
        answering(200, b'"0.6.3"') as (url, _),
        pytest.raises(ServiceError, match=r"speaks version 0\.6\.3: run one of Chroma 1\."),
    ):
        ChromaServer(url=url).open(tmp_path / "text-0")


def test_a_key_in_the_environment_is_sent_and_its_refusal_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = "chromadb.auth.token_authn.TokenAuthClientProvider"
    monkeypatch.setenv("CHROMA_CLIENT_AUTH_PROVIDER", provider)
    monkeypatch.setenv("CHROMA_CLIENT_AUTH_CREDENTIALS", "open-sesame")
    refusal = b'{"error": "AuthorizationError", "message": "no"}'
    with (
        answering(401, refusal) as (url, shown),
        pytest.raises(ServiceError, match="refused the key: check CHROMA_CLIENT_AUTH_CREDENTIALS"),
    ):
        ChromaServer(url=url).open(tmp_path / "text-0")
    assert shown == ["Bearer open-sesame"]


def test_an_index_of_another_server_is_not_taken_for_one_of_this(
    tmp_path: Path, store: ChromaServer
) -> None:
    store.open(tmp_path / "text-0").close()
    other = ChromaServer(url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(LibraryError, match=f"is on the Chroma server at {store.url}, not at"):
        other.open(tmp_path / "text-0")
    with pytest.raises(LibraryError, match=r"chroma\.sqlite3 is missing"):
        ChromaFolders().open(tmp_path / "text-0")


def test_chroma_is_imported_when_an_index_is_opened(tmp_path: Path) -> None:
    """It takes longer than all else that a command does which needs no vectors."""
    code = (
        "import sys; from pathlib import Path\n"
        "from pagesight.adapters.chromadb.stores import ChromaFolders\n"
        "store = ChromaFolders(); print('chromadb' in sys.modules)\n"
        "store.open(Path(sys.argv[1])).close(); print('chromadb' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "text-0")],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert run.stdout.split() == ["False", "True"]
