"""Small real things for tests: chunks, documents, vectors, prose, libraries."""

from __future__ import annotations

import hashlib
import random
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pagesight.adapters.chromadb.stores import ChromaFolders
from pagesight.adapters.filelock import FileWriterLock
from pagesight.adapters.filesystem import FileCropStore, FileParseCache
from pagesight.adapters.rank_bm25 import RankBM25WordIndex
from pagesight.adapters.sqlite import SQLiteCatalogue
from pagesight.adapters.tantivy import TantivyWordIndex
from pagesight.document import Chunk, Document, Kind, Page, Region, Span
from pagesight.geometry import BBox
from pagesight.library import Library
from pagesight.ports import VectorStore

DIMENSION = 16

EMBEDDED = ChromaFolders()

_BOX = BBox(72.0, 72.0, 300.0, 90.0)


def an_id(name: str) -> str:
    """A document id as a file's bytes would give it."""
    return hashlib.sha256(name.encode()).hexdigest()


def a_chunk(
    id: str,
    text: str = "The regulator holds its output at 3.3 V.",
    *,
    document_id: str = "",
    kind: Kind = "text",
    pages: Sequence[int] = (0,),
    title: str = "",
    heading_path: tuple[str, ...] = (),
    image: str = "",
) -> Chunk:
    """A chunk whose whole text stands in one box of its first page."""
    spans = (Span(start=0, end=len(text), page=pages[0], bbox=_BOX),) if pages else ()
    return Chunk(
        id=id,
        document_id=document_id or an_id("manual"),
        kind=kind,
        text=text,
        title=title,
        heading_path=heading_path,
        spans=spans,
        regions=tuple(Region(page=page, bbox=_BOX) for page in pages),
        image=image,
    )


def a_document(name: str = "manual", *, source: str = "", chunks: int = 0) -> Document:
    return Document(
        id=an_id(name),
        source=source or f"/documents/{name}.pdf",
        title=name.title(),
        page_count=3,
        chunks=chunks,
    )


def some_pages(count: int = 3) -> list[Page]:
    return [Page(index=i, label=f"1-{i + 1}", width=612.0, height=792.0) for i in range(count)]


def unit_vectors(
    count: int, dimension: int = DIMENSION, *, seed: int = 0
) -> npt.NDArray[np.float32]:
    """Random directions, one row each."""
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def vectors_for(
    chunks: Sequence[Chunk], dimension: int = DIMENSION, *, seed: int = 0
) -> dict[str, npt.NDArray[np.float32]]:
    """Chunk id -> a random direction."""
    rows = unit_vectors(len(chunks), dimension, seed=seed)
    return {chunk.id: row for chunk, row in zip(chunks, rows, strict=True)}


def a_png(shade: int = 0) -> bytes:
    """One grey pixel."""

    def part(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = zlib.compress(bytes([0, shade]))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", pixel) + part(b"IEND", b"")


_SUBJECTS = (
    "pump",
    "valve",
    "heat exchanger",
    "pressure sensor",
    "control board",
    "battery charger",
    "cooling fan",
    "drive belt",
    "relay",
    "power supply",
    "spindle motor",
    "encoder",
    "gear box",
    "oil filter",
    "safety switch",
    "display module",
    "terminal block",
    "current limiter",
    "bearing",
    "compressor",
)
_ACTIONS = (
    "must be replaced",
    "should be inspected",
    "is calibrated",
    "is mounted",
    "has to be tightened",
    "may overheat",
    "is lubricated",
    "is disconnected",
    "starts automatically",
    "shuts down",
    "is tested",
    "can be removed",
)
_PLACES = (
    "behind the front panel",
    "below the cabinet",
    "next to the main shaft",
    "inside the housing",
    "on the mounting rail",
    "at the inlet",
    "near the exhaust",
    "under the cover plate",
    "between the flanges",
    "above the drain",
)
_CONDITIONS = (
    "when the supply voltage drops",
    "after five hundred operating hours",
    "if the alarm lamp flashes",
    "before every season",
    "while the machine is idle",
    "as soon as leakage is found",
    "at ambient temperatures below zero",
    "during the annual service",
    "unless a warranty seal is broken",
    "whenever vibration exceeds the limit",
)
_REMARKS = (
    "Wear gloves and protective glasses",
    "Record the result in the maintenance log",
    "Use only original spare parts",
    "Never bypass the interlock",
    "A trained technician has to confirm the adjustment",
    "Dirt shortens the service life",
    "The torque is printed on the type plate",
    "Consult the wiring diagram first",
)


def prose(count: int, *, seed: int = 7) -> list[Chunk]:
    """Chunks of some sentences each about the upkeep of machines, the same for the same seed.

    Subjects are drawn with unequal frequencies, as words are in a manual.
    """
    rng = random.Random(seed)
    weights = [1 / rank for rank in range(1, len(_SUBJECTS) + 1)]
    chunks = []
    for number in range(count):
        sentences = []
        for _ in range(rng.randint(2, 9)):
            subject = rng.choices(_SUBJECTS, weights)[0]
            sentences.append(
                f"The {subject} {rng.choice(_ACTIONS)} {rng.choice(_PLACES)} "
                f"{rng.choice(_CONDITIONS)}."
            )
            if rng.random() < 0.4:
                sentences.append(f"{rng.choice(_REMARKS)}.")
        heading = f"{rng.choice(_SUBJECTS).capitalize()} maintenance"
        chunks.append(
            a_chunk(
                f"prose-{number:05d}",
                " ".join(sentences),
                document_id=an_id(f"machine {number % 7}"),
                title="Upkeep of machines",
                heading_path=(heading,),
                pages=(number // 7,),
            )
        )
    return chunks


def questions(count: int, *, seed: int = 11) -> list[str]:
    """What one could ask about `prose`."""
    rng = random.Random(seed)
    return [
        f"What about the {rng.choice(_SUBJECTS)} {rng.choice(_PLACES)} {rng.choice(_CONDITIONS)}?"
        for _ in range(count)
    ]


def open_library(
    root: Path,
    *,
    write: bool = True,
    words_in_memory: bool = False,
    vectors: VectorStore = EMBEDDED,
) -> Library:
    """A library with the real catalogue, crops and indexes."""
    crops = FileCropStore(root / "crops")
    return Library(
        root,
        catalogue=SQLiteCatalogue(root / "catalogue.db", read_only=not write),
        crops=crops,
        parses=FileParseCache(root / "parsed", crops),
        vectors=vectors,
        open_words=(lambda _: RankBM25WordIndex()) if words_in_memory else TantivyWordIndex,
        words_in_memory=words_in_memory,
        lock=FileWriterLock(root / "writer.lock") if write else None,
    )
