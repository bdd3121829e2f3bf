"""Measures search in libraries of 10,000, 100,000 and 300,000 chunks: seconds by stage, what
filters cost, memory and disk.

    python benchmarks/scale.py FOLDER SMALL [--chunks 10000 100000 300000]
                               [--questions CASES.jsonl] [--set SECTION.KEY=VALUE]

FOLDER keeps the libraries, which are made at the first run out of the library SMALL: documents of
25 pages and 100 chunks, see `bulk.py`. Each is measured in a process of its own, warm, one question
at a time, by the retriever that answers searches. No question comes twice with the same filter, and
all have been embedded before: "embed" is measured by itself. Stages are wall clock, p50/p95 in
milliseconds; ratios to no filter are of processor time, because machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
from bulk import grow

from pagesight.app import App, build
from pagesight.results import Filter, Query
from pagesight.settings import load

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "eval" / "golden.jsonl"
PAGES = 25
SIZES = (10_000, 100_000, 300_000)
WARMING = 5
"""Questions that are asked with every filter before those that count."""
FIRST_PAGES = (0, 4)
TENTH = 10
PROCESSOR = "processor"
"""Beside the stages: processor time of a question, of all threads."""


def library_of(folder: Path, small: Path, chunks: int, sets: Sequence[str]) -> Path:
    """The library of so many chunks, made where it is missing."""
    large = folder / f"chunks-{chunks}"
    if not large.is_dir():
        begun, spent = time.perf_counter(), time.process_time()
        part = large.with_suffix(".part")
        grow(load(overrides=sets), small, part, chunks, PAGES)
        part.rename(large)
        say(
            f"made a library of {chunks:,} chunks in {time.perf_counter() - begun:.0f} s, "
            f"{time.process_time() - spent:.0f} s of processor time"
        )
    return large


def filters(app: App) -> Iterator[tuple[str, Filter]]:
    """Name -> filter, none at all first."""
    ids = [document.id for document in app.library.documents()]
    some = random.Random(0).sample(ids, max(1, len(ids) // TENTH))
    yield "none", Filter()
    yield "one document", Filter(documents=(ids[len(ids) // 2],))
    yield "10 % of documents", Filter(documents=tuple(some))
    yield "tables", Filter(kinds=("table",))
    yield "text", Filter(kinds=("text",))
    yield "pages 1 to 5", Filter(pages=FIRST_PAGES)


def measure(library: Path, asked: Sequence[str], sets: Sequence[str]) -> None:
    """Prints what one library takes."""
    begun = time.perf_counter()
    before = _resident()
    with build(load(overrides=sets), library, notify=say) as app:
        counts = app.library.counts()
        app.retriever.retrieve(Query(text="warm"))
        say(
            f"\n{counts.chunks:,} chunks, {counts.documents:,} documents: "
            f"{time.perf_counter() - begun:.1f} s until the first answer, {_disk(library)}"
        )
        embed = [_embedded(app, question) for question in asked]
        say(f"embed: {_two(embed)} ms; resident {_resident() - before} MB with the text model")
        plain: float | None = None
        for name, stages in _asked(app, asked, dict(filters(app))).items():
            spent = float(np.median(stages.pop(PROCESSOR)))
            plain = plain or spent
            each = ", ".join(f"{stage} {_two(times)}" for stage, times in stages.items())
            say(
                f"{name:18} {_two(_total(stages)):>13} ms; processor {spent * 1e3:5.1f} ms, "
                f"x {spent / plain:4.2f}; {each}"
            )
        say(f"resident {_resident()} MB, most {_peak()} MB")


def _asked(
    app: App, asked: Sequence[str], filters: Mapping[str, Filter]
) -> Mapping[str, dict[str, list[float]]]:
    """Filter -> stage -> its seconds for each question, after some that do not count. Each
    question is asked with one filter after the other: whatever else the machine does meanwhile
    hits all alike."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in filters}
    for number, question in enumerate((*asked[:WARMING], *asked)):
        # A space more: the same words, and a question that was not asked before.
        text = question + " " * (number < WARMING)
        for name, filter in filters.items():
            begun = time.process_time()
            seconds = app.retriever.retrieve(Query(text=text, filter=filter)).seconds
            spent = {PROCESSOR: time.process_time() - begun}
            for stage, each in {**seconds, **spent}.items() if number >= WARMING else ():
                found[name].setdefault(stage, []).append(each)
    return found


def _total(stages: Mapping[str, Sequence[float]]) -> list[float]:
    return [sum(times) for times in zip(*stages.values(), strict=True)]


def _embedded(app: App, question: str) -> float:
    begun = time.perf_counter()
    app.encoders.text.embed_question(question)
    return time.perf_counter() - begun


def _two(seconds: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    middle, high = np.percentile(seconds, (50, 95)) * 1e3
    return f"{middle:.1f}/{high:.1f}"


def _disk(library: Path) -> str:
    """Megabytes on disk, by part."""
    parts = (library / "catalogue.db", *sorted((library / "index").iterdir()))
    return ", ".join(f"{part.name} {_size(part)} MB" for part in parts)


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) // 1_000_000


def _resident() -> int:
    """Megabytes."""
    return int(psutil.Process().memory_info().rss) // 1_000_000


def _peak() -> int:
    """Megabytes; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0
    lines = status.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1_000


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("small", type=Path)
    parser.add_argument("--chunks", nargs="+", type=int, default=SIZES)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    arguments = parser.parse_args()
    sets = ["visual.enabled=false", *arguments.set]
    lines = arguments.questions.read_text(encoding="utf-8").splitlines()
    asked = list(dict.fromkeys(json.loads(line)["question"] for line in lines))
    spawn = get_context("spawn")
    for chunks in arguments.chunks:
        library = library_of(arguments.folder, arguments.small, chunks, sets)
        with ProcessPoolExecutor(1, mp_context=spawn) as alone:
            alone.submit(measure, library, asked, sets).result()


if __name__ == "__main__":
    main()
