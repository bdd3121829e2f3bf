"""Question sets of others as cases. eval/README.md describes the layouts.

Page numbers come out 1-based, whatever the source counts from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pagesight.errors import SettingsError
from pagesight.evaluation.sets import layouts
from pagesight.evaluation.sets.cases import Case, GoldBox, GoldPage, faults_of
from pagesight.evaluation.sets.layouts import Document, Flat, Published, Query, Ranked
from pagesight.evaluation.trec import read_qrels
from pagesight.geometry import BBox

UNANSWERABLE = "Not answerable"
"""What MMLongBench-Doc gives as the answer of a question that the document does not answer."""

Judged = Mapping[str, Mapping[tuple[str, int], int]]
"""Question -> (file name, 1-based page or 0 for all of it) -> grade from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Cases, each of which may stand in a set, and the questions that were left out."""

    cases: tuple[Case, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason -> questions."""


def import_trec(topics: Path, qrels: Path) -> Imported:
    """TREC topics (`id<TAB>question` or `<top>`) and judgements (`topic 0 document grade`).

    A judged document is a file name ("a.pdf") or a page of it ("a.pdf#12"), percent-encoded.

    Raises:
        SettingsError: a file cannot be read or a line is wrong; names file, line and field.
    """
    judged = {
        topic: {_unit(name): grade for name, grade in found.items()}
        for topic, found in read_qrels(qrels).items()
    }
    return _with_judgements(topics, _topics(topics), judged)


def import_beir(folder: Path, split: str = "test") -> Imported:
    """A BEIR folder: queries.jsonl, and qrels/SPLIT.tsv or qrels.tsv; whole documents are judged.

    `beir_corpus` gives the documents under the same names.

    Raises:
        SettingsError: a file cannot be read or a line is wrong; names file, line and field.
    """
    queries = _find(folder, "queries.jsonl", "queries.jsonl.gz")
    qrels = _find(folder, f"qrels/{split}.tsv", "qrels.tsv")
    questions = ((where, row.id, row.text) for where, row in layouts.read(queries, Query))
    return _with_judgements(queries, questions, _beir_judgements(qrels))


def beir_corpus(folder: Path) -> Iterator[tuple[str, str, str]]:
    """File name, title and text of each document of a BEIR folder, in the order of the file.

    Raises:
        SettingsError: the corpus cannot be read or a line is wrong; names file, line and field.
    """
    for _, row in layouts.read(_find(folder, "corpus.jsonl", "corpus.jsonl.gz"), Document):
        yield _file_name(row.id), row.title or "", row.text


def import_financebench(path: Path) -> Imported:
    """FinanceBench: the published lines (0-based `evidence_page_num`), or flat ones (1-based).

    Raises:
        SettingsError: the file cannot be read or a line is wrong; names file, line and field.
    """
    return _imported(path, _cases(path, layouts.FinanceBench))


def import_mmlongbench(path: Path) -> Imported:
    """MMLongBench-Doc: the published samples.json (1-based pages), or flat lines.

    Each question is about one document ("in this report"): search it in that document only.

    Raises:
        SettingsError: the file cannot be read or an entry is wrong; names file, entry and field.
    """
    return _imported(path, _cases(path, layouts.Sample))


def import_irpapers(path: Path) -> Imported:
    """IRPAPERS: the published rows as JSON or JSONL (`dataset_id` "2_1"), or flat lines.

    Raises:
        SettingsError: the file cannot be read or a line is wrong; names file, line and field.
    """
    return _imported(path, _cases(path, layouts.Paper))


def published_run(path: Path) -> dict[str, tuple[GoldPage, ...]]:
    """Case id -> pages that a published system found, best first (`published_hybrid_top20`).

    For flat lines of IRPAPERS, to score that system beside our own runs.

    Raises:
        SettingsError: the file cannot be read or a line is wrong; names file, line and field.
    """
    return {
        row.id: tuple(
            GoldPage(document=name, page=number)
            for name, number in map(layouts.paper_page, row.published_hybrid_top20)
        )
        for _, row in layouts.read(path, Ranked)
    }


def import_azure(path: Path) -> Imported:
    """Questions over the sample data of azure-search-openai-demo, as flat lines (1-based).

    Raises:
        SettingsError: the file cannot be read or a line is wrong; names file, line and field.
    """
    return _imported(path, ((where, _case(row)) for where, row in layouts.read(path, Flat)))


def _trec_folder(folder: Path) -> Imported:
    return import_trec(_find(folder, "topics.*"), _find(folder, "qrels.*"))


LAYOUTS: Mapping[str, Callable[[Path], Imported]] = {
    "azure": import_azure,
    "beir": import_beir,
    "financebench": import_financebench,
    "irpapers": import_irpapers,
    "mmlongbench": import_mmlongbench,
    "trec": _trec_folder,
}
"""Name on the command line -> importer; "beir" and "trec" (topics.*, qrels.*) take a folder."""

_KINDS = {
    "Pure-text (Plain-text)": "text",
    "Generalized-text (Layout)": "text",
    "Table": "table",
    "Figure": "figure",
    "Chart": "figure",
}
"""Evidence source of MMLongBench-Doc -> evidence kind; several kinds are "mixed"."""


_NUMBER = re.compile(r"(?i)<num>\s*(?:number:)?\s*([^\s<]+)")
_TITLE = re.compile(r"(?is)<title>\s*(?:topic:)?\s*(.+?)\s*(?=</?[a-z]+>|\Z)")
"""A tag of a TREC topic need not be closed."""


def _imported(
    path: Path, cases: Iterable[tuple[str, Case]], left_out: Mapping[str, int] | None = None
) -> Imported:
    """The cases, each checked as if it stood in a set."""
    places: dict[str, str] = {}
    kept = []
    for where, case in cases:
        for fault in faults_of(case):
            raise SettingsError(f"{where}: {fault}")
        if case.id in places:
            raise SettingsError(f"{where}: the id {case.id!r} is that of {places[case.id]}")
        places[case.id] = where
        kept.append(case)
    if not kept and not left_out:
        raise SettingsError(f"{path}: holds no questions")
    return Imported(cases=tuple(kept), left_out=left_out or {})


def _cases(path: Path, published: type[Published]) -> Iterator[tuple[str, Case]]:
    """Cases of lines in the published layout or the flat one, told apart by their keys."""
    numbers: Counter[str] = Counter()
    for where, item in layouts.items(path):
        if published.KEY not in item:
            yield where, _case(layouts.valid(Flat, item, where))
            continue
        flat = layouts.valid(published, item, where).flat()
        if published.NUMBERED:
            numbers[flat.id] += 1
            flat.id += f"-{numbers[flat.id]}"
        yield where, _case(flat)


def _case(row: Flat) -> Case:
    answer = (row.answer or "").strip()
    unanswerable = answer == UNANSWERABLE
    regions = [] if unanswerable else row.regions
    cited = [(cited.doc, page) for cited in row.evidence for page in cited.pages]
    cited = cited or [(row.doc, page) for page in row.pages]
    cited += [(row.doc, region.page) for region in regions]
    return Case(
        id=row.id,
        question=row.question.strip(),
        documents=tuple(dict.fromkeys(name for name, _ in cited)) or (row.doc,),
        pages=() if unanswerable else _gold(cited),
        boxes=tuple(
            GoldBox(document=row.doc, page=region.page, bbox=BBox(*region.bbox))
            for region in regions
        ),
        evidence="" if unanswerable else row.evidence_type or _kind(row.evidence_sources),
        answers=(answer,) if answer and not unanswerable else (),
        unanswerable=unanswerable,
        tags=tuple(_tags(row)),
    )


def _gold(units: Iterable[tuple[str, int]]) -> tuple[GoldPage, ...]:
    """Grouped by document in the order of their first pages, each document's pages ascending."""
    numbers: dict[str, set[int]] = {}
    for name, number in units:
        numbers.setdefault(name, set()).add(number)
    return tuple(
        GoldPage(document=name, page=number)
        for name, found in numbers.items()
        for number in sorted(found)
    )


def _kind(sources: Iterable[str]) -> str:
    kinds = sorted({_KINDS.get(source, "") for source in sources})
    return kinds[0] if len(kinds) == 1 else "mixed" if kinds else ""


def _tags(row: Flat) -> Iterator[str]:
    if row.answer_format and row.answer_format != "None":
        yield f"format:{row.answer_format}"
    if row.image_only_doc:
        yield "image-only"
    if row.question_type:
        yield row.question_type
    if row.question_reasoning:
        yield from (part.capitalize() for part in row.question_reasoning.split(" OR "))


def _with_judgements(
    path: Path, questions: Iterable[tuple[str, str, str]], judged: Judged
) -> Imported:
    """Questions (place, id, text) with what was judged relevant to them."""
    asked = list(questions)
    counts = {
        "no relevant document is judged": sum(not judged.get(id) for _, id, _ in asked),
        "judged, but the question is missing": len(judged.keys() - {id for _, id, _ in asked}),
    }
    found = (
        (where, _judged_case(id, text, judged[id])) for where, id, text in asked if judged.get(id)
    )
    return _imported(path, found, {reason: count for reason, count in counts.items() if count})


def _judged_case(id: str, question: str, grades: Mapping[tuple[str, int], int]) -> Case:
    return Case(
        id=id,
        question=question.strip(),
        documents=tuple(dict.fromkeys(name for name, _ in grades)),
        pages=_gold(unit for unit in grades if unit[1]),
        grades={
            f"{name}#{number}" if number else name: grade
            for (name, number), grade in grades.items()
            if grade != 1
        },
    )


def _unit(name: str) -> tuple[str, int]:
    """File name and page of a judged document; page 0 for all of it."""
    page = re.fullmatch(r"(.+)#([1-9][0-9]*)", name)
    return (page[1], int(page[2])) if page else (name, 0)


def _topics(path: Path) -> Iterator[tuple[str, str, str]]:
    """Place, id and question of each topic."""
    numbered = list(layouts.lines(path))
    text = "\n".join(line for _, line in numbered)
    if not re.search(r"(?i)<top>", text):
        for where, line in numbered:
            topic, question = _columns(line, where, "id", "question")
            yield where, topic, question
        return
    for number, top in enumerate(re.split(r"(?i)<top>", text)[1:], start=1):
        where = f"{path}, topic {number}"
        id = _NUMBER.search(top)
        title = _TITLE.search(top)
        if id is None or title is None:
            raise SettingsError(f"{where}: must hold `<num>` and `<title>`")
        yield where, id[1], " ".join(title[1].split())


def _beir_judgements(path: Path) -> Judged:
    judged: dict[str, dict[tuple[str, int], int]] = {}
    columns = ("query-id", "corpus-id", "score")
    for where, line in layouts.lines(path):
        query, document, score = _columns(line, where, *columns)
        if (query, document, score) == columns:
            continue
        if not re.fullmatch(r"-?[0-9]+", score):
            raise SettingsError(f"{where}: `score`: {score!r} is not a whole number")
        if int(score) > 0:
            judged.setdefault(query, {})[_file_name(document), 0] = int(score)
    return judged


def _columns(line: str, where: str, *names: str) -> list[str]:
    fields = [text.strip() for text in line.split("\t", len(names) - 1)]
    if len(fields) != len(names):
        raise SettingsError(f"{where}: must be {'<TAB>'.join(names)}")
    return fields


def _file_name(id: str) -> str:
    """A BEIR document as a PDF: different ids, different names."""
    return f"{quote(id, safe='')}.pdf"


def _find(folder: Path, *patterns: str) -> Path:
    """The one file of the first pattern that matches any.

    Raises:
        SettingsError: no pattern matches, or one matches several files.
    """
    for pattern in patterns:
        found = sorted(folder.glob(pattern))
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise SettingsError(f"{folder}: holds several {pattern} ({names}): keep one")
        if found:
            return found[0]
    raise SettingsError(f"{folder}: must be a folder that holds {' or '.join(patterns)}")
