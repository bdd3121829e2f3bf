"""Repeats among hits, and pictures that ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pagesight.document import Chunk, Region
from pagesight.errors import SettingsError
from pagesight.geometry import BBox
from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.results import Filter, Hit, Query
from pagesight.retrieve import Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, an_id, open_library, some_pages
from tests.models import HashedWords
from tests.test_looks import drawn

BOX = BBox(72.0, 72.0, 282.0, 222.0)
"""Of the proportions of `drawn`."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def put(library: Library, chunks: Sequence[Chunk], name: str = "manual") -> None:
    vectors = {"text": text_vectors(HashedWords(), chunks)}
    library.put(a_document(name), some_pages(9), chunks, vectors)


def asked(library: Library, question: str | Path, *overrides: str) -> Sequence[Hit]:
    picture = question if isinstance(question, Path) else None
    query = Query(text="" if picture else str(question), image=picture)
    settings = load(overrides=overrides).retrieve
    return Retriever(library, HashedWords(), None, settings).retrieve(query).hits


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.chunk.id for hit in hits]


def a_figure(
    library: Library, id: str, drawing: int, text: str = "", *, page: int = 0, label: str = ""
) -> Chunk:
    """A figure whose crop is a drawing; every crop is a file of its own."""
    crop = library.crop_path(an_id(id))
    crop.parent.mkdir(parents=True, exist_ok=True)
    drawn(drawing).save(crop)
    chunk = a_chunk(id, text, kind="figure", image=crop.stem)
    return replace(chunk, label=label, regions=(Region(page=page, bbox=BOX),))


def test_a_logo_that_stands_on_every_page_is_one_hit_that_names_the_pages(
    library: Library,
) -> None:
    logos = [a_figure(library, f"logo{n}", 1, "Hydra pumps", page=n) for n in range(6)]
    oil = a_chunk("oil", "Hydra oil is changed yearly.", pages=(7,))
    put(library, [*logos, oil])
    hits = asked(library, "Hydra pumps", "retrieve.count=2")
    assert ids(hits) == ["logo0", "oil"]
    assert [hit.rank for hit in hits] == [1, 2]
    assert hits[0].repeats == (1, 2, 3, 4, 5)
    assert hits[1].repeats == ()


def test_repeats_come_after_everything_else(library: Library) -> None:
    logos = [a_figure(library, f"logo{n}", 1, "Hydra pumps", page=n) for n in range(3)]
    put(library, [*logos, a_chunk("oil", "Hydra oil is changed yearly.", pages=(7,))])
    query = Query(text="Hydra pumps")
    ranking = Retriever(library, HashedWords(), None, load().retrieve).retrieve(query)
    assert [item.id for item in ranking.fused] == ["logo0", "oil", "logo1", "logo2"]


def test_figures_of_the_same_words_that_look_different_are_no_repeats(library: Library) -> None:
    put(library, [a_figure(library, f"chart{n}", n, "2015 2016 2017", page=n) for n in (1, 2)])
    assert len(asked(library, "2015 2016")) == 2


def test_a_part_of_a_figure_stands_behind_the_whole_unless_it_is_better(library: Library) -> None:
    whole = a_figure(library, "whole", 1, "Rotor, stator, valve plate", label="Figure 3")
    parts = [
        a_figure(library, f"part{n}", n, f"{words} of all", label=f"Figure 3({'ab'[n - 2]})")
        for n, words in ((2, "Rotor"), (3, "Stator"))
    ]
    put(library, [whole, *parts])
    assert ids(asked(library, "rotor stator valve plate")) == ["whole"]
    named = asked(library, "What does Figure 3(b) show?")
    assert ids(named)[0] == "part3"


def test_the_same_words_under_another_heading_or_in_another_document_are_no_repeats(
    library: Library,
) -> None:
    said = [
        a_chunk(f"item{n}", "Not applicable.", heading_path=(f"Item {n % 2}",), pages=(n,))
        for n in range(3)
    ]
    put(library, said)
    other = a_chunk("other", "Not applicable.", heading_path=("Item 0",), document_id=an_id("b"))
    put(library, [other], "b")
    hits = asked(library, "not applicable")
    assert sorted(ids(hits)) == ["item0", "item1", "other"]
    assert {hit.chunk.id: hit.repeats for hit in hits}["item0"] == (2,)


def test_a_screenshot_finds_the_figure_that_it_shows_and_the_text_about_it(
    library: Library, tmp_path: Path
) -> None:
    figures = [
        a_figure(library, f"figure{n}", n, f"Figure {n}: {words}", page=n, label=f"Figure {n}")
        for n, words in enumerate(("Shaft seal", "Valve plate", "Gear box"), start=1)
    ]
    texts = [
        a_chunk("plate", "The valve plate of figure 2 wears first.", pages=(5,)),
        a_chunk("paint", "The housing is painted grey.", pages=(6,)),
    ]
    put(library, [*figures, *texts])
    shot = tmp_path / "shot.jpg"
    drawn(2).resize((300, 214)).save(shot, quality=70)
    hits = asked(library, shot)
    assert ids(hits)[:2] == ["figure2", "plate"]
    assert hits[0].ranks["picture"] == 1
    assert all("picture" not in hit.ranks for hit in hits[1:])


def test_a_figure_without_words_is_found_by_a_screenshot_alone(
    library: Library, tmp_path: Path
) -> None:
    put(library, [a_figure(library, "mute", 4), a_figure(library, "other", 5)])
    shot = tmp_path / "shot.png"
    drawn(4).save(shot)
    assert ids(asked(library, shot)) == ["mute"]
    with pytest.raises(SettingsError, match="no words were read"):
        asked(library, shot, "retrieve.weight_picture=0")


def test_a_screenshot_finds_nothing_that_the_filter_excludes(
    library: Library, tmp_path: Path
) -> None:
    put(library, [a_figure(library, "mute", 4, "Rotor")])
    shot = tmp_path / "shot.png"
    drawn(4).save(shot)
    finder = Retriever(library, HashedWords(), None, load().retrieve)
    for filter in (Filter(kinds=("text",)), Filter(pages=(3, 5)), Filter(documents=("none",))):
        with pytest.raises(SettingsError, match="no words were read"):
            finder.retrieve(Query(text="", image=shot, filter=filter))
    assert ids(finder.retrieve(Query(text="", image=shot, filter=Filter(kinds=("figure",)))).hits)
