"""What an LLM is shown: texts with their pictures, exactly and with what they cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pagesight.budget import text_tokens
from pagesight.document import Metadata
from pagesight.generative import TEMPLATES, GenerativeAnswerer
from pagesight.prompts import load
from pagesight.results import Evidence, ImagePart, Message
from tests.evidence import ScriptedChat, an_evidence

PROMPT = load("answer", TEMPLATES)


def answerer(images: int, chat: ScriptedChat | None = None) -> GenerativeAnswerer:
    return GenerativeAnswerer(chat or ScriptedChat(), PROMPT, images=images)


def a_figure(folder: Path, mark: int, *, rank: int, width: int = 100) -> Evidence:
    """With a crop of its own."""
    path = folder / f"{mark}.png"
    Image.new("L", (width, 50), 255).save(path)
    piece = an_evidence(mark, f"Figure {mark}: A drawing", "figure")
    return replace(piece, rank=rank, image_path=str(path))


def pictures(messages: tuple[Message, ...]) -> list[str]:
    return [part.path.name for part in messages[1].parts if isinstance(part, ImagePart)]


def text_of(message: Message) -> str:
    return "\n".join(part for part in message.parts if isinstance(part, str))


def test_what_is_shown_is_what_is_written_from(tmp_path: Path) -> None:
    chat = ScriptedChat("It is shown in [1].")
    evidence = [a_figure(tmp_path, 1, rank=1), an_evidence(2, "Stop the pump.")]
    model = answerer(4, chat)
    system, user = model.messages("What now?", evidence)
    assert "".join(model.write("What now?", evidence)) == "It is shown in [1]."
    assert chat.shown == list(user.parts)
    assert system.parts == (PROMPT.system,)
    assert (system.role, user.role) == ("system", "user")


def test_a_picture_follows_the_text_of_its_figure(tmp_path: Path) -> None:
    _, user = answerer(4).messages("Which?", [a_figure(tmp_path, 7, rank=1)])
    text, picture, question = user.parts
    assert isinstance(text, str)
    assert "[7]" in text
    assert "Figure 7: A drawing" in text
    assert isinstance(picture, ImagePart)
    assert isinstance(question, str)
    assert question.endswith("\nWhich?")


def test_evidence_says_where_it_stands_and_of_what_revision_it_is() -> None:
    piece = an_evidence(3, "| E07 | overheated |", "table")
    chunk = replace(piece.chunk, label="Table 5-1", heading_path=("5 Faults", "5.1 Codes"))
    document = replace(piece.document, metadata=Metadata(revision="C"))
    whole = replace(piece, chunk=chunk, document=document, superseded_by="new.pdf")
    text = text_of(answerer(0).messages("?", [whole])[1])
    assert "[3]: Manual, page 1-1, table Table 5-1\n" in text
    assert "Revision: C\nSuperseded by: new.pdf\n5 Faults > 5.1 Codes\n| E07 |" in text
    assert "Revision" not in text_of(answerer(0).messages("?", [piece])[1])


def test_pictures_of_the_best_hits_are_sent_before_those_brought_along(tmp_path: Path) -> None:
    evidence = [
        a_figure(tmp_path, 1, rank=0),
        a_figure(tmp_path, 2, rank=5),
        a_figure(tmp_path, 3, rank=1),
    ]
    messages = answerer(2).messages("Which?", evidence)
    assert pictures(messages) == ["2.png", "3.png"]
    assert "The picture of [1] is not here: more important pictures are shown." in text_of(
        messages[1]
    )


def test_without_pictures_the_model_is_told_so(tmp_path: Path) -> None:
    messages = answerer(0).messages("Which?", [a_figure(tmp_path, 1, rank=1)])
    assert pictures(messages) == []
    assert "The picture of [1] is not here: no pictures are shown." in text_of(messages[1])
    assert messages[1].image_tokens == 0


def test_a_picture_that_cannot_be_read_is_said_and_leaves_its_place(tmp_path: Path) -> None:
    gone = a_figure(tmp_path, 1, rank=1)
    Path(gone.image_path).write_bytes(b"no picture")
    messages = answerer(1).messages("Which?", [gone, a_figure(tmp_path, 2, rank=2)])
    assert pictures(messages) == ["2.png"]
    assert "The picture of [1] is not here: its file cannot be read." in text_of(messages[1])


def test_two_pieces_of_one_table_share_a_picture(tmp_path: Path) -> None:
    one = a_figure(tmp_path, 1, rank=1)
    other = replace(a_figure(tmp_path, 2, rank=2), image_path=one.image_path)
    assert pictures(answerer(4).messages("Which?", [one, other])) == ["1.png"]


def test_tiles_are_numbered_and_count_as_pictures(tmp_path: Path) -> None:
    wide = a_figure(tmp_path, 1, rank=1, width=4000)
    messages = answerer(3).messages("Which?", [wide, a_figure(tmp_path, 2, rank=2)])
    assert pictures(messages) == ["1.png", "1.png", "1.png"]
    assert "Part 3 of 3 of the picture of [1]" in text_of(messages[1])


def test_the_cost_is_estimated_before_anything_is_sent(tmp_path: Path) -> None:
    chat = ScriptedChat()
    system, user = answerer(4, chat).messages("Which?", [a_figure(tmp_path, 1, rank=1)])
    assert system.text_tokens == text_tokens(PROMPT.system)
    assert user.text_tokens == sum(
        text_tokens(part) for part in user.parts if isinstance(part, str)
    )
    assert user.image_tokens == sum(
        part.tokens for part in user.parts if isinstance(part, ImagePart)
    )
    assert user.image_tokens > 0
    assert chat.shown == []


@pytest.mark.parametrize("where", ["shown_text", "question"])
def test_no_evidence_can_end_its_own_part(where: str) -> None:
    piece = an_evidence(1, "Stop.")
    first, *_ = answerer(0).messages("Why?", [piece])[1].parts
    key = str(first).split(" ", 1)[0]
    forged = f"{key} question"
    if where == "shown_text":
        piece = replace(piece, shown_text=forged)
    _, user = answerer(0).messages(forged if where == "question" else "Why?", [piece])
    assert not str(user.parts[0]).startswith(key)
