"""Measures parsing: pages a processor second and peak memory, by stage, beside other parsers.

    python benchmarks/parse_speed.py [FOLDER] [--pages N] [--seed S] [--only NAME] [--json]

N pages (24) are drawn from the PDFs of FOLDER and its folders, evenly over these, and cut into
files of one page; the default is ../shared/data beside the project, else data/samples. Each parser
runs over all of them in a process of its own, after one page that is not counted (imports, models).
What is not installed, or wants a model from a hub, is named and left out. pagesight runs twice:
with tesseract for figures, and with RapidOCR, which it takes for them where that is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sampling import sampled

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
PACKAGE = "pagesight.adapters.pymupdf"
STAGES: Mapping[str, str] = {
    f"{PACKAGE}.text.words": "text layer",
    f"{PACKAGE}.text.hidden": "hidden text",
    f"{PACKAGE}.text.sight": "seen text",
    f"{PACKAGE}.engine": "layout network",
    f"{PACKAGE}.source": "pixels for OCR",
    f"{PACKAGE}.regions": "regions",
    f"{PACKAGE}.figures.ink": "ink of scans",
    f"{PACKAGE}.figures": "figures and captions",
    f"{PACKAGE}.tables": "tables",
    f"{PACKAGE}.render": "crops",
    f"{PACKAGE}.text": "text blocks",
    f"{PACKAGE}.turning": "turning",
    "pagesight.adapters.pytesseract": "around OCR",
    "pagesight.adapters.rapidocr": "OCR",
    "pagesight.adapters.filesystem": "crop files",
    "pagesight.assembly": "assembly",
}
"""The parser's modules -> what they do."""
HUB_OFF = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "true"}
LONGEST = 3000.0
"""Seconds of one parser over all pages."""

Parse = Callable[[Path], object]


def pagesight(folder: Path, figures: str = "tesseract") -> Parse:
    from pagesight.assembly import assemble
    from pagesight.settings import load
    from pagesight.workers import parser_of

    parser = parser_of(load(overrides=[f"parse.figure_ocr_engine={figures}"]), folder)
    return lambda path: assemble(parser.profile(path), parser.parse_pages(path, 0, 1))


def pymupdf_text(_: Path) -> Parse:
    from pagesight.adapters.pymupdf.engine import pymupdf

    return lambda path: pymupdf.open(path)[0].get_text("rawdict")


def pymupdf_layout(_: Path) -> Parse:
    from pagesight.adapters.pymupdf.engine import analyse, pymupdf

    return lambda path: analyse(pymupdf.open(path)[0])


def pymupdf4llm_json(_: Path) -> Parse:
    from pagesight.adapters.pymupdf.engine import network

    network()
    import pymupdf4llm

    return lambda path: pymupdf4llm.to_json(str(path), use_ocr=False)


def unstructured_fast(_: Path) -> Parse:
    from unstructured.partition.pdf import partition_pdf

    return lambda path: partition_pdf(str(path), strategy="fast")


def docling(_: Path) -> Parse:
    from docling.document_converter import DocumentConverter  # type: ignore[import-not-found]

    converter = DocumentConverter()
    return lambda path: converter.convert(path)


PARSERS: Mapping[str, Callable[[Path], Parse]] = {
    "pagesight": pagesight,
    "pagesight, RapidOCR": partial(pagesight, figures="rapidocr"),
    "pymupdf4llm.to_json": pymupdf4llm_json,
    "unstructured fast": unstructured_fast,
    "docling": docling,
    "layout network alone": pymupdf_layout,
    "text layer alone": pymupdf_text,
}
"""Name -> what makes its function of one file, given a folder for its output."""


def drawn(folder: Path, count: int, seed: int, out: Path) -> list[Path]:
    """Pages as files of one page each, by turns from each folder of `folder`."""
    from pagesight.adapters.pymupdf import opened
    from pagesight.adapters.pymupdf.engine import pymupdf
    from pagesight.errors import DocumentError

    rng = random.Random(seed)
    folders: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*.pdf")):
        folders.setdefault(folder / path.relative_to(folder).parts[0], []).append(path)
    cut: list[Path] = []
    for paths in folders.values():
        rng.shuffle(paths)
    while len(cut) < count and any(folders.values()):
        for paths in folders.values():
            if not paths or len(cut) == count:
                continue
            try:
                with opened(paths.pop()) as document, pymupdf.open() as one:
                    number = rng.randrange(document.page_count)
                    one.insert_pdf(document, from_page=number, to_page=number)
                    name = out / f"{len(cut):03d}.pdf"
                    one.save(name)
            except (DocumentError, RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase):
                continue
            cut.append(name)
    return cut


def work(name: str, pages: Sequence[Path]) -> dict[str, Any]:
    """Parses the pages in this process; {"missing": why} where the parser cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        try:
            parse = PARSERS[name](Path(folder))
            parse(pages[0])
        except ImportError as error:
            return {"missing": f"not installed ({error.name or error})"}
        except Exception as error:
            return {"missing": f"did not start: {' '.join(str(error).split())[:160]}"}
        start = time.process_time() - begun
        below = resource.getrusage(resource.RUSAGE_CHILDREN)
        failed = 0
        wall, begun = time.perf_counter(), time.process_time()
        watch = (
            sampled(STAGES, "rest") if name.startswith("pagesight") else nullcontext(Counter[str]())
        )
        with watch as stages:
            for page in pages:
                try:
                    parse(page)
                except Exception:
                    failed += 1
        spent, wall = time.process_time() - begun, time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    programs = after.ru_utime + after.ru_stime - below.ru_utime - below.ru_stime
    return {
        "pages": len(pages),
        "failed": failed,
        "start_cpu_s": round(start, 1),
        "cpu_s": round(spent, 2),
        "programs_cpu_s": round(programs, 2),
        "wall_s": round(wall, 1),
        "pages_per_cpu_s": round(len(pages) / max(spent + programs, 1e-3), 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "stages_ms_per_page": {
            stage: round(1000 * seconds / len(pages), 1) for stage, seconds in stages.most_common()
        },
    }


def measured(name: str, pages: Sequence[Path]) -> dict[str, Any]:
    """`work` in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--work", name, *map(str, pages)],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        env=os.environ | HUB_OFF,
        check=False,
    )
    if done.returncode:
        return {"missing": f"ended with {done.returncode}: {done.stderr.strip()[-160:]}"}
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def tell(name: str, found: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    if "missing" in found:
        print(f"{name:22} {found['missing']}")
        return
    ratio = ours.get("pages_per_cpu_s", 0.0) / max(found["pages_per_cpu_s"], 1e-3)
    print(
        f"{name:22} {found['pages_per_cpu_s']:8.2f} pages/CPU s (pagesight is {ratio:.2f} of it), "
        f"peak {found['peak_mb']:,} MB, start {found['start_cpu_s']} CPU s, "
        f"{found['failed']} failed"
    )
    for stage, milliseconds in found["stages_ms_per_page"].items():
        print(f"    {stage:18} {milliseconds:8.1f} CPU ms a page")
    if found["programs_cpu_s"]:
        each = 1000 * found["programs_cpu_s"] / found["pages"]
        print(f"    {'programs (OCR)':18} {each:8.1f} CPU ms a page")


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(work(sys.argv[2], [Path(page) for page in sys.argv[3:]])))
        return
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = SHARED if SHARED.is_dir() else ROOT / "data" / "samples"
    options.add_argument("folder", nargs="?", type=Path, default=default)
    options.add_argument("--pages", type=int, default=24)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--only", action="append", choices=PARSERS, help="may be repeated")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = drawn(given.folder, given.pages, given.seed, Path(folder))
        if not pages:
            raise SystemExit(f"{given.folder} holds no PDF that can be opened")
        found: dict[str, Any] = {}
        for name in given.only or PARSERS:
            found[name] = measured(name, pages)
            if not given.json:
                tell(name, found[name], found.get("pagesight", {}))
    if given.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
