"""The generative answerer: shows texts and crops to a (vision) LLM in one message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pagesight.budget import text_tokens
from pagesight.ports import VisionModel
from pagesight.prompts import Prompt, secret_key
from pagesight.results import Evidence, ImagePart, Message, Part, Reply

TEMPLATES = ("evidence", "tile", "unseen", "picture", "question")
"""Templates of its prompt: one piece of evidence, the line above a tile of its picture, the line
that says why its picture is not there, the line above the picture that asks, and the question that
stands last."""

TEXT_ONLY = "no pictures are shown"
TOO_MANY = "more important pictures are shown"
UNREADABLE = "its file cannot be read"


class GenerativeAnswerer:
    """Implements the Answerer port. At most `images` pictures are sent, those of the best hits;
    a tile of a picture counts as one."""

    def __init__(self, model: VisionModel, prompt: Prompt, *, images: int) -> None:
        self._model = model
        self._prompt = prompt
        self._images = images

    @property
    def name(self) -> str:
        return self._model.name

    def write(
        self, question: str, evidence: Sequence[Evidence], picture: Path | None = None
    ) -> Reply:
        """See the port."""
        _, user = self.messages(question, evidence, picture)
        return self._model.stream(self._prompt.system, user.parts)

    def messages(
        self, question: str, evidence: Sequence[Evidence], picture: Path | None = None
    ) -> tuple[Message, ...]:
        """The prompt, and one message with the evidence in order and the question last.

        The text of a piece is followed by its picture, or by why it is not there. The picture that
        asks stands before the question, whole, and counts as the first of those that are sent.
        """
        asked = self._model.fit(picture, 1) if picture and self._images else ()
        pictures = self._pictures(evidence, self._images - len(asked))
        shown = [(piece, _values(piece)) for piece in evidence]
        key = secret_key([question, *(str(each) for _, said in shown for each in said.values())])
        parts: list[Part] = []
        for piece, values in shown:
            parts.append(self._prompt.fill("evidence", values | {"key": key}))
            parts += self._picture_parts(piece.mark, pictures.get(piece.mark, ()))
        if asked:
            parts += [self._prompt.fill("picture", {"key": key}), *asked]
        parts.append(self._prompt.fill("question", {"question": question, "key": key}))
        return _message("system", [self._prompt.system]), _message("user", parts)

    def _pictures(
        self, evidence: Sequence[Evidence], left: int
    ) -> Mapping[int, tuple[ImagePart, ...] | str]:
        """Mark -> what is sent of its picture, or why nothing is; best hits first, and then what
        they brought along."""
        found: dict[int, tuple[ImagePart, ...] | str] = {}
        first: dict[str, int] = {}
        for piece in sorted(evidence, key=lambda piece: (piece.rank == 0, piece.rank)):
            path, mark = piece.image_path, piece.mark
            if not path:
                continue
            if path in first:
                found[mark] = f"it is that of [{first[path]}]"
            elif left <= 0:
                found[mark] = TOO_MANY if self._images else TEXT_ONLY
            else:
                try:
                    found[mark] = parts = self._model.fit(Path(path), left)
                except OSError:
                    found[mark] = UNREADABLE
                else:
                    left -= len(parts)
                    first[path] = mark
        return found

    def _picture_parts(self, mark: int, sent: tuple[ImagePart, ...] | str) -> Iterator[Part]:
        if isinstance(sent, str):
            yield self._prompt.fill("unseen", {"mark": mark, "reason": sent})
            return
        for number, part in enumerate(sent, start=1):
            if len(sent) > 1:
                values = {"mark": mark, "number": number, "count": len(sent)}
                yield self._prompt.fill("tile", values)
            yield part


def _message(role: Literal["system", "user"], parts: Sequence[Part]) -> Message:
    return Message(
        role=role,
        parts=tuple(parts),
        text_tokens=sum(text_tokens(part) for part in parts if isinstance(part, str)),
        image_tokens=sum(part.tokens for part in parts if isinstance(part, ImagePart)),
    )


def _values(piece: Evidence) -> dict[str, object]:
    revision = piece.document.metadata.revision
    newer = piece.superseded_by
    return {
        "mark": piece.mark,
        "document": piece.document.title or piece.document.name,
        "revision": f"Revision: {revision}" if revision else "",
        "superseded": f"Superseded by: {newer}" if newer else "",
        "page": ", ".join(piece.page_labels),
        "kind": piece.chunk.kind,
        "label": piece.chunk.label,
        "headings": " > ".join(piece.chunk.heading_path),
        "text": piece.shown_text,
    }
