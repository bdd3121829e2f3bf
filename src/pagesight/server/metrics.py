"""What a server counts, for Prometheus. No metric holds a word of a question or of a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from pagesight.document import Counts
from pagesight.views import Answered, Found

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Of what `Metrics.render` gives."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds of the histograms: a warm search takes hundredths, an answer by an LLM a minute."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
"""Others are counted together: whoever calls chooses the word."""

Kind = Literal["search", "ask"]


class Metrics:
    """Counters of one server, in a registry of their own. Any thread may count.

    Libraries are named by their shelves, and routes by their templates: neither grows with what
    callers send.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._requests = self._counter("requests", "Answered requests", "method", "route", "status")
        self._request_seconds = self._histogram(
            "request_seconds", "Seconds from a request to the end of its answer", "method", "route"
        )
        self._questions = self._counter("questions", "Searches and asks", "library", "kind")
        self._question_seconds = self._histogram(
            "question_seconds", "Seconds of work on a question, waiting not counted", "kind"
        )
        self._stage_seconds = self._histogram("stage_seconds", "The same by stage", "kind", "stage")
        self._refusals = self._counter("refusals", "Questions that were refused", "library")
        self._claims = self._counter("claims", "Claims of answers by support", "library", "support")
        self._feedback = self._counter("feedback", "Verdicts of readers", "library", "verdict")
        self._ingested = self._counter(
            "ingested", "Files by what became of them", "library", "outcome"
        )
        self._documents = self._gauge("documents", "Documents", "library")
        self._pages = self._gauge("pages", "Pages", "library")
        self._chunks = self._gauge("chunks", "Chunks", "library")
        self._generation = self._gauge(
            "index_generation", "Commits so far: what is searched is that of this one", "library"
        )
        self._jobs = self._gauge(
            "ingest_jobs", "Jobs that have not ended, by state", "library", "state"
        )
        self._running = self._gauge("admission_running", "Questions that are worked on")
        self._waiting = self._gauge("admission_waiting", "Questions that wait for a place")

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered.

        Args:
            route: its template, like "/api/libraries/{library}/ask".
        """
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._request_seconds.labels(known, route).observe(seconds)

    def searched(self, library: str, found: Found) -> None:
        self._question("search", library, found.seconds)

    def asked(self, library: str, answered: Answered) -> None:
        self._question("ask", library, answered.timings)
        if answered.refused:
            self._refusals.labels(library).inc()
        for claim in answered.claims:
            self._claims.labels(library, claim.support).inc()

    def feedback(self, library: str, verdict: Literal["up", "down"]) -> None:
        self._feedback.labels(library, verdict).inc()

    def ingested(self, library: str, outcome: str) -> None:
        """A file was done with.

        Args:
            outcome: the `type` of its event: "stored", "skipped", "failed", "removed".
        """
        self._ingested.labels(library, outcome).inc()

    def library(self, name: str, counts: Counts, generation: int, jobs: Mapping[str, int]) -> None:
        """How a library is now.

        Args:
            generation: its revision, which grows with every commit.
            jobs: state -> ingest jobs in it, for every state in which a job has not ended.
        """
        self._documents.labels(name).set(counts.documents)
        self._pages.labels(name).set(counts.pages)
        self._chunks.labels(name).set(counts.chunks)
        self._generation.labels(name).set(generation)
        for state, count in jobs.items():
            self._jobs.labels(name, state).set(count)

    def admission(self, running: int, waiting: int) -> None:
        """How many questions are worked on and wait now."""
        self._running.set(running)
        self._waiting.set(waiting)

    def render(self) -> bytes:
        """All of it, in Prometheus's text format."""
        return generate_latest(self._registry)

    def _question(self, kind: Kind, library: str, stages: Mapping[str, float]) -> None:
        self._questions.labels(library, kind).inc()
        self._question_seconds.labels(kind).observe(sum(stages.values()))
        for stage, seconds in stages.items():
            self._stage_seconds.labels(kind, stage).observe(seconds)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"pagesight_{name}", f"{what}.", labels, registry=self._registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"pagesight_{name}", f"{what}.", labels, registry=self._registry)

    def _histogram(self, name: str, what: str, *labels: str) -> Histogram:
        return Histogram(
            f"pagesight_{name}", f"{what}.", labels, registry=self._registry, buckets=_SECONDS
        )
