"""Measures an ingest as users run it: pages per second, seconds by stage, memory, disk.

    python benchmarks/ingest.py [FOLDER] [--json]

FOLDER defaults to data/samples. The parser's processor time a page is printed as a ratio to
pymupdf4llm.to_json over the same first pages in the same run, because machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from pagesight.app import build
from pagesight.results import Failed, Stored
from pagesight.settings import load

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
BASELINE_PAGES = 24
"""Pages that the baseline parses: one to three a document, about ten seconds."""


def measure(folder: Path, library: Path) -> dict[str, object]:
    """Ingests `folder` into `library` and says what it took."""
    stages: Counter[str] = Counter()
    stored: list[Stored] = []
    failed: list[Failed] = []
    started = time.perf_counter()
    with build(load(), library, writable=True, create=True, notify=note) as app:
        for event in app.ingester.ingest([str(folder)]):
            if isinstance(event, Stored):
                stored.append(event)
                stages.update(event.seconds)
                note(f"{event.document.name}: {event.document.page_count} pages")
            elif isinstance(event, Failed):
                failed.append(event)
                note(f"{event.source}: {event.reason}")
    wall = time.perf_counter() - started
    pages = sum(event.document.page_count for event in stored)
    own = resource.getrusage(resource.RUSAGE_SELF)
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = sum(path.stat().st_size for path in library.rglob("*") if path.is_file())
    return {
        "documents": len(stored),
        "failed": len(failed),
        "pages": pages,
        "chunks": sum(event.document.chunks for event in stored),
        "wall_s": round(wall, 1),
        "pages_per_s": round(pages / wall, 2),
        "cpu_s": {
            "workers": round(workers.ru_utime + workers.ru_stime, 1),
            "main": round(own.ru_utime + own.ru_stime, 1),
        },
        "stages_s": {name: round(seconds, 1) for name, seconds in sorted(stages.items())},
        "parse_cpu_s_per_page": round(stages["parse"] / max(1, pages), 3),
        "peak_rss_mb": {"main": own.ru_maxrss // 1024, "a_worker": workers.ru_maxrss // 1024},
        "disk_mb_per_1000_pages": round(size / 1e6 / max(1, pages) * 1000, 1),
    }


def baseline(folder: Path) -> float:
    """Processor seconds a page of pymupdf4llm.to_json, over the first pages of each document."""
    import pymupdf4llm

    documents = sorted(folder.rglob("*.pdf"))
    each = max(1, BASELINE_PAGES // max(1, len(documents)))
    pages = 0
    seconds = 0.0
    for path in documents[:BASELINE_PAGES]:
        started = time.process_time()
        parsed = json.loads(pymupdf4llm.to_json(str(path), pages=list(range(each)), use_ocr=False))
        seconds += time.process_time() - started
        pages += len(parsed["pages"])
    return seconds / max(1, pages)


def note(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(arguments.folder, Path(folder) / "library")
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
