"""Things that are named in a question come first, on the sample documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pagesight.app import App, build
from pagesight.references import chunk_references, word_of
from pagesight.results import Filter, Hit, Query
from pagesight.settings import load

MANUAL = "hydra-p4-service-manual.pdf"


@pytest.fixture(scope="module")
def app(samples_library: Path) -> Iterator[App]:
    settings = load(overrides=["visual.enabled=false"])
    with build(settings, samples_library, notify=lambda message: None) as built:
        yield built


def first(app: App, text: str, *documents: str) -> Hit:
    ids = tuple(app.library.find(name).id for name in documents)
    return app.retriever.retrieve(Query(text=text, filter=Filter(documents=ids)), 1).hits[0]


def test_every_figure_and_table_comes_first_in_its_document_and_by_its_title(app: App) -> None:
    missed, count = [], 0
    for document in app.library.documents():
        labels = {chunk.label for chunk in app.library.document_chunks(document.id)} - {""}
        for label in sorted(labels):
            inside = first(app, f"What does {label} show?", document.name)
            outside = first(app, f"What does {label} of {document.title} show?")
            found = {(hit.chunk.label, hit.document.id) for hit in (inside, outside)}
            count += 1
            if found != {(label, document.id)}:
                missed.append((document.name, label))
    assert count > 10
    assert missed == []


def test_every_section_of_the_manual_comes_first_by_its_number(app: App) -> None:
    document = app.library.find(MANUAL)
    chunks = app.library.document_chunks(document.id)
    defined = [
        pair
        for pair in chunk_references(chunks).defined
        if word_of(pair[0]) in ("Section", "Chapter")
    ]
    keys = sorted({key for key, _ in defined})
    assert len(keys) > 5
    for key in keys:
        hit = first(app, f"What does {key.lower()} say?", MANUAL)
        assert (key, hit.chunk.id) in defined


@pytest.mark.parametrize("asked", ["page {}", "p. {}", "Seite {}"])
def test_a_page_comes_first_by_what_is_printed_on_it(app: App, asked: str) -> None:
    document = app.library.find(MANUAL)
    for page in app.library.pages(document.id)[2::3]:
        hit = first(app, f"What stands on {asked.format(page.label)}?", MANUAL)
        assert page.index in hit.chunk.pages
