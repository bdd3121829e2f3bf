"""Ask: a question becomes evidence, the evidence an answer, and each claim of it is checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from pagesight.ask.conversation import Condenser, earlier_marks
from pagesight.ask.evidence import Assembler
from pagesight.ask.refusal import Gauge, declined, refusal_text, searched
from pagesight.citations import ground
from pagesight.document import Page
from pagesight.library import Library
from pagesight.ports import Answerer
from pagesight.results import Answer, Citation, Evidence, Query, Turn
from pagesight.retrieve import Ranking, Retriever
from pagesight.settings import AskSettings
from pagesight.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that stands between a question and its answer."""

    query: Query
    """With the question as it is searched for; what is read in a picture that asks alone."""
    ranking: Ranking
    evidence: tuple[Evidence, ...]
    refused: str
    """Why the answerer is not asked; "" if it is."""
    watch: Stopwatch = field(repr=False, compare=False)


class Asker:
    """Answers questions from a library, with citations that point into its documents."""

    def __init__(
        self,
        *,
        library: Library,
        retriever: Retriever,
        condenser: Condenser,
        assembler: Assembler,
        gauge: Gauge,
        answerer: Answerer,
        settings: AskSettings,
    ) -> None:
        self._library = library
        self._retriever = retriever
        self._condenser = condenser
        self._assembler = assembler
        self._gauge = gauge
        self._answerer = answerer
        self._settings = settings

    def ask(self, query: Query, history: Sequence[Turn] = ()) -> Answer:
        """The whole answer at once.

        Args:
            history: earlier questions and answers of the conversation, oldest first.

        Raises:
            SettingsError: the question is empty.
            ServiceError: the endpoint refused or failed.
        """
        *_, answer = self.stream(query, history)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, query: Query, history: Sequence[Turn] = ()) -> Iterator[str | Answer]:
        """Pieces of the answerer's text as they come, unchecked, then the checked Answer."""
        yield from self.answer(self.prepare(query, history))

    def prepare(self, query: Query, history: Sequence[Turn] = ()) -> Prepared:
        """Everything up to the answerer: it costs no tokens, unless a question has to be
        condensed."""
        watch = Stopwatch()
        with watch.stage("condense"):
            if query.text.strip():  # a picture that asks alone follows nothing
                query = replace(query, text=self._condenser.standalone(query.text, history))
        with watch.stage("retrieve"):
            ranking = self._retriever.retrieve(query, self._settings.evidence)
        with watch.stage("assemble"):
            evidence = self._assembler.assemble(ranking.hits, earlier_marks(history))
        with watch.stage("gauge"):
            refused = self._gauge.weakness(query, evidence, ranking)
        return Prepared(
            query=replace(query, text=ranking.words),
            ranking=ranking,
            evidence=tuple(evidence),
            refused=refused,
            watch=watch,
        )

    def answer(self, prepared: Prepared) -> Iterator[str | Answer]:
        """Pieces of the answerer's text as they come, unchecked, then the checked Answer."""
        if prepared.refused:
            yield self._refusal(prepared)
            return
        pieces = []
        with prepared.watch.stage("write"):
            query = prepared.query
            reply = self._answerer.write(query.text, prepared.evidence, query.image)
            for piece in reply:
                pieces.append(piece)
                yield piece
        with prepared.watch.stage("check"):
            pages = partial(self._pages_shown, prepared.evidence)
            grounded = ground("".join(pieces), prepared.evidence, pages)
        name = self._answerer.name
        refused = declined(grounded.text, prepared.evidence)
        yield Answer(
            text=grounded.text,
            citations=grounded.citations,
            evidence=prepared.evidence,
            grounded=bool(grounded.citations) and not refused,
            answerer=name,
            question=prepared.query.text,
            claims=grounded.claims,
            refused=f"{name} says that the evidence does not tell" if refused else "",
            notes=self._notes(grounded.citations),
            unknown_marks=grounded.unknown_marks,
            usage=dict(reply.usage),
            timings=dict(prepared.watch.seconds),
        )

    def _pages_shown(self, evidence: Sequence[Evidence], document_id: str) -> list[Page]:
        """The pages of a document that the evidence stands on."""
        chunks = [piece.chunk for piece in evidence if piece.chunk.document_id == document_id]
        return self._library.pages(document_id, {page for chunk in chunks for page in chunk.pages})

    def _refusal(self, prepared: Prepared) -> Answer:
        with prepared.watch.stage("write"):
            where = searched(self._library, prepared.query.filter)
            text = refusal_text(prepared.refused, where, prepared.ranking.hits)
        return Answer(
            text=text,
            citations=(),
            evidence=prepared.evidence,
            grounded=False,
            answerer=self._answerer.name,
            question=prepared.query.text,
            refused=prepared.refused,
            timings=dict(prepared.watch.seconds),
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
