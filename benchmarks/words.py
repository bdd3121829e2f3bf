"""Says how well words alone find texts, and how closely the two engines of words agree.

    python benchmarks/words.py [FOLDER...]

Each FOLDER is a collection with relevance judgements in BEIR's layout (corpus.jsonl,
queries.jsonl, qrels.tsv); the default is every folder of ../shared/data/text_ir beside the project.
A text is one chunk without title or headings. Printed for each engine: nDCG@10 over all questions
that have a relevant text, with the bootstrap's interval; then the difference of tantivy from
rank-bm25 question by question, the share of the ten best that both have, and Kendall's tau over
these.

The engines differ in two ways: tantivy keeps the length of a text in one byte, and scores in
float32.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import ir_measures
from ir_measures import nDCG

from pagesight.adapters.rank_bm25 import RankBM25WordIndex
from pagesight.adapters.tantivy import TantivyWordIndex
from pagesight.document import Chunk
from pagesight.evaluation.scores.statistics import interval, paired
from pagesight.ports import WordIndex
from pagesight.results import Filter

COLLECTIONS = Path(__file__).resolve().parents[2] / "shared" / "data" / "text_ir"
DEPTH = 10
Found = Mapping[str, list[tuple[str, float]]]
"""Question id -> (text id, score), best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    name: str
    texts: Sequence[Chunk]
    questions: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]
    """Question id -> text id -> grade above 0."""


def main(arguments: Sequence[str] | None = None) -> int:
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("folders", nargs="*", type=Path)
    folders = command.parse_args(arguments).folders or sorted(COLLECTIONS.glob("*/"))
    if not folders:
        print("no collections: nothing to measure")
    for folder in folders:
        report(read(folder))
    return 0


def report(collection: Collection) -> None:
    print(f"{collection.name}: {len(collection.texts)} texts, {len(collection.relevant)} questions")
    with tempfile.TemporaryDirectory() as directory:
        reference = found(RankBM25WordIndex(), collection)
        ours = found(TantivyWordIndex(Path(directory) / "words"), collection)
    first, second = scores(reference, collection), scores(ours, collection)
    for name, values in (("rank-bm25", first), ("tantivy", second)):
        mean = interval(values)
        print(f"  {name:10} nDCG@{DEPTH} {mean.mean:.3f} ({mean.low:.3f} to {mean.high:.3f})")
    change = paired(first, second)
    print(
        f"  difference {change.mean:+.4f} ({change.low:+.4f} to {change.high:+.4f}), "
        f"p {change.p:.3f}, {change.wins} higher, {change.losses} lower, {change.ties} equal"
    )
    shared, tau = agreement(reference, ours)
    print(f"  of the ten best {shared:.3f} are the same, in the same order by tau {tau:.3f}")


def read(folder: Path) -> Collection:
    """A collection; grades of 0 and questions without a relevant text are left out."""
    relevant: dict[str, dict[str, int]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        for question, text, grade in csv.reader(file, delimiter="\t"):
            if grade.isdecimal() and int(grade) > 0:
                relevant.setdefault(question, {})[text] = int(grade)
    texts = [
        a_chunk(str(each["_id"]), f"{each.get('title', '')}\n{each['text']}".strip())
        for each in lines(folder / "corpus.jsonl")
    ]
    questions = {str(each["_id"]): str(each["text"]) for each in lines(folder / "queries.jsonl")}
    return Collection(
        name=folder.name,
        texts=texts,
        questions={id: text for id, text in questions.items() if id in relevant},
        relevant=relevant,
    )


def lines(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def a_chunk(id: str, text: str) -> Chunk:
    return Chunk(
        id=id,
        document_id=id,
        kind="text",
        text=text,
        title="",
        heading_path=(),
        spans=(),
        regions=(),
    )


def found(index: WordIndex, collection: Collection) -> Found:
    index.add(collection.texts)
    try:
        return {
            id: index.search(text, DEPTH, Filter()) for id, text in collection.questions.items()
        }
    finally:
        index.close()


def scores(best: Found, collection: Collection) -> list[float]:
    """nDCG@10 of each question, in their order; 0 where nothing was found."""
    judged = [
        ir_measures.Qrel(question, text, grade)
        for question, grades in collection.relevant.items()
        for text, grade in grades.items()
    ]
    run = [
        ir_measures.ScoredDoc(question, text, score)
        for question, pairs in best.items()
        for text, score in pairs
    ]
    values = {
        result.query_id: result.value for result in ir_measures.iter_calc([nDCG @ 10], judged, run)
    }
    return [float(values.get(question, 0.0)) for question in collection.relevant]


def agreement(one: Found, other: Found) -> tuple[float, float]:
    """Mean share of the ten best that two engines have in common, and mean Kendall's tau-a of
    those, 1 where there are fewer than two."""
    shares, taus = [], []
    for question, pairs in one.items():
        first, second = [id for id, _ in pairs], [id for id, _ in other[question]]
        common = [id for id in first if id in second]
        shares.append(len(common) / max(len(first), len(second), 1))
        places = [second.index(id) for id in common]
        orders = [1 if a < b else -1 for a, b in combinations(places, 2)]
        taus.append(sum(orders) / len(orders) if orders else 1.0)
    return sum(shares) / len(shares), sum(taus) / len(taus)


if __name__ == "__main__":
    sys.exit(main())
