"""Says what reading the best hits again is worth, and what it costs.

    python benchmarks/rerank.py LIBRARY SET [--in-document] [--with "KEY=VALUE ..."]...

For each reranker: the share of the questions whose page is the first, among the first 5 and among
the first 10 pages found, with the paired difference to no reranking and its 95 % interval; and
milliseconds of processor a question, the first time and again, as the ratio to no reranking in the
same run. Each --with is a reranker by its settings, as --with "rerank.engine=cross_encoder
rerank.model=FOLDER"; by default late interaction over 10 and over 20 hits. Questions that name no
page, and those that the documents do not answer, are left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pages import Pages, answerable, first

from pagesight.app import App, build
from pagesight.evaluation.scores.statistics import paired
from pagesight.evaluation.sets.cases import Case
from pagesight.results import Query
from pagesight.settings import load

CUTS = (1, 5, 10)
NONE = "rerank.engine="
DEFAULTS = ("rerank.engine=tokens rerank.candidates=10", "rerank.engine=tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`ms` are of processor, a question."""

    ranks: list[int]
    """1-based rank of the first gold page, one a question; 0 where none was found."""
    first_ms: float
    again_ms: float

    def hits(self, cut: int) -> list[float]:
        return [float(0 < rank <= cut) for rank in self.ranks]


def measure(app: App, cases: list[Case], in_document: bool) -> Measured:
    """Asks all questions twice: the second time the vectors of questions and of candidates are
    remembered."""
    pages = Pages(app, in_document=in_document)
    app.retriever.retrieve(Query(text="made ready before anything is measured"))
    ranks, spent = [], []
    for _ in range(2):
        started = time.process_time()
        ranks = [first(pages.found(case), pages.gold(case)) for case in cases]
        spent.append(1000 * (time.process_time() - started) / len(cases))
    return Measured(ranks=ranks, first_ms=spent[0], again_ms=spent[1])


def line(name: str, mine: Measured, plain: Measured) -> str:
    said = []
    for cut in CUTS:
        change = paired(plain.hits(cut), mine.hits(cut))
        share = sum(mine.hits(cut)) / len(mine.ranks)
        said.append(
            f"@{cut} {share:.3f} ({change.mean:+.3f} [{change.low:+.3f} {change.high:+.3f}] "
            f"+{change.wins} -{change.losses})"
        )
    cost = (
        f"{mine.first_ms:.0f} ms (x{mine.first_ms / plain.first_ms:.1f}), again "
        f"{mine.again_ms:.0f} ms (x{mine.again_ms / plain.again_ms:.1f})"
    )
    return f"{name:44} {'  '.join(said)}  {cost}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--in-document", action="store_true")
    parser.add_argument("--with", dest="rerankers", action="append", metavar="SETTINGS")
    parser.add_argument("--set", dest="sets", action="append", default=[], help="for all of them")
    options = parser.parse_args()
    cases = answerable(options.questions)
    where = "in its document" if options.in_document else "in the library"
    sys.stdout.write(f"{options.questions.stem}, {len(cases)} questions, each {where}\n")
    plain = None
    for name in (NONE, *(options.rerankers or DEFAULTS)):
        settings = load(overrides=[*options.sets, *name.split()])
        with build(settings, options.library, notify=print) as app:
            mine = measure(app, cases, options.in_document)
        plain = plain or mine
        sys.stdout.write(line(name, mine, plain))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
