"""Says how often what is shown holds the answer, and what it costs in tokens.

    python benchmarks/evidence.py LIBRARY SET.jsonl [--in-document] [--hits N] [--tokens N]

Over the answerable cases of a question set whose answer is in words or numbers:

- hits: the texts of the hits alone, in order, within the budget;
- more hits: as many further hits as cost as many tokens as the evidence does;
- evidence: what is shown to the answerer, with whole tables, what is referred to, and context.

"Answer" is the share of the cases of which a gold answer stands in what is shown, "numbers" that of
the cases with numbers in it of which these do, units and signs folded, and "page" that of the
cases with gold pages of which one is shown. The libraries of the
published sets are made by `pagesight ingest`, and the sets by `pagesight eval import`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pagesight.app import App, build
from pagesight.ask.evidence import Assembler
from pagesight.ask.selection import Selection
from pagesight.budget import text_tokens
from pagesight.document import Chunk
from pagesight.evaluation.scores.answers import contains_gold, numeric_match
from pagesight.evaluation.sets.cases import Case, load_set
from pagesight.library import Library
from pagesight.results import Filter, Hit, Query
from pagesight.settings import AskSettings, load

Shown = Sequence[tuple[Chunk, str]]
"""Chunks, and the text that is shown of each."""
DEEPEST = 60
"""Hits from which "more hits" are taken."""


@dataclass(slots=True)
class Tally:
    """Sums over cases."""

    answers: int = 0
    numbers: int = 0
    pages: int = 0
    tokens: int = 0

    def add(self, case: Case, shown: Shown, names: dict[str, str]) -> None:
        text = "\n".join(text for _, text in shown)
        self.answers += contains_gold(text, case.answers)
        self.numbers += bool(numeric_match(text, case.answers, case.tolerance))
        places = {
            (names[chunk.document_id], page + 1) for chunk, _ in shown for page in chunk.pages
        }
        self.pages += any((gold.document, gold.page) in places for gold in case.pages)
        self.tokens += text_tokens(text)


def hits_alone(hits: Sequence[Hit], tokens: int) -> Shown:
    """The texts of hits within a budget."""
    selection = Selection(tokens)
    for hit in hits:
        selection.take_hit(hit.chunk, hit.rank)
    return [(piece.chunk, piece.text) for piece in selection.pieces()]


def evidence(library: Library, settings: AskSettings, hits: Sequence[Hit]) -> Shown:
    """What the answerer is shown."""
    pieces = Assembler(library, settings).assemble(hits, {})
    return [(piece.chunk, piece.shown_text) for piece in pieces]


def measure(app: App, cases: Sequence[Case], *, in_document: bool) -> None:
    """Prints a line for each way to choose what is shown."""
    library, settings = app.library, app.settings.ask
    names = {document.id: document.name for document in library.documents()}
    ids = {name: id for id, name in names.items()}
    tallies = {name: Tally() for name in ("hits", "more hits", "evidence")}
    seconds = 0.0
    for case in cases:
        own = tuple(ids[name] for name in case.documents if name in ids) if in_document else ()
        query = Query(text=case.question, filter=Filter(documents=own))
        hits = app.retriever.retrieve(query, DEEPEST).hits
        served = hits[: settings.evidence]
        start = time.perf_counter()
        shown = evidence(library, settings, served)
        seconds += time.perf_counter() - start
        spent = sum(text_tokens(text) for _, text in shown)
        tallies["hits"].add(case, hits_alone(served, settings.tokens), names)
        tallies["more hits"].add(case, hits_alone(hits, spent), names)
        tallies["evidence"].add(case, shown, names)
    paged = sum(bool(case.pages) for case in cases) or 1
    counted = sum(numeric_match("", case.answers) is not None for case in cases) or 1
    for name, tally in tallies.items():
        print(
            f"{name:10} answer {tally.answers / len(cases):.3f}  "
            f"numbers {tally.numbers / counted:.3f}  page {tally.pages / paged:.3f}  "
            f"tokens {tally.tokens / len(cases):,.0f}"
        )
    print(f"assembling took {1000 * seconds / len(cases):.0f} ms a case")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--in-document", action="store_true", help="restrict each case to its own")
    parser.add_argument("--hits", type=int, help="instead of ask.evidence")
    parser.add_argument("--tokens", type=int, help="instead of ask.tokens")
    options = parser.parse_args()
    settings = load()
    ask = replace(
        settings.ask,
        evidence=options.hits or settings.ask.evidence,
        tokens=options.tokens or settings.ask.tokens,
    )
    visual = replace(settings.visual, enabled=False)
    cases = [case for case in load_set(options.set) if case.answers and not case.unanswerable]
    print(f"{options.set.stem}: {len(cases)} cases")
    with build(replace(settings, ask=ask, visual=visual), options.library, notify=print) as app:
        measure(app, cases, in_document=options.in_document)


if __name__ == "__main__":
    main()
