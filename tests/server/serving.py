"""Servers for tests: the application in this process, and the real command on a free port."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pagesight.server.application import create_app
from pagesight.server.keys import KeyStore
from pagesight.server.opening import opened
from pagesight.server.shelves import Shelves
from pagesight.settings import load
from tests.endpoint import Endpoint
from tests.processes import start

HOST = "localhost"
START_SECONDS = 120.0
"""A busy machine loads the models slowly."""


def copies(library: Path, folder: Path, *names: str) -> Mapping[str, Path]:
    """A copy of a library under each name: name -> its folder."""
    for name in names:
        shutil.copytree(library, folder / name)
    return {name: folder / name for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An application with its libraries open."""

    app: FastAPI
    shelves: Shelves
    client: TestClient
    """Without a key; its errors are answers, not exceptions."""


@contextmanager
def served(
    roots: Mapping[str, Path],
    *,
    keys: KeyStore | None = None,
    local: Mapping[str, str] | None = None,
    sets: Sequence[str] = (),
    notify: Callable[[str], None] = lambda message: None,
) -> Iterator[Served]:
    """The application over libraries, in this process."""
    settings = load(overrides=["visual.enabled=false", "serve.per_minute=0", *sets])
    with opened(settings, roots, keyed=keys is not None, notify=notify) as shelves:
        app = create_app(shelves, keys=keys, local=local, hosts=[HOST])
        with TestClient(app, f"http://{HOST}", raise_server_exceptions=False) as client:
            yield Served(app=app, shelves=shelves, client=client)


@contextmanager
def modelled(
    library: Path, folder: Path, llm: Endpoint, *, sets: Sequence[str] = ()
) -> Iterator[Served]:
    """The application over a copy of a library ("docs"), answered by a model that says what `llm`
    is told to say."""
    roots = copies(library, folder, "docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", llm.url)
        with served(roots, sets=["ask.model=scripted", "ask.retries=0", *sets]) as opened:
            yield opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server process."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def serving(
    *libraries: str | Path, folder: Path, options: Sequence[object] = ()
) -> Iterator[Running]:
    """The real command over libraries ("DIR" or "NAME=DIR"), on a free port of this machine; its
    log lies in the folder, where no keys are unless `options` name them."""
    chosen = [part for library in libraries for part in ("--library", library)]
    fixed = ("--port", 0, "--keys", folder / "keys.json", "--set", "visual.enabled=false")
    log = folder / "server.log"
    with log.open("wb") as output:
        process = start(output, "serve", *chosen, *fixed, *options)
        try:
            yield Running(url=_address(process, log), process=process, log=log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, as soon as it says so."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"serving .* at (http://[^\s\"]+)", log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no server: {log.read_text()}")
