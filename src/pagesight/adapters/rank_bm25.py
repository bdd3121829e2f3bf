"""BM25 by rank-bm25, in memory: for small libraries, and the yardstick for the other engine."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rank_bm25 import BM25Okapi

from pagesight.document import Chunk
from pagesight.languages import ENGLISH
from pagesight.results import Filter
from pagesight.tokens import question_tokens, tokenize

K1 = 1.2
"""Saturation of repeated words: Lucene's and tantivy's, so that the engines can be compared."""

SCORE_DECIMALS = 4
"""As many as the other engine keeps."""


class _NeverNegative(BM25Okapi):  # type: ignore[misc]
    """BM25 with Lucene's inverse document frequency, ln(1 + (N - n + 0.5) / (n + 0.5)).

    The library's own is negative for a word in more than half of the chunks, and its repair (a
    share of the average) is negative too in a tiny corpus: the best match would come last.
    """

    def _calc_idf(self, frequencies: Mapping[str, int]) -> None:
        for word, count in frequencies.items():
            self.idf[word] = math.log(1 + (self.corpus_size - count + 0.5) / (count + 0.5))


class RankBM25WordIndex:
    """WordIndex in memory over title, headings and text as one field.

    Every change builds the statistics anew before the next search, and a search scores every
    chunk: 231 ms at 100,000 chunks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chunks: dict[str, Chunk] = {}
        self._words: dict[str, list[str]] = {}
        self._languages: dict[str, str] = {}
        self._ranking: _Ranking | None = None

    def add(self, chunks: Sequence[Chunk], languages: Mapping[str, str] | None = None) -> None:
        with self._lock:
            for chunk in chunks:
                language = (languages or {}).get(chunk.id, ENGLISH)
                self._chunks[chunk.id] = chunk
                self._words[chunk.id] = tokenize(f"{chunk.context}\n{chunk.text}", language)
                self._languages[chunk.id] = language
            self._ranking = None

    def remove(self, ids: Sequence[str]) -> None:
        with self._lock:
            for id in ids:
                self._chunks.pop(id, None)
                self._words.pop(id, None)
                self._languages.pop(id, None)
            self._ranking = None

    def search(self, text: str, count: int, filter: Filter) -> list[tuple[str, float]]:
        with self._lock:
            if self._ranking is None:
                self._ranking = _ranking(self._words)
            return self._best(self._ranking, text, count, filter)

    def search_within(
        self, document_id: str, text: str, count: int, filter: Filter
    ) -> list[tuple[str, float]]:
        with self._lock:
            own = {
                id: words
                for id, words in self._words.items()
                if self._chunks[id].document_id == document_id
            }
            return self._best(_ranking(own), text, count, replace(filter, documents=()))

    def ids(self) -> set[str]:
        with self._lock:
            return set(self._chunks)

    def close(self) -> None:
        """There is nothing to let go of."""

    def _best(
        self, ranking: _Ranking, text: str, count: int, filter: Filter
    ) -> list[tuple[str, float]]:
        ids, statistics = ranking
        question = question_tokens(text, set(self._languages.values()))
        if count < 1 or statistics is None:
            return []
        found = [
            (id, round(float(score), SCORE_DECIMALS))
            for id, score, words in zip(
                ids, statistics.get_scores(question), statistics.doc_freqs, strict=True
            )
            if any(word in words for word in question) and filter.admits(self._chunks[id])
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]


_Ranking = tuple[list[str], _NeverNegative | None]
"""Ids of chunks and their statistics; None where there are no words, because rank-bm25 divides by
their number."""


def _ranking(words: Mapping[str, list[str]]) -> _Ranking:
    statistics = _NeverNegative(list(words.values()), k1=K1) if any(words.values()) else None
    return list(words), statistics
