"""Explaining: why hits stand where they do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pagesight.document import Chunk, Metadata
from pagesight.explaining import pattern, place_in_evidence, reasons
from pagesight.ingest.vectors import text_vectors
from pagesight.library import Library
from pagesight.results import Brought, Explanation, Hit, Query
from pagesight.retrieve import Retriever
from pagesight.settings import load
from tests.builders import a_chunk, a_document, an_id, open_library, some_pages
from tests.evidence import an_evidence
from tests.models import HashedWords


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def put(library: Library, name: str, chunks: Sequence[Chunk], *, supersedes: str = "") -> None:
    own = [replace(chunk, document_id=an_id(name)) for chunk in chunks]
    metadata = Metadata(supersedes=(supersedes,) if supersedes else ())
    document = replace(a_document(name), metadata=metadata)
    library.put(document, some_pages(), own, {"text": text_vectors(HashedWords(), own)})


def explained(library: Library, question: str, *overrides: str) -> list[tuple[Hit, Explanation]]:
    settings = load(overrides=overrides).retrieve
    retriever = Retriever(library, HashedWords(), None, settings)
    ranking = retriever.retrieve(Query(text=question))
    return list(zip(ranking.hits, retriever.explain(ranking), strict=True))


def pumps(library: Library) -> None:
    """Two look-alikes, the newer one in place of the older, and what is neither."""
    for name, old in (("hydra", ""), ("titan", "hydra.pdf")):
        oil = a_chunk(f"{name}-oil", f"The {name} takes 4 litres of oil, see Fig. 3.")
        figure = a_chunk(f"{name}-figure", "Figure 3: Oil levels", kind="figure", pages=(1,))
        put(library, name, [oil, replace(figure, label="Figure 3")], supersedes=old)
    put(library, "paint", [a_chunk("paint", "Paint the housing grey.")])


def test_a_score_is_the_sum_of_its_shares_times_its_factors(library: Library) -> None:
    pumps(library)
    found = explained(library, "How many litres of oil does the titan take, by Figure 3?")
    assert len(found) >= 4
    for hit, told in found:
        assert {each.list: each.rank for each in told.lists} == dict(hit.ranks)
        assert told.sum == pytest.approx(sum(each.share for each in told.lists if not each.late))
        assert hit.score == pytest.approx(told.sum * math.prod(told.factors.values()))
        shares = [each.share for each in told.lists]
        assert shares == sorted(shares, reverse=True)


def test_a_share_is_the_weight_of_the_list_by_its_constant_and_the_rank(library: Library) -> None:
    pumps(library)
    settings = ("retrieve.rrf_k=9", "retrieve.weight_words=3")
    told = explained(library, "How many litres of oil does the titan take?", *settings)[0][1]
    words = next(each for each in told.lists if each.list == "words")
    assert words.rank == 1
    assert words.share == pytest.approx(0.3)


def test_factors_say_what_lowers_a_hit(library: Library) -> None:
    pumps(library)
    found = explained(library, "How many litres of oil does the titan take?")
    told = {hit.chunk.id: told for hit, told in found}
    assert dict(told["titan-oil"].factors) == {}
    assert told["titan-oil"].document_rank == 1
    assert told["hydra-oil"].factors["superseded"] == 0.5
    assert 0 < told["hydra-oil"].factors["document"] < 1
    assert told["hydra-oil"].document_rank == 2
    alike = explained(library, "litres of oil of the titan", "retrieve.documents=0")
    assert {name for _, each in alike for name in each.factors} == {"superseded"}


def test_words_are_told_as_the_hit_writes_them_and_where_they_stand(library: Library) -> None:
    chunk = a_chunk(
        "torque",
        'The "bearings" (M8, LM317-ADJ) are tightened, bearings first: Bearings at 3.3 V.',
        heading_path=("4 Tightening the bearing",),
        title="Service of LM317 supplies",
    )
    put(library, "manual", [chunk])
    (_, told), *_ = explained(library, "Is the bearing of the LM317 tightened at 3.3V?")
    words = [(each.word, each.field) for each in told.words]
    assert words == [
        ("bearings", "body"),
        ("LM317-ADJ", "body"),
        ("tightened", "body"),
        ("3.3", "body"),
        ("V", "body"),
        ("Tightening", "heading"),
        ("bearing", "heading"),
        ("LM317", "title"),
    ]


def test_words_of_scripts_without_spaces_are_told_by_pairs(library: Library) -> None:
    put(library, "manual", [a_chunk("oil", "油圧ポンプの圧力を測定する。")])
    (_, told), *_ = explained(library, "ポンプの圧力")
    assert [each.word for each in told.words] == ["ポン", "ンプ", "プの", "の圧", "圧力"]


def test_words_are_cut_by_the_language_of_the_hit(library: Library) -> None:
    text = (
        "Die Pumpen sind mit Dichtungen aus der Fabrik, und sie werden nicht von Hand geschmiert."
    )
    put(library, "pumpe", [a_chunk("pumpe", text)])
    (_, told), *_ = explained(library, "Welche Dichtung hat die Pumpe?")
    assert {each.word for each in told.words if each.field == "body"} == {"Pumpen", "Dichtungen"}


def test_a_hit_that_is_named_and_one_that_mentions_it_say_so(library: Library) -> None:
    pumps(library)
    found = explained(library, "What does Figure 3 of the titan show about oil?")
    hits = {hit.chunk.id: (hit.rank, told) for hit, told in found}
    rank, figure = hits["titan-figure"]
    place, passage = hits["titan-oil"]
    assert rank == 1
    assert figure.named == ("Figure 3",)
    assert passage.named == ()
    assert [(each.how, each.rank) for each in figure.related] == [("mentioned by", place)]
    assert [(each.how, each.label, each.rank) for each in passage.related] == [
        ("mentions", "Figure 3", rank)
    ]
    assert reasons(figure)[0] == "named in the question: Figure 3"
    assert f"hit {place} mentions it" in reasons(figure)
    assert "mentions Figure 3 (hit 1)" in reasons(passage)


def test_a_mention_of_another_documents_figure_relates_nothing(library: Library) -> None:
    put(library, "one", [a_chunk("oil", "Oil is shown in Fig. 3.")])
    figure = replace(a_chunk("figure", "Figure 3: Oil", kind="figure"), label="Figure 3")
    put(library, "two", [figure])
    assert not any(told.related for _, told in explained(library, "Where is the oil shown?"))


def test_a_hit_by_meaning_alone_says_that_it_has_none_of_the_words(library: Library) -> None:
    pumps(library)
    told = {hit.chunk.id: told for hit, told in explained(library, "litres of oil")}["paint"]
    assert {each.list for each in told.lists} == {"dense"}
    assert "has none of the question's words" in reasons(told)


@pytest.mark.parametrize(
    ("words", "text", "marked"),
    [
        (["oil"], "Oil boils: oil.", ["Oil", "oil"]),
        (["C++", "C"], "C++ and C", ["C++", "C"]),
        (["圧力"], "油圧ポンプの圧力を", ["圧力"]),
    ],
)
def test_words_are_marked_whole(words: list[str], text: str, marked: list[str]) -> None:
    found = pattern(words)
    assert found is not None
    assert found.findall(text) == marked
    assert pattern([]) is None


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ({"rank": 2}, "hit 2"),
        ({"rank": 2, "parts": ("a", "b")}, "hit 2 and what stands around it"),
        (
            {"brought": Brought(how="mentioned by", label="Figure 3", mark=1), "rank": 0},
            "[1] mentions Figure 3",
        ),
        (
            {"brought": Brought(how="mentions", label="Figure 3", mark=2), "rank": 0},
            "mentions Figure 3, which is [2]",
        ),
    ],
)
def test_a_piece_of_evidence_says_why_it_is_shown(piece: dict[str, Any], reason: str) -> None:
    assert place_in_evidence(replace(an_evidence(1, "Oil."), **piece)) == reason
