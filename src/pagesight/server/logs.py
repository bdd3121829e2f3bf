"""The server's log: a line an event on standard error, as JSON, or readable on a terminal.

Everything goes the same way: structlog's events, the standard library's records, and so those of
uvicorn and of the libraries below. What is logged of a request is who asked, which route, and how
it ended; never its words, its files or its key.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor

LEVEL = logging.INFO

_QUIET = ("httpx", "httpx2", "httpcore", "httpcore2", "chromadb", "mcp", "openai")
"""Libraries that tell of every call at the level at which the server tells of its requests;
httpx does it with the whole URL."""


def start(*, stream: TextIO | None = None, readable: bool | None = None) -> None:
    """Sends all that is logged in this process to `stream` (standard error where it is None).

    Args:
        readable: for people instead of as JSON; None: if the stream is a terminal.
    """
    out = stream or sys.stderr
    if readable is None:
        readable = out.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_colours,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_ending(readable),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(LEVEL)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    _take_over_uvicorn()


def _without_colours(_: object, __: str, event: EventDict) -> EventDict:
    """Without uvicorn's second version of a message, which is for its own terminal."""
    event.pop("color_message", None)
    return event


def _ending(readable: bool) -> list[Processor]:
    """Turns an event into a line."""
    if readable:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _take_over_uvicorn() -> None:
    """uvicorn's records go through the root logger; its access log is silent, because it has
    whole paths and comes beside that of `observing`. It must be started with `log_config=None`."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.setLevel(logging.NOTSET)
        logger.propagate = name != "uvicorn.access"
