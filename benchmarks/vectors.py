"""Compares where vectors may be kept: recall against an exact search, time, memory and disk.

    python benchmarks/vectors.py LIBRARY [--questions CASES.jsonl] [--stores folder packed]

An index of the library's text vectors is made anew by each store in a folder that is dropped
afterwards, and asked for the 10, 50 and 800 nearest of each question, in a process of its own.
Times are processor time: wall clock tells more about what else a machine does.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from pagesight.adapters.chromadb.stores import ChromaFolders
from pagesight.adapters.numpy import PackedFolders
from pagesight.adapters.sqlite import SQLiteCatalogue
from pagesight.app import CATALOGUE
from pagesight.encoders import Encoders
from pagesight.feeds import VectorFeed, fill
from pagesight.files import remove_folder
from pagesight.ports import VectorStore
from pagesight.settings import IN_FOLDER, PACKED, load

if TYPE_CHECKING:
    from pagesight.ports import Matrix

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "eval" / "golden.jsonl"
STORES: dict[str, VectorStore] = {
    IN_FOLDER: ChromaFolders(),
    PACKED: PackedFolders(drop=remove_folder),
}
COUNTS = (10, 50, 800)


def measure(library: Path, name: str, questions: Matrix) -> None:
    """Prints a line."""
    store = STORES[name]
    catalogue = SQLiteCatalogue(library / CATALOGUE, read_only=True)
    feed = VectorFeed(catalogue, store, "text")
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        directory = Path(folder) / "text-0"
        begun = time.process_time()
        fill(feed, directory, lambda done, total: None)
        built = time.process_time() - begun
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            times, found, memory = alone.submit(ask, directory, name, questions).result()
        size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    ids = sorted(feed.ids())
    nearest = exact(catalogue, ids, questions)
    recalls = [recall(nearest, found[count], count) for count in COUNTS[:2]]
    say(
        f"{name:8}{len(ids):9,}{built:9.1f}{size / len(ids):9.0f}"
        + "".join(f"{each // 1_000_000:9}" for each in memory)
        + "".join(f"{ms:8.2f}" for ms in times)
        + "".join(f"{each:8.4f}" for each in recalls)
    )


def ask(
    directory: Path, name: str, questions: Matrix
) -> tuple[list[float], dict[int, list[list[str]]], tuple[int, int]]:
    """Milliseconds of processor time a question by count, what was found, bytes of memory more than
    before the index was opened: its own, and pages of files, which the system takes back."""
    process = psutil.Process()
    STORES[name].open(directory.with_name("other")).close()
    before = process.memory_info()
    index = STORES[name].open(directory)
    found: dict[int, list[list[str]]] = {}
    times = []
    for count in COUNTS:
        index.search(questions[0], count)
        spent = []
        for question in questions:
            begun = time.process_time()
            near = index.search(question, count)
            spent.append(time.process_time() - begun)
            found.setdefault(count, []).append([id for id, _ in near])
        times.append(float(np.median(spent)) * 1e3)
    after = process.memory_info()
    mapped = after.shared - before.shared
    return times, found, (after.rss - before.rss - mapped, mapped)


def exact(catalogue: SQLiteCatalogue, ids: Sequence[str], questions: Matrix) -> list[list[str]]:
    """The nearest ids of each question, by comparing every vector."""
    cosines = []
    for start in range(0, len(ids), 10_000):
        vectors = catalogue.vectors("text", ids[start : start + 10_000])
        part = np.stack([vectors[id] for id in ids[start : start + 10_000]])
        cosines.append(part @ questions.T)
    best = np.argsort(-np.concatenate(cosines), axis=0)[: COUNTS[1]]
    return [[ids[row] for row in column] for column in best.T]


def recall(nearest: Sequence[Sequence[str]], found: Sequence[Sequence[str]], count: int) -> float:
    shared = [
        len(set(right[:count]) & set(given)) / min(count, len(right))
        for right, given in zip(nearest, found, strict=True)
    ]
    return float(np.mean(shared))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("library", type=Path)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=list(STORES))
    arguments = parser.parse_args()
    lines = arguments.questions.read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines]
    questions = Encoders(load(), say).text.embed_questions(asked)
    heads = (
        "made s",
        "bytes",
        "own MB",
        "mapped",
        *(f"ms@{n}" for n in COUNTS),
        *(f"R@{n}" for n in COUNTS[:2]),
    )
    say(
        f"{'store':8}{'vectors':>9}"
        + "".join(f"{head:>9}" for head in heads[:4])
        + "".join(f"{head:>8}" for head in heads[4:])
    )
    for name in arguments.stores:
        measure(arguments.library, name, questions)


if __name__ == "__main__":
    main()
