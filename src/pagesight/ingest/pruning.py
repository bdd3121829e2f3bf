"""Which sources of a library are gone from the folders that were ingested."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pagesight.sources import is_remote, source_name


def vanished(
    paths: Sequence[str],
    found: Collection[str],
    failed: Collection[str],
    sources: Iterable[str],
) -> list[str]:
    """Those of `sources` below one of the folders in `paths` that are gone, sorted.

    `found` are the sources that are there, `failed` the files and folders that could not be had:
    what could not be reached stays. A folder in which nothing was found at all takes nothing
    away: more likely a share is not mounted than that every document was deleted.
    """
    present = {*found, *failed}
    folders = [folder for folder in map(_folder, paths) if folder]
    live = tuple(folder for folder in folders if any(name.startswith(folder) for name in found))
    closed = tuple(f"{source.rstrip('/')}/" for source in failed)
    return sorted(
        source
        for source in sources
        if source not in present
        and source.startswith(live)
        and not source.startswith(closed)
        and (is_remote(source) or _is_gone(Path(source)))
    )


def _folder(path: str) -> str:
    """The beginning that everything in the folder shares; "" for a file or a pattern."""
    if is_remote(path):
        return f"{source_name(path).rstrip('/')}/"
    absolute = Path(source_name(str(Path(path).expanduser())))
    return f"{absolute}/" if absolute.is_dir() else ""


def _is_gone(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
