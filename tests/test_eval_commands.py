"""`pagesight eval` from outside: runs, comparisons, gates, sets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import pytrec_eval

from pagesight.evaluation.sets.cases import load_set
from tests.conftest import COMMAND, ROOT, json_of, run_pagesight
from tests.endpoint import serving

GOLDEN = ROOT / "eval" / "golden.jsonl"
QUICK = ("--pipeline", "words")
"""Loads no model."""
BROKEN = tuple(
    f"--set=retrieve.{setting}" for setting in ("depth=1", "weight_inside=0.0", "weight_pages=0.0")
)
"""One hit at most."""
RETRIEVED = 120
"""Golden questions with gold pages."""


@pytest.fixture(scope="session")
def runs(samples_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of the golden set by words alone."""
    out = tmp_path_factory.mktemp("runs")
    run(samples_library, out)
    return out


def run(library: Path, out: Path, *options: str) -> dict[str, Any]:
    done: dict[str, Any] = json_of(
        "eval", "run", GOLDEN, "--library", library, "--out", out, *QUICK, *options
    )
    return done


def test_the_shipped_set_passes_its_gate(samples_library: Path, tmp_path: Path) -> None:
    done = run_pagesight(
        *("eval", "gate", GOLDEN, "--answers", "--library", samples_library),
        *("--baseline", ROOT / "eval" / "baselines" / "golden.json", "--out", tmp_path),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MISSED" not in done.stdout
    for metric in ("page recall@5", "kind recall@5", "answer contains_gold"):
        assert metric in done.stdout


def test_a_run_leaves_reports_and_files_that_trec_eval_scores_alike(
    samples_library: Path, runs: Path
) -> None:
    report = run(samples_library, runs)
    folder = Path(report["folder"])
    page = report["retrieval"]["page"]["all"]
    assert page["cases"] == RETRIEVED
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "# " in (folder / "report.md").read_text(encoding="utf-8")
    assert json.loads((folder / "report.json").read_text())["retrieval"]["page"]["all"] == page
    with (folder / "page.qrels").open() as qrels, (folder / "page.run").open() as found:
        judged = pytrec_eval.parse_qrel(qrels)
        scores = pytrec_eval.RelevanceEvaluator(judged, {"recall.5", "recip_rank"}).evaluate(
            pytrec_eval.parse_run(found)
        )
    for ours, theirs in (("recall@5", "recall_5"), ("mrr", "recip_rank")):
        mean = sum(each[theirs] for each in scores.values()) / RETRIEVED
        assert page["metrics"][ours]["mean"] == pytest.approx(mean, abs=1e-6)


def test_a_run_that_is_given_again_runs_nothing(samples_library: Path, runs: Path) -> None:
    first = Path(run(samples_library, runs)["folder"]) / "rows.jsonl"
    before = first.read_bytes()
    again = run(samples_library, runs)
    assert Path(again["folder"]) / "rows.jsonl" == first
    assert first.read_bytes() == before
    other = run(samples_library, runs, "--set", "retrieve.depth=40")
    assert other["folder"] != again["folder"]


def test_a_run_compared_with_itself_says_no_difference_and_with_a_broken_one_worse(
    samples_library: Path, runs: Path, tmp_path: Path
) -> None:
    good = run(samples_library, runs)["folder"]
    same = run(samples_library, tmp_path)["folder"]
    (comparison,) = json_of("eval", "compare", good, same)
    assert comparison["verdict"] == "no difference"
    broken = run(samples_library, runs, *BROKEN)["folder"]
    (comparison,) = json_of("eval", "compare", good, broken)
    assert comparison["verdict"].startswith("worse: ")
    assert "better" not in comparison["verdict"]
    assert len(comparison["lost"]) > len(comparison["won"])
    shown = run_pagesight("eval", "compare", broken, good).stdout
    assert "better: " in shown
    assert "won by page mrr" in shown
    assert "index: " in shown


def test_the_gate_fails_for_a_broken_pipeline(
    samples_library: Path, runs: Path, tmp_path: Path
) -> None:
    gate = ("eval", "gate", GOLDEN, "--library", samples_library, "--out", runs, *QUICK)
    baseline = tmp_path / "baseline.json"
    missing = run_pagesight(*gate, "--baseline", baseline)
    assert missing.returncode == 2
    assert "--update" in missing.stderr
    assert run_pagesight(*gate, "--baseline", baseline, "--update").returncode == 0
    assert run_pagesight(*gate, "--baseline", baseline).returncode == 0
    failed = run_pagesight(*gate, "--baseline", baseline, *BROKEN)
    assert failed.returncode == 1
    assert "MISSED" in failed.stdout


def test_an_ablation_measures_each_list_alone_and_left_out(
    samples_library: Path, runs: Path
) -> None:
    ablate = ("eval", "ablate", GOLDEN, "--library", samples_library, "--out", runs)
    found = json_of(*ablate)
    lists = ("dense", "words", "inside", "pages")
    alone, less = ([f"{how} {name}" for name in lists] for how in ("only", "without"))
    assert list(found) == [*alone, *less, "without kinds", "without documents"]
    for comparison in found.values():
        assert comparison["cases"] == RETRIEVED + 12
        assert comparison["baseline"]["pipeline"] == "default"
        for metric in comparison["metrics"]:
            assert metric["significant"] == (metric["p_adjusted"] < 0.05)
    worst = found["only dense"]["metrics"][0]
    assert (worst["metric"], worst["significant"]) == ("page recall@1", True)
    shown = run_pagesight(*ablate).stdout
    row, interval = shown[shown.index("only dense") :].splitlines()[:2]
    mean, low, high = (
        f"{worst['difference'][each]:+.2f}".replace("0.", ".") for each in ("mean", "low", "high")
    )
    assert f"{mean}* " in row
    assert f"{low}..{high}" in interval
    assert max(map(len, shown.splitlines())) <= 80
    off = [f"--set=retrieve.weight_{name}=0.0" for name in ("pages", "inside", "kinds")]
    one = run_pagesight(*ablate, *QUICK, *off)
    assert one.returncode == 2
    assert "nothing to leave out" in one.stderr


def test_a_lost_question_is_blamed_and_a_crash_is_a_row(
    samples_library: Path, tmp_path: Path
) -> None:
    cases = [
        {"id": "gone", "question": "What?", "documents": ["gone.pdf"], "pages": [1]},
        {
            "id": "blind",
            "image": "nothing.png",
            "documents": ["hydra-p4-service-manual.pdf"],
            "pages": [4],
        },
        json.loads(GOLDEN.read_text().splitlines()[0]),
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    (tmp_path / "nothing.png").write_bytes(b"no picture")
    report = json_of("eval", "run", path, "--library", samples_library, "--out", tmp_path / "runs")
    lost = {each["id"]: each["lost"] for each in report["questions"]}
    assert lost == {"gone": "ingested", "blind": "crashed", "g001": None}
    assert report["retrieval"]["page"]["all"]["metrics"]["hit@5"]["mean"] == pytest.approx(1 / 3)


def test_a_figure_found_by_its_own_words_in_a_picture(
    samples_library: Path, tmp_path: Path
) -> None:
    shown = json_of("docs", "show", "hydra-p4-service-manual.pdf", "--library", samples_library)
    figure = next(
        one for one in shown["visuals"] if one["kind"] == "figure" and len(one["text"]) > 100
    )
    shutil.copy(figure["crop"], tmp_path / "question.png")
    case = {
        "id": "picture",
        "image": "question.png",
        "documents": ["hydra-p4-service-manual.pdf"],
        "pages": [figure["page"]],
        "evidence": "figure",
    }
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(case))
    report = json_of("eval", "run", path, "--library", samples_library, "--out", tmp_path / "runs")
    assert report["retrieval"]["kind"]["all"]["metrics"]["hit@5"]["mean"] == 1.0


def test_ctrl_c_keeps_the_questions_that_are_done(samples_library: Path, tmp_path: Path) -> None:
    some = tmp_path / "some.jsonl"
    some.write_text("".join(GOLDEN.read_text().splitlines(keepends=True)[:20]))
    command = ("eval", "run", some, "--answers", "--library", samples_library, "--out", tmp_path)
    running = subprocess.Popen(
        [str(COMMAND), *map(str, command)], stderr=subprocess.PIPE, text=True
    )
    rows = wait_for_rows(tmp_path, running)
    os.kill(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "run it again to go on" in errors
    assert "Traceback" not in errors
    kept = rows.read_bytes().splitlines(keepends=True)[:3]
    report = json_of(*command)
    assert report["answers"]["all"]["cases"] == 20
    assert rows.read_bytes().splitlines(keepends=True)[:3] == kept


def wait_for_rows(out: Path, running: subprocess.Popen[str]) -> Path:
    """The file of rows, once it has three."""
    for _ in range(600):
        assert running.poll() is None
        for rows in out.glob("*/rows.jsonl"):
            if rows.read_bytes().count(b"\n") >= 3:
                return rows
        time.sleep(0.1)
    raise AssertionError("no rows within a minute")


def test_a_model_answers_and_another_judges_it(samples_library: Path, tmp_path: Path) -> None:
    some = tmp_path / "some.jsonl"
    some.write_text("".join(GOLDEN.read_text().splitlines(keepends=True)[:2]))
    with serving() as endpoint:
        endpoint.pieces = ["Wait 8 minutes [1].\n", "VERDICT: correct"]
        environment = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": "any"}
        done = run_pagesight(
            *("eval", "run", some, "--answers", "--judge", "judge", "--json"),
            *("--set", "ask.model=writer", "--library", samples_library, "--out", tmp_path),
            *QUICK,
            environment=environment,
        )
        assert done.returncode == 0, done.stderr
        assert [asked["model"] for asked in endpoint.requests] == ["writer", "judge"] * 2
        agreement = run_pagesight("eval", "judge", "judge", environment=environment, folder=ROOT)
    report = json.loads(done.stdout)
    assert report["info"]["answerer"] == "writer"
    assert report["info"]["judge"] == "judge"
    metrics = report["answers"]["all"]["metrics"]
    assert metrics["judged"]["mean"] == 1.0
    assert metrics["contains_gold"]["mean"] == 0.5
    assert "judge: agrees with 0.4" in agreement.stdout
    assert "kappa 0.000" in agreement.stdout


def test_a_built_set_is_valid_synthetic_and_found(samples_library: Path, tmp_path: Path) -> None:
    path = tmp_path / "built.jsonl"
    manual = "hydra-p4-service-manual.pdf"
    build = ("eval", "build", manual, "--out", path, "--library", samples_library)
    done = run_pagesight(*build, "--per-document", "10")
    assert done.returncode == 0, done.stderr
    cases = load_set(path)
    assert f"{len(cases)} questions written" in done.stdout
    assert 5 <= len(cases) <= 10
    assert all(case.synthetic and case.documents == (manual,) for case in cases)
    assert run_pagesight("eval", "validate", path).returncode == 0
    shown = run_pagesight(
        "eval", "run", path, "--library", samples_library, "--out", tmp_path / "runs", *QUICK
    ).stdout
    assert f"{len(cases)} of the questions are synthetic" in shown
    assert run_pagesight(*build[:2], "nothing.pdf", *build[3:]).returncode == 2


def test_faults_of_a_set_are_listed_by_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": "1", "question": "x?", "documents": ["a.pdf"], "page": 3}\n{"id": 2}\n')
    done = run_pagesight("eval", "validate", path)
    assert done.returncode == 1
    assert "line 1" in done.stdout
    assert "did you mean `pages`" in done.stdout
    assert "line 2" in done.stdout


def test_a_beir_folder_becomes_a_set_and_documents(tmp_path: Path) -> None:
    beir = tmp_path / "beir"
    (beir / "qrels").mkdir(parents=True)
    (beir / "corpus.jsonl").write_text('{"_id": "d 1", "title": "Seals", "text": "Use FKM."}\n')
    (beir / "queries.jsonl").write_text('{"_id": "q1", "text": "Which seals use FKM?"}\n')
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td 1\t2\n")
    path, pdfs, library = tmp_path / "set.jsonl", tmp_path / "pdfs", tmp_path / "library"
    done = run_pagesight("eval", "import", "beir", beir, "--out", path, "--pdfs", pdfs)
    assert done.returncode == 0, done.stderr
    quick = ("--library", library, "--set", "visual.enabled=false")
    assert run_pagesight("ingest", pdfs, *quick).returncode == 0
    report = json_of("eval", "run", path, "--library", library, "--out", tmp_path / "runs", *QUICK)
    assert report["retrieval"]["document"]["all"]["metrics"]["ndcg@10"]["mean"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare", "a"), "two runs or more"),
        (("compare", "a", "b"), "a: is not the folder of a run"),
        (("import", "csv", "x", "--out", "y"), "no layout is called 'csv': known are azure, beir"),
        (("import", "trec", "x", "--out", "y", "--pdfs", "z"), "--pdfs goes with the layout beir"),
        (("run", "gone.jsonl"), "gone.jsonl"),
        (("validate", "gone.jsonl"), "gone.jsonl"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: tuple[str, ...], said: str, samples_library: Path, tmp_path: Path
) -> None:
    environment = {"PAGESIGHT_LIBRARY": str(samples_library)}
    done = run_pagesight("eval", *arguments, environment=environment, folder=tmp_path)
    assert done.returncode in (1, 2)
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_without_feedback_there_is_nothing_to_review(samples_library: Path, tmp_path: Path) -> None:
    done = run_pagesight(
        "eval", "from-feedback", "--library", samples_library, "--out", tmp_path / "set.jsonl"
    )
    assert done.returncode == 2
    assert "nobody has given feedback yet" in done.stderr
