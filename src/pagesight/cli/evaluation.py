"""The commands of `pagesight eval`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pagesight.cli import figures, output
from pagesight.cli.options import (
    DEFAULT_LIBRARY,
    Config,
    Json,
    Pipeline,
    Sets,
    Where,
    load_settings,
    open_app,
    warn,
)
from pagesight.errors import SettingsError

if TYPE_CHECKING:
    from pagesight.app import App
    from pagesight.evaluation.runs.comparison import Comparison
    from pagesight.evaluation.runs.folder import RunFolder
    from pagesight.evaluation.scores.summary import Report
    from pagesight.evaluation.sets.cases import Case
    from pagesight.settings import RetrieveSettings

evaluation = typer.Typer(
    help="Measures on question sets: what is served, stage by stage.", no_args_is_help=True
)

DEFAULT_RUNS = Path("eval-runs")
MISSED = 1
"""Exit code of a gate that is missed, and of a set with faults."""

QuestionSet = Annotated[Path, typer.Argument(metavar="SET", help="A .jsonl question set.")]
Answers = Annotated[bool, typer.Option("--answers", help="Ask each question as well.")]
Judged = Annotated[
    str, typer.Option("--judge", metavar="MODEL", help="LLM at OPENAI_BASE_URL that judges.")
]
InDocument = Annotated[
    bool, typer.Option("--in-document", help="Search each question in its own documents only.")
]
NewSet = Annotated[Path, typer.Option("--out", "-o", help="The .jsonl file to write.")]
Runs = Annotated[Path, typer.Option("--out", help="Folder that keeps the runs.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A folder that `eval run` made.")]


@evaluation.command("run")
def eval_run(
    questions: QuestionSet,
    answers: Answers = False,
    judge: Judged = "",
    in_document: InDocument = False,
    out: Runs = DEFAULT_RUNS,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Run a set: metrics with intervals, where questions are lost, a report to look at."""
    from pagesight.harness import Harness

    settings = load_settings(pipeline, settings_file, sets)
    with open_app(library, settings) as built:
        folder, report = _measured(
            built, questions, out, pipeline, answers=answers, judge=judge, in_document=in_document
        )
        page = Harness(built).save_report(folder, report)
    _print_run(folder, report, page, as_json=as_json)


@evaluation.command("report")
def eval_report(run: RunPath, library: Where = DEFAULT_LIBRARY, as_json: Json = False) -> None:
    """Score a run again from its rows, and write its report anew."""
    from pagesight.evaluation.runs.folder import RunFolder
    from pagesight.harness import Harness

    folder = RunFolder(run)
    report = folder.report()
    with open_app(library) as built:
        page = Harness(built).save_report(folder, report)
    _print_run(folder, report, page, as_json=as_json)


@evaluation.command("compare")
def eval_compare(
    runs: Annotated[list[Path], typer.Argument(metavar="BASELINE RUN...", help="Folders of runs.")],
    as_json: Json = False,
) -> None:
    """Compare runs with the first one: paired differences, wins and losses, latency, size."""
    from pagesight.evaluation.runs.comparison import compare
    from pagesight.evaluation.runs.folder import RunFolder

    if len(runs) < 2:
        raise SettingsError("eval compare needs two runs or more: the baseline first")
    baseline, *others = [RunFolder(path).report() for path in runs]
    comparisons = [compare(baseline, other) for other in others]
    if as_json:
        output.print_json([_comparison_json(comparison) for comparison in comparisons])
    else:
        for comparison in comparisons:
            figures.print_comparison(comparison)


@evaluation.command("ablate")
def eval_ablate(
    questions: QuestionSet,
    in_document: InDocument = False,
    out: Runs = DEFAULT_RUNS,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Measure each list alone, and each left out, against all of them together."""
    from pagesight.evaluation.runs.ablation import variants
    from pagesight.evaluation.runs.comparison import compare

    settings = load_settings(pipeline, settings_file, sets)
    with open_app(library, settings) as built:
        _, whole = _measured(built, questions, out, pipeline, in_document=in_document)
        changed = variants(settings.retrieve, _lists_in_use(whole))
        if not changed:
            raise SettingsError("only one list gives anything: there is nothing to leave out")
        comparisons = {}
        for name, retrieve in changed.items():
            _, report = _measured(
                built,
                questions,
                out,
                f"{pipeline} {name}",
                in_document=in_document,
                retrieve=retrieve,
            )
            comparisons[name] = compare(whole, report)
    if as_json:
        output.print_json({name: _comparison_json(each) for name, each in comparisons.items()})
    else:
        figures.print_ablation(comparisons)


@evaluation.command("gate")
def eval_gate(
    questions: QuestionSet,
    baseline: Annotated[Path, typer.Option(help="The committed baseline, a .json file.")],
    update: Annotated[bool, typer.Option("--update", help="Write the baseline anew.")] = False,
    answers: Answers = False,
    in_document: InDocument = False,
    out: Runs = DEFAULT_RUNS,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Fail (exit code 1) where a metric falls below the interval of the committed baseline."""
    from pagesight.evaluation.runs.gate import baseline_of, check, load_baseline, write_baseline

    before = None if update else load_baseline(baseline)
    settings = load_settings(pipeline, settings_file, sets)
    with open_app(library, settings) as built:
        _, report = _measured(
            built, questions, out, pipeline, answers=answers, in_document=in_document
        )
    if before is None:
        before = baseline_of(report)
        write_baseline(baseline, before)
    checks = check(report, before, baseline)
    if as_json:
        output.print_json([asdict(each) | {"passed": each.passed} for each in checks])
    else:
        figures.print_gate(checks, baseline, updated=update)
    if not all(each.passed for each in checks):
        raise typer.Exit(MISSED)


@evaluation.command("validate")
def eval_validate(questions: QuestionSet, as_json: Json = False) -> None:
    """List every fault of a question set, by line and field (exit code 1 if there is one)."""
    from pagesight.evaluation.sets.cases import load_set, validate_set

    faults = validate_set(questions)
    if as_json:
        output.print_json(faults)
    else:
        for fault in faults:
            output.console.print(fault, markup=False)
        if not faults:
            output.console.print(f"{len(load_set(questions))} questions, no fault", markup=False)
    if faults:
        raise typer.Exit(MISSED)


@evaluation.command("import")
def eval_import(
    layout: Annotated[
        str, typer.Argument(help="azure, beir, financebench, irpapers, mmlongbench or trec.")
    ],
    path: Annotated[Path, typer.Argument(help="Their file or folder.")],
    out: NewSet,
    pdfs: Annotated[
        Path | None,
        typer.Option(help="beir: folder that its texts are printed into as PDFs, to be ingested."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Turn somebody else's question set into ours; pages become 1-based."""
    from pagesight.evaluation.sets.importers import LAYOUTS
    from pagesight.harness import print_corpus

    if layout not in LAYOUTS:
        raise SettingsError(f"no layout is called {layout!r}: known are {', '.join(LAYOUTS)}")
    if pdfs is not None and layout != "beir":
        raise SettingsError("--pdfs goes with the layout beir: the others have PDFs already")
    imported = LAYOUTS[layout](path)
    printed = 0
    if pdfs is not None:
        with output.counting("texts") as done:
            printed = print_corpus(path, pdfs, done)
    notes = [f"{count} left out: {reason}" for reason, count in imported.left_out.items()]
    notes += [f"{printed} texts printed into {pdfs}"] if printed else []
    _save_set(out, imported.cases, notes, as_json=as_json)


@evaluation.command("build")
def eval_build(
    out: NewSet,
    documents: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Documents or folders of the library; all."),
    ] = None,
    model: Annotated[
        str, typer.Option(help="LLM at OPENAI_BASE_URL that writes the questions instead.")
    ] = "",
    per_document: Annotated[int, typer.Option(min=1, help="Questions for each document.")] = 20,
    seed: Annotated[int, typer.Option(help="Another seed, another choice.")] = 0,
    library: Where = DEFAULT_LIBRARY,
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Make questions with known answers from your own ingested PDFs; marked as synthetic."""
    from pagesight.harness import Harness

    settings = load_settings(pipeline, settings_file, sets)
    with open_app(library, settings) as built, output.counting("documents") as done:
        cases, rejected = Harness(built).build_set(
            documents or [], done, model=model, per_document=per_document, seed=seed
        )
    notes = [f"{count} rejected: {reason}" for reason, count in rejected.items()]
    waiting = sum(bool(case.review) for case in cases)
    notes += [f"{waiting} wait for review: take out the key when you have looked"] * bool(waiting)
    _save_set(out, cases, notes, as_json=as_json)


@evaluation.command("from-feedback")
def eval_from_feedback(
    out: NewSet, library: Where = DEFAULT_LIBRARY, as_json: Json = False
) -> None:
    """Turn the thumbs of readers into cases that a person must review."""
    from pagesight.evaluation.sets.feedback import FILE_NAME, FeedbackLog, cases_from

    with open_app(library) as built:
        log = built.library.root / FILE_NAME
    cases = cases_from(FeedbackLog(log).read())
    if not cases:
        raise SettingsError(f"{log}: nobody has given feedback yet")
    _save_set(
        out, cases, ["each waits for review: mend it, then take out the key"], as_json=as_json
    )


@evaluation.command("judge")
def eval_judge(
    model: Annotated[str, typer.Argument(help="LLM at OPENAI_BASE_URL.")],
    cases: Annotated[Path, typer.Option(help="Hand-labelled cases.")] = Path(
        "eval/judge_cases.jsonl"
    ),
    pipeline: Pipeline = "default",
    settings_file: Config = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Say how far a judge can be trusted: its agreement with hand-labelled verdicts."""
    from pagesight.evaluation.scores.judge import load_cases, validate
    from pagesight.harness import judge_of

    labelled = load_cases(cases)
    settings = load_settings(pipeline, settings_file, sets)
    with output.counting("verdicts") as done:
        agreement = validate(judge_of(settings, model), labelled, done)
    if as_json:
        output.print_json(asdict(agreement))
    else:
        figures.print_agreement(model, agreement)


def _save_set(path: Path, cases: Sequence[Case], notes: Sequence[str], *, as_json: bool) -> None:
    from pagesight.evaluation.sets.cases import write_set

    if not cases:
        raise SettingsError(f"no question came out of it; {path} was not written")
    write_set(path, cases)
    if as_json:
        output.print_json({"set": str(path), "cases": len(cases), "notes": list(notes)})
        return
    for note in notes:
        output.console.print(note, markup=False)
    output.console.print(f"{len(cases)} questions written to {path}", markup=False)


def _measured(
    built: App,
    questions: Path,
    out: Path,
    pipeline: str,
    *,
    answers: bool = False,
    judge: str = "",
    in_document: bool = False,
    retrieve: RetrieveSettings | None = None,
) -> tuple[RunFolder, Report]:
    from pagesight.harness import Harness

    with output.counting(pipeline) as done:
        try:
            return Harness(built).evaluate(
                questions,
                out,
                done,
                pipeline=pipeline,
                answers=answers,
                judge=judge,
                in_document=in_document,
                retrieve=retrieve,
            )
        except KeyboardInterrupt:
            warn("interrupted; the questions that are done are kept: run it again to go on")
            raise typer.Exit(130) from None


def _print_run(folder: RunFolder, report: Report, page: Path, *, as_json: bool) -> None:
    from pagesight.evaluation.report import report_json

    if as_json:
        output.print_json({"folder": str(folder.path), **report_json(report)})
    else:
        figures.print_report(report)
        output.console.print(f"report: {page}", markup=False)


def _comparison_json(comparison: Comparison) -> dict[str, object]:
    metrics = [asdict(each) | {"significant": each.significant} for each in comparison.metrics]
    return asdict(comparison) | {"metrics": metrics, "verdict": comparison.verdict}


def _lists_in_use(report: Report) -> list[str]:
    """Lists that gave a hit in the run."""
    return list(
        dict.fromkeys(name for row in report.rows for hit in row.hits for name in hit.ranks)
    )
