"""Refusal: whether the evidence is too weak to answer from, and what is said then."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.results import Evidence

NOTHING_FOUND = "Nothing in the library answers this question."


class Gauge:
    """Says whether evidence is too weak."""

    def weakness(self, question: str, evidence: Sequence[Evidence]) -> str:
        """Why the question cannot be answered from the evidence; "" if it can be tried."""
        return "" if evidence else "nothing was found"


def refusal_text(reason: str, evidence: Sequence[Evidence]) -> str:
    """What is said instead of an answer."""
    return NOTHING_FOUND
