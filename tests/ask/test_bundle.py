"""A bundle keeps all that an answer came of, and says clearly why it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pagesight.ask.bundle import FORMAT, Bundle, Question, ranking, read, save
from pagesight.ask.difference import difference, word_difference
from pagesight.errors import SettingsError
from pagesight.pictures import fitted
from pagesight.results import Answer, Box, Citation, Claim, Filter, Hit, Message, Turn
from pagesight.settings import load
from tests.builders import a_chunk, a_document
from tests.evidence import an_evidence

TEXT = "The casing cover is tightened to 25 Nm [1]. The seal takes 58 Nm [2]."
CLAIMS = (
    Claim(text="The casing cover ...", start=0, end=43, marks=(1,), support="verified"),
    Claim(
        text="The seal takes 58 Nm",
        start=44,
        end=69,
        marks=(2,),
        support="unverified",
        reason="58 Nm is in none of its sources",
    ),
)


def a_hit(id: str, rank: int) -> Hit:
    return Hit(
        chunk=a_chunk(id),
        document=a_document(),
        page_labels=("1-1",),
        rank=rank,
        score=1 / rank,
        ranks={"words": rank},
    )


def a_bundle(*found: str, text: str = TEXT, home: Path = Path("/nowhere")) -> Bundle:
    """An answer from the chunks found, of which the first two were shown."""
    hits = [a_hit(id, rank) for rank, id in enumerate(found or ("a", "b", "c"), start=1)]
    figure = an_evidence(2, "Figure 7-1", "figure")
    crop = str(home / "library" / "crops" / "abcd.png")
    evidence = (an_evidence(1, "25 Nm", chunk=hits[0].chunk), replace(figure, image_path=crop))
    box = figure.chunk.regions[0].bbox
    citation = Citation(
        mark=2,
        chunk_id=figure.chunk.id,
        document_id=figure.document.id,
        document=figure.document.name,
        title="",
        kind="figure",
        label="Figure 7-1",
        page_number=1,
        page_label="1-1",
        boxes=(
            Box(page_index=0, page_number=1, page_label="1-1", bbox=box, fractions=(0, 0, 1, 1)),
        ),
        quote="Figure 7-1",
        crop=crop,
        verified=False,
        claim=1,
    )
    answer = Answer(
        text=text,
        citations=(citation,),
        evidence=evidence,
        grounded=True,
        answerer="qwen",
        question="To how many Nm is the casing cover of the P4 tightened?",
        claims=CLAIMS,
        usage={"prompt_tokens": 11},
    )
    return Bundle(
        library=str(home / "library"),
        versions={"pagesight": "0.1.0"},
        settings=load(overrides=[f"ask.prompt={home}/mine.toml"]),
        question=Question(
            asked="to how many Nm?",
            searched=answer.question,
            filter=Filter(kinds=("text",), pages=(0, 4)),
            history=(Turn(question="Where is the P4?", answer="Here [1].", marks={"a": 1}),),
        ),
        ranking=ranking(hits, 2),
        messages=(),
        answer=answer,
    )


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    bundle = a_bundle()
    save(bundle, tmp_path / "bundle")
    again = read(tmp_path / "bundle")
    assert again.question == bundle.question
    assert again.ranking == bundle.ranking
    assert again.settings == bundle.settings
    assert again.versions == bundle.versions
    assert again.answer.claims == CLAIMS
    assert again.answer.evidence[0].chunk == bundle.answer.evidence[0].chunk
    assert difference(bundle, again).text == (("same", TEXT),)


def test_the_pictures_are_saved_as_they_were_sent(tmp_path: Path) -> None:
    crop = tmp_path / "crop.png"
    Image.new("RGB", (400, 200), "white").save(crop)
    (part,) = fitted(crop, side=300, detail="high", most=4)
    message = Message(role="user", parts=("[1] a seal", part), text_tokens=4, image_tokens=9)
    save(replace(a_bundle(), messages=(message,)), tmp_path / "bundle")
    (saved,) = json.loads((tmp_path / "bundle" / "messages.json").read_bytes())
    assert saved["parts"][0] == {"text": "[1] a seal"}
    with Image.open(tmp_path / "bundle" / saved["parts"][1]["image"]) as sent:
        assert sent.size == (300, 150)
    (tmp_path / "bundle" / saved["parts"][1]["image"]).unlink()
    with pytest.raises(SettingsError, match=r"images/01\.png: is missing"):
        read(tmp_path / "bundle")


def test_people_find_the_answer_with_its_doubts_and_sources(tmp_path: Path) -> None:
    save(a_bundle(), tmp_path)
    text = (tmp_path / "answer.md").read_text()
    assert TEXT in text
    assert "Verified 1 of 2 claims" in text
    assert "**unverified** (58 Nm is in none of its sources)" in text
    assert "[2] Figure 7-1, manual.pdf, page 1 (1-1)" in text


def test_no_path_below_the_home_folder_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    save(a_bundle(home=home), tmp_path / "bundle")
    for file in (tmp_path / "bundle").rglob("*"):
        assert not file.is_file() or str(home) not in file.read_text()
    again = read(tmp_path / "bundle")
    assert again.library == "~/library"
    assert again.settings.ask.prompt == "~/mine.toml"
    assert again.answer.citations[0].crop == "abcd.png"


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    save(a_bundle(), tmp_path)
    with pytest.raises(SettingsError, match="is not empty"):
        save(a_bundle(), tmp_path)


def newer(folder: Path) -> None:
    (folder / "bundle.json").write_text(json.dumps({"format": FORMAT + 1, "other": "things"}))


def damaged(folder: Path) -> None:
    (folder / "ranking.json").write_text('{"hits": "many"}')


def beheaded(folder: Path) -> None:
    (folder / "bundle.json").write_text("[1, 2")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (newer, f"written by a newer pagesight \\(format {FORMAT + 1}, known is {FORMAT}\\)"),
        (damaged, r"ranking\.json: is damaged"),
        (beheaded, r"bundle\.json: is damaged"),
        (lambda folder: (folder / "answer.json").unlink(), r"answer\.json: is missing"),
        (lambda folder: (folder / "bundle.json").unlink(), "is no bundle"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    save(a_bundle(), tmp_path)
    spoil(tmp_path)
    with pytest.raises(SettingsError, match=message) as raised:
        read(tmp_path)
    assert "\n" not in str(raised.value)


def test_hits_that_came_went_and_moved_are_told_apart() -> None:
    found = difference(a_bundle("a", "b", "c"), a_bundle("d", "a", "b"))
    places = {move.id: (move.before, move.after) for move in found.hits}
    assert places == {"d": (0, 1), "a": (1, 2), "b": (2, 0)}
    assert found.same_hits == 0
    same = difference(a_bundle("a", "b", "c"), a_bundle("a", "b", "d"))
    assert (same.hits, same.same_hits, same.evidence, same.same_evidence) == ((), 2, (), 2)


def test_settings_claims_and_refusals_are_compared() -> None:
    after = replace(a_bundle(), settings=load(overrides=["ask.evidence=3"]))
    refused = replace(after.answer, claims=(), refused="nothing was found")
    found = difference(a_bundle(), replace(after, answer=refused))
    assert found.settings["ask.evidence"] == (load().ask.evidence, 3)
    assert (found.before.verified, found.before.claims, found.before.refused) == (1, 2, "")
    assert (found.after.verified, found.after.claims) == (0, 0)
    assert found.after.refused == "nothing was found"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("a b c", "a x c"),
        ("a\nb", ""),
        ("", "new text"),
        ("one  two", "two one"),
        (" ", ""),
    ],
)
def test_the_word_difference_holds_both_texts_whole(before: str, after: str) -> None:
    pieces = list(word_difference(before, after))
    assert "".join(text for change, text in pieces if change != "gone") == after.strip()
    kept = "".join(
        text if text[-1:].isspace() else f"{text} " for change, text in pieces if change != "new"
    )
    assert kept.split() == before.split()


def test_only_the_words_that_differ_are_marked() -> None:
    changes = list(word_difference("It takes 25 Nm [1].", "It takes 24 Nm [1]."))
    assert changes == [("same", "It takes "), ("gone", "25 "), ("new", "24 "), ("same", "Nm [1].")]
