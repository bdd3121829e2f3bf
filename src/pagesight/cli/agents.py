"""`pagesight mcp`: agents ask the documents of a library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pagesight.cli.options import (
    DEFAULT_LIBRARY,
    Config,
    Pipeline,
    Sets,
    Where,
    load_settings,
    open_app,
    warn,
)
from pagesight.settings import Settings


def mcp(
    library: Where = DEFAULT_LIBRARY,
    http: Annotated[
        bool, typer.Option("--http", help="Streamable HTTP at /mcp instead of stdio.")
    ] = False,
    host: Annotated[str, typer.Option(help="With --http: address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="With --http; 0 takes a free one.")
    ] = 8081,
    keys: Annotated[
        Path | None,
        typer.Option(
            envvar="PAGESIGHT_KEYS", help="With --http: file of the keys; see `pagesight keys`."
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="With --http: a further name of the server; may be repeated."),
    ] = None,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
) -> None:
    """Let agents search, ask and read: Model Context Protocol, on stdio or HTTP.

    `pagesight serve` has the same tools at /mcp, for all of its libraries.
    """
    settings = load_settings(pipeline, settings_file, sets)
    if http:
        _serve(library, settings, host, port, keys, allow_host or [])
    else:
        _talk(library, settings)


def _talk(library: Path, settings: Settings) -> None:
    """Serves the program that started this one, on standard input and output."""
    import anyio

    from pagesight.app import is_library
    from pagesight.mcp import Agents, Nearest, Threads, frankly

    if not is_library(library):
        open_app(library, settings)  # says so now, and not in the first call
    with Nearest(library, settings, lambda: open_app(library, settings)) as nearest:
        anyio.run(Agents(lambda _: nearest, Threads(), frankly).serve_stdio)


def _serve(
    library: Path, settings: Settings, host: str, port: int, keys: Path | None, hosts: list[str]
) -> None:
    from pagesight.server import agents
    from pagesight.server.keys import KeyStore, default_path
    from pagesight.server.listening import listening_on, refuse_public, url_of
    from pagesight.server.opening import named

    store = KeyStore(keys or default_path())
    keyed = bool(store.rows())
    if not keyed:
        refuse_public(host, "make one with `pagesight keys add NAME`")
    ((name, root),) = named([str(library)]).items()
    with (
        listening_on(host, port) as listening,
        open_app(root, settings) as app,
    ):
        tools = agents.alone(
            app, name, keys=store if keyed else None, hosts=[host, *hosts], limits=settings.serve
        )
        warn(f"agents reach {name} at {url_of(host, listening)}{agents.PATH}")
        agents.run(tools, listening)
