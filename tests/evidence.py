"""Evidence and a chat model for tests of what comes after retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pagesight.ask import Asker
from pagesight.ask.conversation import CarryingCondenser
from pagesight.ask.evidence import Assembler
from pagesight.ask.refusal import Gauge
from pagesight.document import Chunk, Kind
from pagesight.library import Library
from pagesight.pictures import fitted
from pagesight.ports import Answerer
from pagesight.results import Evidence, ImagePart, Reply
from pagesight.retrieve import Retriever
from pagesight.settings import AskSettings
from tests.builders import a_chunk, a_document
from tests.models import HashedWords

CROP = "ab" * 32


def an_evidence(mark: int, text: str, kind: Kind = "text", chunk: Chunk | None = None) -> Evidence:
    """A piece of evidence that shows `text` whole."""
    image = "" if kind == "text" else CROP
    found = chunk or a_chunk(f"chunk-{mark}", text, kind=kind, image=image)
    path = f"/crops/{found.image}.png" if found.image else ""
    return Evidence(
        mark=mark,
        chunk=found,
        parts=(found.id,),
        document=a_document(),
        page_labels=tuple(f"1-{page + 1}" for page in found.pages),
        rank=mark,
        shown_text=found.text,
        image_path=path,
    )


def an_asker(
    library: Library, retriever: Retriever, answerer: Answerer, settings: AskSettings
) -> Asker:
    """An asker as the app builds it, over the retriever and the answerer given."""
    return Asker(
        library=library,
        retriever=retriever,
        condenser=CarryingCondenser(turns=settings.history),
        assembler=Assembler(library, settings),
        gauge=Gauge(HashedWords(), library, settings),
        answerer=answerer,
        settings=settings,
    )


@dataclass
class ScriptedChat:
    """A chat model that says what it was given, and remembers what it was shown."""

    reply: str = ""
    name: str = "scripted"
    shown: list[str | Path | ImagePart] = field(default_factory=list)

    def fit(self, path: Path, most: int) -> tuple[ImagePart, ...]:
        return fitted(path, side=1024, detail="auto", most=most)

    def stream(self, system: str, parts: Sequence[str | Path | ImagePart]) -> Reply:
        self.shown = list(parts)
        return Reply(
            pieces=iter((self.reply[:5], self.reply[5:])),
            usage={"prompt_tokens": len(self.shown), "completion_tokens": len(self.reply)},
        )
