"""Measures an ingest as users run it: speed, processor seconds by stage, memory, disk.

    python benchmarks/ingest.py [FOLDER] [--set SECTION.KEY=VALUE] [--json]

FOLDER defaults to data/samples. Two shares tell what bounds the run: wall clock over what all
processor seconds, or those of the slowest stage, would take on all cores. The parser's processor
time a page is printed as a ratio to pymupdf4llm.to_json over the same first pages in the same run,
because machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from peaks import Peaks

from pagesight.app import build
from pagesight.ingest import Request
from pagesight.results import Failed, Query, Skipped, Stored
from pagesight.settings import Settings, load

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
BASELINE_PAGES = 24
"""Pages that the baseline parses: one to three a document, about ten seconds."""
PARTS = {
    "catalogue": "catalogue.db*",
    "vectors": "index/[tv]*/**/*",
    "words": "index/[wp]*/**/*",
    "crops": "crops/**/*",
    "parsed": "parsed/**/*",
}
"""Part of a library -> its files."""


@dataclass(slots=True)
class Run:
    """One ingest of a folder. Seconds are of the processor unless they are called wall."""

    wall: float = 0.0
    stored: list[Stored] = field(default_factory=list)
    skipped: int = 0
    failed: int = 0
    main: float = 0.0
    workers: float = 0.0

    @property
    def pages(self) -> int:
        return sum(event.document.page_count for event in self.stored)

    @property
    def stages(self) -> Mapping[str, float]:
        """Stage -> seconds, all of them: what no document tells of is the rest."""
        told: Counter[str] = Counter()
        for event in self.stored:
            told.update(event.seconds)
        parse = told.pop("parse", 0.0)
        return {
            "parse": parse,
            "rest of workers": self.workers - parse,
            **told,
            "rest of main": self.main - sum(told.values()),
        }


def ingest(folder: Path, library: Path, settings: Settings) -> Run:
    """Brings the folder into the library, as the command does."""
    run = Run()
    begun, main, workers = time.perf_counter(), time.process_time(), spent_below()
    with build(settings, library, writable=True, create=True, notify=note) as app:
        for event in app.ingester.ingest(Request(paths=[str(folder)])):
            match event:
                case Stored():
                    run.stored.append(event)
                    note(f"{event.document.name}: {event.document.page_count} pages")
                case Skipped():
                    run.skipped += 1
                case Failed():
                    run.failed += 1
                    note(f"{event.source}: {event.reason}")
    run.wall = time.perf_counter() - begun
    run.main, run.workers = time.process_time() - main, spent_below() - workers
    return run


def measure(folder: Path, settings: Settings) -> dict[str, object]:
    """Ingests `folder` twice into a new library and says what it took."""
    with tempfile.TemporaryDirectory() as temporary:
        library = Path(temporary) / "library"
        with build(settings, library, writable=True, create=True, notify=note) as app:
            app.retriever.retrieve(Query(text="loads the model"))
        with Peaks(os.getpid()) as peaks:
            run = ingest(folder, library, settings)
        again = ingest(folder, library, settings)
        disk = sizes(library)
    pages = max(1, run.pages)
    stages = run.stages
    cores = len(os.sched_getaffinity(0))
    return {
        "documents": len(run.stored),
        "failed": run.failed,
        "pages": run.pages,
        "chunks": sum(event.document.chunks for event in run.stored),
        "wall_s": round(run.wall, 1),
        "pages_per_s": round(run.pages / run.wall, 2),
        "cores": cores,
        "cpu_s": {stage: round(seconds, 1) for stage, seconds in stages.items()},
        "wall_to_all_cpu": round(run.wall * cores / sum(stages.values()), 2),
        "wall_to_slowest_stage": round(run.wall * cores / max(stages.values()), 2),
        "parse_cpu_s_per_page": round(stages["parse"] / pages, 3),
        "peak_rss_mb": {"main": peaks.main, "worker": peaks.worker, "together": peaks.together},
        "disk_mb_per_1000_pages": {
            part: round(size / 1000 / pages, 1) for part, size in disk.items()
        },
        "again": {"skipped": again.skipped, "wall_s": round(again.wall, 1)},
    }


def sizes(library: Path) -> dict[str, int]:
    """Part -> bytes, and the sum."""
    found = {part: _bytes(list(library.glob(files))) for part, files in PARTS.items()}
    return found | {"all": _bytes(list(library.rglob("*")))}


def baseline(folder: Path) -> float:
    """Processor seconds a page of pymupdf4llm.to_json, over the first pages of each document."""
    import pymupdf
    import pymupdf4llm

    documents = sorted(folder.rglob("*.pdf"))
    each = max(1, BASELINE_PAGES // max(1, len(documents)))
    pages = 0
    seconds = 0.0
    for path in documents[:BASELINE_PAGES]:
        with pymupdf.open(path) as document:
            first = list(range(min(each, document.page_count)))
        started = time.process_time()
        parsed = json.loads(pymupdf4llm.to_json(str(path), pages=first, use_ocr=False))
        seconds += time.process_time() - started
        pages += len(parsed["pages"])
    return seconds / max(1, pages)


def note(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def spent_below() -> float:
    """Processor seconds of the processes below this one so far, the ended ones included."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = [each.cpu_times() for each in psutil.Process().children(recursive=True)]
    return ended.ru_utime + ended.ru_stime + sum(sum(times[:4]) for times in living)


def _bytes(files: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in files if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    figures = measure(arguments.folder, load(overrides=arguments.set))
    plain = baseline(arguments.folder)
    figures["baseline_cpu_s_per_page"] = round(plain, 3)
    figures["parse_cpu_ratio_to_baseline"] = round(
        float(str(figures["parse_cpu_s_per_page"])) / plain, 2
    )
    if arguments.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for name, value in figures.items():
        sys.stdout.write(f"{name:28} {value}\n")


if __name__ == "__main__":
    main()
