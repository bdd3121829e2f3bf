"""Ask: retrieve, show the evidence to an answerer, check what it cites."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from pagesight.citations import check_marks, cite
from pagesight.library import Library
from pagesight.ports import Answerer
from pagesight.results import Answer, Citation, Evidence, Hit, Query
from pagesight.retrieve import Retriever
from pagesight.sentences import first_words
from pagesight.settings import AskSettings

NOTHING_FOUND = "Nothing in the library answers this question."


class Asker:
    """Answers questions from a library, with citations that point into its documents."""

    def __init__(
        self, library: Library, retriever: Retriever, answerer: Answerer, settings: AskSettings
    ) -> None:
        self._library = library
        self._retriever = retriever
        self._answerer = answerer
        self._settings = settings

    def ask(self, query: Query) -> Answer:
        """The whole answer at once.

        Raises:
            SettingsError: the question is empty.
            ServiceError: the endpoint refused or failed.
        """
        *_, answer = self.stream(query)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, query: Query) -> Iterator[str | Answer]:
        """Pieces of the answerer's text as they come, unchecked, then the checked Answer."""
        started = time.perf_counter()
        ranking = self._retriever.retrieve(query, self._settings.evidence)
        evidence = self._evidence(ranking.hits)
        retrieved = time.perf_counter()
        pieces = []
        if evidence:
            for piece in self._answerer.write(query.text, evidence):
                pieces.append(piece)
                yield piece
        timings = {"retrieve": retrieved - started, "write": time.perf_counter() - retrieved}
        yield self._checked("".join(pieces), evidence, timings)

    def _evidence(self, hits: Sequence[Hit]) -> list[Evidence]:
        """The hits in order, marked from 1, their texts cut to the budget of words.

        A hit for which no words are left is shown only if it has a crop.
        """
        left = self._settings.words
        evidence: list[Evidence] = []
        for hit in hits:
            text = first_words(hit.chunk.text, left)
            left -= len(text.split())
            if not text and not hit.chunk.image:
                continue
            path = str(self._library.crop_path(hit.chunk.image)) if hit.chunk.image else ""
            mark = len(evidence) + 1
            evidence.append(Evidence(mark=mark, hit=hit, shown_text=text, image_path=path))
        return evidence

    def _checked(
        self, text: str, evidence: Sequence[Evidence], timings: dict[str, float]
    ) -> Answer:
        checked, unknown = check_marks(text.strip(), [piece.mark for piece in evidence])
        citations = cite(checked, evidence, self._library.pages)
        return Answer(
            text=checked or NOTHING_FOUND,
            citations=citations,
            evidence=tuple(evidence),
            grounded=bool(citations),
            notes=self._notes(citations),
            answerer=self._answerer.name,
            unknown_marks=unknown,
            usage=self._answerer.usage() if evidence else {},
            timings=timings,
        )

    def _notes(self, citations: Sequence[Citation]) -> tuple[str, ...]:
        """Says of cited documents that are superseded, or that others are superseded by."""
        newer = self._library.superseded()
        notes = []
        for cited in dict.fromkeys(citation.document_id for citation in citations):
            for old_id, new in newer.items():
                old = self._library.document(old_id) if cited in (old_id, new.id) else None
                if old is not None and cited == old_id:
                    notes.append(f"{old.name} is superseded by {new.name}")
                elif old is not None:
                    notes.append(f"{new.name} is preferred to {old.name}, which it supersedes")
        return tuple(notes)
