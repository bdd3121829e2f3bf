"""Measures whether a long document takes more memory than a short one.

    python benchmarks/streaming.py [--pages 200 2000] [--set SECTION.KEY=VALUE]

Documents of so many pages are made of the sample documents, and each is ingested by a process of
its own. The ratio of the peaks of the longest to the shortest should be at most 1.3. With the
default numbers it takes a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import pymupdf
from peaks import Peaks

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
COMMAND = Path(sys.executable).parent / "pagesight"
WANTED = 1.3


def long_document(path: Path, pages: int) -> Path:
    """The sample documents that have a text layer, one after the other, until there are so many
    pages. OCR is left out: it takes time, and memory in a program of its own."""
    samples = [pymupdf.open(sample) for sample in sorted(SAMPLES.glob("*.pdf"))]
    texts = [sample for sample in samples if sample[0].get_text()]
    with pymupdf.open() as document:
        for sample in cycle(texts):
            last = min(sample.page_count, pages - document.page_count) - 1
            document.insert_pdf(sample, to_page=last, links=False, annots=False)
            if document.page_count == pages:
                break
        document.save(path, garbage=3, deflate=True)
    return path


def peaks_of(path: Path, sets: Sequence[str]) -> Peaks:
    """Of an ingest of this file into a new library."""
    with tempfile.TemporaryDirectory() as library:
        options = [option for each in sets for option in ("--set", each)]
        command = [str(COMMAND), "ingest", str(path), "--library", library, *options]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with Peaks(process.pid) as peaks:
            code = process.wait()
    if code:
        raise SystemExit(f"the ingest of {path.name} ended with {code}")
    return peaks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", nargs="+", type=int, default=[200, 2_000])
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    arguments = parser.parse_args()
    found: list[Peaks] = []
    for pages in sorted(arguments.pages):
        with tempfile.TemporaryDirectory() as folder:
            path = long_document(Path(folder) / f"{pages}.pdf", pages)
            begun = time.perf_counter()
            peaks = peaks_of(path, arguments.set)
        found.append(peaks)
        sys.stdout.write(
            f"{pages:6} pages  main {peaks.main} MB, a worker {peaks.worker} MB, together "
            f"{peaks.together} MB, {time.perf_counter() - begun:.0f} s\n"
        )
        sys.stdout.flush()
    first, last = found[0], found[-1]
    sys.stdout.write(
        f"ratio         main {last.main / first.main:.2f}, a worker "
        f"{last.worker / first.worker:.2f}, wanted at most {WANTED}\n"
    )


if __name__ == "__main__":
    main()
