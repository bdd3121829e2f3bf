"""A local server that speaks the chat completions protocol, well or badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Endpoint(ThreadingHTTPServer):
    """Answers chat completions as told, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.status = 200
        self.message = "no pictures, please"
        """What every request is refused with, where `status` is not 200."""
        self.failures: list[int] = []
        """Statuses of the first requests, before all goes well."""
        self.retry_after = ""
        self.refused: dict[str, str] = {}
        """Parameter -> what a request that has it is refused with, as are pictures by the name
        "image_url"."""
        self.pieces = ["The seal takes ", "45 Nm [1]."]
        self.finish: str | None = "stop"
        self.usage: dict[str, int] | None = {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 18,
        }
        self.break_off = False
        """An error comes after the first piece."""
        self.hang_up = False
        """The connection ends after the first piece, in the middle of an event."""
        self.malformed = False
        """An event that is no JSON comes after the first piece."""
        self.silent_after: int | None = None
        """Pieces after which nothing more comes."""
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"{self.address}/v1"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = json.loads(body)
        server = self.server
        server.requests.append(request)
        server.paths.append(self.path)
        server.headers.append({name.lower(): value for name, value in self.headers.items()})
        if server.failures:
            self._refuse(server.failures.pop(0), "not now")
        elif server.status != 200:
            self._refuse(server.status, server.message)
        elif refused := [name for name in server.refused if _has(request, name)]:
            self._refuse(400, server.refused[refused[0]])
        elif server.silent_after == 0:
            server.closing.wait()
        else:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self._reply("stream_options" in request)

    def _reply(self, wants_usage: bool) -> None:
        server = self.server
        self.wfile.write(b": still thinking\n\n")
        self._event({"type": "ping"})
        for number, piece in enumerate(server.pieces, start=1):
            self._event({"choices": [{"index": 0, "delta": {"content": piece}}]})
            if server.break_off:
                self._event({"error": {"message": "the model fell over"}})
                return
            if server.malformed:
                self.wfile.write(b'data: {"choices": [{"delta"\n\n')
            if server.hang_up:
                self.wfile.write(b'data: {"choices')
                return
            if server.silent_after == number:
                self.wfile.flush()
                server.closing.wait()
                return
        if server.finish:
            self._event({"choices": [{"index": 0, "finish_reason": server.finish}]})
        if server.usage and wants_usage:
            self._event({"choices": [], "usage": server.usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _refuse(self, status: int, message: str) -> None:
        error = json.dumps({"error": {"message": message}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(error)))
        if self.server.retry_after:
            self.send_header("Retry-After", self.server.retry_after)
        self.end_headers()
        self.wfile.write(error)

    def _event(self, payload: dict[str, Any]) -> None:
        whole = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"} | payload
        self.wfile.write(f"data: {json.dumps(whole)}\n\n".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test output clean."""


def _has(request: dict[str, Any], name: str) -> bool:
    content = request["messages"][-1]["content"]
    parts = content if isinstance(content, list) else []
    return name in request or any(part["type"] == name for part in parts)


@contextmanager
def serving() -> Iterator[Endpoint]:
    """An endpoint that answers until the end of the block."""
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
