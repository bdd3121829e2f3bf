"""Retrieving: lists, fusion, filters, pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from pagesight.document import Chunk, Metadata, Span
from pagesight.errors import SettingsError
from pagesight.geometry import BBox
from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.optical import ReadWord
from pagesight.ports import OpticalWord
from pagesight.results import Filter, Query
from pagesight.retrieve import Ranking, Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, a_png, an_id, open_library, some_pages, vectors_for
from tests.evidence import CROP
from tests.models import HashedWords

CHUNKS = [
    a_chunk("torque", "The bearing bracket is tightened to 85 Nm.", pages=(0,)),
    a_chunk("seal", "The shaft seal is pressed in with a sleeve.", pages=(1,)),
    a_chunk("drawing", "Figure 7-1: Exploded view", kind="figure", pages=(1,), image=CROP),
    a_chunk("mute", "", kind="figure", pages=(2,), image=CROP),
]


class Pictures:
    """CLIP for a test: the question means the second picture."""

    fingerprint = "pictures"

    def embed_images(self, paths: object) -> object:
        return np.stack([vectors_for([CHUNKS[2], CHUNKS[3]])["drawing"]])

    def embed_question(self, text: str) -> object:
        return vectors_for([CHUNKS[2], CHUNKS[3]])["mute"]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        vectors = {
            "text": text_vectors(HashedWords(), CHUNKS),
            "visual": vectors_for([CHUNKS[2], CHUNKS[3]]),
        }
        opened.put(a_document(), some_pages(), CHUNKS, vectors)
        yield opened


def retriever(library: Library, *overrides: str, visual: bool = False) -> Retriever:
    settings = load(overrides=overrides).retrieve
    pictures = Pictures() if visual else None
    return Retriever(library, HashedWords(), pictures, settings)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Reader:
    """OCR for a test: every picture says the same words."""

    words: str
    fingerprint: str = "says the same"

    def read(self, png: bytes, *, sparse: bool) -> tuple[OpticalWord, ...]:
        return tuple(
            ReadWord(text=word, left=0, top=0, width=1, height=1, line=(1, 1, 1), confidence=1)
            for word in self.words.split()
        )


def asked_by_picture(library: Library, words: str, *, visual: bool) -> Ranking:
    picture = library.root / "question.png"
    picture.write_bytes(a_png())
    pictures = Pictures() if visual else None
    retriever = Retriever(
        library,
        HashedWords(),
        pictures,  # type: ignore[arg-type]
        load().retrieve,
        reader=lambda: Reader(words),
    )
    return retriever.retrieve(Query(text="", image=picture))


def test_a_picture_finds_its_like_and_what_says_its_words(library: Library) -> None:
    hits = asked_by_picture(library, "shaft seal sleeve", visual=True).hits
    assert hits[0].chunk.id in ("seal", "drawing")
    assert {"seal", "drawing"} <= {hit.chunk.id for hit in hits[:2]}
    drawing = next(hit for hit in hits if hit.chunk.id == "drawing")
    assert drawing.ranks["visual"] == 1


def test_a_picture_without_words_finds_its_like_by_pixels_alone(library: Library) -> None:
    ranking = asked_by_picture(library, "", visual=True)
    assert ranking.hits[0].chunk.id == "drawing"
    assert set(ranking.hits[0].ranks) == {"visual"}


def test_a_picture_without_words_and_without_clip_is_refused(library: Library) -> None:
    with pytest.raises(SettingsError, match=r"question.png: no words were read.*reembed --visual"):
        asked_by_picture(library, "", visual=False)


def test_a_file_that_is_no_picture_is_named(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("no picture")
    with pytest.raises(SettingsError, match=r"notes.png: is no picture"):
        retriever(library).retrieve(Query(text="", image=path))
    with pytest.raises(SettingsError, match=r"gone.png: is no picture"):
        retriever(library, visual=True).retrieve(Query(text="x", image=tmp_path / "gone.png"))


def with_figures(library: Library, name: str, *labels: str) -> None:
    """A document of figures that say nothing but their label."""
    chunks = [
        replace(
            a_chunk(f"{name} {label}", f"{label}: {name}", kind="figure", document_id=an_id(name)),
            label=label,
        )
        for label in labels
    ]
    vectors = {"text": text_vectors(HashedWords(), chunks)}
    library.put(a_document(name), some_pages(), chunks, vectors)


def test_what_the_question_names_comes_first(library: Library) -> None:
    with_figures(library, "valves", "Figure 4", "Figure 5")
    asked = retriever(library).retrieve(Query(text="How is the shaft seal of Fig. 5 pressed in?"))
    assert [hit.chunk.id for hit in asked.hits[:2]] == ["valves Figure 5", "seal"]
    assert asked.hits[0].ranks["references"] == 1
    quiet = retriever(library, "retrieve.weight_references=0")
    hits = quiet.retrieve(Query(text="How is the shaft seal of Fig. 5 pressed in?")).hits
    assert hits[0].chunk.id == "seal"


def test_of_many_figures_with_one_name_that_of_the_document_in_question_is_meant(
    library: Library,
) -> None:
    for name in ("valves", "gears", "pumps"):
        with_figures(library, name, "Figure 4")
    hits = retriever(library).retrieve(Query(text="What does Figure 4 of the gears show?")).hits
    assert hits[0].chunk.id == "gears Figure 4"


def with_sections(library: Library, name: str) -> None:
    """A document of two sections, an equation and printed page labels."""
    document_id = an_id(name)

    def chunk(id: str, text: str, page: int, *path: str) -> Chunk:
        made = a_chunk(
            f"{name} {id}", text, document_id=document_id, heading_path=path, pages=(page,)
        )
        return replace(made, spans=tuple(_lines(text, page)))

    heads = ("2 Use", "2.1 Wiring of the terminal strip")
    chunks = [
        chunk("use", "2 Use\nRead this first.", 0, heads[0]),
        chunk("wiring", f"{heads[1]}\nConnect the mains.", 1, *heads),
        chunk("earth", "Connect the earth wire before.", 1, *heads),
        chunk("law", "3 Theory\nThe flow is\nQ = k d (4)\nas 2.1 says.", 2, "3 Theory"),
    ]
    vectors = {"text": text_vectors(HashedWords(), chunks)}
    library.put(a_document(name), some_pages(), chunks, vectors)


def _lines(text: str, page: int) -> Iterator[Span]:
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        yield Span(start=start, end=end, page=page, bbox=BBox(72.0, 72.0, 300.0, 90.0))
        start = end + 1


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which seal does Eq. (4) hold for?", "law"),
        ("Welche Dichtung nennt Gleichung (4)?", "law"),
        ("How is the shaft seal of section 2.1 pressed in?", "wiring"),
        ("What about the earth wire in section 2.1?", "earth"),
        ("How is the seal of § 3 pressed in?", "law"),
        ("Which shaft seal is on page 1-3?", "law"),
        ("Is there a shaft seal on p. 3?", "law"),
        ("Which seals does chapter 3 name?", "law"),
    ],
)
def test_sections_equations_and_pages_come_first_where_they_are_named(
    library: Library, question: str, first: str
) -> None:
    with_sections(library, "pumps")
    asked = Query(text=question, filter=Filter(documents=(an_id("pumps"),)))
    hit = retriever(library).retrieve(asked, 1).hits[0]
    assert hit.chunk.id == f"pumps {first}"
    assert "references" in hit.ranks


def test_of_many_steps_with_one_number_that_of_the_procedure_in_question_comes_first(
    library: Library,
) -> None:
    texts = ("2. Drain the oil.", "3. Close the oil plug.", "3. Tighten the belt.")
    chunks = [
        replace(a_chunk(text[:7], text, document_id=an_id("steps")), spans=tuple(_lines(text, 0)))
        for text in texts
    ]
    vectors = {"text": text_vectors(HashedWords(), chunks)}
    library.put(a_document("steps"), some_pages(), chunks, vectors)
    hits = retriever(library).retrieve(Query(text="When draining the oil, what is step 3?")).hits
    assert hits[0].chunk.text == texts[1]


def test_a_question_that_names_two_things_finds_both_first(library: Library) -> None:
    with_sections(library, "pumps")
    with_figures(library, "valves", "Figure 4")
    hits = retriever(library).retrieve(Query(text="Do section 2.1 and Eq. (4) agree?"), 2).hits
    assert {hit.chunk.id for hit in hits} == {"pumps wiring", "pumps law"}


def test_a_name_that_nothing_has_is_passed_over(library: Library) -> None:
    with_sections(library, "pumps")
    for name in ("Figure 99", "section 9.9", "page 812", "Eq. (77)"):
        ranking = retriever(library).retrieve(Query(text=f"How is the shaft seal of {name} made?"))
        assert ranking.hits[0].chunk.id == "seal"
        assert all("references" not in item.ranks for item in ranking.fused)


def test_a_number_that_names_no_section_leaves_the_right_passage_in_sight(
    library: Library,
) -> None:
    chunks = [
        a_chunk(f"s{n}", f"Text {n} of it.", heading_path=("8 Terms",), document_id=an_id("act"))
        for n in range(20)
    ]
    head = replace(chunks[0], text="8 Terms\nText", spans=tuple(_lines("8 Terms\nText", 0)))
    answer = a_chunk("answer", "Charities are companies under section 8.", document_id=an_id("act"))
    chunks = [head, *chunks[1:], answer]
    library.put(
        a_document("act"), some_pages(), chunks, {"text": text_vectors(HashedWords(), chunks)}
    )
    hits = retriever(library).retrieve(Query(text="Which charities are section 8 companies?")).hits
    assert "answer" in [hit.chunk.id for hit in hits[: load().ask.evidence]]


def test_the_parts_of_a_figure_stand_for_the_whole_where_they_have_no_crop(
    library: Library,
) -> None:
    with_figures(library, "valves", "Figure 4", "Figure 5(a)", "Figure 5")
    find = retriever(library)
    part = find.retrieve(Query(text="What does Figure 5(a) show?")).hits
    assert part[0].chunk.label == "Figure 5(a)"
    assert "references" not in part[1].ranks
    whole = find.retrieve(Query(text="What does Figure 4(b) show?")).hits
    assert whole[0].chunk.label == "Figure 4"


def test_the_whole_fused_ranking_and_the_seconds_of_each_stage_are_given(library: Library) -> None:
    ranking = retriever(library).retrieve(Query(text="shaft seal"), 1)
    assert len(ranking.hits) == 1
    assert len(ranking.fused) > 1
    assert ranking.fused[0].id == ranking.hits[0].chunk.id
    lists = {"dense", "words", "pages", "references", "inside", "kinds"}
    assert set(ranking.seconds) == {"recall", "embed", *lists, "documents", "fuse"}
    assert all(seconds >= 0 for seconds in ranking.seconds.values())


def found(chunks: list[Chunk]) -> list[str]:
    return [chunk.id for chunk in chunks]


def test_hits_are_ranked_from_one_and_say_where_they_were_found(library: Library) -> None:
    hits = retriever(library).retrieve(Query(text="How is the shaft seal pressed in?")).hits
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert hits[0].chunk.id == "seal"
    assert dict(hits[0].ranks) == {"dense": 1, "words": 1, "pages": 1, "inside": 1}
    assert hits[0].page_labels == ("1-2",)
    assert hits[0].document.id == an_id("manual")


def test_a_figure_without_words_is_found_by_its_pixels(library: Library) -> None:
    blind = retriever(library).retrieve(Query(text="spalled race")).hits
    assert "mute" not in found([hit.chunk for hit in blind])
    seeing = retriever(library, visual=True).retrieve(Query(text="spalled race")).hits
    assert {hit.chunk.id: hit.ranks.get("visual") for hit in seeing}["mute"] == 1


def test_a_weight_of_zero_leaves_a_list_out(library: Library) -> None:
    quiet = retriever(library, "retrieve.weight_dense=0", "retrieve.weight_pages=0")
    hits = quiet.retrieve(Query(text="shaft seal")).hits
    assert {name for hit in hits for name in hit.ranks} == {"words", "inside"}


@pytest.mark.parametrize(
    ("filter", "admitted"),
    [
        (Filter(kinds=("figure",)), {"drawing"}),
        (Filter(pages=(0, 0)), {"torque"}),
        (Filter(documents=("no such document",)), set()),
    ],
)
def test_no_list_brings_what_the_filter_excludes(
    library: Library, filter: Filter, admitted: set[str]
) -> None:
    query = Query(text="shaft seal bearing bracket exploded view", filter=filter)
    assert {hit.chunk.id for hit in retriever(library).retrieve(query).hits} == admitted


def test_the_count_bounds_the_hits(library: Library) -> None:
    query = Query(text="the shaft seal and the bearing bracket")
    assert len(retriever(library).retrieve(query, 1).hits) == 1
    assert len(retriever(library, "retrieve.count=2").retrieve(query).hits) == 2


def test_an_empty_question_is_refused(library: Library) -> None:
    with pytest.raises(SettingsError, match="the question is empty"):
        retriever(library).retrieve(Query(text=" \n"))


def test_a_page_stands_for_its_best_chunk_when_its_words_are_spread(tmp_path: Path) -> None:
    chunks = [
        a_chunk("left", "The compressor has a valve plate.", pages=(0,)),
        a_chunk("right", "The plate is of steel 7C27Mo2.", pages=(0,)),
        a_chunk("other", "The compressor is of steel.", pages=(1,)),
    ]
    with open_library(tmp_path / "library") as library:
        vectors = {chunk.id: np.eye(4, dtype=np.float32)[n] for n, chunk in enumerate(chunks)}
        library.put(a_document(), some_pages(), chunks, {"text": vectors})
        pages = library.search_pages_within(
            an_id("manual"), "compressor valve plate steel 7C27Mo2", 5
        )
        assert pages == [(an_id("manual"), 0), (an_id("manual"), 1)]
        assert library.chunks_on([(an_id("manual"), 1), (an_id("manual"), 0), ("gone", 0)]) == [
            ["other"],
            ["left", "right"],
            [],
        ]


def revision(library: Library, name: str, text: str, *, supersedes: str = "") -> None:
    """A document of one sentence."""
    chunk = a_chunk(f"{name} says", text, document_id=an_id(name))
    metadata = Metadata(supersedes=(supersedes,) if supersedes else ())
    vectors = {"text": text_vectors(HashedWords(), [chunk])}
    document = replace(a_document(name), metadata=metadata)
    library.put(document, some_pages(), [chunk], vectors)


def test_what_is_superseded_comes_after_what_takes_its_place(library: Library) -> None:
    question = Query(text="How many litres does the gear box take?")
    revision(library, "first", "The gear box takes 4 litres of oil.")
    alone = retriever(library).retrieve(question).hits
    assert (alone[0].chunk.id, alone[0].superseded_by) == ("first says", "")
    revision(library, "second", "The gear box takes 5 litres of oil.", supersedes="first.pdf")
    hits = retriever(library).retrieve(question).hits
    assert [hit.chunk.id for hit in hits[:2]] == ["second says", "first says"]
    assert [hit.superseded_by for hit in hits[:2]] == ["", "second.pdf"]


@pytest.mark.parametrize("reference", ["first.pdf", "/documents/first.pdf", an_id("first")])
def test_a_superseded_document_may_be_named_in_any_way(library: Library, reference: str) -> None:
    revision(library, "first", "The gear box takes 4 litres of oil.")
    revision(library, "second", "The gear box takes 5 litres of oil.", supersedes=reference)
    assert {old: new.name for old, new in library.superseded().items()}[
        an_id("first")
    ] == "second.pdf"


def test_a_superseded_document_answers_where_it_alone_says_something(library: Library) -> None:
    revision(library, "first", "The gear box is filled through the level plug.")
    revision(library, "second", "Paint the housing grey.", supersedes="first.pdf")
    hits = retriever(library).retrieve(Query(text="Where is the gear box filled?")).hits
    assert hits[0].chunk.id == "first says"
    assert hits[0].superseded_by == "second.pdf"


def alike_in_words(library: Library) -> None:
    """A text that fits the words "pressure of the pump" best, then a figure, then a table."""
    library.remove(an_id("manual"))
    chunks = [
        a_chunk("prose", "Pressure of the pump.", pages=(0,)),
        a_chunk("curves", "Pressure of the pump over flow.", kind="figure", image=CROP, pages=(1,)),
        a_chunk("values", "Pressure of the pump by size, here.", kind="table", pages=(2,)),
    ]
    vectors = {"text": text_vectors(HashedWords(), chunks)}
    library.put(a_document(), some_pages(), chunks, vectors)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What is the pressure of the pump?", "prose"),
        ("What does the chart say of the pressure of the pump?", "curves"),
        ("What does the table say of the pressure of the pump?", "values"),
    ],
)
def test_a_question_that_names_a_kind_prefers_it(
    library: Library, question: str, first: str
) -> None:
    alike_in_words(library)
    hits = retriever(library).retrieve(Query(text=question)).hits
    assert hits[0].chunk.id == first
    assert [hit.chunk.id for hit in hits if "kinds" in hit.ranks] == [first] * (first != "prose")
    assert {hit.chunk.id for hit in hits} == {"prose", "curves", "values"}


def test_a_kind_that_is_not_there_takes_nothing_away(library: Library) -> None:
    question = Query(text="Which table gives the torque of the bearing bracket?")
    hits = retriever(library).retrieve(question).hits
    assert hits[0].chunk.id == "torque"
    assert all("kinds" not in hit.ranks for hit in hits)


def two_manuals(library: Library) -> None:
    """Look-alikes: the same sentences, of two pumps that only titles and first pages name."""
    library.remove(an_id("manual"))
    for name in ("hydra", "titan"):
        chunks = [
            a_chunk(f"{name}-cover", f"Manual of the {name} pump", document_id=an_id(name)),
            a_chunk(f"{name}-oil", "Oil is changed yearly.", document_id=an_id(name), pages=(1,)),
            a_chunk(f"{name}-seal", "The seal is pressed in.", document_id=an_id(name), pages=(2,)),
        ]
        document = a_document(name)
        vectors = {"text": text_vectors(HashedWords(), chunks)}
        library.put(document, some_pages(), chunks, vectors)


def test_the_document_that_a_question_is_about_comes_first(library: Library) -> None:
    two_manuals(library)
    for name in ("hydra", "titan"):
        found = retriever(library).retrieve(Query(text=f"When does the {name} get new oil?"), 6)
        order = [hit.chunk.id for hit in found.hits]
        other = "titan" if name == "hydra" else "hydra"
        assert order.index(f"{name}-oil") < order.index(f"{other}-oil")


def test_documents_can_be_left_to_count_alike(library: Library) -> None:
    two_manuals(library)
    query = Query(text="When does the titan get new oil?")
    weighed = retriever(library).retrieve(query, 6)
    alike = retriever(library, "retrieve.documents=0").retrieve(query, 6)
    ratio = {hit.chunk.id: hit.score for hit in weighed.hits}
    flat = {hit.chunk.id: hit.score for hit in alike.hits}
    assert ratio["titan-oil"] == pytest.approx(flat["titan-oil"])
    assert ratio["hydra-oil"] < flat["hydra-oil"]


def test_each_document_that_fits_is_ranked_from_inside(library: Library) -> None:
    two_manuals(library)
    asked = retriever(library).retrieve(Query(text="How is the seal of the pump pressed in?"), 6)
    inside = {hit.chunk.id: hit.ranks["inside"] for hit in asked.hits if "inside" in hit.ranks}
    assert inside["hydra-seal"] == inside["titan-seal"] == 1
    assert inside["hydra-cover"] == inside["titan-cover"] == 2
    silent = retriever(library, "retrieve.weight_inside=0").retrieve(Query(text="seal"), 6)
    assert all("inside" not in hit.ranks for hit in silent.hits)
