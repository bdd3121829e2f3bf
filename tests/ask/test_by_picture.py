"""Questions that a picture asks, alone or with words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from pagesight.ask import Asker
from pagesight.errors import SettingsError
from pagesight.extractive import ExtractiveAnswerer
from pagesight.generative import TEMPLATES, GenerativeAnswerer
from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.ports import Answerer
from pagesight.prompts import load as load_prompt
from pagesight.results import ImagePart, Query, Turn
from pagesight.retrieve import Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, a_png, open_library, some_pages
from tests.evidence import CROP, ScriptedChat, an_asker
from tests.models import HashedWords

if TYPE_CHECKING:
    from pagesight.ports import Vector

CHUNKS = [
    a_chunk("torque", "The bearing bracket is tightened to 85 Nm.", pages=(0,)),
    a_chunk("oil", "The oil is changed after 500 hours of operation.", pages=(1,)),
    a_chunk("drawing", "Figure 7-1: Shaft seal", kind="figure", pages=(2,), image=CROP),
]


@dataclass
class Reader:
    """OCR that reads the same words in every picture, and counts how often it is asked."""

    words: Sequence[str]
    times: int = 0
    fingerprint: str = "counts"

    def read(self, png: bytes, *, sparse: bool) -> list[Word]:
        self.times += 1
        return [Word(text=word) for word in self.words]


@dataclass
class Word:
    text: str


@dataclass
class Likeness:
    """CLIP to which every picture looks like the drawing."""

    fingerprint: str = "likeness"
    looked: list[Path] = field(default_factory=list)

    def embed_images(self, paths: Sequence[Path]) -> np.ndarray:
        self.looked += paths
        return np.stack([one(0) for _ in paths])

    def embed_question(self, text: str) -> Vector:
        return one(1)


def one(place: int) -> Vector:
    vector = np.zeros(4, dtype=np.float32)
    vector[place] = 1
    return vector


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        vectors: dict[str, Mapping[str, Vector]] = {
            "text": text_vectors(HashedWords(), CHUNKS),
            "visual": {"drawing": one(0)},
        }
        opened.put(a_document(), some_pages(), CHUNKS, vectors)
        crop = opened.crop_path(CROP)
        crop.parent.mkdir(parents=True)
        crop.write_bytes(a_png())
        yield opened


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "asked.png"
    Image.new("RGB", (40, 30), "white").save(path)
    return path


def asker(
    library: Library,
    answerer: Answerer,
    reader: Reader,
    *overrides: str,
    clip: Likeness | None = None,
) -> Asker:
    settings = load(overrides=overrides)
    retriever = Retriever(
        library,
        HashedWords(),
        clip,
        settings.retrieve,
        reader=lambda: reader,  # type: ignore[arg-type, return-value]
    )
    return an_asker(library, retriever, answerer, settings.ask)


def generative(chat: ScriptedChat, images: int = 4) -> GenerativeAnswerer:
    return GenerativeAnswerer(chat, load_prompt("answer", TEMPLATES), images=images)


def quoting() -> ExtractiveAnswerer:
    return ExtractiveAnswerer(HashedWords())


def test_the_words_in_a_picture_are_read_once_and_stand_for_the_question(
    library: Library, picture: Path
) -> None:
    reader = Reader(["bearing", "bracket", "Nm"])
    answer = asker(library, quoting(), reader).ask(Query(text="", image=picture))
    assert answer.question == "bearing bracket Nm"
    assert answer.text.startswith("The bearing bracket is tightened to 85 Nm. [")
    assert answer.grounded
    assert reader.times == 1


def test_words_that_come_with_a_picture_are_the_question_and_nothing_is_read(
    library: Library, picture: Path
) -> None:
    reader = Reader(["bearing", "bracket", "Nm"])
    query = Query(text="When is the oil changed?", image=picture)
    answer = asker(library, quoting(), reader).ask(query)
    assert answer.question == query.text
    assert answer.text.startswith("The oil is changed after 500 hours of operation. [")
    assert reader.times == 0


def test_a_picture_without_words_is_answered_by_what_looks_like_it(
    library: Library, picture: Path
) -> None:
    clip = Likeness()
    answer = asker(library, quoting(), Reader([]), clip=clip).ask(Query(text="", image=picture))
    assert answer.question == ""
    assert [citation.chunk_id for citation in answer.citations] == ["drawing"]
    assert clip.looked == [picture]


def test_a_picture_without_words_and_without_clip_is_refused_by_its_name_alone(
    library: Library, picture: Path
) -> None:
    with pytest.raises(SettingsError, match=r"^asked\.png: no words were read in the picture"):
        asker(library, quoting(), Reader([])).ask(Query(text="", image=picture))


def test_a_picture_that_asks_alone_does_not_carry_on_the_conversation(
    library: Library, picture: Path
) -> None:
    history = [Turn(question="How is the bearing bracket tightened?", answer="To 85 Nm [1].")]
    prepared = asker(library, quoting(), Reader(["oil"])).prepare(
        Query(text="", image=picture), history
    )
    assert prepared.query.text == "oil"


def test_a_picture_whose_words_nothing_says_is_refused_unless_its_like_was_found(
    library: Library, picture: Path
) -> None:
    reader, query = (
        Reader(["Boarding", "pass", "LH1234", "Seat", "32A"]),
        Query(text="", image=picture),
    )
    refused = asker(library, quoting(), reader).ask(query)
    assert refused.refused == 'nothing that was found says "LH1234" or "Seat" or "32A"'
    assert refused.citations == ()
    assert not asker(library, quoting(), reader, clip=Likeness()).prepare(query).refused
    spoken = replace(query, text="Where is this part?")
    assert not asker(library, quoting(), reader).prepare(spoken).refused


@pytest.mark.parametrize(("text", "question"), [("", "bearing bracket"), ("How tight?",) * 2])
def test_a_model_is_shown_the_picture_between_the_evidence_and_the_question(
    library: Library, picture: Path, text: str, question: str
) -> None:
    chat = ScriptedChat("To 85 Nm [1].")
    query = Query(text=text, image=picture)
    asker(library, generative(chat), Reader(["bearing", "bracket"])).ask(query)
    *evidence, line, shown, last = chat.shown
    assert isinstance(line, str)
    assert "picture of the question" in line
    assert isinstance(shown, ImagePart)
    assert shown.path == picture
    assert isinstance(last, str)
    assert last.endswith(f" question\n{question}")
    assert picture not in [part.path for part in evidence if isinstance(part, ImagePart)]


def test_the_picture_that_asks_counts_as_one_of_those_that_are_sent(
    library: Library, picture: Path
) -> None:
    query = Query(text="Which shaft seal?", image=picture)
    for images, sent in ((2, [f"{CROP}.png", "asked.png"]), (1, ["asked.png"]), (0, [])):
        chat = ScriptedChat("It is [1].")
        asker(library, generative(chat, images), Reader([])).ask(query)
        shown = [part.path.name for part in chat.shown if isinstance(part, ImagePart)]
        assert shown == sent
        lines = [part for part in chat.shown if isinstance(part, str)]
        assert any("picture of the question" in line for line in lines) == bool(images)


def test_what_is_said_beforehand_is_what_is_sent(library: Library, picture: Path) -> None:
    chat = ScriptedChat("To 85 Nm [1].")
    answerer = generative(chat)
    asking = asker(library, answerer, Reader(["bearing"]))
    prepared = asking.prepare(Query(text="", image=picture))
    _, user = answerer.messages(prepared.query.text, prepared.evidence, prepared.query.image)
    list(asking.answer(prepared))
    assert chat.shown == list(user.parts)
