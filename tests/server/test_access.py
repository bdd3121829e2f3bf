"""Every route of the schema, tried by everyone who has no business with it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute, Mount, Route

from pagesight.server.admission import Admission
from pagesight.server.application import create_app
from pagesight.server.keys import KeyStore
from pagesight.server.metrics import Metrics
from tests.odd_pdfs import manual, serial
from tests.server.serving import HOST, Served, served

LIBRARIES = ("alpha", "beta")
PUBLIC = {"/", "/static/{path}", "/healthz", "/readyz"}
"""Everything that may be had without a key."""
ASKING = ("/search", "/ask", "/feedback", "/chat/completions")
"""Ends of the paths that a key for reading may POST to."""
LOCAL = {
    ("POST", "/api/libraries/{library}/jobs"),
    ("POST", "/api/libraries/{library}/ingest"),
}
"""What only programs on the same machine may do, because it reads files by their paths."""
WHOLE = {"/metrics"}
"""What only keys for all libraries may see."""
NAMING = {"/v1/chat/completions"}
"""What names a library in its body."""
VALUES: Mapping[str, Any] = {
    "text": "What is the serial number?",
    "messages": [{"role": "user", "content": "What is the serial number?"}],
}
"""What is sent under a name."""
PASSING = ("request_id", "seconds", "timings", "created", "milliseconds")
"""Names of what differs from one request to the next."""

Places = Mapping[str, str]
"""Path parameter -> value."""
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method of a path in the schema."""

    method: str
    path: str
    bodies: Schema
    """Media type -> what is sent."""
    components: Schema
    """Name -> schema, of the parts of bodies."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def of_a_library(self) -> bool:
        return "{library}" in self.path

    @property
    def of_a_thing(self) -> bool:
        """Of a document, a job, a crop."""
        return re.search(r"\{library}.*{", self.path) is not None

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD") and not self.path.endswith(ASKING)

    def example(self, schema: Schema, values: Schema, name: str = "") -> object:
        """A value that a schema takes: what must be there, and what has a value."""
        if "$ref" in schema:
            return self.example(self.components[schema["$ref"].rpartition("/")[2]], values, name)
        if name in values:
            return values[name]
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0], values, name)
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                required = schema.get("required", ())
                return {
                    part: self.example(said, values, part)
                    for part, said in schema.get("properties", {}).items()
                    if part in required or part in values
                }
            case "array":
                return [self.example(schema["items"], values)] if "minItems" in schema else []
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
        return "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A server of the libraries alpha and beta; and a server of the same beta, without alpha."""

    both: Served
    alone: TestClient
    operations: Sequence[Operation]
    keys: Mapping[str, str]
    """Column -> key."""
    alpha: Places
    beta: Places
    secrets: Mapping[str, str]
    """What only keys for alpha may see: what it is -> how it reads."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("access")
    store = KeyStore(folder / "keys.json")
    keys = {
        "no key": "",
        "wrong key": "ps_wrong",
        "read key": store.add("reader", "read"),
        "other library's key": store.add("stranger", "write", ["beta"]),
        "write key": store.add("writer", "write"),
    }
    roots = {name: folder / name for name in LIBRARIES}
    with served(roots, keys=store, sets=["parse.workers=1"]) as both:
        jobs = {name: _upload(both, keys["write key"], folder, name) for name in LIBRARIES}
        alpha, beta = (_places(both, keys["write key"], *job) for job in jobs.items())
        shelves = replace(
            both.shelves,
            libraries={"beta": both.shelves.libraries["beta"]},
            admission=Admission(2, 8, 20.0),
            metrics=Metrics(),
        )
        app = create_app(shelves, keys=store, hosts=[HOST])
        with TestClient(app, f"http://{HOST}", raise_server_exceptions=False) as alone:
            yield World(
                both=both,
                alone=alone,
                operations=_operations(both.app),
                keys=keys,
                alpha=alpha,
                beta=beta,
                secrets=_secrets(both, alpha, beta),
            )


def test_no_route_shows_one_library_to_a_key_of_another(world: World) -> None:
    """What a key for beta is answered is the same whether there is an alpha or not, for paths of
    alpha, for what is alpha's in paths of beta, and for what belongs to no library."""
    key = world.keys["other library's key"]
    for operation in world.operations:
        for places in (world.alpha, {**world.alpha, "library": "beta"}, world.beta):
            own = places is world.beta or not operation.of_a_thing
            if operation.writes and places["library"] == "beta" and own:
                continue  # it would be done
            answer = _send(world.both.client, operation, places, key)
            there = _send(world.alone, operation, places, key)
            assert _told(answer) == _told(there), operation.name
            shown = _shown(world, answer.text, said=places.values())
            assert not shown, f"{operation.name} shows {shown}: {answer.text}"
            if operation.of_a_thing and places is not world.beta:
                assert answer.status_code == 404, operation.name


@pytest.mark.parametrize("what", ["id", "name", "path", "serial number"])
def test_what_is_alphas_cannot_be_asked_of_beta_by_its_name(world: World, what: str) -> None:
    key = world.keys["other library's key"]
    named = world.secrets[what]
    narrowing = {"documents": [named]}
    history = [{"question": "?", "answer": "x [1]", "marks": {world.secrets["chunk"]: 1}}]
    chat = [{"role": "user", "content": "serial number?"}]
    beta = "/api/libraries/beta"
    bodies: list[tuple[str, dict[str, object]]] = [
        (f"{beta}/search", {"text": "serial number", "narrowing": narrowing}),
        (f"{beta}/search", {"text": named, "narrowing": {"where": [f"tag={named}"]}}),
        (f"{beta}/ask", {"text": "serial number?", "narrowing": narrowing}),
        (f"{beta}/ask", {"text": "Which serial number?", "history": history}),
        ("/v1/chat/completions", {"model": "pagesight", "messages": chat, "narrowing": narrowing}),
        ("/v1/chat/completions", {"model": "pagesight/alpha", "messages": chat}),
        ("/v1/chat/completions", {"model": f"pagesight/beta/../{named}", "messages": chat}),
    ]
    for path, body in bodies:
        answer = world.both.client.post(path, json=body, headers=_bearer(key))
        there = world.alone.post(path, json=body, headers=_bearer(key))
        assert answer.status_code == there.status_code
        assert _told(answer) == _told(there)
        shown = _shown(world, answer.text, said=[json.dumps(body)])
        assert not shown, f"{path} shows {shown}: {answer.text}"


def test_nothing_but_the_page_and_the_health_of_the_server_needs_no_key(world: World) -> None:
    """Every route that there is, in the schema or not."""
    found = dict(_routes(world.both.app.routes))
    assert {"/mcp", "/openapi.json", "/metrics", "/v1/models"} <= set(found)
    for template, methods in found.items():
        path = re.sub(r"{.*?}", "x", template)
        for method in methods:
            answer = world.both.client.request(method, path)
            public = answer.status_code != 401
            assert public == (template in PUBLIC), f"{method} {template}"


def test_the_schema_has_the_routes_that_it_should(world: World) -> None:
    """What is in no schema is tested by name, so that it must be little."""
    in_schema = {operation.path for operation in world.operations}
    hidden = set(dict(_routes(world.both.app.routes))) - in_schema
    assert hidden == {"/", "/static/{path}", "/mcp", "/openapi.json"}


def test_agents_see_the_libraries_of_their_key(world: World) -> None:
    calls: list[tuple[str, dict[str, object]]] = [
        ("list_documents", {}),
        ("list_documents", {"library": "alpha"}),
        ("search_documents", {"query": world.secrets["serial number"], "library": "alpha"}),
        ("search_documents", {"query": "serial number"}),
        ("ask_documents", {"question": "What is the serial number?"}),
        ("read_page", {"document": "alpha-pumps.pdf", "page": 1}),
        ("read_page", {"document": world.alpha["id"], "page": 1, "library": "alpha"}),
    ]
    key = world.keys["other library's key"]
    for tool, arguments in calls:
        answer, there = (_call(client, key, tool, arguments) for client in _both(world))
        assert answer.status_code == there.status_code == 200, answer.text
        assert _told(answer) == _told(there)
        shown = _shown(world, answer.text, said=[json.dumps(arguments)])
        assert not shown, f"{tool} shows {shown}: {answer.text}"
    seen = _call(world.both.client, world.keys["read key"], "list_documents", {"library": "alpha"})
    assert world.secrets["name"] in seen.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Length": str(10**10)}, 413),
    ],
    ids=str,
)
def test_no_route_does_anything_for_other_sites_or_for_endless_bodies(
    world: World, headers: dict[str, str], status: int
) -> None:
    for operation in world.operations:
        path = operation.path.format_map(world.alpha)
        sent = _bearer(world.keys["write key"]) | headers
        answer = world.both.client.request(operation.method, path, headers=sent)
        assert answer.status_code == status, operation.name
        assert "content-security-policy" in answer.headers


# From here on the world changes.


def test_who_may_do_what(world: World) -> None:
    table: dict[str, list[int]] = {}
    for column, key in world.keys.items():
        # What removes something comes at the end, jobs before their documents.
        order = sorted(world.operations, key=lambda one: one.path, reverse=True)
        for operation in sorted(order, key=lambda one: one.method == "DELETE"):
            client = _elsewhere(world) if column == "wrong key" else world.both.client
            answer = _send(client, operation, world.alpha, key)
            table.setdefault(operation.name, []).append(answer.status_code)
            assert _is_right(operation, column, answer.status_code), (
                f"{operation.name} with {column}: {answer.status_code} {answer.text}"
            )
    print("\n| route | " + " | ".join(world.keys) + " |\n|" + " --- |" * (len(world.keys) + 1))
    for name, statuses in sorted(table.items(), key=lambda row: row[0].split()[::-1]):
        print(f"| {name} | " + " | ".join(map(str, statuses)) + " |")


def _is_right(operation: Operation, column: str, status: int) -> bool:
    if operation.path in PUBLIC:
        return status == 200
    if column in ("no key", "wrong key"):
        return status == 401
    if column == "other library's key":
        if operation.of_a_library or operation.path in NAMING:
            return status == 404
        return status == (403 if operation.path in WHOLE else 200)
    if (operation.method, operation.path) in LOCAL:
        return status == 403
    if column == "read key" and operation.writes:
        return status == 403
    # A job that has ended well cannot be tried again.
    return 200 <= status < 300 or (status == 409 and operation.path.endswith("/retry"))


def _operations(app: FastAPI) -> list[Operation]:
    schema = app.openapi()
    return [
        Operation(
            method=method.upper(),
            path=path,
            bodies=said.get("requestBody", {}).get("content", {}),
            components=schema["components"]["schemas"],
        )
        for path, methods in schema["paths"].items()
        for method, said in methods.items()
    ]


def _routes(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, set[str]]]:
    """Path -> methods, of all routes, those that are included too."""
    for route in routes:
        if isinstance(route, Mount):
            yield f"{route.path}/{{path}}", {"GET"}
        elif isinstance(route, Route):
            yield route.path, set(route.methods or {"GET", "POST", "DELETE"})
        else:
            yield from _routes(route.original_router.routes)  # type: ignore[attr-defined]


def _send(client: TestClient, operation: Operation, places: Places, key: str) -> httpx2.Response:
    """A request that is right but for who sends it, and to what."""
    values = {name: quote(value, safe="") for name, value in places.items()}
    path = operation.path.format_map(values)
    said: dict[str, Any] = {}
    if "multipart/form-data" in operation.bodies:
        said["files"] = {"file": ("again.pdf", b"%PDF-1.7", "application/pdf")}
    elif operation.bodies:
        schema = operation.bodies["application/json"]["schema"]
        model = {"model": f"pagesight/{places['library']}"}
        said["json"] = operation.example(schema, {**VALUES, **model})
    return client.request(operation.method, path, headers=_bearer(key), **said)


def _call(client: TestClient, key: str, tool: str, arguments: Schema) -> httpx2.Response:
    """Calls a tool for agents."""
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }
    accepted = {"Accept": "application/json, text/event-stream"}
    return client.post("/mcp", json=message, headers=_bearer(key) | accepted)


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _elsewhere(world: World) -> TestClient:
    """A client at an address that sent no wrong key before."""
    address = f"198.51.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    return TestClient(world.both.app, f"http://{HOST}", client=(address, 1))


def _both(world: World) -> tuple[TestClient, TestClient]:
    return world.both.client, world.alone


def _shown(world: World, text: str, *, said: Iterable[str]) -> list[str]:
    """Secrets of alpha in an answer, but for those that the caller had said."""
    said = list(said)
    return [
        what
        for what, words in world.secrets.items()
        if words in text and not any(words in part for part in said)
    ]


def _told(answer: httpx2.Response) -> tuple[int, str, str]:
    """What an answer tells, but for what differs from request to request."""
    kind = answer.headers.get("content-type", "")
    if kind.endswith("json"):
        return answer.status_code, kind, json.dumps(_lasting(answer.json()))
    if kind.startswith("text/event-stream"):
        sent = re.findall(r"^data: (.*)$", answer.text, re.MULTILINE)
        return answer.status_code, kind, json.dumps([_lasting(json.loads(data)) for data in sent])
    return answer.status_code, kind, answer.content.hex() if "image" in kind else answer.text


def _lasting(value: object) -> object:
    if isinstance(value, dict):
        return {name: _lasting(one) for name, one in value.items() if name not in PASSING}
    if isinstance(value, list):
        return [_lasting(one) for one in value]
    # Ids of what was made by the request; those of documents are longer.
    made = isinstance(value, str) and re.fullmatch(r"(chatcmpl-)?[0-9a-f]{32}", value)
    return "" if made else value


def _upload(served: Served, key: str, folder: Path, library: str) -> str:
    """Uploads a document of three pages with a table and a figure; the id of its job."""
    path = manual(folder / f"{library}-pumps.pdf", LIBRARIES.index(library), pages=3)
    files = {"file": (path.name, path.read_bytes(), "application/pdf")}
    to = f"/api/libraries/{library}/documents"
    job: str = served.client.post(to, files=files, headers=_bearer(key)).json()["id"]
    return job


def _places(served: Served, key: str, library: str, job: str) -> Places:
    """Values of path parameters: the document of the library, its table, and its job."""
    base = f"/api/libraries/{library}"
    client, headers = served.client, _bearer(key)
    client.get(f"{base}/jobs/{job}/events", headers=headers)  # ends with the job
    (document,) = client.get(f"{base}/documents", headers=headers).json()
    shown = client.get(f"{base}/documents/{document['id']}", headers=headers).json()
    crop = shown["visuals"][0]["crop"].rpartition("/")[2]
    return {"library": library, "id": document["id"], "number": "1", "key": crop, "job": job}


def _secrets(served: Served, alpha: Places, beta: Places) -> Mapping[str, str]:
    library = served.shelves.libraries["alpha"].app.library
    document = library.document(alpha["id"])
    assert document is not None
    chunks = library.document_chunks(document.id)
    found = {
        "id": document.id,
        "name": document.name,
        "path": document.source,
        "serial number": serial(LIBRARIES.index("alpha")),
        "crop": alpha["key"],
        "job": alpha["job"],
        "chunk": chunks[0].id,
    }
    other = served.shelves.libraries["beta"].app.library.document_chunks(beta["id"])
    common = " ".join(chunk.text for chunk in other)
    sentences = re.split(r"[\n.]", "\n".join(chunk.text for chunk in chunks))
    own = [sentence for sentence in sentences if len(sentence) > 9 and sentence not in common]
    assert len(own) > 20
    return found | {f"sentence {n}": sentence for n, sentence in enumerate(own)}
