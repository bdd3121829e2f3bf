"""A process that keeps a library open and asks again and again, until a file appears:

    python -m tests.reader LIBRARY FILE

It prints one JSON object, a `Round`, for each round of questions.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pagesight.app import App, build
from pagesight.results import Query
from pagesight.settings import load

EVERY = 10_000
"""More chunks than the library has: a list of this length holds all that can be found."""
PAUSE = 0.02
"""Seconds between two rounds, so that the writer gets on as well."""
DIMENSION = 384
"""Of the text space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round found: chunk ids. Times are of the system's monotonic clock, in seconds."""

    begun: float
    ended: float
    listed_before: dict[str, list[str]]
    """Document id -> its chunks, when the round began."""
    listed_after: dict[str, list[str]]
    by_vectors: list[str]
    by_words: list[str]
    hits: list[str]
    """Of a question that is asked as users ask."""


def ask(app: App) -> Round:
    library = app.library
    begun = time.monotonic()
    before = listed(app)
    anything = np.full(DIMENSION, DIMENSION**-0.5, dtype=np.float32)
    by_vectors = library.search_vectors("text", anything, EVERY)
    by_words = library.search_words("the serial number of the unit", EVERY)
    hits = app.retriever.retrieve(Query(text="What is the serial number of the unit?"), 20).hits
    return Round(
        begun=begun,
        listed_before=before,
        by_vectors=[id for id, _ in by_vectors],
        by_words=[id for id, _ in by_words],
        hits=[hit.chunk.id for hit in hits],
        listed_after=listed(app),
        ended=time.monotonic(),
    )


def listed(app: App) -> dict[str, list[str]]:
    return {
        document.id: [chunk.id for chunk in app.library.document_chunks(document.id)]
        for document in app.library.documents()
    }


def main(root: Path, end: Path) -> None:
    with build(load(overrides=["visual.enabled=false"]), root, notify=print) as app:
        while not end.exists():
            sys.stdout.write(json.dumps(asdict(ask(app))) + "\n")
            sys.stdout.flush()
            time.sleep(PAUSE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
