"""Asks for figures, tables, sections, equations ... by name, and says how often the right one comes
first.

    python benchmarks/references.py LIBRARY [--most N] [--misses]

Of every kind of thing at most N a document (default 3, evenly spaced) are asked for twice: within
their document ("What does Figure 7-2 show?"), and in the whole library with the document's title
("What does Figure 7-2 of TITLE show?"), where no other has the same. First means that the first hit
is the thing, or belongs to the section, or stands on the page. The baseline of the same run
retrieves without the list of references. What is asked for comes from the reference graph: what
that does not know is not counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pagesight.app import App, build
from pagesight.document import Document
from pagesight.references import chunk_references, word_of
from pagesight.results import Filter, Query
from pagesight.retrieve import Retriever
from pagesight.settings import load

ASKING = {
    "Figure": "What does {} show?",
    "Table": "What does {} show?",
    "Section": "What does {} say?",
    "Chapter": "What is {} about?",
    "Appendix": "What is in {}?",
    "Annex": "What is in {}?",
    "Equation": "What does {} define?",
    "Listing": "What does {} do?",
    "Algorithm": "What does {} do?",
    "Step": "What has to be done in {}?",
    "Page": "What is on {}?",
    "Note": "What does {} explain?",
    "Example": "What does {} show?",
}
"""Word of a key -> how people ask for such a thing."""
IN_DOCUMENT, IN_LIBRARY = "in its document", "in the library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query, and the ids of the chunks of which one has to come first."""

    where: str
    word: str
    query: Query
    right: frozenset[str]


def things(app: App, document: Document) -> Mapping[str, Sequence[str]]:
    """Key -> ids of its chunks: those of the graph, figures' parts left out; all chunks of a
    table; and pages by what is printed on them."""
    chunks = app.library.document_chunks(document.id)
    found: dict[str, list[str]] = {}
    for key, id in chunk_references(chunks).defined:
        if not key.endswith(")"):
            found.setdefault(key, []).append(id)
    for chunk in chunks:
        # A long table has several chunks, of which the first defines it.
        if chunk.label in found:
            found[chunk.label].append(chunk.id)
    labels = [page.label for page in app.library.pages(document.id)]
    for index, label in enumerate(labels):
        on_page = [chunk.id for chunk in chunks if index in chunk.pages]
        if on_page and labels.count(label) == 1 and label[-1].isdigit():
            found[f"Page {label}"] = on_page
    return found


def questions(app: App, most: int) -> Iterator[Question]:
    """Two questions for each thing; one where the document has no title of its own."""
    documents = app.library.documents()
    titles = [document.title for document in documents]
    for document in documents:
        known = things(app, document)
        for word, asking in ASKING.items():
            keys = [key for key in known if word_of(key) == word]
            for key in keys[:: -(-len(keys) // most) or 1]:
                name = f"{word.lower()} {key.removeprefix(word).strip()}"
                right = frozenset(known[key])
                own = Filter(documents=(document.id,))
                query = Query(text=asking.format(name), filter=own)
                yield Question(where=IN_DOCUMENT, word=word, query=query, right=right)
                if document.title and titles.count(document.title) == 1:
                    query = Query(text=asking.format(f"{name} of {document.title}"))
                    yield Question(where=IN_LIBRARY, word=word, query=query, right=right)


def first(retriever: Retriever, question: Question) -> bool:
    """Whether what is meant comes first."""
    hits = retriever.retrieve(question.query, 1).hits
    return bool(hits) and hits[0].chunk.id in question.right


def report(asked: Sequence[Question], before: Sequence[bool], after: Sequence[bool]) -> None:
    """Prints a line for each place and kind, and one for all kinds."""
    print(f"{'':16} {'':10} questions  without  with references")
    for where in (IN_DOCUMENT, IN_LIBRARY):
        for word in (*ASKING, ""):
            rows = [
                number
                for number, question in enumerate(asked)
                if question.where == where and word in ("", question.word)
            ]
            if rows:
                shares = [sum(found[row] for row in rows) / len(rows) for found in (before, after)]
                print(
                    f"{where:16} {word or 'all':10} {len(rows):9}  {shares[0]:7.3f}  "
                    f"{shares[1]:7.3f}"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--most", type=int, default=3, help="things of a kind in one document")
    parser.add_argument("--misses", action="store_true", help="print what did not come first")
    options = parser.parse_args()
    settings = load()
    with build(settings, options.library, notify=print) as app:
        asked = list(questions(app, options.most))
        without = app.retriever_with(replace(settings.retrieve, weight_references=0.0))
        before = [first(without, question) for question in asked]
        after = [first(app.retriever, question) for question in asked]
        report(asked, before, after)
        if options.misses:
            for question, found in zip(asked, after, strict=True):
                if not found:
                    print(f"{question.where}: {question.query.text}")


if __name__ == "__main__":
    main()
