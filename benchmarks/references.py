"""Asks for figures and tables by their label, and says how often the right one comes first.

    python benchmarks/references.py LIBRARY [--most N]

Each labelled figure and table of a library (at most N a document, default 6) is asked for twice:
within its document ("What does Figure 7-2 show?"), and in the whole library with the document's
title ("What does Figure 7-2 of TITLE show?"). The baseline of the same run retrieves without the
list of references.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pagesight.app import App, build
from pagesight.results import Filter, Query
from pagesight.retrieve import Retriever
from pagesight.settings import load

Question = tuple[str, Query, str, str]
"""Where it is asked, the query, and the label and document id of what is meant."""


def questions(app: App, most: int) -> Iterator[Question]:
    """Two questions for each labelled thing; one where the document has no title."""
    for document in app.library.documents():
        chunks = app.library.document_chunks(document.id)
        labels = list(dict.fromkeys(chunk.label for chunk in chunks if chunk.label))
        for label in labels[:most]:
            own = Filter(documents=(document.id,))
            asked = Query(text=f"What does {label} show?", filter=own)
            yield "in its document", asked, label, document.id
            if document.title:
                asked = Query(text=f"What does {label} of {document.title} show?")
                yield "in the library", asked, label, document.id


def first(retriever: Retriever, question: Question) -> bool:
    """Whether the thing that is meant comes first."""
    _, query, label, document_id = question
    hits = retriever.retrieve(query, 1).hits
    return bool(hits) and (hits[0].chunk.label, hits[0].chunk.document_id) == (label, document_id)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--most", type=int, default=6, help="labels of one document")
    options = parser.parse_args()
    settings = load()
    with build(settings, options.library, notify=print) as app:
        asked = list(questions(app, options.most))
        without = app.retriever_with(replace(settings.retrieve, weight_references=0.0))
        for where in dict.fromkeys(question[0] for question in asked):
            mine = [question for question in asked if question[0] == where]
            before = sum(first(without, question) for question in mine)
            after = sum(first(app.retriever, question) for question in mine)
            print(
                f"{where}: {len(mine)} questions, first without references "
                f"{before / len(mine):.3f}, with them {after / len(mine):.3f}"
            )


if __name__ == "__main__":
    main()
