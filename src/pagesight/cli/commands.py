"""The commands of `pagesight`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pagesight.cli import output
from pagesight.cli.agents import mcp
from pagesight.cli.asking import ask, replay
from pagesight.cli.documents import docs
from pagesight.cli.evaluation import evaluation
from pagesight.cli.hits import print_hits
from pagesight.cli.ingesting import ingest
from pagesight.cli.keys import keys
from pagesight.cli.options import (
    DEFAULT_LIBRARY,
    Conditions,
    Config,
    Documents,
    Json,
    Kinds,
    Pages,
    Pipeline,
    Sets,
    Where,
    asking,
    load_settings,
    narrowing,
)
from pagesight.cli.parsing import parse
from pagesight.cli.serving import serve
from pagesight.cli.upkeep import doctor, reembed

app = typer.Typer(
    help="Answers questions about PDFs with evidence that you can check: page, box, crop, quote.",
    epilog="Exit codes: 0 done, 1 some documents failed, 2 wrong use or settings, "
    "3 library, 4 service, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
config = typer.Typer(help="The settings in force.", no_args_is_help=True)
app.add_typer(docs, name="docs")
app.add_typer(config, name="config")
app.add_typer(evaluation, name="eval")
app.add_typer(keys, name="keys")

app.command()(ingest)
app.command()(parse)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")] = "",
    image: Annotated[
        Path | None, typer.Option(help="A picture that asks: finds its like, and its words.")
    ] = None,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="Hits.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each hit stands where it does.")
    ] = False,
    kinds: Kinds = None,
    documents: Documents = None,
    pages: Pages = None,
    where: Conditions = None,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Find text, figures and tables; shows pages and the rank in every list."""
    if not question and image is None:
        raise typer.BadParameter("write a question in quotes, or give --image FILE")
    from pagesight.service import Question

    settings = load_settings(pipeline, settings_file, sets)
    asked = Question(
        text=question, image=image, narrowing=narrowing(kinds, documents, pages, where)
    )
    with asking(library, settings) as service:
        hits = service.search(asked, count, explain=explain).hits
    if as_json:
        output.print_json(hits)
    else:
        print_hits(hits)


app.command()(ask)
app.command()(serve)
app.command()(mcp)
app.command()(replay)
app.command()(reembed)
app.command()(doctor)


@config.command("show")
def config_show(
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Print the settings in force, as TOML that --config takes."""
    settings = load_settings(pipeline, settings_file, sets)
    if as_json:
        output.print_json(settings.as_dict())
    else:
        output.print_settings(settings.as_dict())
