"""The sample documents and the golden questions agree with each other."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import unicodedata
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pymupdf
import pytest
from PIL import Image

from pagesight.evaluation.sets.cases import load_set

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data" / "samples"
MANUAL = "hydra-p4-service-manual.pdf"
SCAN = "acceptance-test-report-1994.pdf"
KEYS = {"id", "question", "documents", "pages", "evidence", "answer", "aliases", "tags"}
UNANSWERABLE_KEYS = {"id", "question", "documents", "unanswerable", "tags"}
ABSENT = "absent:"  # tag of a term that an answer would need and the document lacks
DISTINCTIVE = 6  # a longer answer is taken to be no chance match

PDF: Any = pymupdf  # the library carries no annotations
Question = dict[str, Any]
PageTexts = dict[str, list[str]]


def load_questions() -> list[Question]:
    """Read the golden questions."""
    lines = (ROOT / "eval" / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


QUESTIONS = load_questions()
ANSWERED = [question for question in QUESTIONS if "unanswerable" not in question]
UNANSWERABLE = [question for question in QUESTIONS if "unanswerable" in question]
NAMES = sorted(path.name for path in SAMPLES.glob("*.pdf"))


def normal(text: str) -> str:
    """Fold case, compatibility characters and all white space."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).casefold().strip()


def absent_terms(question: Question) -> list[str]:
    """The terms that an answer would need, from the tags of an unanswerable question."""
    return [tag.removeprefix(ABSENT) for tag in question["tags"] if tag.startswith(ABSENT)]


def whole(term: str) -> str:
    """A pattern that finds a term, but not inside a longer word or number."""
    return rf"(?<![\w.]){re.escape(term)}(?!\w)"


def page_texts(path: Path) -> list[str]:
    """Return the text layer of each page as it stands."""
    with PDF.open(path) as document:
        return [page.get_text() for page in document]


def ocr_texts(path: Path) -> list[str]:
    """Return what tesseract reads on each page, rendered at 300 dpi."""
    import pytesseract

    texts = []
    with PDF.open(path) as document:
        for page in document:
            pixels = page.get_pixmap(dpi=300)
            image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
            texts.append(pytesseract.image_to_string(image))
    return texts


@pytest.fixture(scope="module")
def born_digital() -> PageTexts:
    """Normalised page texts of all documents that have a text layer."""
    return {
        name: [normal(text) for text in page_texts(SAMPLES / name)]
        for name in NAMES
        if name != SCAN
    }


@pytest.fixture(scope="module")
def scanned() -> PageTexts:
    """Normalised page texts of the scan, by character recognition."""
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed, the scan cannot be read")
    return {SCAN: [normal(text) for text in ocr_texts(SAMPLES / SCAN)]}


@pytest.fixture
def pages_of(request: pytest.FixtureRequest) -> Any:
    """Return a function that gives a document's page texts, running OCR only for the scan."""

    def get(name: str) -> list[str]:
        fixture = "scanned" if name == SCAN else "born_digital"
        texts: PageTexts = request.getfixturevalue(fixture)
        return texts[name]

    return get


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    """The script that builds the sample documents."""
    spec = importlib.util.spec_from_file_location(
        "build_samples", ROOT / "data" / "build_samples.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_question_has_exactly_the_agreed_keys_and_types() -> None:
    for question in ANSWERED:
        assert set(question) == KEYS, question
        assert question["question"].strip()
        assert question["answer"].strip()
        assert len(question["documents"]) == 1
        assert question["pages"]
        assert all(isinstance(page, int) for page in question["pages"])
        assert question["pages"] == sorted(set(question["pages"]))
        for key in ("aliases", "tags"):
            assert all(isinstance(item, str) and item for item in question[key])


def test_every_unanswerable_question_has_a_document_and_a_term_that_is_absent() -> None:
    assert len(UNANSWERABLE) >= 12
    assert {question["documents"][0] for question in UNANSWERABLE} == set(NAMES)
    for question in UNANSWERABLE:
        assert set(question) == UNANSWERABLE_KEYS, question
        assert question["unanswerable"] is True
        assert question["question"].strip()
        assert len(question["documents"]) == 1
        assert question["tags"][0] == "unanswerable"
        assert absent_terms(question)


def test_the_set_is_what_the_evaluation_reads() -> None:
    cases = load_set(ROOT / "eval" / "golden.jsonl")
    assert [case.id for case in cases] == [question["id"] for question in QUESTIONS]
    assert [case.id for case in cases if case.unanswerable] == [
        question["id"] for question in UNANSWERABLE
    ]
    for case, question in zip(cases, ANSWERED, strict=False):
        assert [page.page for page in case.pages] == question["pages"]
        assert case.answers == (question["answer"], *question["aliases"])


def test_ids_and_questions_are_unique() -> None:
    for key in ("id", "question"):
        counts = Counter(question[key] for question in QUESTIONS)
        assert [value for value, count in counts.items() if count > 1] == []


def test_the_set_is_large_and_balanced_over_the_kinds_of_evidence() -> None:
    kinds = Counter(question["evidence"] for question in ANSWERED)
    assert set(kinds) == {"text", "table", "figure"}
    assert len(ANSWERED) >= 60
    assert kinds["text"] >= 25
    assert kinds["table"] >= 22
    assert kinds["figure"] >= 20


def test_every_document_is_asked_about_in_all_kinds_of_evidence() -> None:
    asked = Counter((question["documents"][0], question["evidence"]) for question in ANSWERED)
    assert {name for name, _ in asked} == set(NAMES)
    for name in NAMES:
        for kind in ("text", "table", "figure"):
            assert asked[name, kind] >= 2, (name, kind)
    assert sum(count for (name, _), count in asked.items() if name == SCAN) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_questions_point_at_pages_that_exist(name: str) -> None:
    with PDF.open(SAMPLES / name) as document:
        count = document.page_count
    for question in ANSWERED:
        if question["documents"] == [name]:
            assert all(1 <= page <= count for page in question["pages"]), question["id"]


@pytest.mark.parametrize("question", ANSWERED, ids=lambda question: question["id"])
def test_the_answer_stands_on_every_page_given(question: Question, pages_of: Any) -> None:
    texts = pages_of(question["documents"][0])
    facts = [normal(fact) for fact in (question["answer"], *question["aliases"])]
    for page in question["pages"]:
        assert any(fact in texts[page - 1] for fact in facts), (page, facts)


@pytest.mark.parametrize("question", ANSWERED, ids=lambda question: question["id"])
def test_a_distinctive_answer_stands_on_no_other_page(question: Question, pages_of: Any) -> None:
    fact = normal(question["answer"])
    if len(fact) <= DISTINCTIVE or "repeated" in question["tags"]:
        return
    texts = pages_of(question["documents"][0])
    found = [number for number, text in enumerate(texts, 1) if fact in text]
    assert set(found) <= set(question["pages"])


@pytest.mark.parametrize("question", UNANSWERABLE, ids=lambda question: question["id"])
def test_what_an_unanswerable_question_asks_for_stands_on_no_page(
    question: Question, pages_of: Any
) -> None:
    terms = [normal(term) for term in absent_terms(question)]
    asked = normal(question["question"])
    assert all(re.search(whole(term), asked) for term in terms)
    for number, text in enumerate(pages_of(question["documents"][0]), 1):
        found = [term for term in terms if re.search(whole(term), text)]
        assert not found, (number, found)


def test_the_samples_are_small_enough_to_be_committed() -> None:
    assert len(NAMES) == 5
    assert sum((SAMPLES / name).stat().st_size for name in NAMES) < 5_000_000


def test_the_scan_consists_of_images_without_a_text_layer() -> None:
    with PDF.open(SAMPLES / SCAN) as document:
        for page in document:
            assert page.get_text().strip() == ""
            assert len(page.get_images()) == 1


def test_page_labels_of_the_manual_are_those_printed_in_the_footer() -> None:
    with PDF.open(SAMPLES / MANUAL) as document:
        labels = [page.get_label() for page in document]
        assert labels[:4] == ["i", "ii", "iii", "1-1"]
        for page, label in list(zip(document, labels, strict=True))[1:]:
            footer = page.get_text(clip=PDF.Rect(0, page.rect.height - 60, *page.rect.br))
            assert label in footer.split(), (page.number, label)


def test_the_outline_of_the_manual_leads_to_its_chapters() -> None:
    with PDF.open(SAMPLES / MANUAL) as document:
        chapters = [(title, page) for level, title, page in document.get_toc() if level == 1]
        assert [title.split()[0] for title, _ in chapters] == list("12345678")
        for title, page in chapters:
            assert title in document[page - 1].get_text()


def test_a_table_of_the_manual_continues_over_a_page_break_with_its_header() -> None:
    texts = page_texts(SAMPLES / MANUAL)
    first = next(n for n, text in enumerate(texts) if "E01\n" in text)
    last = next(n for n, text in enumerate(texts) if "E18\n" in text)
    assert last == first + 1
    assert all("Remedy" in texts[number] for number in (first, last))


def test_the_builder_reproduces_the_committed_documents(
    builder: ModuleType, tmp_path: Path
) -> None:
    built = builder.build(tmp_path)
    assert sorted(path.name for path in built) == NAMES
    for path in built:
        assert page_texts(path) == page_texts(SAMPLES / path.name), path.name


def test_the_builder_refuses_an_unknown_document(builder: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        builder.main(["--out", str(tmp_path), "atlas"])
    assert stop.value.code == 2
