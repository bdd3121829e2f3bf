"""Errors as they are answered: one shape, for whoever must act, with nothing of the inside."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from pagesight.errors import (
    DocumentError,
    LibraryError,
    MissingError,
    ServiceError,
    SettingsError,
)
from pagesight.server.problems import (
    OPENAI_RESPONSES,
    RESPONSES,
    Problem,
    install,
    problem_of,
)

ERRORS: dict[str, Exception] = {
    "problem": Problem(409, "taken", "it is taken", headers={"X-Why": "so"}),
    "missing": MissingError("no such document: a.pdf"),
    "settings": SettingsError("there is no library at /srv/secret/lib: make one"),
    "document": DocumentError("/srv/secret/lib/uploads/a.pdf: is encrypted"),
    "busy": ServiceError("https://example.org/v1/chat is busy", retryable=True),
    "service": ServiceError("the endpoint knows no such model"),
    "library": LibraryError("/srv/secret/lib/catalogue.db is damaged"),
    "bug": KeyError("/srv/secret/word"),
    "http": HTTPException(418, "short and stout"),
}


class Body(BaseModel):
    password: int
    count: int


@pytest.fixture
def client() -> TestClient:
    app = FastAPI(docs_url=None, redoc_url=None)
    install(app)

    @app.get("/fail/{name}", responses=RESPONSES)
    @app.get("/v1/fail/{name}", responses=OPENAI_RESPONSES)
    def fail(name: str) -> None:
        raise ERRORS[name]

    @app.post("/body", responses=RESPONSES)
    @app.post("/v1/body", responses=OPENAI_RESPONSES)
    def body(body: Body, request: Request) -> None: ...

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("name", "status", "detail"),
    [
        ("problem", 409, "it is taken"),
        ("missing", 404, "no such document: a.pdf"),
        ("settings", 400, "there is no library at lib: make one"),
        ("document", 422, "a.pdf: is encrypted"),
        ("busy", 503, "https://example.org/v1/chat is busy"),
        ("service", 502, "the endpoint knows no such model"),
        ("library", 500, "pagesight doctor"),
        ("bug", 500, "the server's log"),
        ("http", 418, "short and stout"),
    ],
)
def test_every_error_is_a_problem_that_tells_no_folder(
    client: TestClient, name: str, status: int, detail: str
) -> None:
    answer = client.get(f"/fail/{name}")
    problem = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert detail in problem["detail"]
    assert problem["title"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_what_passes_says_when_to_try_again(client: TestClient) -> None:
    assert int(client.get("/fail/busy").headers["retry-after"]) > 0
    assert "retry-after" not in client.get("/fail/service").headers


def test_headers_of_a_problem_are_sent(client: TestClient) -> None:
    assert client.get("/fail/problem").headers["x-why"] == "so"


def test_what_the_answer_conceals_is_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "pagesight.server.problems"):
        client.get("/fail/library")
        client.get("/fail/missing")
    logged = [entry for entry in caplog.records if entry.name == "pagesight.server.problems"]
    assert ["catalogue.db" in entry.getMessage() for entry in logged] == [True]
    assert logged[0].exc_info is not None


def test_the_log_and_the_answer_of_an_error_have_one_request_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "pagesight.server.problems"):
        problem = problem_of(ValueError("x"), "abc")
    assert vars(caplog.records[0])["request_id"] == "abc"
    assert problem.body("abc")["request_id"] == "abc"


def test_an_invalid_request_is_told_place_by_place_and_not_repeated(client: TestClient) -> None:
    answer = client.post("/body", json={"password": "hunter2", "count": "many"})
    problem = answer.json()
    assert answer.status_code == 422
    assert [error["loc"] for error in problem["errors"]] == ["body.password", "body.count"]
    assert all(set(error) == {"loc", "msg", "type"} for error in problem["errors"])
    assert problem["detail"].startswith("body.password: ")
    assert "1 more" in problem["detail"]
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/no", 404), ("PUT", "/body", 405)])
def test_paths_and_methods_that_are_not_there_are_problems_too(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "status", "kind", "code"),
    [
        ("missing", 404, "invalid_request_error", "not_found"),
        ("busy", 503, "server_error", "service_unavailable"),
        ("bug", 500, "server_error", "internal_error"),
    ],
)
def test_openai_clients_get_the_shape_that_they_read(
    client: TestClient, name: str, status: int, kind: str, code: str
) -> None:
    answer = client.get(f"/v1/fail/{name}")
    error = answer.json()["error"]
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert (error["type"], error["code"], error["param"]) == (kind, code, None)
    assert error["message"]


def test_openai_clients_are_told_which_parameter_is_wrong(client: TestClient) -> None:
    error = client.post("/v1/body", json={"password": 1, "count": "many"}).json()["error"]
    assert error["param"] == "count"


def test_a_problem_raised_while_the_body_is_read_comes_through() -> None:
    app = FastAPI()
    install(app)

    @app.post("/body")
    def body(body: Body) -> None: ...

    async def receive() -> dict[str, Any]:
        raise Problem(413, "too large", "it is too large")

    assert _posted(app, receive) == 413


def test_a_client_that_goes_away_is_no_error_of_the_server(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = FastAPI()
    install(app)

    @app.post("/body")
    async def body(request: Request) -> None:
        raise ClientDisconnect

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert _posted(app, receive) == 400
    assert not [entry for entry in caplog.records if entry.levelno >= logging.ERROR]


def test_the_schema_documents_problems(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    responses = paths["/body"]["post"]["responses"]
    for status in ("400", "401", "403", "404", "413", "422", "429", "503"):
        assert list(responses[status]["content"]) == ["application/problem+json"]
    assert list(paths["/v1/body"]["post"]["responses"]["422"]["content"]) == ["application/json"]


def _posted(app: FastAPI, receive: Any) -> int:
    """Status of a POST to /body whose body comes from `receive`."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/body",
        "raw_path": b"/body",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "http_version": "1.1",
        "scheme": "http",
    }
    asyncio.run(app(scope, receive, send))
    json.loads(sent[1]["body"])
    status: int = sent[0]["status"]
    return status
