"""Where a server listens, and until when it runs."""

from __future__ import annotations

import signal
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from pagesight.errors import SettingsError
from pagesight.server.addresses import public_address


def refuse_public(host: str, remedy: str) -> None:
    """For servers that ask for no key.

    Raises:
        SettingsError: others than this machine can reach the address.
    """
    if public_address(host):
        raise SettingsError(
            f"{host} can be reached from other machines, and there are no keys: {remedy}"
        )


def listening_on(host: str, port: int) -> socket.socket:
    """A socket that listens; on a free port where `port` is 0.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}, port {port} ({error.strerror}): choose another with --host "
            "or --port"
        ) from error


def url_of(host: str, listening: socket.socket) -> str:
    """Of what listens there, by the name that it was given."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}"


def configured(application: ASGIApp, *, stop_seconds: int, **more: Any) -> uvicorn.Config:
    """How an application is run: the log is ours, and no proxy is believed.

    Args:
        stop_seconds: that requests have to come to their end.
    """
    return uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=stop_seconds,
        **more,
    )


def run_until_stopped(server: uvicorn.Server, listening: socket.socket) -> None:
    """Serves until the process gets SIGINT or SIGTERM, and then exits with 0, by way of whatever
    is to be closed."""
    # uvicorn raises the signal that ended it once more, when it is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    server.run(sockets=[listening])


def _exit(*_: object) -> None:
    raise SystemExit(0)
