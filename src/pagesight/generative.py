"""The generative answerer: shows texts and crops to a (vision) LLM in one message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pagesight.ports import ChatModel
from pagesight.prompts import Prompt
from pagesight.results import Evidence

TEMPLATES = ("evidence", "question")
"""Templates of its prompt: one piece of evidence, and the question that stands last."""


class GenerativeAnswerer:
    """Implements the Answerer port. At most `images` crops are sent, those of the best hits."""

    def __init__(self, model: ChatModel, prompt: Prompt, *, images: int) -> None:
        self._model = model
        self._prompt = prompt
        self._images = images

    @property
    def name(self) -> str:
        return self._model.name

    def write(self, question: str, evidence: Sequence[Evidence]) -> Iterator[str]:
        """See the port; each crop follows the text of its evidence."""
        return self._model.stream(self._prompt.system, self.message(question, evidence))

    def message(self, question: str, evidence: Sequence[Evidence]) -> list[str | Path]:
        """The user message: evidence in order, the question last."""
        parts: list[str | Path] = []
        left = self._images
        for piece in evidence:
            parts.append(self._prompt.fill("evidence", _values(piece)))
            if piece.image_path and left > 0:
                parts.append(Path(piece.image_path))
                left -= 1
        parts.append(self._prompt.fill("question", {"question": question}))
        return parts

    def usage(self) -> Mapping[str, int]:
        return self._model.usage()


def _values(piece: Evidence) -> Mapping[str, object]:
    return {
        "mark": piece.mark,
        "document": piece.document.title or piece.document.name,
        "page": ", ".join(piece.page_labels),
        "kind": piece.chunk.kind,
        "label": piece.chunk.label,
        "headings": " > ".join(piece.chunk.heading_path),
        "text": piece.shown_text,
    }
