"""What stands before every route: who may come in, from where, how often and with how much."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from pagesight.server import problems
from pagesight.server.callers import Scope
from pagesight.server.guard import WRONG_KEYS_PER_MINUTE, Guard, public_address
from pagesight.server.keys import KeyStore
from pagesight.settings import load

HOST = "docs.example.org"
DOCUMENTS = "/api/libraries/pumps/documents"
MEGABYTE = 2**20


class Site:
    """An application of few routes behind a guard."""

    def __init__(self) -> None:
        self.read = 0
        """Bytes of bodies that reached a route."""

    def app(
        self,
        keys: KeyStore | None = None,
        local: Mapping[str, str] | None = None,
        hosts: tuple[str, ...] = (HOST,),
        sets: tuple[str, ...] = (),
    ) -> FastAPI:
        app = FastAPI(docs_url=None, redoc_url=None)
        problems.install(app)
        fixed = ["serve.upload_mb=2", "serve.image_mb=1", "serve.per_minute=0"]
        app.add_middleware(
            Guard,
            keys=keys,
            local=local or {},
            hosts=hosts,
            limits=load(overrides=[*fixed, *sets]).serve,
        )

        @app.get("/")
        @app.get("/static/app.js")
        @app.get("/healthz")
        @app.get("/readyz")
        @app.get("/metrics")
        def page() -> str:
            return "page"

        @app.get("/api/info")
        @app.post("/api/info")
        @app.delete("/api/info")
        @app.get("/v1/models")
        def info(request: Request) -> dict[str, object]:
            caller = request.state.caller
            return {
                "name": caller.name,
                "scope": caller.scope,
                "libraries": caller.libraries,
                "local": caller.local,
                "request_id": request.state.request_id,
            }

        @app.post("/api/json")
        @app.post(DOCUMENTS)
        async def body(request: Request) -> int:
            async for piece in request.stream():
                self.read += len(piece)
            return self.read

        @app.get("/image")
        def image() -> Response:
            return Response(b"png", headers={"Cache-Control": "private, max-age=60"})

        @app.get("/bug")
        def bug() -> None:
            raise ValueError("/srv/secret")

        @app.get("/broken")
        def broken() -> StreamingResponse:
            def pieces() -> Iterator[bytes]:
                yield b"one"
                raise ValueError("/srv/secret")

            return StreamingResponse(pieces())

        return app


def client_of(app: FastAPI, address: str = "198.51.100.7") -> TestClient:
    return TestClient(app, f"http://{HOST}", raise_server_exceptions=False, client=(address, 50000))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys.json")


@pytest.fixture
def keyed(keys: KeyStore) -> TestClient:
    return client_of(Site().app(keys, local={"same-machine": "pumps"}))


@pytest.fixture
def unkeyed() -> TestClient:
    return client_of(Site().app(local={"same-machine": "pumps"}))


# Who calls.


@pytest.mark.parametrize(
    ("scope", "libraries"), [("read", None), ("write", None), ("read", ["pumps", "valves"])]
)
def test_a_key_makes_the_caller(
    keyed: TestClient, keys: KeyStore, scope: Scope, libraries: list[str] | None
) -> None:
    caller = keyed.get("/api/info", headers=bearer(keys.add("ana", scope, libraries))).json()
    assert (caller["name"], caller["scope"], caller["libraries"], caller["local"]) == (
        "ana",
        scope,
        libraries,
        False,
    )


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/healthz", "/readyz"])
def test_the_page_and_the_health_of_the_server_need_no_key(keyed: TestClient, path: str) -> None:
    assert keyed.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/openapi.json", "/api/info", "/v1/models", "/no", "/static", "/healthz/"],
)
def test_everything_else_does(keyed: TestClient, path: str) -> None:
    answer = keyed.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic {key}", "{key}", "Bearer ps_wrong", "Bearer {key}x"],
)
def test_only_the_key_itself_is_a_key(
    keyed: TestClient, keys: KeyStore, authorization: str
) -> None:
    sent = authorization.format(key=keys.add("ana"))
    assert keyed.get("/api/info", headers={"Authorization": sent}).status_code == 401


def test_a_key_in_the_address_or_in_a_cookie_is_none(keyed: TestClient, keys: KeyStore) -> None:
    key = keys.add("ana")
    assert keyed.get(f"/api/info?key={key}&access_token={key}").status_code == 401
    assert keyed.get("/api/info", headers={"Cookie": f"key={key}"}).status_code == 401


def test_two_keys_at_once_are_none(keyed: TestClient, keys: KeyStore) -> None:
    key = keys.add("ana")
    sent = [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")]
    assert keyed.get("/api/info", headers=sent).status_code == 401


def test_a_removed_key_is_refused_from_then_on(keyed: TestClient, keys: KeyStore) -> None:
    key = keys.add("ana")
    assert keyed.get("/api/info", headers=bearer(key)).status_code == 200
    keys.remove("ana")
    assert keyed.get("/api/info", headers=bearer(key)).status_code == 401


def test_without_keys_anyone_may_do_anything_whatever_they_send(unkeyed: TestClient) -> None:
    for headers in ({}, bearer("unused")):
        caller = unkeyed.get("/api/info", headers=headers).json()
        assert (caller["name"], caller["scope"], caller["local"]) == ("", "write", False)
        assert caller["libraries"] is None


@pytest.mark.parametrize("kind", ["keyed", "unkeyed"])
def test_a_local_token_opens_its_library_on_any_server(
    kind: str, request: pytest.FixtureRequest
) -> None:
    client: TestClient = request.getfixturevalue(kind)
    caller = client.get("/api/info", headers=bearer("same-machine")).json()
    assert caller["local"] is True
    assert (caller["scope"], caller["libraries"]) == ("write", ["pumps"])


def test_keys_that_cannot_be_read_let_nobody_in(
    keyed: TestClient, keys: KeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    key = keys.add("ana")
    keys.path.write_text("{")
    answer = keyed.get("/api/info", headers=bearer(key))
    assert answer.status_code == 503
    assert str(keys.path) not in answer.text
    assert str(keys.path) in caplog.text


def test_no_key_is_logged(
    keyed: TestClient, keys: KeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    key = keys.add("ana")
    with caplog.at_level(logging.DEBUG):
        keyed.get("/api/info", headers=bearer(key))
        keyed.get("/api/info", headers=bearer(f"{key}x"))
        keyed.get("/bug", headers=bearer(key))
    assert "/srv/secret" in caplog.text
    assert key not in caplog.text + repr([vars(entry) for entry in caplog.records])


def test_a_websocket_is_refused(keyed: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), keyed.websocket_connect("/"):
        pass


# Where from.


@pytest.mark.parametrize(
    "host", ["evil.example", "docs.example.org.evil.example", "xdocs.example.org", "127.0.0.1"]
)
@pytest.mark.parametrize("path", ["/", "/api/info", "/healthz"])
def test_a_host_that_is_not_ours_is_refused(unkeyed: TestClient, host: str, path: str) -> None:
    answer = unkeyed.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["title"]) == (421, "wrong host")
    assert "--allow-host" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        (HOST, HOST),
        (HOST, "Docs.Example.org:8080"),
        (HOST, "docs.example.org."),
        ("127.0.0.1", "127.0.0.1:8080"),
        ("[::1]", "[::1]:8080"),
        ("::1", "[::1]"),
    ],
)
def test_a_host_is_known_by_its_name_whatever_its_port(allowed: str, host: str) -> None:
    client = client_of(Site().app(hosts=(allowed,)))
    assert client.get("/api/info", headers={"Host": host}).status_code == 200


def test_without_names_any_host_will_do_but_only_one() -> None:
    client = client_of(Site().app(hosts=()))
    assert client.get("/api/info", headers={"Host": "any.example"}).status_code == 200
    two = [("Host", HOST), ("Host", "evil.example")]
    assert client.get("/api/info", headers=two).status_code == 400


FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "something new"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": f"http://{HOST}:9999"},
    {"Origin": f"http://{HOST}.evil.example"},
    {"Origin": f"http://evil.example/{HOST}"},
    {"Origin": HOST},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_pages_of_other_sites_cannot_use_it(
    unkeyed: TestClient, headers: dict[str, str], method: str
) -> None:
    answer = unkeyed.request(method, "/api/info", headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (403, "other site")
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("headers", FOREIGN[:2], ids=str)
@pytest.mark.parametrize("path", ["/", "/static/app.js"])
def test_links_to_the_page_may_stand_anywhere(
    unkeyed: TestClient, headers: dict[str, str], path: str
) -> None:
    assert unkeyed.get(path, headers=headers).status_code == 200
    assert unkeyed.post(path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": f"http://{HOST}"},
        {"Origin": f"https://{HOST}:443"},
        {"Origin": f"http://{HOST}:8080", "Host": f"{HOST}:8080"},
    ],
    ids=str,
)
def test_its_own_page_and_programs_can(unkeyed: TestClient, headers: dict[str, str]) -> None:
    assert unkeyed.post("/api/info", headers=headers).status_code == 200


# How often.


def test_a_key_has_so_many_requests_a_minute(keys: KeyStore) -> None:
    client = client_of(Site().app(keys, sets=("serve.per_minute=3",)))
    ana, bob = bearer(keys.add("ana")), bearer(keys.add("bob"))
    statuses = [client.get("/api/info", headers=ana).status_code for _ in range(4)]
    refused = client.get("/api/info", headers=ana)
    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert "3 requests a minute" in refused.json()["detail"]
    assert client.get("/api/info", headers=bob).status_code == 200
    assert client.get("/").status_code == 200


def test_without_keys_an_address_has_so_many() -> None:
    app = Site().app(local={"same-machine": "pumps"}, sets=("serve.per_minute=2",))
    one, other = client_of(app), client_of(app, "198.51.100.8")
    assert [one.get("/api/info").status_code for _ in range(3)] == [200, 200, 429]
    assert other.get("/api/info").status_code == 200
    local = bearer("same-machine")
    assert [one.get("/api/info", headers=local).status_code for _ in range(3)] == [200] * 3


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    app = Site().app(sets=("serve.per_minute=1",))
    assert client_of(app, "2001:db8::1").get("/api/info").status_code == 200
    assert client_of(app, "2001:db8::2").get("/api/info").status_code == 429
    assert client_of(app, "2001:db8:0:1::2").get("/api/info").status_code == 200


def test_an_address_that_tries_keys_is_slowed_down(keyed: TestClient, keys: KeyStore) -> None:
    tries = [
        keyed.get("/api/info", headers=bearer(f"ps_{number}")).status_code for number in range(20)
    ]
    assert tries == [401] * WRONG_KEYS_PER_MINUTE + [429] * (20 - WRONG_KEYS_PER_MINUTE)
    assert keyed.get("/api/info", headers=bearer("ps_x")).headers["retry-after"]
    assert keyed.get("/api/info", headers=bearer(keys.add("ana"))).status_code == 200


# How much.


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/api/json", 2 * MEGABYTE, 200),
        ("/api/json", 3 * MEGABYTE, 413),
        (DOCUMENTS, 3 * MEGABYTE, 200),
        (DOCUMENTS, 3 * MEGABYTE + 1, 413),
        (f"{DOCUMENTS}/x", 3 * MEGABYTE, 413),
        ("/api/libraries/pumps/x/documents", 3 * MEGABYTE, 413),
    ],
)
def test_a_body_that_says_that_it_is_too_large_is_not_read(
    path: str, size: int, status: int
) -> None:
    site = Site()
    answer = client_of(site.app()).post(path, content=b"x" * size)
    assert answer.status_code == status
    assert site.read == (size if status == 200 else 0)
    if status == 413:
        assert answer.json()["title"] == "too large"


def test_a_body_that_does_not_say_its_size_is_counted() -> None:
    site = Site()
    with _listening(site.app(hosts=())) as port, _connected(port) as connection:
        connection.sendall(_head(DOCUMENTS, "Transfer-Encoding: chunked"))
        for _ in range(6):
            connection.sendall(_chunk(MEGABYTE // 2))
        connection.sendall(_chunk(1))
        answer = _until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer
    assert site.read <= 3 * MEGABYTE


def test_a_large_body_is_refused_before_it_is_sent_and_the_connection_closed() -> None:
    site = Site()
    with _listening(site.app(hosts=())) as port, _connected(port) as connection:
        connection.sendall(_head(DOCUMENTS, "Expect: 100-continue", "Content-Length: 99000000"))
        answer = _until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert site.read == 0


def test_a_body_comes_to_the_route_as_it_is_sent() -> None:
    site = Site()
    first = threading.Event()

    app = FastAPI()

    @app.post(DOCUMENTS)
    async def body(request: Request) -> int:
        async for piece in request.stream():
            site.read += len(piece)
            first.set()
        return site.read

    app.add_middleware(Guard, keys=None, local={}, hosts=(), limits=load().serve)
    with _listening(app) as port, _connected(port) as connection:
        connection.sendall(_head(DOCUMENTS, "Content-Length: 10", "Connection: close") + b"12345")
        assert first.wait(20)
        connection.sendall(b"67890")
        assert _until_closed(connection).endswith(b"\r\n\r\n10")


# What every answer has.


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/api/info", 200), ("/no", 404), ("/bug", 500), ("/image", 200)],
)
def test_every_answer_has_the_headers_that_keep_a_browser_safe(
    unkeyed: TestClient, path: str, status: int
) -> None:
    answer = unkeyed.get(path)
    headers = answer.headers
    assert answer.status_code == status
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert len(headers["x-request-id"]) == 32
    assert headers["cache-control"] == ("private, max-age=60" if path == "/image" else "no-store")


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "null"}, bearer("ps_x")])
def test_so_has_every_refusal(keyed: TestClient, headers: dict[str, str]) -> None:
    answer = keyed.get("/api/info", headers=headers)
    assert answer.status_code in (401, 403, 421)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_refusal_has_the_shape_that_openai_clients_read(keyed: TestClient) -> None:
    error = keyed.get("/v1/models", headers=bearer("ps_x")).json()["error"]
    assert (error["type"], error["code"]) == ("authentication_error", "invalid_api_key")


def test_a_bug_is_answered_without_its_words_and_logged_once(
    unkeyed: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = unkeyed.get("/bug")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert caplog.text.count("Traceback") == 1
    assert vars(caplog.records[-1])["request_id"] == answer.json()["request_id"]


def test_an_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    client = TestClient(Site().app(hosts=()))
    with pytest.raises(ValueError, match="secret"):
        client.get("/broken")


@pytest.mark.parametrize("given", ["abc-123", "0af7651916cd43dd8448eb211c80319c", "a.b_c"])
def test_a_request_keeps_the_id_that_it_came_with(unkeyed: TestClient, given: str) -> None:
    answer = unkeyed.get("/api/info", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == given


@pytest.mark.parametrize(
    "given", ["", "a b", "x" * 65, "a\tb", "a;b", "{}", "ä", '"><script>', "a\r\nSet-Cookie: b=c"]
)
def test_an_id_that_could_do_harm_is_replaced(unkeyed: TestClient, given: str) -> None:
    answer = unkeyed.get("/api/info", headers=[(b"X-Request-Id", given.encode())])
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert len(answer.headers["x-request-id"]) == 32
    assert "set-cookie" not in answer.headers


# Where it listens.


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback_is_not_public(host: str) -> None:
    assert not public_address(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "[::]", "192.0.2.1", "10.0.0.1", "fe80::1", "no.such.invalid"]
)
def test_every_other_address_is(host: str) -> None:
    assert public_address(host)


@contextmanager
def _listening(app: FastAPI) -> Iterator[int]:
    """A real server; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        yield connection


def _head(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
    return "\r\n".join(lines).encode()


def _chunk(size: int) -> bytes:
    return b"%x\r\n%s\r\n" % (size, b"x" * size)


def _until_closed(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received = b""
    with suppress(ConnectionResetError):  # it was still sending
        while piece := connection.recv(65536):
            received += piece
    return received
