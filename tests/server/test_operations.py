"""What those see who run a server: health, metrics, logs, traces, and what a caller is told."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message, Receive, Scope, Send

from pagesight.document import Counts
from pagesight.server import logs, tracing
from pagesight.server.keys import KeyStore
from pagesight.server.metrics import Metrics
from pagesight.server.observing import Observed
from tests.builders import a_chunk, a_document, an_id, open_library, some_pages
from tests.server.serving import Served, served

WORDS = "The zephyrine regulator holds its output at 3.3 V."
QUESTION = "At which voltage does the zephyrine regulator hold its output?"
OFF_TOPIC = "Who composed the fourth symphony in Vienna?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two libraries behind keys: `all` sees both, `left` the one on the left."""
    folder = tmp_path_factory.mktemp("operations")
    roots = {name: folder / name for name in ("left", "right")}
    with open_library(roots["left"]) as left:
        chunk = a_chunk("c", WORDS, document_id=an_id("manual"))
        left.put(a_document(chunks=1), some_pages(), [chunk], {})
    open_library(roots["right"]).close()
    keys = KeyStore(folder / "keys.json")
    with served(roots, keys=keys) as running:
        token = keys.add("all", "write")
        running.client.headers["Authorization"] = f"Bearer {token}"
        running.shelves.metrics.feedback("right", "down")
        running.shelves.libraries["left"].app.reembed("text", lambda done, total: None)
        yield running


@pytest.fixture(scope="module")
def restricted(server: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The header of a reader who sees the library on the left."""
    path = server.shelves.libraries["left"].app.library.root.parent / "keys.json"
    return f"Bearer {KeyStore(path).add('left', 'read', ['left'])}"


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Undoes inside what is global in a process."""
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**configured)


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that are logged during a test."""
    stream = io.StringIO()
    with logging_as_before():
        logs.start(stream=stream)
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture(scope="module")
def traced() -> Iterator[InMemorySpanExporter]:
    """Collects spans; one for the process, as OpenTelemetry has it."""
    exporter = InMemorySpanExporter()
    stop = tracing.start(lambda message: None, exporter)
    yield exporter
    stop()


def search(server: Served, text: str = QUESTION, library: str = "left") -> None:
    answer = server.client.post(f"/api/libraries/{library}/search", json={"text": text})
    assert answer.status_code == 200, answer.text


def ask(server: Served, text: str = QUESTION) -> Any:
    answer = server.client.post("/api/libraries/left/ask", json={"text": text})
    assert answer.status_code == 200, answer.text
    return answer.json()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """(name, its labels' values by label) -> value."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(server: Served) -> dict[tuple[str, ...], float]:
    answer = server.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return samples(answer.text)


def test_health_and_readiness_ask_for_no_key(server: Served) -> None:
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = server.client.get(path, headers={"Authorization": ""})
        assert (answer.status_code, answer.json()["status"]) == (200, status)


def test_a_server_that_shuts_down_lives_and_is_not_ready(server: Served) -> None:
    server.shelves.stopping.set()
    try:
        ready = server.client.get("/readyz")
        lives = server.client.get("/healthz")
    finally:
        server.shelves.stopping.clear()
    assert lives.status_code == 200
    assert (ready.status_code, ready.json()["reasons"]) == (503, ["the server is shutting down"])


def test_a_library_that_cannot_be_read_makes_a_server_not_ready(server: Served) -> None:
    catalogue = server.shelves.libraries["right"].app.library.root / "catalogue.db"
    with closing(sqlite3.connect(catalogue)) as database:
        database.execute("ALTER TABLE revision RENAME TO hidden")
        try:
            ready = server.client.get("/readyz")
        finally:
            database.execute("ALTER TABLE hidden RENAME TO revision")
    assert ready.status_code == 503
    assert "cannot be read" in ready.json()["reasons"][0]
    assert "right" not in ready.text
    assert server.client.get("/readyz").status_code == 200


def test_questions_are_counted_by_library_kind_and_stage(server: Served) -> None:
    before = scraped(server)
    search(server)
    search(server)
    ask(server)
    after = scraped(server)

    def grown(*key: str) -> float:
        return after[key] - before.get(key, 0.0)

    assert grown("pagesight_questions_total", "search", "left") == 2
    assert grown("pagesight_questions_total", "ask", "left") == 1
    assert ("pagesight_questions_total", "search", "right") not in after
    assert grown("pagesight_question_seconds_count", "search") == 2
    # The second search was recalled.
    assert grown("pagesight_stage_seconds_count", "search", "words") == 1
    assert grown("pagesight_stage_seconds_count", "search", "recall") == 2
    assert grown("pagesight_stage_seconds_count", "ask", "retrieve") == 1
    assert after["pagesight_stage_seconds_sum", "ask", "retrieve"] > 0


def test_claims_and_refusals_are_counted(server: Served) -> None:
    before = scraped(server)
    answered, refused = ask(server), ask(server, OFF_TOPIC)
    assert answered["claims"]
    assert refused["refused"]
    after = scraped(server)
    claims = {
        key[2]: after[key] - before.get(key, 0.0)
        for key in after
        if key[:2] == ("pagesight_claims_total", "left")
    }
    said = [claim["support"] for claim in answered["claims"]]
    assert claims == {support: said.count(support) for support in claims}
    assert sum(claims.values()) == len(said)
    key = ("pagesight_refusals_total", "left")
    assert after[key] - before.get(key, 0.0) == 1


def test_requests_are_counted_by_route_and_never_by_path(server: Served) -> None:
    server.client.get("/api/libraries/no-such-name/documents/xyz/pages/1")
    server.client.get("/some/where/else")
    server.client.request("BREW", "/healthz")
    text = server.client.get("/metrics").text
    found = samples(text)
    page = "/api/libraries/{library}/documents/{id}/pages/{number}"
    assert found["pagesight_requests_total", "GET", page, "404"] >= 1
    assert found["pagesight_requests_total", "GET", "none", "404"] >= 1
    assert any(key[:2] == ("pagesight_requests_total", "other") for key in found)
    assert found["pagesight_request_seconds_count", "GET", page] >= 1
    assert not any(word in text for word in ("no-such-name", "xyz", "BREW", "/some/where"))


def test_libraries_and_waiting_questions_are_gauges(server: Served) -> None:
    found = scraped(server)
    library = server.shelves.libraries["left"].app.library
    assert [found[f"pagesight_{name}", "left"] for name in ("documents", "pages", "chunks")] == [
        1,
        3,
        1,
    ]
    assert found["pagesight_documents", "right"] == 0
    assert found["pagesight_index_generation", "left"] == library.revision()
    assert found["pagesight_ingest_jobs", "left", "queued"] == 0
    assert found["pagesight_admission_running",] == found["pagesight_admission_waiting",] == 0
    assert found["pagesight_feedback_total", "right", "down"] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_metrics_hold_no_word_of_a_question_or_a_document(server: Served) -> None:
    ask(server)
    text = server.client.get("/metrics").text.lower()
    assert not any(word in text for word in ("zephyrine", "symphony", "manual.pdf"))


def test_metrics_are_for_keys_that_see_every_library(server: Served, restricted: str) -> None:
    for header, status in ((restricted, 403), ("", 401), ("Bearer wrong", 401)):
        answer = server.client.get("/metrics", headers={"Authorization": header})
        assert answer.status_code == status
        assert "right" not in answer.text


def test_what_became_of_files_is_counted() -> None:
    metrics = Metrics()
    for outcome in ("stored", "stored", "failed"):
        metrics.ingested("left", outcome)
    counts = Counts(documents=2, pages=5, chunks=9)
    metrics.library("left", counts, 7, {"queued": 3, "running": 1})
    found = samples(metrics.render().decode())
    assert found["pagesight_ingested_total", "left", "stored"] == 2
    assert found["pagesight_ingested_total", "left", "failed"] == 1
    assert found["pagesight_ingest_jobs", "left", "queued"] == 3


def test_a_caller_is_told_what_it_may_do_and_see(server: Served, restricted: str) -> None:
    mine = server.client.get("/api/info").json()
    assert mine["answerer"] == {"name": "extractive", "extractive": True}
    assert (mine["visual_model"], mine["visual_missing"]) == ("", "visual.enabled is false")
    assert mine["text_model"] == server.shelves.settings.text.model
    assert mine["keyed"] is True
    assert mine["caller"] == {"name": "all", "scope": "write", "libraries": None}
    assert mine["limits"]["upload_mb"] == server.shelves.settings.serve.upload_mb
    left = {"name": "left", "documents": 1, "pages": 3, "chunks": 1}
    right = {"name": "right", "documents": 0, "pages": 0, "chunks": 0}
    assert mine["libraries"] == [left, right] == server.client.get("/api/libraries").json()
    others = {"Authorization": restricted}
    theirs = server.client.get("/api/info", headers=others)
    assert theirs.json()["libraries"] == [left]
    assert theirs.json()["caller"] == {"name": "left", "scope": "read", "libraries": ["left"]}
    assert server.client.get("/api/libraries", headers=others).json() == [left]
    assert "right" not in theirs.text


def test_a_request_is_a_line_with_its_id_its_key_and_none_of_its_words(
    server: Served, log: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = server.client.post("/api/libraries/left/search?secret=1", json={"text": QUESTION})
    token = server.client.headers["Authorization"].removeprefix("Bearer ")
    (line,) = [line for line in log() if line["event"] == "request"]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["route"] == "/api/libraries/{library}/search"
    assert (line["method"], line["status"], line["key"]) == ("POST", 200, "all")
    assert (line["level"], line["logger"]) == ("info", "pagesight.requests")
    assert line["milliseconds"] > 0
    told = json.dumps(log())
    assert not any(word in told for word in ("zephyrine", "secret", token))


def test_probes_are_logged_when_they_fail(
    server: Served, log: Callable[[], list[dict[str, Any]]]
) -> None:
    server.client.get("/healthz")
    server.client.get("/readyz")
    server.shelves.stopping.set()
    try:
        server.client.get("/readyz")
    finally:
        server.shelves.stopping.clear()
    assert [(line["route"], line["status"], line["level"]) for line in log()] == [
        ("/readyz", 503, "error")
    ]


def test_every_logger_writes_json_lines(log: Callable[[], list[dict[str, Any]]]) -> None:
    coloured = {"color_message": "Started \x1b[1m%s"}
    logging.getLogger("uvicorn.error").info("Started %s", "it", extra=coloured)
    logging.getLogger("uvicorn.access").info("GET /secret")
    logging.getLogger("httpx").info("HTTP Request: POST https://example.org/secret")
    logging.getLogger("pagesight.server.problems").warning("odd", extra={"request_id": "abc"})
    try:
        raise ValueError("a\nb")
    except ValueError:
        logging.getLogger("anything").exception("it broke")
    started, odd, broke = log()
    assert (started["event"], started["logger"]) == ("Started it", "uvicorn.error")
    assert "color_message" not in started
    assert (odd["request_id"], odd["level"]) == ("abc", "warning")
    assert "ValueError: a\nb" in broke["exception"]


def test_a_terminal_gets_lines_for_people() -> None:
    stream = io.StringIO()
    with logging_as_before():
        logs.start(stream=stream, readable=True)
        logging.getLogger("uvicorn.error").info("Started it")
    assert "Started it" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def observe(app: Callable[[Scope, Receive, Send], Any]) -> dict[tuple[str, ...], float]:
    """The metrics of one request to an application."""
    metrics = Metrics()
    scope: Scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    asyncio.run(Observed(app, metrics=metrics)(scope, receive, send))
    return samples(metrics.render().decode())


def test_a_caller_who_goes_before_the_answer_is_counted_as_gone() -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    assert observe(silent)["pagesight_requests_total", "GET", "none", "499"] == 1


def test_an_application_that_fails_is_counted_and_fails_on(
    log: Callable[[], list[dict[str, Any]]],
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        observe(broken)
    assert [line["status"] for line in log()] == [500]


def named(spans: tuple[ReadableSpan, ...], name: str) -> ReadableSpan:
    return next(span for span in spans if span.name == name)


def finished(exporter: InMemorySpanExporter) -> tuple[ReadableSpan, ...]:
    from opentelemetry import trace

    provider: Any = trace.get_tracer_provider()
    provider.force_flush()
    return exporter.get_finished_spans()


def test_a_question_is_a_trace_of_its_stages(server: Served, traced: InMemorySpanExporter) -> None:
    traced.clear()
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    answer = server.client.post(
        "/api/libraries/left/ask",
        json={"text": QUESTION},
        headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"},
    )
    spans = finished(traced)
    whole = named(spans, "POST /api/libraries/{library}/ask")
    assert whole.context is not None
    assert f"{whole.context.trace_id:032x}" == trace_id
    assert whole.attributes is not None
    assert whole.attributes["http.response.status_code"] == 200
    stages = [span for span in spans if span.name.startswith("ask ")]
    assert [span.name for span in stages] == [f"ask {stage}" for stage in answer.json()["timings"]]
    for span in stages:
        assert span.parent is not None
        assert span.parent.span_id == whole.context.span_id
        assert span.start_time is not None
        assert span.end_time is not None
        assert whole.start_time is not None
        assert whole.start_time <= span.start_time <= span.end_time
    assert "zephyrine" not in "".join(span.to_json() for span in spans)


def test_probes_leave_no_trace(server: Served, traced: InMemorySpanExporter) -> None:
    traced.clear()
    for path in ("/healthz", "/readyz", "/metrics"):
        server.client.get(path)
    assert finished(traced) == ()


def test_a_request_that_fails_is_an_error_without_its_words(traced: InMemorySpanExporter) -> None:
    app = FastAPI(telemetry=tracing.OF_REQUESTS)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("zephyrine")

    traced.clear()
    TestClient(app, raise_server_exceptions=False).get("/broken")
    (span,) = finished(traced)
    assert (span.name, span.status.status_code.name) == ("GET /broken", "ERROR")
    assert "zephyrine" not in span.to_json()


def told_by_start(patch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    told: list[str] = []
    for name in ("ENDPOINT", "PROTOCOL", "TRACES_ENDPOINT", "TRACES_PROTOCOL"):
        patch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)
    for name, value in environment.items():
        patch.setenv(f"OTEL_{name}", value)
    tracing.start(told.append)()
    return told


def test_traces_are_sent_nowhere_unless_an_endpoint_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert told_by_start(monkeypatch) == []


def test_what_is_missing_for_traces_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = {"EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    module = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    monkeypatch.setitem(sys.modules, module, None)
    (missing,) = told_by_start(monkeypatch, **endpoint)
    assert "pip install 'pagesight[otel]'" in missing
    (odd,) = told_by_start(monkeypatch, **endpoint, EXPORTER_OTLP_PROTOCOL="http/json")
    assert "http/protobuf or grpc" in odd
