"""What lies in a library's folder and belongs to none of its documents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pagesight.errors import LibraryError
from pagesight.indexes import Indexes
from pagesight.ports import Catalogue, CropStore, ParseCache
from pagesight.renditions import Renditions
from pagesight.sources import is_remote, local_copy

_TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.tmp")
"""What `files.replacing` writes into, and a kill leaves behind."""

MOST_READ = 200 * 2**20
"""Bytes of OCR's readings that are kept: those of some 100,000 pages."""


def readings_folder(root: Path) -> Path:
    """Where a library keeps what OCR has read, by picture and not by document: whatever removes a
    document for good removes the folder."""
    return root / "readings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What was removed."""

    crops: int = 0
    parses: int = 0
    """Cached parsed documents."""
    renditions: int = 0
    """Files of PDFs that were made of documents that are none."""
    temporary: int = 0
    """Half-written files that a kill left."""
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What could be removed while nothing is being written."""

    crops: frozenset[str]
    """Keys that no chunk refers to."""
    parses: tuple[Path, ...]
    """Cached parsed documents that are not in the catalogue."""
    renditions: tuple[Path, ...]
    """Those of documents that are not in the catalogue."""
    temporary: tuple[Path, ...]
    """Half-written files."""
    generations: tuple[Path, ...]
    """Directories of indexes that do not serve."""
    readings: tuple[Path, ...] = ()
    """The oldest readings of OCR, where there are too many."""


def leftovers(
    root: Path,
    catalogue: Catalogue,
    crops: CropStore,
    parses: ParseCache,
    renditions: Renditions,
    indexes: Indexes,
) -> Leftovers:
    """Looks through the folder of a library."""
    live = set(catalogue.upkeep.document_ids())
    return Leftovers(
        crops=frozenset(crops.keys() - catalogue.upkeep.images()),
        parses=tuple(sorted(path for path, id in parses.entries().items() if id not in live)),
        renditions=tuple(
            sorted(path for path, id in renditions.entries().items() if id not in live)
        ),
        temporary=tuple(
            sorted(path for path in root.rglob(".*.tmp") if _TEMPORARY.fullmatch(path.name))
        ),
        generations=tuple(indexes.others()),
        readings=tuple(_excess(readings_folder(root), MOST_READ)),
    )


def sweep(found: Leftovers, crops: CropStore, parses: ParseCache, indexes: Indexes) -> Swept:
    """Removes them.

    Raises:
        LibraryError: a file cannot be removed.
        ServiceError: the server that keeps a former index is away.
    """
    size = crops.remove(found.crops) + parses.discard(found.parses)
    gone = (*found.renditions, *found.temporary, *found.readings)
    size += sum(_remove(path) for path in gone)
    # Last: a server that is away keeps nothing else from being removed.
    indexes.drop_others()
    return Swept(
        crops=len(found.crops),
        parses=len(found.parses),
        renditions=len(found.renditions),
        temporary=len(found.temporary),
        bytes=size,
    )


def stale_downloads(downloads: Path, sources: Iterable[str]) -> list[Path]:
    """Folders of copies of URLs that are not among the sources."""
    live = {local_copy(source, downloads).parent for source in sources if is_remote(source)}
    return sorted(set(downloads.glob("*/*")) - live)


def _excess(folder: Path, most: int) -> list[Path]:
    """The oldest files of a folder, beyond `most` bytes in all."""
    files = [(path.stat(), path) for path in folder.glob("*/*.gz")]
    room = most
    excess = []
    for stat, path in sorted(files, key=lambda file: (-file[0].st_mtime, file[1])):
        room -= stat.st_size
        if room < 0:
            excess.append(path)
    return excess


def _remove(path: Path) -> int:
    """Bytes that the file took."""
    try:
        size = path.stat().st_size
        path.unlink()
    except OSError as error:
        raise LibraryError(f"cannot remove {path}: {error}: make its folder writable") from error
    return size
