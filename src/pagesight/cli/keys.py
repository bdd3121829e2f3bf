"""`pagesight keys`: who may use a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from pagesight.cli import output
from pagesight.cli.options import Json

if TYPE_CHECKING:
    from pagesight.server.keys import KeyStore

keys = typer.Typer(help="API keys: who may use `pagesight serve`.", no_args_is_help=True)

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        envvar="PAGESIGHT_KEYS",
        help="The file of the keys; by default in the user's configuration folder.",
    ),
]


def open_keys(file: Path | None) -> KeyStore:
    """The keys in a file, or in the default one."""
    from pagesight.server.keys import KeyStore, default_path

    return KeyStore(file or default_path())


@keys.command("add")
def keys_add(
    name: Annotated[str, typer.Argument(help="Whose it is, or what for: logs show it.")],
    write: Annotated[
        bool, typer.Option("--write", help="May upload, change and remove documents too.")
    ] = False,
    libraries: Annotated[
        list[str] | None,
        typer.Option("--library", metavar="NAME", help="Sees this one only; may be repeated."),
    ] = None,
    file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once: only its hash is kept."""
    store = open_keys(file)
    key = store.add(name, "write" if write else "read", libraries or None)
    if as_json:
        output.print_json({"name": name, "key": key, "file": str(store.path)})
        return
    typer.echo(key)
    typer.echo(
        f"note: this is the only time that the key is shown; its hash is in {store.path}. "
        "Programs send it as `Authorization: Bearer KEY`; the web page asks for it.",
        err=True,
    )


@keys.command("list")
def keys_list(file: KeyFile = None, as_json: Json = False) -> None:
    """List the keys; the keys themselves cannot be shown again."""
    rows = open_keys(file).rows()
    if as_json:
        output.print_json(rows)
    elif not rows:
        typer.echo("There are no keys: make one with `pagesight keys add NAME`.")
    else:
        grid = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("key", "may", "libraries", "made"):
            grid.add_column(column)
        for row in rows:
            seen = "all" if row.libraries is None else ", ".join(row.libraries)
            grid.add_row(*map(Text, (row.name, row.scope, seen, row.created)))
        output.console.print(grid)


@keys.command("rm")
def keys_rm(
    names: Annotated[list[str], typer.Argument(help="Names of keys.")],
    file: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Remove keys: servers that run refuse them from now on."""
    store = open_keys(file)
    for name in names:
        store.remove(name)
    if as_json:
        output.print_json(names)
        return
    for name in names:
        typer.echo(f"removed {name}")
