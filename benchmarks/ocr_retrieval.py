"""Says what OCR is worth to retrieval: page hit@k of questions, by the engine that read.

    python benchmarks/ocr_retrieval.py [FOLDER] [--pages ENGINE] [--figures ENGINE] [--digital N]

FOLDER is a published set: `pdfs/`, `docs.jsonl` (`doc`, `image_only`) and `questions.jsonl`
(`question`, `doc`, `pages`, 1-based, `evidence_type`, `answerable`); the default is
../shared/data/mmlongbench beside the project. Its image-only documents are ingested into a
library that is thrown away, and each question is asked of its own document in the pipeline
`words`. The line "no OCR" is BM25 over the text layer of the pages. `--digital N` takes documents
with a text layer instead, the N shortest that have questions on what only a picture says: on a page
of theirs stands an image of 5 % of it or more, and a word of the answer is not in the text layer of
these pages. There OCR reads the figures; benchmarks/figure_words.py asks for many more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rank_bm25 import BM25Okapi

from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.app import App, build
from pagesight.ingest import Request
from pagesight.results import Filter, Query
from pagesight.settings import load
from pagesight.tokens import tokenize

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "mmlongbench"
DEPTHS = (1, 5, 10)
LEAST_SHARE = 0.05
"""Of a page's area: an image that is more than decoration."""
Case = dict[str, Any]
Ranked = Callable[[Case], list[int]]
"""A question -> pages of its document, 1-based, best first."""


def main(arguments: Sequence[str]) -> int:
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    command.add_argument("--pages", default="tesseract", help="parse.ocr_engine")
    command.add_argument("--figures", default="tesseract", help="parse.figure_ocr_engine")
    command.add_argument("--digital", type=int, default=0, help="documents with a text layer")
    options = command.parse_args(arguments)
    if not (options.folder / "docs.jsonl").exists():
        print(f"no questions at {options.folder}: nothing to measure")
        return 0
    cases = questions(options.folder, options.digital)
    names = dict.fromkeys(case["doc"] for case in cases)
    paths = [options.folder / "pdfs" / name for name in names]
    if not options.digital:
        report("no OCR", cases, by_text_layer(paths))
    overrides = [
        f"parse.ocr_engine={options.pages}",
        f"parse.figure_ocr_engine={options.figures}",
    ]
    with TemporaryDirectory() as folder:
        settings = load(pipeline="words", overrides=overrides)
        with build(settings, Path(folder), writable=True, create=True, notify=print) as app:
            started = time.perf_counter()
            list(app.ingester.ingest(Request(paths=[str(path) for path in paths])))
            print(f"ingested in {time.perf_counter() - started:.0f} s")
            report(f"{options.pages}, figures {options.figures}", cases, by_words(app))
    return 0


def questions(folder: Path, digital: int) -> list[Case]:
    """Those of the image-only documents, or of the `digital` shortest others what only a picture
    answers."""
    found = {each["doc"]: each for each in lines(folder / "docs.jsonl")}
    cases = [
        case
        for case in lines(folder / "questions.jsonl")
        if case["pages"]
        and case["answerable"]
        and found[case["doc"]]["image_only"] == (not digital)
        and (not digital or is_in_picture(folder / "pdfs" / case["doc"], case))
    ]
    cases.sort(key=lambda case: found[case["doc"]]["pages"])
    names = [*dict.fromkeys(case["doc"] for case in cases)][: digital or None]
    return [case for case in cases if case["doc"] in names]


def is_in_picture(path: Path, case: Case) -> bool:
    """Whether a large image is on its pages, and their text layer lacks a word of the answer."""
    with pymupdf.open(path) as document:
        pages = [document[number - 1] for number in case["pages"]]
        layer = {word for page in pages for word in tokenize(page.get_text())}
        return not layer.issuperset(tokenize(case["answer"])) and any(
            abs(page.rect & image["bbox"]) >= LEAST_SHARE * abs(page.rect)
            for page in pages
            for image in page.get_image_info()
        )


def lines(path: Path) -> list[Case]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def by_words(app: App) -> Ranked:
    """The pipeline's own list."""
    ids = {document.name: document.id for document in app.library.documents()}

    def ranked(case: Case) -> list[int]:
        query = Query(text=case["question"], filter=Filter(documents=(ids[case["doc"]],)))
        hits = app.retriever.retrieve(query, 50).hits
        return list(dict.fromkeys(page + 1 for hit in hits for page in hit.chunk.pages))

    return ranked


def by_text_layer(paths: Sequence[Path]) -> Ranked:
    """BM25 over what the file says itself."""
    texts = {}
    for path in paths:
        with pymupdf.open(path) as document:
            texts[path.name] = [tokenize(page.get_text()) or [""] for page in document]

    def ranked(case: Case) -> list[int]:
        scores = BM25Okapi(texts[case["doc"]]).get_scores(tokenize(case["question"]))
        order = sorted(range(len(scores)), key=lambda index: (-scores[index], index))
        return [index + 1 for index in order if scores[index] > 0]

    return ranked


def report(name: str, cases: Sequence[Case], ranked: Ranked) -> None:
    """Prints hit@k over all cases, and over those of each type of evidence."""
    ranks = [
        next((rank for rank, page in enumerate(ranked(case), 1) if page in case["pages"]), 0)
        for case in cases
    ]
    types = [case["evidence_type"] or "none" for case in cases]
    for kind in ("all", *sorted(set(types))):
        own = [rank for rank, each in zip(ranks, types, strict=True) if kind in ("all", each)]
        shares = (
            f"@{k} {sum(0 < rank <= k for rank in own) / max(len(own), 1):.3f}" for k in DEPTHS
        )
        print(f"{name:32} {kind:8} {len(own):3} questions  {'  '.join(shares)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
