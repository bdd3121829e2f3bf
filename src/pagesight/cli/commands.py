"""The commands of `pagesight`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pagesight.app import NO_VISUAL
from pagesight.cli import output
from pagesight.cli.evaluation import evaluation
from pagesight.cli.options import (
    DEFAULT_LIBRARY,
    Config,
    Documents,
    Json,
    Kinds,
    Pages,
    Pipeline,
    Sets,
    Where,
    load_settings,
    make_filter,
    open_app,
    warn,
)
from pagesight.cli.progress import Summary, follow
from pagesight.results import Answer, Query

app = typer.Typer(
    help="Answers questions about PDFs with evidence that you can check: page, box, crop, quote.",
    epilog="Exit codes: 0 done, 1 some documents failed, 2 wrong use or settings, "
    "3 library, 4 service, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
docs = typer.Typer(help="What is in the library.", no_args_is_help=True)
config = typer.Typer(help="The settings in force.", no_args_is_help=True)
app.add_typer(docs, name="docs")
app.add_typer(config, name="config")
app.add_typer(evaluation, name="eval")

Question = Annotated[str, typer.Argument(help="The question, in quotes.")]


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(help="PDF files, folders, globs.")],
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Bring documents into the library. What is there already is skipped."""
    settings = load_settings(pipeline, settings_file, sets)
    summary = Summary()
    with open_app(library, settings, writable=True, create=True) as built:
        try:
            follow(built.ingester.ingest(paths), summary, as_json=as_json)
        except KeyboardInterrupt:
            warn(
                f"interrupted: {summary.line}; the document in hand was left out. "
                "Run the same command to go on."
            )
            raise typer.Exit(130) from None
    if not as_json:
        output.console.print(summary.line, markup=False)
    if summary.failed:
        raise typer.Exit(1)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")] = "",
    image: Annotated[
        Path | None, typer.Option(help="A picture that asks: finds its like, and its words.")
    ] = None,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="Hits.")] = None,
    kinds: Kinds = None,
    documents: Documents = None,
    pages: Pages = None,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Find text, figures and tables; shows pages and the rank in every list."""
    if not question and image is None:
        raise typer.BadParameter("write a question in quotes, or give --image FILE")
    settings = load_settings(pipeline, settings_file, sets)
    with open_app(library, settings) as built:
        narrowed = make_filter(built.library, kinds, documents, pages)
        query = Query(text=question, image=image, filter=narrowed)
        hits = built.retriever.retrieve(query, count).hits
        if as_json:
            output.print_json([output.hit_json(hit, built.library) for hit in hits])
        else:
            output.print_hits(hits, built.library)


@app.command()
def ask(
    question: Question,
    model: Annotated[
        str | None,
        typer.Option(help="LLM at OPENAI_BASE_URL; without one, answers are quotes."),
    ] = None,
    kinds: Kinds = None,
    documents: Documents = None,
    pages: Pages = None,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Answer a question, with citations: page, box, crop and quote."""
    chosen = () if model is None else (f"ask.model={model}",)
    settings = load_settings(pipeline, settings_file, sets, *chosen)
    with open_app(library, settings) as built:
        query = Query(text=question, filter=make_filter(built.library, kinds, documents, pages))
        if as_json:
            answer = built.asker.ask(query)
            output.print_json(output.answer_json(answer, built.library))
            return
        streamed = False
        for piece in built.asker.stream(query):
            if isinstance(piece, Answer):
                output.print_answer(piece, streamed=streamed)
            elif sys.stdout.isatty():
                sys.stdout.write(piece)
                sys.stdout.flush()
                streamed = True


@app.command()
def reembed(
    visual: Annotated[bool, typer.Option("--visual", help="The CLIP vectors.")] = False,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Make the text vectors (or with --visual the CLIP vectors) by the model of the settings."""
    settings = load_settings(pipeline, settings_file, sets)
    space = "visual" if visual else "text"
    with open_app(library, settings, writable=True) as built:
        with output.counting(f"{space} vectors") as done:
            built.reembed(space, done)
        fingerprint = built.library.spaces()[space]
    if as_json:
        output.print_json({"space": space, "fingerprint": fingerprint})
    else:
        output.console.print(f"the {space} vectors are by {fingerprint} now", markup=False)


@docs.command("list")
def docs_list(library: Where = DEFAULT_LIBRARY, as_json: Json = False) -> None:
    """List the documents."""
    with open_app(library) as built:
        documents = built.library.documents()
        if as_json:
            output.print_json(documents)
        else:
            output.print_documents(documents)
            if lacking := built.library.note(NO_VISUAL):
                warn(f"without CLIP vectors: {lacking}; later: pagesight reembed --visual")


@docs.command("show")
def docs_show(
    document: Annotated[str, typer.Argument(help="Id, path or file name.")],
    library: Where = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Show one document: pages, labels, figures and tables."""
    with open_app(library) as built:
        found = built.library.find(document)
        pages = built.library.pages(found.id)
        chunks = built.library.document_chunks(found.id)
        if as_json:
            output.print_json(output.document_json(found, pages, chunks, built.library))
        else:
            output.print_document(found, pages, chunks, built.library)


@docs.command("rm")
def docs_rm(
    documents: Annotated[list[str], typer.Argument(help="Ids, paths or file names.")],
    library: Where = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Remove documents from the library; the PDF files stay where they are."""
    with open_app(library, writable=True) as built:
        found = [built.library.find(name) for name in documents]
        for document in found:
            built.library.remove(document.id)
    if as_json:
        output.print_json([document.id for document in found])
    else:
        for document in found:
            output.console.print(f"removed {document.name}", markup=False)


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
