"""The main job from outside: the installed command on the sample documents."""

from __future__ import annotations

import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pagesight.app import build
from pagesight.results import Filter, Query
from pagesight.settings import load
from tests.conftest import SAMPLES, json_of, run_pagesight
from tests.endpoint import serving
from tests.models import tiny_clip

MANUAL = "hydra-p4-service-manual.pdf"


def ask(library: Path, question: str, *options: object) -> Any:
    return json_of("ask", question, "--library", library, *options)


def check_citation(citation: dict[str, Any]) -> None:
    """A citation that a reader can check: page, label, boxes on the page, verbatim quote."""
    assert citation["verified"]
    assert citation["quote"]
    assert citation["page_number"] >= 1
    assert citation["page_label"]
    for box in citation["boxes"]:
        x0, y0, x1, y1 = box["fractions"]
        assert -0.01 <= x0 < x1 <= 1.01
        assert -0.01 <= y0 < y1 <= 1.01
    if citation["kind"] != "text":
        with Image.open(citation["crop"]) as crop:
            assert min(crop.size) > 20


def test_a_question_is_answered_by_text_with_its_printed_page(samples_library: Path) -> None:
    answer = ask(
        samples_library, "How long must I wait after switching off before I open the DC4 cover?"
    )
    assert "8 minutes" in answer["text"]
    assert answer["answerer"] == "extractive"
    for citation in answer["citations"]:
        check_citation(citation)
    first = answer["citations"][0]
    assert (first["document"], first["page_label"]) == (MANUAL, "1-1")


def test_a_question_is_answered_by_a_table_row(samples_library: Path) -> None:
    answer = ask(samples_library, "Which remedy is given for error code E12, earth fault?")
    rows = [citation for citation in answer["citations"] if citation["kind"] == "table"]
    assert any("E12" in citation["quote"] for citation in rows)
    check_citation(rows[0])
    assert rows[0]["label"].startswith("Table 6-2")


def test_a_question_is_answered_by_a_figure(samples_library: Path) -> None:
    answer = ask(samples_library, "Which figure shows the exploded view of the rotary group?")
    figures = [citation for citation in answer["citations"] if citation["kind"] == "figure"]
    assert "Figure 7-1" in {citation["label"] for citation in figures}
    check_citation(figures[0])


def test_the_scan_is_found_and_boxed(samples_library: Path) -> None:
    hits = json_of("search", "serial number of press HP-630", "--library", samples_library)
    assert hits[0]["document"] == "acceptance-test-report-1994.pdf"
    assert hits[0]["boxes"]


def test_hits_carry_their_rank_in_every_list(samples_library: Path) -> None:
    hits = json_of("search", "shaft seal torque", "--library", samples_library, "-n", 5)
    assert [hit["rank"] for hit in hits] == [1, 2, 3, 4, 5]
    assert {"dense", "words", "pages"} <= set().union(*(hit["ranks"] for hit in hits))


def test_an_explained_search_says_why_and_gives_the_same_facts_to_programs(
    samples_library: Path,
) -> None:
    search = ("search", "What does Figure 7-1 show?", "--library", samples_library, "-n", 2)
    shown = run_pagesight(*search, "--explain").stdout
    assert "    why   named in the question: Figure 7-1; " in shown
    assert "    words Figure, 7-1" in shown
    assert re.search(r"score \d\.\d{3} = references #1 0\.727 \+ ", shown.replace("\xa0", " "))
    explained = shown[shown.index("    why ") :].splitlines()[:4]
    assert max(map(len, explained)) < 80
    first, _ = json_of(*search, "--explain")
    told = first["explanation"]
    assert told["named"] == ["Figure 7-1"]
    assert told["reasons"][0] == "named in the question: Figure 7-1"
    assert {each["list"]: each["rank"] for each in told["lists"]} == first["ranks"]
    whole = told["sum"] * math.prod(told["factors"].values())
    assert first["score"] == pytest.approx(whole, abs=1e-6)
    assert json_of(*search)[0]["explanation"] is None


@pytest.mark.parametrize("kind", ["text", "figure", "table"])
def test_filters_restrict_what_is_found(samples_library: Path, kind: str) -> None:
    options = ("--kind", kind, "--document", MANUAL, "--pages", "5-20")
    hits = json_of("search", "pump", "--library", samples_library, *options)
    assert hits
    for hit in hits:
        assert hit["kind"] == kind
        assert hit["document"] == MANUAL
        assert any(5 <= page <= 20 for page in hit["pages"])


def test_every_figure_and_table_is_first_when_it_is_named(samples_library: Path) -> None:
    with build(load(), samples_library, notify=print) as app:
        asked = 0
        for document in app.library.documents():
            chunks = app.library.document_chunks(document.id)
            own = Filter(documents=(document.id,))
            for label in {chunk.label for chunk in chunks if chunk.label}:
                for query in (
                    Query(text=f"What does {label} show?", filter=own),
                    Query(text=f"What does {label} of {document.title} show?"),
                ):
                    first = app.retriever.retrieve(query).hits[0].chunk
                    assert (first.label, first.document_id) == (label, document.id)
                    asked += 1
        assert asked >= 30


def test_text_for_people_names_page_box_crop_and_quote(samples_library: Path) -> None:
    done = run_pagesight("ask", "exploded view of the rotary group", "--library", samples_library)
    assert done.returncode == 0
    assert "Figure 7-1" in done.stdout
    assert "page 20 (" in done.stdout
    assert "box " in done.stdout
    assert "crop " in done.stdout
    assert "no language model is configured" in done.stdout


def test_what_is_there_is_skipped_and_can_be_listed_shown_and_removed(
    samples_library: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shutil.copytree(samples_library, library)
    again = run_pagesight("ingest", SAMPLES, "--library", library)
    assert "0 documents stored (0 pages), 5 already there, 0 failed" in again.stdout
    assert len(json_of("docs", "list", "--library", library)) == 5
    shown = json_of("docs", "show", MANUAL, "--library", library)
    assert shown["pages"][3]["label"] == "1-1"
    assert {visual["kind"] for visual in shown["visuals"]} == {"figure", "table"}
    assert run_pagesight("docs", "rm", MANUAL, "--library", library).returncode == 0
    assert MANUAL not in {found["name"] for found in named(library)}
    hits = json_of("search", "swash plate of the HYDRA P4", "--library", library)
    assert MANUAL not in {hit["document"] for hit in hits}


def named(library: Path) -> list[dict[str, str]]:
    documents = json_of("docs", "list", "--library", library)
    return [{"name": Path(document["source"]).name} for document in documents]


def test_a_changed_file_replaces_its_old_version(samples_library: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    shutil.copytree(samples_library, library)
    report = tmp_path / "report.pdf"
    shutil.copy(SAMPLES / "lx7302-datasheet.pdf", report)
    copy = run_pagesight("ingest", report, "--library", library)
    assert "already in the library" in copy.stdout + copy.stderr
    import pymupdf

    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "The zibblefrop takes 77 Nm.")
        document.save(report)
    assert run_pagesight("ingest", report, "--library", library).returncode == 0
    hits = json_of("search", "zibblefrop", "--library", library)
    assert hits[0]["document"] == "report.pdf"
    assert len(named(library)) == 6
    shutil.copy(SAMPLES / "lx7302-datasheet.pdf", report)
    assert run_pagesight("ingest", report, "--library", library).returncode == 0
    assert len(named(library)) == 5, "bytes that are there already replace the old version too"
    texts = [hit["text"] for hit in json_of("search", "zibblefrop", "--library", library)]
    assert not any("zibblefrop" in text for text in texts)


def test_clip_vectors_can_be_added_later_and_take_part(
    samples_library: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shutil.copytree(samples_library, library)
    folder = tmp_path / "clip"
    folder.mkdir()
    tiny_clip(folder)
    model = ("--set", f"visual.model={folder}", "--set", "visual.weights=")
    before = json_of("search", "exploded view", "--library", library)
    assert not any("visual" in hit["ranks"] for hit in before)
    later = tmp_path / "later.pdf"
    shutil.copy(SAMPLES / "lx7302-datasheet.pdf", later)
    with later.open("ab") as file:
        file.write(b"\n% another copy")
    stored = run_pagesight("ingest", later, "--library", library, *model)
    assert "until you run `pagesight reembed --visual" in stored.stderr
    between = json_of("search", "exploded view", "--library", library, "-n", 50, *model)
    assert not any("visual" in hit["ranks"] for hit in between), "only some figures would have it"
    done = run_pagesight("reembed", "--visual", "--library", library, *model)
    assert done.returncode == 0, done.stderr
    after = json_of("search", "exploded view", "--library", library, "-n", 50, *model)
    pictured = [hit for hit in after if "visual" in hit["ranks"]]
    assert pictured
    assert all(hit["kind"] != "text" for hit in pictured)


def test_another_text_model_is_refused_until_the_vectors_are_made_anew(
    samples_library: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shutil.copytree(samples_library, library)
    other = ("--set", "text.passage_prefix=passage: ")
    refused = run_pagesight("search", "shaft seal", "--library", library, *other)
    assert refused.returncode == 2
    assert "pagesight reembed" in refused.stderr
    assert run_pagesight("reembed", "--library", library, *other).returncode == 0
    assert json_of("search", "shaft seal", "--library", library, *other)


def test_the_words_pipeline_needs_no_model(samples_library: Path) -> None:
    words = ("--pipeline", "words")
    hits = json_of("search", "E12 earth fault", "--library", samples_library, *words)
    assert hits[0]["label"] == "Table 6-2"
    assert set().union(*(hit["ranks"] for hit in hits)) == {"words", "pages", "inside"}


def test_an_endpoint_is_shown_texts_and_crops_and_its_marks_are_checked(
    samples_library: Path,
) -> None:
    with serving() as server:
        server.pieces = ["It is figure 7-1 ", "[1], see also [77]."]
        done = run_pagesight(
            *("ask", "Which figure shows the exploded view of the rotary group?", "--json"),
            *("--library", samples_library, "--model", "vision-model"),
            environment={"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "local"},
        )
    answer = json.loads(done.stdout)
    assert answer["text"] == "It is figure 7-1 [1], see also."
    assert (answer["answerer"], answer["unknown_marks"]) == ("vision-model", 1)
    assert answer["citations"][0]["document"] == MANUAL
    assert answer["usage"] == {"prompt_tokens": 11, "completion_tokens": 7}
    (request,) = server.requests
    parts = request["messages"][1]["content"]
    assert any("Exploded view" in part.get("text", "") for part in parts)
    assert 1 <= sum(part["type"] == "image_url" for part in parts) <= 4


def test_events_of_an_ingest_are_one_json_object_a_line(tmp_path: Path) -> None:
    source = SAMPLES / "field-reliability-slides.pdf"
    missing = tmp_path / "no.pdf"
    done = run_pagesight(
        "ingest",
        source,
        missing,
        "--json",
        "--library",
        tmp_path / "library",
        "--set",
        "visual.enabled=false",
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["type"] for event in events]
    assert done.returncode == 1
    assert kinds[0] == "failed"
    assert kinds.count("stored") == 1
    assert "progress" in kinds
    assert "plan" in kinds
