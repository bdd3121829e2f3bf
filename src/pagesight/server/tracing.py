"""OpenTelemetry traces: a span a request, and below it one for each stage of a question.

FastAPI makes the spans of requests. Stages are timed where they happen, by a stopwatch that knows
nothing of traces; their spans are drawn afterwards from its seconds. Without `start`, or without
an endpoint in the environment, nothing of it goes anywhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE = "pagesight"
"""Name of the service, where OTEL_SERVICE_NAME does not give another."""

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that are asked every few seconds, and of which nobody wants to hear unless they fail."""
OF_REQUESTS = TelemetryConfig(
    tracing=True,
    operation_spans=False,
    metrics=False,
    logs=False,
    auto_configure=False,
    exclude=lambda scope: scope["path"] in PROBES,
)
"""What FastAPI is to tell of requests. Its log would have what exceptions say, and that may be
words of a question."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_EXPORTERS = {
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
}
_NANOSECONDS = 1_000_000_000


def start(
    notify: Callable[[str], None], exporter: SpanExporter | None = None
) -> Callable[[], None]:
    """Sends spans where the standard OTEL_* variables say, or to `exporter`; does nothing where
    they name no endpoint. `notify` is told what is missing for it.

    Returns:
        What ends it, and sends what has not been sent.
    """
    if exporter is None:
        exporter = _exporter(notify)
    if exporter is None:
        return _nothing
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": SERVICE}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def stages(kind: str, seconds: Mapping[str, float]) -> None:
    """Spans for the stages of a question that has just ended, below the current one.

    Args:
        kind: "search" or "ask": "ask retrieve" is the span of its stage "retrieve".
        seconds: by stage, in the order in which they began.
    """
    if not trace.get_current_span().is_recording():
        return
    begun = time.time_ns() - round(sum(seconds.values()) * _NANOSECONDS)
    tracer = trace.get_tracer(SERVICE)
    for stage, spent in seconds.items():
        ended = begun + round(spent * _NANOSECONDS)
        tracer.start_span(f"{kind} {stage}", start_time=begun).end(end_time=ended)
        begun = ended


def _exporter(notify: Callable[[str], None]) -> SpanExporter | None:
    """What the environment asks for, if it can be had."""
    if not _first(_ENDPOINTS) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    protocol = _first(_PROTOCOLS) or "http/protobuf"
    if protocol not in _EXPORTERS:
        notify(f"no traces are sent: the OTLP protocol must be {' or '.join(_EXPORTERS)}")
        return None
    try:
        import_module("opentelemetry.sdk")
        module: Any = import_module(_EXPORTERS[protocol])
    except ImportError:
        notify("no traces are sent: install what sends them with `pip install 'pagesight[otel]'`")
        return None
    exporter: SpanExporter = module.OTLPSpanExporter()
    return exporter


def _first(names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := os.environ.get(name, ""))), "")


def _nothing() -> None:
    pass
