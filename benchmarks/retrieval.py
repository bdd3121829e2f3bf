"""Compares the built retriever with baselines on the same pages: which page is found, and where.

    python benchmarks/retrieval.py LIBRARY SET [--in-document] [--published FILE] [--rows]

SET is a question set (`pagesight eval import` makes one). Rows: BM25 over the words of whole pages
(rank-bm25, stemmed), flat reciprocal rank fusion (k 60) of dense chunks, BM25 over chunks and BM25
over pages, the ranking that FILE has of a published system (JSON lines with "id" and
"published_hybrid_top20", names DOCUMENT_PAGE), and pagesight as the settings say. Each with the
share of questions whose gold page is among the first 1, 5, 10 and 20 pages, and below it what
pagesight is better by: the paired difference with its 95 % interval, and questions won and lost.
Then the same shares by kind of evidence, where the set has it, and milliseconds of processor a
question.

--rows also prints a line for every question that is not in the first five, with the rank of its
page and of its document. Questions that name no page, that ask by a picture and that the documents
do not answer are left out.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pages import Page, Pages, answerable, first

from pagesight.adapters.rank_bm25 import RankBM25WordIndex
from pagesight.app import App, build
from pagesight.evaluation.scores.statistics import paired
from pagesight.evaluation.sets.cases import Case
from pagesight.feeds import WordFeed
from pagesight.fusion import ranked, reciprocal_rank_fusion
from pagesight.ports import page_of
from pagesight.results import Filter, Query
from pagesight.settings import load
from pagesight.units import PageUnits

CUTS = (1, 5, 10, 20)
DEPTH = 100
"""Of each list of the flat fusion."""
FLAT_K = 60
"""Cormack's constant, which most systems keep."""

Ranker = Callable[[Case, Filter], Sequence[Page]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one system found."""

    name: str
    ranks: Sequence[int]
    """1-based rank of the first gold page, one a question; 0 where none was found."""
    document_ranks: Sequence[int]
    ms: float
    """Of processor, a question."""

    def hits(self, cut: int) -> list[float]:
        return [float(0 < rank <= cut) for rank in self.ranks]


class Bench:
    """A library, its questions, and what ranks its pages."""

    def __init__(self, app: App, cases: Sequence[Case], *, in_document: bool) -> None:
        self.app = app
        self.cases = cases
        self.pages = Pages(app, in_document=in_document)
        self._words = RankBM25WordIndex()
        catalogue = app.library.catalogue
        feed = WordFeed(catalogue, PageUnits(catalogue), lambda _: self._words)
        feed.add(self._words, sorted(feed.ids()))

    def row(self, name: str, ranker: Ranker) -> Row:
        started = time.process_time()
        found = [list(dict.fromkeys(ranker(case, self.pages.filter(case)))) for case in self.cases]
        spent = 1000 * (time.process_time() - started) / len(self.cases)
        gold = [self.pages.gold(case) for case in self.cases]
        return Row(
            name=name,
            ranks=[first(pages, right) for pages, right in zip(found, gold, strict=True)],
            document_ranks=[
                first(dict.fromkeys(id for id, _ in pages), {id for id, _ in right})
                for pages, right in zip(found, gold, strict=True)
            ],
            ms=spent,
        )

    def words(self, case: Case, filter: Filter) -> list[Page]:
        return [page_of(id) for id, _ in self._words.search(case.question, DEPTH, filter)]

    def flat(self, case: Case, filter: Filter) -> list[Page]:
        library = self.app.library
        vector = self.app.encoders.text.embed_question(case.question)
        chunks = {
            "dense": [id for id, _ in library.search_vectors("text", vector, DEPTH, filter)],
            "words": [id for id, _ in library.search_words(case.question, DEPTH, filter)],
        }
        places = {
            chunk.id: [f"{chunk.document_id}/{page}" for page in chunk.pages]
            for chunk in library.chunks([id for ids in chunks.values() for id in ids])
        }
        lists = {
            name: ranked(page for id in ids for page in places.get(id, ()))
            for name, ids in chunks.items()
        }
        lists["pages"] = ranked(f"{id}/{page}" for id, page in self.words(case, filter))
        return [page_of(each.id) for each in reciprocal_rank_fusion(lists, k=FLAT_K, weights={})]

    def built(self, case: Case, _: Filter) -> list[Page]:
        return self.pages.found(case)

    def published(self, path: Path) -> Ranker:
        lines = (json.loads(line) for line in path.read_text().splitlines())
        known: Mapping[str, list[str]] = {
            line["id"]: line["published_hybrid_top20"] for line in lines
        }

        def ranker(case: Case, _: Filter) -> list[Page]:
            names = (name.rpartition("_") for name in known.get(case.id, ()))
            return [
                (self.pages.ids.get(f"{name}.pdf", name), int(page) - 1) for name, _, page in names
            ]

        return ranker


def show(row: Row, best: Row) -> str:
    shares = "  ".join(f"@{cut} {_mean(row.hits(cut)):.3f}" for cut in CUTS)
    text = f"{row.name:32} {shares}  {row.ms:6.0f} ms\n"
    if row is best:
        return text
    changes = (paired(row.hits(cut), best.hits(cut)) for cut in CUTS)
    told = "  ".join(
        f"{each.mean:+.3f} [{each.low:+.3f} {each.high:+.3f}] {each.wins}-{each.losses}"
        for each in changes
    )
    return f"{text}{'':4}pagesight {told}\n"


def by_evidence(cases: Sequence[Case], rows: Sequence[Row]) -> str:
    lines = []
    for kind in sorted({case.evidence for case in cases} - {""}):
        mine = [number for number, case in enumerate(cases) if case.evidence == kind]
        for row in rows:
            shares = "  ".join(
                f"@{cut} {_mean([row.hits(cut)[number] for number in mine]):.3f}" for cut in CUTS
            )
            lines.append(f"{kind:8} ({len(mine):3}) {row.name:32} {shares}\n")
    return "".join(lines)


def lost(cases: Sequence[Case], row: Row) -> str:
    return "".join(
        f"{case.id}: page {rank or '-'}, document {document or '-'}: {case.question}\n"
        for case, rank, document in zip(cases, row.ranks, row.document_ranks, strict=True)
        if not 0 < rank <= 5
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--in-document", action="store_true")
    parser.add_argument("--published", type=Path)
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    cases = answerable(options.questions)
    with build(load(overrides=options.sets), options.library, notify=print) as app:
        bench = Bench(app, cases, in_document=options.in_document)
        app.retriever.retrieve(Query(text="made ready before anything is measured"))
        best = bench.row("pagesight", bench.built)
        rows = [
            bench.row("BM25 over pages", bench.words),
            bench.row(f"flat fusion, k {FLAT_K}", bench.flat),
        ]
        if options.published:
            rows.append(bench.row("published hybrid", bench.published(options.published)))
    where = "in its document" if options.in_document else "in the library"
    sys.stdout.write(f"{options.questions.stem}, {len(cases)} questions, each {where}\n")
    sys.stdout.writelines(show(row, best) for row in (*rows, best))
    sys.stdout.write(by_evidence(cases, (*rows, best)))
    if options.rows:
        sys.stdout.write(lost(cases, best))


if __name__ == "__main__":
    main()
