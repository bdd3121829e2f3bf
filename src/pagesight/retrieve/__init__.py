"""Retrieve: a question becomes ranked lists, the lists one ranking, the ranking hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pagesight.errors import SettingsError
from pagesight.fusion import Fused, ranked, reciprocal_rank_fusion
from pagesight.library import Library
from pagesight.ports import OpticalReader, TextEmbedder, VisualEmbedder
from pagesight.results import Explanation, Filter, Hit, Query
from pagesight.retrieve.duplicates import SPARE, distinct
from pagesight.retrieve.explain import explained
from pagesight.retrieve.hierarchy import best_of, opened, standing
from pagesight.retrieve.hits import hits_of
from pagesight.retrieve.inside import chunks_inside, pages_inside
from pagesight.retrieve.kinds import of_wished_kind
from pagesight.retrieve.memory import Memory, asked_for
from pagesight.retrieve.naming import named_in
from pagesight.retrieve.pictures import originals
from pagesight.retrieve.reranking import RERANK, Reranking
from pagesight.settings import RetrieveSettings
from pagesight.stopwatch import Stopwatch

if TYPE_CHECKING:
    from pagesight.document import Chunk
    from pagesight.fusion import Ranks
    from pagesight.ports import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What retrieving gave."""

    hits: tuple[Hit, ...]
    """Best first, at most as many as were asked for."""
    fused: tuple[Fused, ...]
    """Everything that any list found, best first, with its rank in each: why a hit is where it
    is, and how far away the others were."""
    documents: Mapping[str, float]
    """Document id -> how well it fits the question, above 0 and at most 1."""
    words: str
    """The question's words: its text; else those of the figure or table that its picture shows;
    else what OCR read in it; "" where that has none."""
    seconds: Mapping[str, float]
    """Wall clock by stage: "recall" alone where the same was found a moment ago, else "embed" (the
    question), one stage a list, "fuse" (hits included) as well."""


class Retriever:
    """Finds chunks of a library by meaning, by pixels, by words and by reference.

    `visual` is None where the library has no CLIP space or its model cannot be had: the list
    is then left out. `reader` gives what reads the words of a picture that asks, None
    where there is no OCR; it is called when a picture comes. `reranking` reads the best hits
    again, None where nothing does.
    """

    def __init__(
        self,
        library: Library,
        text: TextEmbedder,
        visual: VisualEmbedder | None,
        settings: RetrieveSettings,
        reader: Callable[[], OpticalReader | None] = lambda: None,
        reranking: Reranking | None = None,
    ) -> None:
        self._library = library
        self._text = text
        self._visual = visual
        self._settings = settings
        self._reader = reader
        self._reranking = reranking
        self._memory: Memory[Ranking] = Memory(library.revision)

    def retrieve(self, query: Query, count: int | None = None) -> Ranking:
        """At most `count` hits (default: the setting), best first, ties by chunk id.

        Raises:
            SettingsError: nothing is asked, or the picture cannot be read.
            ServiceError: the reranker's endpoint refused or failed.
        """
        watch = Stopwatch()
        with watch.stage("recall"):
            asked, revision = asked_for(query, count), self._library.revision()
            known = self._memory.recall(asked) if asked else None
        if known is not None:
            return replace(known, seconds=watch.seconds)
        ranking = self._ranking(query, count, watch)
        if asked is not None:
            self._memory.learn(asked, ranking, revision)
        return ranking

    def _ranking(self, query: Query, count: int | None, watch: Stopwatch) -> Ranking:
        shown = self._originals(query, watch)
        with watch.stage("embed"):
            words = self._words(query, shown)
        found = self._found(query, words, watch)
        with watch.stage("documents"):
            documents = self._documents(words, query.filter, found)
            documents |= {chunk.document_id: 1.0 for chunk in shown}
        lists = self._lists(query, words, found, documents, watch)
        lists["picture"] = ranked(chunk.id for chunk in shown)
        documents |= self._meant(lists.get("references", {}))
        with watch.stage("fuse"):
            fused = self._weighed(self._fused(lists), documents)
        fused = self._reranked(words, fused, watch)
        with watch.stage("fuse"):
            wanted = count or self._settings.count
            hits, repeats = distinct(self.hits(fused[: wanted + SPARE]), self._library.crop_path)
            fused.sort(key=lambda item: item.id in repeats)
        return Ranking(
            hits=tuple(hits[:wanted]),
            fused=tuple(fused),
            documents=documents,
            words=words,
            seconds=watch.seconds,
        )

    def explain(self, ranking: Ranking) -> tuple[Explanation, ...]:
        """Why each hit of a ranking stands where it does, in their order."""
        return explained(ranking.hits, ranking, self._settings)

    def hits(self, fused: Sequence[Fused]) -> list[Hit]:
        """The chunks behind a part of a ranking; those that have left the library are left out."""
        return hits_of(self._library, fused)

    def _found(
        self, query: Query, words: str, watch: Stopwatch
    ) -> dict[str, Sequence[tuple[str, float]]]:
        """List name -> (chunk id, score), best first, each at most `depth` long: what each kind
        of index finds by itself."""
        depth, filter = self._settings.depth, query.filter
        library, weights = self._library, self._settings.weights
        with watch.stage("embed"):
            meaning = self._text.embed_question(words) if words and weights["dense"] else None
            look = self._look(query) if weights["visual"] else None
        found: dict[str, Sequence[tuple[str, float]]] = {}
        if meaning is not None:
            with watch.stage("dense"):
                found["dense"] = library.search_vectors("text", meaning, depth, filter)
        if look is not None:
            with watch.stage("visual"):
                found["visual"] = library.search_vectors("visual", look, depth, filter)
        if words and weights["words"]:
            with watch.stage("words"):
                found["words"] = library.search_words(words, depth, filter)
        return found

    def _documents(
        self, words: str, filter: Filter, found: Mapping[str, Sequence[tuple[str, float]]]
    ) -> dict[str, float]:
        """Document id -> how well it fits the question, above 0 and at most 1, by its words and
        by its best chunks; those that nothing speaks for are left out."""
        if not words:
            return {}
        whole = dict(self._library.search_documents(words, self._settings.depth, filter))
        owners = self._library.owners([id for pairs in found.values() for id, _ in pairs])
        return standing(whole, *(best_of(pairs, owners) for pairs in found.values()))

    def _lists(
        self,
        query: Query,
        words: str,
        found: Mapping[str, Sequence[tuple[str, float]]],
        documents: Mapping[str, float],
        watch: Stopwatch,
    ) -> dict[str, Ranks]:
        """List name -> ranks of what was found, and of what follows from it, each list made of
        those before it."""
        library, filter, weights = self._library, query.filter, self._settings.weights
        best = opened(documents)
        lists: dict[str, Ranks] = {
            name: ranked(id for id, _ in pairs) for name, pairs in found.items()
        }

        def so_far() -> list[str]:
            """Chunk ids as the lists that there are would rank them, best first."""
            return [item.id for item in self._fused(lists)]

        if words and weights["inside"]:
            with watch.stage("inside"):
                lists["inside"] = chunks_inside(library, words, filter, best)
        if words and weights["pages"]:
            with watch.stage("pages"):
                lists["pages"] = pages_inside(library, words, filter, best, so_far())
        if query.text and weights["references"]:
            with watch.stage("references"):
                meant = named_in(library, query.text, filter, so_far, documents)
                lists["references"] = ranked(meant[: self._settings.depth])
        if query.text and weights["kinds"]:
            with watch.stage("kinds"):
                lists["kinds"] = ranked(of_wished_kind(library, query.text, so_far))
        return lists

    def _meant(self, named: Ranks) -> Mapping[str, float]:
        """The one document that has what the question names, as one that fits best; none where
        several have it: which of them is meant is then told by how they fit."""
        owners = set(self._library.owners(list(named)).values())
        return dict.fromkeys(owners, 1.0) if len(owners) == 1 else {}

    def _weighed(self, fused: Sequence[Fused], documents: Mapping[str, float]) -> list[Fused]:
        """Lowers what stands in documents that fit worse than the best, and in those that a newer
        one supersedes: the newer one then comes first where both say the same, and the older one
        still answers where it alone does."""
        owners = self._library.owners([item.id for item in fused])
        old = self._library.superseded()
        least = min(documents.values(), default=1.0)

        def weighed(item: Fused) -> Fused:
            document = owners.get(item.id, "")
            fit = float(documents.get(document, least) ** self._settings.documents)
            age = self._settings.superseded if document in old else 1.0
            factors = {"document": fit, "superseded": age}
            told = {name: factor for name, factor in factors.items() if factor != 1.0}
            return replace(item, score=item.score * fit * age, factors=told)

        return sorted(map(weighed, fused), key=lambda item: (-item.score, item.id))

    def _originals(self, query: Query, watch: Stopwatch) -> list[Chunk]:
        """The figures and tables that the picture of a question was taken of."""
        if query.image is None or not self._settings.weights["picture"]:
            return []
        with watch.stage("picture"):
            return originals(self._library, query.image, query.filter)

    def _words(self, query: Query, shown: Sequence[Chunk]) -> str:
        """See `Ranking.words`. What a figure or table is known to say beats what OCR reads."""
        if query.text.strip():
            return query.text
        if query.image is None:
            raise SettingsError("the question is empty: write what you want to know")
        if words := next((chunk.text for chunk in shown if chunk.text), ""):
            return words
        picture, reader = _picture(query.image), self._reader()
        if reader is not None:
            read = reader.read(picture, sparse=True)
            if words := " ".join(word.text for word in read):
                return words
        if self._visual is None and not shown:
            raise SettingsError(
                f"{query.image.name}: no words were read in the picture, and there are no CLIP "
                "vectors to find its like: ask in words, or run `pagesight reembed --visual`"
            )
        return ""

    def _look(self, query: Query) -> Vector | None:
        """The question in the CLIP space: its picture, else its text; None without CLIP."""
        if self._visual is None:
            return None
        if query.image is None:
            return self._visual.embed_question(query.text)
        _picture(query.image)
        vector: Vector = self._visual.embed_images([query.image])[0]
        return vector

    def _reranked(self, words: str, fused: list[Fused], watch: Stopwatch) -> list[Fused]:
        weight = self._settings.weights[RERANK]
        if self._reranking is None or not words or not weight:
            return fused
        with watch.stage(RERANK):
            return self._reranking.of(
                words, fused, self._library, k=self._settings.rrf_k, weight=weight
            )

    def _fused(self, lists: Mapping[str, Ranks]) -> list[Fused]:
        return reciprocal_rank_fusion(lists, k=self._settings.rrf_k, weights=self._settings.weights)


def _picture(path: Path) -> bytes:
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.verify()
        return path.read_bytes()
    except (OSError, SyntaxError) as error:
        # Pillow raises SyntaxError for some broken PNG files.
        raise SettingsError(f"{path}: is no picture that can be read ({error})") from error
