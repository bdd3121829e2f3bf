"""Makes a large library out of a small one, in minutes: nothing is parsed or embedded."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import numpy as np

from pagesight.app import build
from pagesight.document import Chunk, Document, Page, Region, Span
from pagesight.settings import Settings

if TYPE_CHECKING:
    from pagesight.ports import Vector

PAGES = 250
"""Of each document, where nothing else is said."""
CHUNKS_A_PAGE = 4
OTHER_WORDS = 0.2
"""Share of a chunk's words that are exchanged for others of the small library, numbers not
counted: all of these are new. Equal texts would have equal scores, which no real library has."""
CLOSENESS = 0.8
"""Cosine of a vector to that of the chunk that it comes from."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """What a small library holds."""

    chunks: Sequence[Chunk]
    vectors: Mapping[str, Vector]
    words: Sequence[str]
    """As often as they occur."""
    fingerprint: str
    """Of the vectors."""


def grow(settings: Settings, small: Path, large: Path, count: int, pages: int = PAGES) -> None:
    """Makes a library of about `count` chunks in the folder `large`: documents of so many `pages`
    with four chunks each, every one a chunk of `small` with other words and numbers and a vector
    near its own. The same arguments give the same chunks.
    """
    source = _read(settings, small)
    with build(settings, large, writable=True, create=True, notify=print) as app:
        copytree(small / "crops", large / "crops", dirs_exist_ok=True)
        app.library.bind("text", source.fingerprint)
        there = {document.id for document in app.library.documents()}
        for number in range(max(1, count // (pages * CHUNKS_A_PAGE))):
            document = _document(number, pages)
            if document.id in there:
                continue
            chunks, vectors = _chunks(document, source, random.Random(number))
            app.library.catalogue.put(document, _pages(pages), chunks, {"text": vectors}, ())
        # Each index at once: to commit every document in each of four takes twice the time.
        for name in app.library.indexes.names():
            app.library.rebuild(name)


def _read(settings: Settings, folder: Path) -> Small:
    with build(settings, folder, notify=print) as app:
        library = app.library
        ids = [chunk.id for one in library.documents() for chunk in library.document_chunks(one.id)]
        vectors = library.catalogue.vectors("text", ids)
        chunks = library.chunks([id for id in ids if id in vectors])
        words = [word for chunk in chunks for word in chunk.text.split() if word.isalpha()]
        return Small(
            chunks=chunks,
            vectors={id: vector.copy() for id, vector in vectors.items()},
            words=words,
            fingerprint=library.spaces()["text"],
        )


def _document(number: int, pages: int) -> Document:
    name = f"manual-{number:04}"
    return Document(
        id=sha256(name.encode()).hexdigest(),
        source=f"/manuals/{name}.pdf",
        title=f"Manual {number}",
        page_count=pages,
        chunks=pages * CHUNKS_A_PAGE,
    )


def _pages(count: int) -> list[Page]:
    return [Page(index=n, label=str(n + 1), width=612.0, height=792.0) for n in range(count)]


def _chunks(
    document: Document, source: Small, chance: random.Random
) -> tuple[list[Chunk], dict[str, Vector]]:
    noise = np.random.default_rng(chance.getrandbits(32))
    chunks: list[Chunk] = []
    vectors: dict[str, Vector] = {}
    for number in range(document.chunks):
        model = chance.choice(source.chunks)
        chunk = _like(model, document, number, source.words, chance)
        chunks.append(chunk)
        vectors[chunk.id] = _near(source.vectors[model.id], noise)
    return chunks, vectors


def _like(
    model: Chunk, document: Document, number: int, words: Sequence[str], chance: random.Random
) -> Chunk:
    text = " ".join(_varied(model.text, words, chance)).replace(" \n ", "\n")
    page = number // CHUNKS_A_PAGE
    box = model.regions[0].bbox
    return replace(
        model,
        id=sha256(f"{document.id} {number}".encode()).hexdigest()[:32],
        document_id=document.id,
        text=text,
        title=document.title,
        spans=(Span(start=0, end=len(text), page=page, bbox=box),),
        regions=(Region(page=page, bbox=box),),
    )


def _varied(text: str, words: Sequence[str], chance: random.Random) -> Iterator[str]:
    for word in text.replace("\n", " \n ").split(" "):
        if word.isalpha() and chance.random() < OTHER_WORDS:
            yield chance.choice(words)
        else:
            yield _NUMBER.sub(lambda found: str(chance.randrange(10 ** len(found[0]))), word)


def _near(vector: Vector, noise: np.random.Generator) -> Vector:
    """A unit vector at a cosine of `CLOSENESS`, in a random direction."""
    away = noise.normal(size=vector.shape)
    away -= (away @ vector) * vector
    away *= np.sqrt(1 - CLOSENESS**2) / np.linalg.norm(away)
    near: Vector = (CLOSENESS * vector + away).astype(np.float32)
    return near
