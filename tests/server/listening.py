"""An application on a real port of this machine, for clients that are not of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from tests.server.serving import HOST

START_SECONDS = 30.0


@contextmanager
def listening(app: ASGIApp, *, lifespan: Literal["on", "off"] = "off") -> Iterator[str]:
    """The URL of a server over the application, which goes on when it ends: its lifespan is
    another's, unless it is "on"."""
    config = uvicorn.Config(app, HOST, 0, log_level="error", lifespan=lifespan)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
