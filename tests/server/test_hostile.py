"""Whatever is sent: requests at random, odd texts, paths that lead out, files that are none."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psutil
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.odd_pdfs import manual
from tests.server.serving import HOST, Served, served

CASES = 8
"""Of each operation and mode."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""The others ask whether the schema says everything: that a question has a text or a picture, say,
or that fields of forms are text in any case."""
ALPHA = "/api/libraries/alpha"
OUTSIDE = (b"SQLite format", b"from __future__", b"root:", b"pagesight_keys")
"""How files begin that no path leads to."""
GROWTH = 300 * 2**20
"""Bytes of memory that the server may take more after a bomb than before."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("schema") / "alpha"
    with served({"alpha": root}, sets=["parse.workers=1", "parse.page_seconds=10"]) as site:
        yield site


@pytest.fixture(scope="module")
def places(site: Served, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Values of path parameters: a document, a page, a crop and a job that are there."""
    path = manual(tmp_path_factory.mktemp("upload") / "pumps.pdf", 1)
    files = {"file": (path.name, path.read_bytes(), "application/pdf")}
    job = site.client.post(f"{ALPHA}/documents", files=files).json()["id"]
    site.client.get(f"{ALPHA}/jobs/{job}/events")  # ends with the job
    (document,) = site.client.get(f"{ALPHA}/documents").json()
    shown = site.client.get(f"{ALPHA}/documents/{document['id']}").json()
    crop = shown["visuals"][0]["crop"].rpartition("/")[2]
    return {"library": "alpha", "id": document["id"], "number": 1, "key": crop, "job": job}


def test_every_route_keeps_to_the_schema_whatever_is_sent(
    site: Served, places: Mapping[str, Any]
) -> None:
    """Removing gets ids at random, which nothing has: with real ones there would be nothing left
    for the others."""
    schema = schemathesis.openapi.from_dict(site.app.openapi())
    seen: dict[int, int] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        real = {"library": "alpha"} if operation.method == "delete" else places
        named = {parameter.name for parameter in operation.path_parameters}
        fixed = {name: value for name, value in real.items() if name in named}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not _can_be_wrong(operation, fixed):
                continue
            for status in _try(site, operation, mode, fixed):
                seen[status] = seen.get(status, 0) + 1
    assert seen[200] > 20
    assert seen[422] > 20


def _can_be_wrong(operation: Any, fixed: Mapping[str, Any]) -> bool:
    """Whether anything is left of which a wrong value could be made."""
    free = [one for one in operation.path_parameters if one.name not in fixed]
    return bool(free or operation.body or operation.query or operation.headers)


def _try(site: Served, operation: Any, mode: GenerationMode, fixed: Mapping[str, Any]) -> list[int]:
    """Statuses of requests that are made from the schema, in one mode."""
    statuses = []

    @settings(
        max_examples=CASES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=dict(fixed) or None))
    def one(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _ask_something(case)
        sent = requests.Request(**case.as_transport_kwargs(base_url=f"http://{HOST}")).prepare()
        headers: Any = dict(sent.headers)
        body: Any = sent.body or b""
        answer = site.client.request(str(sent.method), str(sent.url), content=body, headers=headers)
        case.validate_response(answer, checks=CHECKS)
        statuses.append(answer.status_code)

    one()
    return statuses


def _ask_something(case: Any) -> None:
    """Gives a question words, and has it ask what is there."""
    if isinstance(case.body, dict) and case.path.endswith(("/search", "/ask")):
        case.body.setdefault("text", "Which pump?")
    if isinstance(case.body, dict) and "model" in case.body:
        case.body["model"] = "pagesight"


@pytest.mark.parametrize(
    "text", ["\ud800", "\x00", "a\x00b", "\u202e", "\U0010ffff", "🙂" * 4000, "'; DROP TABLE --"]
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{ALPHA}/search", {"text": "{}"}),
        ("POST", f"{ALPHA}/search", {"text": "pump", "narrowing": {"documents": ["{}"]}}),
        ("POST", f"{ALPHA}/search", {"text": "pump", "narrowing": {"where": ["tag={}"]}}),
        ("POST", f"{ALPHA}/ask", {"text": "{}", "history": [{"question": "{}", "answer": "{}"}]}),
        ("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "{}"}]}),
        ("PATCH", f"{ALPHA}/documents/{{id}}", {"revision": "{}", "tags": ["{}"]}),
        ("PATCH", f"{ALPHA}/documents/{{id}}", {"supersedes": ["{}"]}),
        (
            "POST",
            f"{ALPHA}/feedback",
            {"question": "{}", "answer": "{}", "verdict": "up", "comment": "{}", "answerer": "x"},
        ),
    ],
)
def test_no_text_makes_the_server_fail(
    site: Served, places: Mapping[str, Any], method: str, path: str, body: object, text: str
) -> None:
    sent = {"model": "pagesight"} if path.startswith("/v1") else {}
    answer = site.client.request(
        method,
        path.format(**places),
        content=_written(sent | _filled(body, text)),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code < 500, answer.text
    assert site.client.get(f"{ALPHA}/documents").status_code == 200
    assert site.client.get(f"{ALPHA}/documents/{places['id']}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"text": "pump", "count": 1e400}',
        b'{"text": "pump", "count": ' + b"9" * 5000 + b"}",
        b'{"text": "pump", "count": NaN}',
        b"\xff\xfe\x00",
        b"",
        b"null",
        b'{"text": "pump", "text": 1}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_no_json_makes_the_server_fail(site: Served, body: bytes) -> None:
    answer = site.client.post(
        f"{ALPHA}/search", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_is_never_unpacked(site: Served) -> None:
    packed = gzip.compress(b'{"text": "pump"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = site.client.post(f"{ALPHA}/search", content=packed, headers=headers)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "path",
    [
        f"{ALPHA}/crops/..%2f..%2fcatalogue.db",
        f"{ALPHA}/crops/%2e%2e%2fcatalogue.db",
        f"{ALPHA}/crops/../catalogue.db",
        f"{ALPHA}/crops/%2fetc%2fpasswd",
        f"{ALPHA}/crops/" + "../" * 20 + "etc/passwd",
        f"{ALPHA}/documents/..%2f..%2fcatalogue.db",
        f"{ALPHA}/documents/%2fetc%2fpasswd/pages/1",
        f"{ALPHA}/documents/..%2f..%2fcatalogue.db/pages/1/image",
        f"{ALPHA}/jobs/..%2f..%2fcatalogue.db",
        "/api/libraries/..%2falpha/documents",
        "/api/libraries/%2fetc/documents",
        "/api/libraries/./documents",
        "/static/../application.py",
        "/static/..%2fapplication.py",
        "/static/..%2f..%2f..%2fapplication.py",
        "/static/%2fetc%2fpasswd",
        "/static//etc/passwd",
        "/static/..%5c..%5capplication.py",
        "/static/%00",
        "/static/" + "x" * 5000,
    ],
)
def test_no_path_leads_out_of_the_library_or_the_page(site: Served, path: str) -> None:
    status, body = _get(site, path)
    assert status in (400, 404, 405, 422), body[:200]
    assert not [sign for sign in OUTSIDE if sign in body]


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.pdf",
        "/etc/evil.pdf",
        "..\\..\\evil.pdf",
        "C:\\evil.pdf",
        "evil.pdf/..",
        "..",
        ".pdf",
        ".hidden.pdf",
        "~/evil.pdf",
        "%2e%2e%2fevil.pdf",
        "evil\x00.pdf",
        "evil\x1b[31m.pdf",
        "evil.pdf\u202e",
        "<img src=x onerror=alert(1)>.pdf",
        "e" * 500 + ".pdf",
        "evil.exe",
    ],
)
def test_no_file_name_leads_out_of_the_uploads(site: Served, name: str) -> None:
    root = site.shelves.libraries["alpha"].app.library.root
    before = _files(root.parent)
    answer = _upload(site, b"%PDF-1.7 " + name.encode(), name)
    new = _files(root.parent) - before
    assert new
    assert all(path.is_relative_to(root / "uploads") for path in new)
    shown = answer["files"][0]["name"]
    assert shown.endswith(".pdf")
    assert len(shown) <= 120
    assert not set(shown) & set("/\\\x00\x1b\u202e")
    assert not shown.startswith((".", "~"))
    site.client.post(f"{ALPHA}/jobs/{answer['id']}/cancel")


def _zip_bomb() -> bytes:
    """256 MB of nothing."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb.pdf", "w") as file,
    ):
        for _ in range(256):
            file.write(bytes(2**20))
    return packed.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        _zip_bomb(),
        b"",
        b"<html><script>alert(1)</script></html>",
        b"\x89PNG\r\n\x1a\n",
        b"MZ\x90\x00",
        gzip.compress(b"%PDF-1.7"),
        bytes(1100) + b"%PDF-1.7",
    ],
    ids=["zip bomb", "nothing", "HTML", "PNG", "program", "gzip", "PDF too far in"],
)
def test_what_is_no_pdf_is_refused_whatever_it_is_called(site: Served, data: bytes) -> None:
    root = site.shelves.libraries["alpha"].app.library.root
    before = _files(root)
    files = {"file": ("manual.pdf", data, "application/pdf")}
    answer = site.client.post(f"{ALPHA}/documents", files=files)
    assert answer.status_code in (415, 422), answer.text
    assert _files(root) == before


@pytest.mark.parametrize("bomb", ["pages without end", "a milliard of pages", "256 MB of blanks"])
def test_a_pdf_that_unpacks_to_no_end_costs_its_job_only(site: Served, bomb: str) -> None:
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    content = zlib.compress(b"BT ET")
    if bomb == "pages without end":
        pages = b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"
    elif bomb == "a milliard of pages":
        pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1000000000 >>"
    else:
        content = _nothing(256)
    process = psutil.Process()
    before = process.memory_info().rss
    job = _upload(site, _pdf(pages, content), f"{bomb}.pdf")["id"]
    site.client.get(f"{ALPHA}/jobs/{job}/events")  # ends with the job
    assert site.client.get(f"{ALPHA}/jobs/{job}").json()["state"] == "failed"
    assert process.memory_info().rss - before < GROWTH
    assert site.client.get(f"{ALPHA}/documents").status_code == 200


def _pdf(pages: bytes, content: bytes) -> bytes:
    """A PDF of one page, with a page tree and a content packed twice."""
    packed = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        pages,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        packed % (len(content), content),
    ]
    file = bytearray(b"%PDF-1.7\n")
    rows = b"0000000000 65535 f \n"
    for number, one in enumerate(objects, 1):
        rows += b"%010d 00000 n \n" % len(file)
        file += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    end = b"xref\n0 5\n%strailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(file + end % (rows, len(file)))


def _nothing(megabytes: int) -> bytes:
    """Blanks, packed twice."""
    packing = zlib.compressobj()
    packed = [packing.compress(b" " * 2**20) for _ in range(megabytes)]
    return zlib.compress(b"".join(packed) + packing.flush())


def _upload(site: Served, data: bytes, name: str) -> dict[str, Any]:
    """Sends a file under a name that no client library would send; its job."""
    said = b'Content-Disposition: form-data; name="file"; filename="%s"' % name.encode()
    body = b"--x\r\n%s\r\n\r\n%s\r\n--x--\r\n" % (said, data)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = site.client.post(f"{ALPHA}/documents", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def _files(folder: Path) -> set[Path]:
    """All that lie in it but for those that the catalogue and the indexes keep."""
    return {
        path
        for path in folder.rglob("*")
        if path.is_file() and not {"index", "catalogue.db-wal"} & set(path.parts)
    }


def _get(site: Served, path: str) -> tuple[int, bytes]:
    """Asks for a path as it stands: clients of HTTP resolve dots."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", HOST.encode())],
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": (HOST, 80),
    }
    asyncio.run(site.app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def _filled(value: Any, text: str) -> Any:
    """A body with a text in place of "{}"."""
    if isinstance(value, dict):
        return {name: _filled(one, text) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, text) for one in value]
    return value.replace("{}", text)


def _written(body: object) -> bytes:
    return json.dumps(body).encode()
