"""`pagesight serve`: libraries for browsers, programs, chat front ends and agents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pagesight.cli.options import DEFAULT_LIBRARY, Config, Pipeline, Sets, load_settings


def serve(
    libraries: Annotated[
        list[str] | None,
        typer.Option(
            "--library",
            "-l",
            metavar="[NAME=]DIR",
            envvar="PAGESIGHT_LIBRARY",
            help="A library's folder, made if it is missing; may be repeated.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8080,
    keys: Annotated[
        Path | None,
        typer.Option(envvar="PAGESIGHT_KEYS", help="File of the keys; see `pagesight keys`."),
    ] = None,
    allow_anyone: Annotated[
        bool,
        typer.Option("--allow-anyone", help="Serve a public address although nobody has a key."),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A further name that browsers reach the server by; may be repeated."),
    ] = None,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
) -> None:
    """Serve ask-your-docs: web page, REST, OpenAI-compatible chat, MCP."""
    from pagesight.server.keys import KeyStore, default_path
    from pagesight.server.running import run

    run(
        load_settings(pipeline, settings_file, sets),
        libraries or [str(DEFAULT_LIBRARY)],
        host=host,
        port=port,
        keys=KeyStore(keys or default_path()),
        allow_anyone=allow_anyone,
        hosts=allow_host or (),
    )
