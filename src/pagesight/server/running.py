"""Runs the server in this process until it is told to stop."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Collection, Sequence
from contextlib import ExitStack

import uvicorn

from pagesight import client
from pagesight.server import logs, tracing
from pagesight.server.application import DRAIN_SECONDS, create_app
from pagesight.server.guard import LOOPBACK_HOSTS
from pagesight.server.keys import KeyStore
from pagesight.server.listening import (
    configured,
    listening_on,
    refuse_public,
    run_until_stopped,
    url_of,
)
from pagesight.server.opening import named, opened
from pagesight.server.shelves import Shelves
from pagesight.settings import Settings

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Address that stands for all of a machine -> the one for programs on it."""


def run(
    settings: Settings,
    folders: Sequence[str],
    *,
    host: str,
    port: int,
    keys: KeyStore,
    allow_anyone: bool,
    hosts: Collection[str],
) -> None:
    """Serves libraries until it is told to stop.

    Args:
        folders: "DIR" or "NAME=DIR" each.
        port: 0 takes a free one.
        allow_anyone: a public address is served without keys.
        hosts: further names that browsers reach the server by.

    Raises:
        SettingsError: the address cannot be listened on, or is public and nobody has a key.
        LibraryError: a library cannot be opened for writing.
    """
    keyed = bool(keys.rows())
    if not keyed and not allow_anyone:
        refuse_public(host, "make one with `pagesight keys add NAME`, or say --allow-anyone")
    roots = named(folders)
    logs.start()
    notify = logging.getLogger("pagesight").info
    with ExitStack() as stack:
        stack.callback(tracing.start(notify))
        listening = stack.enter_context(listening_on(host, port))
        address = url_of(host, listening)
        shelves = stack.enter_context(opened(settings, roots, keyed=keyed, notify=notify))
        tokens = {secrets.token_urlsafe(32): name for name in roots}
        app = create_app(
            shelves,
            keys=keys if keyed else None,
            local=tokens,
            hosts=_hosts(host, hosts) if not (keyed or allow_anyone) else (),
        )
        for token, name in tokens.items():
            presence = client.Presence(
                url=url_of(ANYWHERE.get(host, host), listening),
                library=name,
                token=token,
                settings=client.fingerprint(settings),
            )
            client.announce(roots[name], presence)
            stack.callback(client.withdraw, roots[name])
        config = configured(app, stop_seconds=round(DRAIN_SECONDS), timeout_keep_alive=30)
        notify(f"serving {', '.join(roots)} at {address}")
        run_until_stopped(_Server(config, shelves), listening)


class _Server(uvicorn.Server):
    """Says that it stops before it waits for its connections: streams would not end by
    themselves."""

    def __init__(self, config: uvicorn.Config, shelves: Shelves) -> None:
        super().__init__(config)
        self._shelves = shelves

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._shelves.stop()
        await super().shutdown(sockets)


def _hosts(host: str, others: Collection[str]) -> Collection[str]:
    """Names that a browser may call the server by. Only where anyone on the machine may do
    anything: with keys, a page that has its name resolve to this machine has none to send."""
    return {*LOOPBACK_HOSTS, host, *others}
