"""Running cases over a real library: rows say what was found and what the library holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pagesight.document import Document
from pagesight.errors import SettingsError
from pagesight.evaluation.record import Cited, Row
from pagesight.evaluation.runs.measure import Plan, measure
from pagesight.evaluation.runs.run import Runner, Subject
from pagesight.evaluation.sets.cases import Case, GoldBox, GoldPage
from pagesight.extractive import ExtractiveAnswerer
from pagesight.geometry import BBox
from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.retrieve import Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, open_library, some_pages
from tests.evidence import CROP, an_asker
from tests.models import HashedWords

CHUNKS = [
    a_chunk("torque", "The bearing bracket is tightened to 85 Nm.", pages=(0,)),
    a_chunk("seal", "The shaft seal is pressed in with a sleeve.", pages=(1,)),
    a_chunk("drawing", "Figure 7-1: Exploded view", kind="figure", pages=(1,), image=CROP),
]
SETTINGS = load()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        opened.put(
            a_document(), some_pages(), CHUNKS, {"text": text_vectors(HashedWords(), CHUNKS)}
        )
        yield opened


def a_subject(library: Library, *, ask: bool = False, in_document: bool = False) -> Subject:
    retriever = Retriever(library, HashedWords(), None, SETTINGS.retrieve)
    answerer = ExtractiveAnswerer(HashedWords())
    return Subject(
        library=library,
        retriever=retriever,
        asker=an_asker(library, retriever, answerer, SETTINGS.ask) if ask else None,
        judge=None,
        in_document=in_document,
        file_text=lambda document, page: f"page {page} of the file says 85 Nm and 12 bar",
    )


def a_case(library: Library, **changes: object) -> Case:
    name = library.documents()[0].name
    case = Case(
        id="q1",
        question="To what torque is the bearing bracket tightened?",
        documents=(name,),
        pages=(GoldPage(document=name, page=1),),
        answers=("85 Nm",),
    )
    return replace(case, **changes)  # type: ignore[arg-type]


def row_of(library: Library, case: Case, *, ask: bool = False, in_document: bool = False) -> Row:
    return Runner(a_subject(library, ask=ask, in_document=in_document), [case]).row(case)


def test_a_row_holds_the_hits_with_their_places_and_ranks(library: Library) -> None:
    row = row_of(library, a_case(library))
    first = row.hits[0]
    assert first.chunk == CHUNKS[0].id
    assert first.pages == (1,)
    assert first.snippet == "The bearing bracket is tightened to 85 Nm."
    assert first.ranks["words"] == 1
    assert set(row.seconds) >= {"embed", "dense", "words", "pages", "fuse", "retrieve"}
    assert row.given is None
    assert not row.error


def test_the_trace_says_what_the_library_holds_of_the_gold_page(library: Library) -> None:
    trace = row_of(library, a_case(library)).trace
    assert (trace.chunks, trace.embedded) == (1, 1)
    assert trace.characters == len(CHUNKS[0].text)
    assert trace.answer_on_page is True
    assert trace.answer_in_file is None
    assert trace.relevant == (CHUNKS[0].id,)
    assert (trace.fused_rank, trace.relevant_rank) == (1, 1)
    assert trace.list_ranks == {"dense": 1, "words": 1, "pages": 1, "inside": 1}


def test_the_file_is_looked_at_where_the_parsed_text_lacks_the_answer(library: Library) -> None:
    lost = row_of(library, a_case(library, answers=("12 bar",))).trace
    assert (lost.answer_on_page, lost.answer_in_file, lost.relevant) == (False, True, ())
    computed = row_of(library, a_case(library, answers=("170 Nm",))).trace
    assert (computed.answer_on_page, computed.answer_in_file) == (False, False)


def test_boxes_say_which_chunk_of_the_page_is_the_right_one(library: Library) -> None:
    name = library.documents()[0].name
    region = CHUNKS[2].regions[0]
    case = a_case(
        library,
        pages=(GoldPage(document=name, page=2),),
        boxes=(GoldBox(document=name, page=2, bbox=region.bbox),),
    )
    chunks = {chunk.id: chunk for chunk in CHUNKS}
    relevant = row_of(library, case).trace.relevant
    assert CHUNKS[2].id in relevant
    assert all(chunks[id].pages == (1,) for id in relevant)
    far = replace(case, boxes=(GoldBox(document=name, page=2, bbox=BBox(500, 700, 560, 720)),))
    assert row_of(library, far).trace.relevant == ()


def test_an_asked_case_keeps_what_was_shown_and_cited(library: Library) -> None:
    row = row_of(library, a_case(library), ask=True)
    given = row.given
    assert given is not None
    assert "85 Nm" in given.text
    assert given.shown[0] == CHUNKS[0].id
    assert given.cited[0] == Cited(document=library.documents()[0].name, page=1)
    assert given.claims == given.verified > 0
    assert "write" in row.seconds


def test_a_crash_is_a_row(library: Library) -> None:
    row = row_of(library, a_case(library, question=" "))
    assert row.error.startswith("SettingsError: the question is empty")
    assert row.hits == ()


def test_a_document_that_is_missing_is_named_in_the_trace(library: Library) -> None:
    name = library.documents()[0].name
    case = a_case(library, documents=(name, "gone.pdf"))
    assert row_of(library, case).trace.missing == ("gone.pdf",)
    gone = a_case(library, documents=("gone.pdf",), pages=())
    crashed = Runner(a_subject(library, in_document=True), [case, gone]).row(gone)
    assert crashed.error == "SettingsError: not in the library: gone.pdf"


def test_a_set_of_which_no_document_is_there_is_refused(library: Library) -> None:
    gone = a_case(library, documents=("gone.pdf",), pages=())
    with pytest.raises(SettingsError, match="none of the 1 documents"):
        Runner(a_subject(library), [gone])


def test_a_restricted_run_finds_nothing_elsewhere(library: Library) -> None:
    other = a_document("other")
    chunk = replace(CHUNKS[0], id="ff" * 12, document_id=other.id)
    library.put(other, some_pages(), [chunk], {"text": text_vectors(HashedWords(), [chunk])})
    case = a_case(library, documents=(other.name,), pages=(GoldPage(document=other.name, page=1),))
    everywhere = {hit.document for hit in row_of(library, case).hits}
    assert len(everywhere) == 2
    assert {hit.document for hit in row_of(library, case, in_document=True).hits} == {other.name}


def a_plan() -> Plan:
    return Plan(
        set_name="set",
        pipeline="default",
        settings=SETTINGS,
        answerer="",
        judge="",
        in_document=False,
    )


def test_a_run_is_not_run_again_until_something_changes(library: Library, tmp_path: Path) -> None:
    cases = [a_case(library), a_case(library, id="q2", question="How is the seal pressed in?")]
    made = 0

    def subject() -> Subject:
        nonlocal made
        made += 1
        return a_subject(library)

    def run(*asked: Case) -> Path:
        folder, report = measure(
            a_plan(), asked, library, subject, tmp_path, lambda done, total: None
        )
        assert [row.id for row in report.rows] == [case.id for case in asked]
        return folder.path

    first = run(*cases)
    assert run(*cases) == first
    assert made == 1
    assert run(cases[0]) != first
    assert made == 2
    library.remove(library.documents()[0].id)
    library.put(
        a_document(), some_pages(), CHUNKS[:2], {"text": text_vectors(HashedWords(), CHUNKS[:2])}
    )
    assert run(*cases) != first
    assert made == 3


def test_a_document_may_be_called_by_any_name_that_it_came_under(
    library: Library, tmp_path: Path
) -> None:
    document = library.documents()[0]
    library.add_source("/elsewhere/copy.pdf", document.id)
    case = a_case(
        library,
        documents=("copy.pdf",),
        pages=(GoldPage(document="copy.pdf", page=1),),
        grades={"copy.pdf": 2, "copy.pdf#1": 3},
    )
    _, report = measure(
        a_plan(), [case], library, lambda: a_subject(library), tmp_path, lambda done, total: None
    )
    (renamed,) = report.cases
    assert renamed.documents == (document.name,)
    assert renamed.grades == {document.name: 2, f"{document.name}#1": 3}
    assert report.values["page recall@1"] == {"q1": 1.0}
    assert not report.blame.losses


def test_a_name_that_two_documents_have_is_refused(library: Library, tmp_path: Path) -> None:
    name = library.documents()[0].name
    other = a_document("other", source=f"/elsewhere/{name}")
    library.put(other, some_pages(), [], {})
    with pytest.raises(SettingsError, match="is the name of 2 documents"):
        measure(
            a_plan(),
            [a_case(library)],
            library,
            lambda: a_subject(library),
            tmp_path,
            lambda done, total: None,
        )


def test_an_interrupted_run_goes_on_and_a_failed_case_is_run_again(
    library: Library, tmp_path: Path
) -> None:
    cases = [a_case(library, id=f"q{number}") for number in range(4)]
    told: list[int] = []

    def stop(done: int, total: int) -> None:
        told.append(done)
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(a_plan(), cases, library, lambda: a_subject(library), tmp_path, stop)
    (rows,) = tmp_path.glob("*/rows.jsonl")
    assert len(rows.read_bytes().splitlines()) == 2
    with rows.open("ab") as file:
        file.write(b'{"id":"q2","error":"ServiceError: gone"}\n{"id":"q3","hi')
    told.clear()
    _, report = measure(
        a_plan(),
        cases,
        library,
        lambda: a_subject(library),
        tmp_path,
        lambda done, total: told.append(done),
    )
    assert told == [2, 3, 4]
    assert not any(row.error for row in report.rows)


def test_cases_that_wait_for_review_do_not_count(library: Library, tmp_path: Path) -> None:
    waiting = a_case(library, id="q2", review="thumbs down")
    _, report = measure(
        a_plan(),
        [a_case(library), waiting],
        library,
        lambda: a_subject(library),
        tmp_path,
        lambda done, total: None,
    )
    assert [case.id for case in report.cases] == ["q1"]


def test_a_document_type_is_all_that_the_file_is_looked_up_by(library: Library) -> None:
    asked: list[tuple[Document, int]] = []

    def file_text(document: Document, page: int) -> None:
        asked.append((document, page))

    case = a_case(library, answers=("170 Nm",))
    subject = replace(a_subject(library), file_text=file_text)
    assert Runner(subject, [case]).row(case).trace.answer_in_file is None
    assert asked == [(library.documents()[0], 0)]
