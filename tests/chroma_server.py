"""A real Chroma server for tests."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

CHROMA = Path(sys.executable).parent / "chroma"

PATIENCE = 60.0
"""Seconds after which a server that does not answer is said not to start."""


class Server:
    """A `chroma run` on a port of its own, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Returns when it answers; skips the test where it does not start."""
        command = [CHROMA, "run", "--host", "127.0.0.1", "--port", str(self._port), "--path"]
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*map(str, command), str(self._folder / "data")],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
            )
        if not _within(PATIENCE, self._answers):
            said = (self._folder / "log").read_text(errors="replace")[-300:]
            self.stop()
            pytest.skip(f"no Chroma server can be started here: {said}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def collections(self) -> list[str]:
        """Names of all that it holds, sorted."""
        path = "/api/v2/tenants/default_tenant/databases/default_database/collections"
        found = httpx.get(self.url + path).raise_for_status().json()
        return sorted(collection["name"] for collection in found)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/heartbeat").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server that keeps its data in `folder`, and ends with the block."""
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _within(seconds: float, happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happened():
            return True
        time.sleep(0.05)
    return False
