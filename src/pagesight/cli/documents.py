"""`pagesight docs`: what is in the library."""

from __future__ import annotations

from typing import Annotated

import typer

from pagesight.cli import output
from pagesight.cli.options import DEFAULT_LIBRARY, Json, Where, open_app, warn
from pagesight.settings import IN_FOLDER, PACKED

docs = typer.Typer(help="What is in the library.", no_args_is_help=True)


@docs.command("list")
def docs_list(library: Where = DEFAULT_LIBRARY, as_json: Json = False) -> None:
    """List the documents."""
    from pagesight.contents import NO_VISUAL

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
    documents: Annotated[
        list[str] | None, typer.Argument(help="Ids, paths, URLs or file names.")
    ] = None,
    erase: Annotated[
        bool,
        typer.Option(
            "--erase",
            help="Rewrite indexes and catalogue, so that no byte of what was removed is left; end "
            "other programs that use the library first. Without documents: of what was removed "
            "before.",
        ),
    ] = False,
    library: Where = DEFAULT_LIBRARY,
    as_json: Json = False,
) -> None:
    """Remove documents from the library, with all that was made of them.

    The PDF files stay where they are; copies of what came from URLs go.
    """
    from pagesight import client
    from pagesight.contents import VECTORS_SERVER

    if not documents and not erase:
        raise typer.BadParameter("name the documents, by id, path or file name")
    remote = None if erase else client.find(library)
    server = ""
    if remote:
        gone = [(row.id, row.name) for row in map(remote.find, documents or ())]
        for id, _ in gone:
            remote.remove(id)
    else:
        with open_app(library, writable=True) as built:
            found = [built.library.find(name) for name in documents or ()]
            built.library.forget([document.id for document in found], erase=erase)
            server = built.library.note(VECTORS_SERVER)
        gone = [(document.id, document.name) for document in found]
    if as_json:
        output.print_json([id for id, _ in gone])
        return
    for _, name in gone:
        output.console.print(f"removed {name}", markup=False)
    if erase:
        output.console.print("erased: nothing of what was removed is left in the library's files")
        if server not in ("", IN_FOLDER, PACKED):
            output.console.print(
                f"The Chroma server at {server} keeps files of collections that were dropped: "
                "stop it, delete its data, start it, and run `pagesight doctor --repair`",
                markup=False,
            )
