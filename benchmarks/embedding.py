"""Measures the routes by which text is embedded: speed, start, and likeness to float32 torch.

    python benchmarks/embedding.py [LIBRARY] [--count N] [--rounds N] [--busy N]

The texts are chunks of a library, or pieces of the sample documents where none is named. Each
route runs in a process of its own and the routes take turns, because machines are noisy: read the
ratios, and processor seconds before seconds. `--busy` keeps N other processes running meanwhile,
as parsing does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pagesight.app import build
from pagesight.settings import load

if TYPE_CHECKING:
    from pagesight.ports import Matrix, TextEmbedder

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
REFERENCE = "torch"
ROUTES = (REFERENCE, "openvino f32", "openvino")
QUESTIONS = 30
QUESTION_WORDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds are wall clock; `start` includes imports, loading and a first vector."""

    start: float
    start_processor: float
    chunks_per_second: float
    chunks_per_processor_second: float
    question_ms: float
    vectors: Matrix


def measure(route: str, texts: list[str]) -> Measured:
    """Runs in a process of its own."""
    wall, processor = time.perf_counter(), time.process_time()
    embedder = embedder_of(route)
    embedder.embed_question("Pump")
    start, start_processor = time.perf_counter() - wall, time.process_time() - processor
    wall, processor = time.perf_counter(), time.process_time()
    vectors = embedder.embed_passages(texts)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    asked = []
    for text in texts[:QUESTIONS]:
        before = time.perf_counter()
        embedder.embed_question(" ".join(text.split()[:QUESTION_WORDS]))
        asked.append(time.perf_counter() - before)
    return Measured(
        start=start,
        start_processor=start_processor,
        chunks_per_second=len(texts) / wall,
        chunks_per_processor_second=len(texts) / processor,
        question_ms=1000 * statistics.median(asked),
        vectors=vectors,
    )


def embedder_of(route: str) -> TextEmbedder:
    from pagesight.adapters.openvino import OpenVinoEmbedder
    from pagesight.adapters.openvino.encoding import PRECISIONS
    from pagesight.adapters.sentence_transformers import SentenceTransformerEmbedder

    text = load().text
    if route == REFERENCE:
        return SentenceTransformerEmbedder(text.model, batch_size=text.batch_size)
    precisions = ("f32",) if route.endswith("f32") else PRECISIONS
    return OpenVinoEmbedder(text.model, batch_size=text.batch_size, precisions=precisions)


def chunks(library: Path) -> list[str]:
    with build(load(), library, notify=print) as app:
        return [
            chunk.text
            for document in app.library.documents()
            for chunk in app.library.document_chunks(document.id)
            if chunk.text
        ]


def pieces(folder: Path) -> list[str]:
    """Runs of as many words as a chunk has at most."""
    import pymupdf

    size = load().chunk.words
    words: list[str] = []
    for path in sorted(folder.glob("*.pdf")):
        with pymupdf.open(path) as document:
            words += [word for page in document for word in page.get_text().split()]
    return [" ".join(words[start : start + size]) for start in range(0, len(words), size)]


@contextmanager
def busy(count: int) -> Iterator[None]:
    """`count` processes that never rest, while the block runs."""
    processes = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.terminate()


def _spin() -> None:
    while True:
        pass


def report(route: str, mine: list[Measured], reference: list[Measured]) -> str:
    def middle(name: str, of: list[Measured]) -> float:
        return statistics.median(float(getattr(one, name)) for one in of)

    speed, plain = (middle("chunks_per_processor_second", of) for of in (mine, reference))
    wall, plain_wall = (middle("chunks_per_second", of) for of in (mine, reference))
    question, plain_question = (middle("question_ms", of) for of in (mine, reference))
    cosines = (mine[0].vectors * reference[0].vectors).sum(axis=1)
    return (
        f"{route:13} {speed:6.1f} {speed / plain:6.2f} {wall:7.1f} {wall / plain_wall:6.2f} "
        f"{question:8.1f} {question / plain_question:6.2f} {middle('start', mine):7.1f} "
        f"{middle('start_processor', mine):6.1f} {cosines.mean():10.6f} {cosines.min():9.6f}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("library", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=150, help="texts at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", type=int, default=0, help="other processes meanwhile")
    options = parser.parse_args()
    texts = (chunks(options.library) if options.library else pieces(SAMPLES))[: options.count]
    measured: dict[str, list[Measured]] = {route: [] for route in ROUTES}
    context = multiprocessing.get_context("spawn")
    embedder_of("openvino").embed_question("made ready before anything is measured")
    with busy(options.busy):
        for _ in range(options.rounds):
            for route in ROUTES:
                with context.Pool(1) as pool:
                    measured[route].append(pool.apply(measure, (route, texts)))
    words = np.mean([len(text.split()) for text in texts])
    sys.stdout.write(
        f"{len(texts)} texts of {words:.0f} words on average, {options.rounds} rounds\n"
        "route         /cpu s  ratio  /second  ratio  question ms ratio start s  cpu s"
        "  cosine mean  min\n"
    )
    for route in ROUTES:
        sys.stdout.write(report(route, measured[route], measured[REFERENCE]))


if __name__ == "__main__":
    main()
