"""Measure: cases become rows in a folder, the rows a report, the report files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from pagesight.document import file_name
from pagesight.errors import SettingsError
from pagesight.evaluation.record import RunInfo
from pagesight.evaluation.report import render_html, render_markdown, report_json
from pagesight.evaluation.runs.folder import RunFolder
from pagesight.evaluation.runs.run import Runner, Subject
from pagesight.evaluation.scores.levels import LEVELS, applies, gold_units, ranked_units
from pagesight.evaluation.scores.summary import Report
from pagesight.evaluation.sets.cases import Case, set_hash
from pagesight.evaluation.trec import write_qrels, write_run
from pagesight.files import write_whole
from pagesight.library import Library
from pagesight.settings import Settings

KEY_DIGITS = 8
"""Of the key, in the name of a run's folder."""
_NOT_IN_KEY = ("name", "library", "index_bytes", "started", "key")

Done = Callable[[int, int], None]
"""Is told (cases done, cases in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be run."""

    set_name: str
    pipeline: str
    settings: Settings
    answerer: str
    """Name of the answerer; "" when only retrieval is run."""
    judge: str
    in_document: bool


def measure(
    plan: Plan,
    cases: Sequence[Case],
    library: Library,
    subject: Callable[[], Subject],
    out: Path,
    done: Done,
) -> tuple[RunFolder, Report]:
    """Runs what was not run before, and scores the whole. The report's files are not written yet.

    Cases that wait for review do not count. `subject` is called only if there is something left
    to run; `out` is the folder of run folders.

    Raises:
        SettingsError: `out` cannot be written, or the library holds none of the documents.
    """
    asked = [case for case in cases if not case.review]
    counted = named_as_in(library, asked)
    info = run_info(plan, asked, library)
    info = replace(info, key=_key(info, set_hash(counted)))
    folder = RunFolder(out / f"{_slug(info.name)}-{info.key[:KEY_DIGITS]}")
    rows = folder.begin(info, counted)
    left = [case for case in counted if case.id not in rows]
    done(len(rows), len(counted))
    if left:
        runner = Runner(subject(), counted)
        for number, case in enumerate(left, start=len(rows) + 1):
            folder.add(runner.row(case))
            done(number, len(counted))
    return folder, folder.report()


def run_info(plan: Plan, cases: Sequence[Case], library: Library) -> RunInfo:
    """What is going to be run; its key is not set yet."""
    documents = library.documents()
    return RunInfo(
        name=f"{plan.set_name} {plan.pipeline}",
        set_name=plan.set_name,
        set_hash=set_hash(cases),
        cases=len(cases),
        pipeline=plan.pipeline,
        settings=plan.settings.as_dict(),
        library=str(library.root),
        library_hash=library.content_hash(),
        documents=len(documents),
        pages=sum(document.page_count for document in documents),
        chunks=sum(document.chunks for document in documents),
        index_bytes=_size(library.root / "index") + _size(library.root / "catalogue.db"),
        answers=bool(plan.answerer),
        answerer=plan.answerer,
        in_document=plan.in_document,
        count=plan.settings.retrieve.count,
        depth=plan.settings.retrieve.depth,
        version=version("pagesight"),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        judge=plan.judge,
    )


def named_as_in(library: Library, cases: Sequence[Case]) -> list[Case]:
    """The cases with every document under the name that the library knows it by: a file may have
    come under several names.

    Raises:
        SettingsError: a name is that of several documents.
    """
    primary = {document.id: document.name for document in library.documents()}
    owners: dict[str, dict[str, str]] = {}
    for source, id in library.sources().items():
        owners.setdefault(file_name(source), {})[id] = source
    for name in sorted({name for case in cases for name in case.documents}):
        if len(found := owners.get(name, {})) > 1:
            raise SettingsError(
                f"{name} is the name of {len(found)} documents of {library.root} "
                f"({', '.join(sorted(found.values()))}): a question set needs names of their own"
            )
    names = {name: primary[id] for name, ids in owners.items() for id in ids}
    return [_renamed(case, names) for case in cases]


def _renamed(case: Case, names: Mapping[str, str]) -> Case:
    """The case with file names replaced, where `names` has others for them."""

    def new(name: str) -> str:
        return names.get(name, name)

    def unit(key: str) -> str:
        name, mark, page = key.rpartition("#")
        return f"{new(name)}{mark}{page}" if mark and name in case.documents else new(key)

    return replace(
        case,
        documents=tuple(dict.fromkeys(map(new, case.documents))),
        pages=tuple(
            dict.fromkeys(replace(each, document=new(each.document)) for each in case.pages)
        ),
        boxes=tuple(replace(box, document=new(box.document)) for box in case.boxes),
        grades={unit(key): grade for key, grade in case.grades.items()},
    )


def save_report(folder: RunFolder, report: Report, pictures: Mapping[str, bytes]) -> Path:
    """Writes report.html, report.md, report.json and the files for trec_eval; returns the page."""
    page = folder.path / "report.html"
    write_whole(page, render_html(report, pictures).encode())
    write_whole(folder.path / "report.md", render_markdown(report).encode())
    plain = json.dumps(report_json(report), ensure_ascii=False, indent=1)
    write_whole(folder.path / "report.json", f"{plain}\n".encode())
    for level in LEVELS:
        pairs = [
            (case, row)
            for case, row in zip(report.cases, report.rows, strict=True)
            if applies(level, case)
        ]
        if pairs:
            gold = {case.id: gold_units(level, case, row) for case, row in pairs}
            ranked = {case.id: ranked_units(level, case, row) for case, row in pairs}
            write_qrels(folder.path / f"{level}.qrels", gold)
            write_run(folder.path / f"{level}.run", ranked, report.info.key[:KEY_DIGITS])
    return page


def _key(info: RunInfo, cases_hash: str) -> str:
    parts = {name: value for name, value in asdict(info).items() if name not in _NOT_IN_KEY}
    return sha256(
        json.dumps([parts, cases_hash, _code_hash()], sort_keys=True).encode()
    ).hexdigest()


@cache
def _code_hash() -> str:
    """Of all modules and prompts: after a change of the code nothing old is taken for new."""
    package = Path(__file__).parents[2]
    places = (package, package / "_prompts", package.parents[1] / "prompts")
    files = {*package.rglob("*.py"), *(path for at in places for path in at.glob("*.toml"))}
    digest = sha256()
    for path in sorted(files):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _size(path: Path) -> int:
    """Bytes of a file, or of all files under a folder."""
    files = [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]
    return sum(found.stat().st_size for found in files)


def _slug(text: str) -> str:
    """For a folder's name: letters, digits, dots and hyphens."""
    return "-".join("".join(c if c.isalnum() or c in "._" else " " for c in text).split())
