import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tantivy import Document, Index, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from pagesight.adapters.rank_bm25 import RankBM25WordIndex
from pagesight.adapters.tantivy import TantivyWordIndex
from pagesight.document import Chunk
from pagesight.errors import LibraryError
from pagesight.ports import WordIndex
from pagesight.results import Filter
from tests.builders import a_chunk, an_id, prose, questions

ANY = Filter()
ABSTRACTS = Path(__file__).parents[3] / "shared" / "data" / "text_ir" / "cranfield"


@pytest.fixture(params=["tantivy", "rank_bm25"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WordIndex]:
    opened: WordIndex = (
        TantivyWordIndex(tmp_path / "words-0")
        if request.param == "tantivy"
        else RankBM25WordIndex()
    )
    yield opened
    opened.close()


def ids_of(found: list[tuple[str, float]]) -> list[str]:
    return [id for id, _ in found]


def test_an_empty_index_finds_nothing(index: WordIndex) -> None:
    assert index.search("pump", 5, ANY) == []
    assert index.ids() == set()
    index.remove(["a"])
    assert index.search("pump", 5, ANY) == []


def test_a_chunk_without_words_does_no_harm(index: WordIndex) -> None:
    index.add([a_chunk("a", "…")])
    assert index.search("pump", 5, ANY) == []
    index.add([a_chunk("b", "pump")])
    assert ids_of(index.search("pump", 5, ANY)) == ["b"]


@pytest.mark.parametrize("others", [0, 1, 2])
def test_in_a_tiny_corpus_the_better_match_is_first_with_a_positive_score(
    index: WordIndex, others: int
) -> None:
    index.add([a_chunk("worse", "The pump stands idle."), a_chunk("best", "A pump pump motor.")])
    index.add([a_chunk(f"other{i}", "Nothing of that.") for i in range(others)])
    found = index.search("pump motor", 5, ANY)
    assert ids_of(found) == ["best", "worse"]
    assert found[0][1] > found[1][1] > 0


def test_only_chunks_that_share_a_word_are_found(index: WordIndex) -> None:
    index.add([a_chunk("a", "Close the valve."), a_chunk("b", "Open the door.")])
    assert ids_of(index.search("valves", 5, ANY)) == ["a"]
    assert index.search("unheard-of", 5, ANY) == []
    assert index.search("", 5, ANY) == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("lm317", "Use an LM317-ADJ here."),
        ("3.3V", "supplied with 3.3 V"),
        ("lb.yaml", "see config/lb.yaml"),
        ("電圧", "電源電圧の範囲"),
        ("0x80070057", "Error 0x80070057: bad argument"),
    ],
)
def test_identifiers_quantities_and_characters_are_found(
    index: WordIndex, question: str, text: str
) -> None:
    index.add([a_chunk("wanted", text), a_chunk("other", "Something else altogether.")])
    assert ids_of(index.search(question, 5, ANY)) == ["wanted"]


@pytest.mark.parametrize(
    ("question", "whole", "parts"),
    [
        ("LM317-ADJ", "Fit an LM317-ADJ there", "The LM317 has an ADJ pin"),
        ("config/lb.yaml", "Edit config/lb.yaml now", "In config is an lb and a yaml"),
        ("GPIO_MODE", "Write GPIO_MODE first of all", "The GPIO has a mode too"),
        ("ISO 26262-6", "See ISO 26262-6:2018 there", "The ISO has 26262 of 6 parts"),
        ("-40 °C", "It stands down to -40 °C", "It stands up to 40 °C"),
        ("10 kΩ", "Fit a resistor of 10 kOhm", "Fit 10 resistors of a kOhm each"),
        ("v2.1.3", "Since v2.1.3 it can", "Since 2.1.3 it can"),
        (".NET", "For the .NET runtime", "For the net of a runtime"),
        ("readRegister", "Call readRegister once", "Read the register once"),
    ],
)
def test_what_is_asked_for_whole_comes_before_its_parts(
    index: WordIndex, question: str, whole: str, parts: str
) -> None:
    index.add([a_chunk("a-parts", parts), a_chunk("b-whole", whole), a_chunk("c", "Nothing")])
    assert ids_of(index.search(question, 5, ANY)) == ["b-whole", "a-parts"]


def test_a_standard_is_found_by_its_number_alone(index: WordIndex) -> None:
    index.add([a_chunk("iso", "as in ISO 26262-6:2018"), a_chunk("other", "as in ISO 9001")])
    assert ids_of(index.search("26262", 5, ANY)) == ["iso"]


def test_a_question_finds_texts_of_its_language_by_their_stems(index: WordIndex) -> None:
    german, english = a_chunk("de", "Das Drehmoment der Schraube"), a_chunk("en", "Screws, torqued")
    index.add([german, english], {"de": "de"})
    assert ids_of(index.search("Welche Drehmomente haben die Schrauben?", 5, ANY)) == ["de"]
    assert ids_of(index.search("torque of the screw", 5, ANY)) == ["en"]
    assert ids_of(index.search_within(german.document_id, "Drehmomenten", 5, ANY)) == ["de"]
    index.remove(["de"])
    assert index.search("Drehmomente", 5, ANY) == []


def test_texts_of_another_language_do_not_move_english_ones(index: WordIndex) -> None:
    chunks = [a_chunk(f"e{n}", "The size of the die" + " and chip" * n) for n in range(4)]
    index.add(chunks)
    alone = index.search("Which die size has the chip?", 9, ANY)
    index.add([a_chunk("de", "Die Pumpe ist an der Wand")], {"de": "de"})
    assert ids_of(index.search("Which die size has the chip?", 9, ANY)) == ids_of(alone)


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "body:pump",
        "pump AND (",
        "a:b^2~",
        "-pump +",
        "[* TO *]",
        "\\",
        "id:a",
        "pump\x00\ud800",
    ],
)
def test_query_syntax_means_nothing(index: WordIndex, text: str) -> None:
    index.add([a_chunk("a", "The pump.")])
    assert ids_of(index.search(text, 5, ANY)) == (["a"] if "pump" in text else [])


def test_title_and_headings_are_found_and_the_text_itself_counts_more(index: WordIndex) -> None:
    index.add(
        [
            a_chunk("titled", "one two three", title="Compressor"),
            a_chunk("headed", "one two three", heading_path=("Lubrication",)),
            a_chunk("said", "lubrication two three"),
        ]
    )
    assert ids_of(index.search("compressor", 5, ANY)) == ["titled"]
    assert set(ids_of(index.search("lubrication", 5, ANY))) == {"said", "headed"}


def test_within_a_document_its_own_words_tell_its_chunks_apart(index: WordIndex) -> None:
    """The name of the pump is rare in the library and in most chunks of its manual; "oil" is common
    in the library and rare in the manual."""
    manual, other = an_id("manual"), an_id("other")
    index.add(
        [a_chunk(f"m{n}", "The hydra pump hydra of site", document_id=manual) for n in range(6)]
        + [a_chunk("oil", "The oil of the pump of the site", document_id=manual)]
        + [a_chunk(f"o{n}", "Oil for every site", document_id=other) for n in range(12)]
    )
    assert ids_of(index.search("hydra oil", 20, Filter(documents=(manual,))))[0] != "oil"
    found = index.search_within(manual, "hydra oil", 20, ANY)
    assert ids_of(found)[0] == "oil"
    assert set(ids_of(found)) == {"oil", *(f"m{n}" for n in range(6))}


def test_within_a_document_a_filter_admits_what_it_says(index: WordIndex) -> None:
    manual = an_id("manual")
    index.add(
        [
            a_chunk("text", "The oil", document_id=manual, pages=(0,)),
            a_chunk("table", "Oil", document_id=manual, kind="table", pages=(1,), image="i"),
            a_chunk("other", "Oil", document_id=an_id("other")),
        ]
    )
    tables = Filter(kinds=("table",), documents=("whatever",))
    assert ids_of(index.search_within(manual, "oil", 5, tables)) == ["table"]
    assert ids_of(index.search_within(manual, "oil", 5, Filter(pages=(0, 0)))) == ["text"]
    assert len(index.search_within(manual, "oil", 1, ANY)) == 1
    assert index.search_within(manual, "gasket", 5, ANY) == []
    assert index.search_within("unknown", "oil", 5, ANY) == []


def test_ties_are_broken_by_id_also_where_they_are_cut(index: WordIndex) -> None:
    for number in reversed(range(60)):
        if number % 20 == 19:
            index.add([a_chunk(f"c{i:02d}", "pump") for i in range(number, number - 20, -1)])
    found = index.search("pump", 5, ANY)
    assert ids_of(found) == ["c00", "c01", "c02", "c03", "c04"]
    assert len({score for _, score in found}) == 1


def test_adding_twice_is_adding_once_and_the_last_text_counts(index: WordIndex) -> None:
    index.add([a_chunk("a", "pump"), a_chunk("b", "valve")])
    index.add([a_chunk("a", "relay")])
    assert index.ids() == {"a", "b"}
    assert index.search("pump", 5, ANY) == []
    assert ids_of(index.search("relay", 5, ANY)) == ["a"]


def test_what_is_removed_is_not_found_and_unknown_ids_are_ignored(index: WordIndex) -> None:
    index.add([a_chunk("a", "pump"), a_chunk("b", "pump")])
    index.remove(["a", "never there"])
    assert index.ids() == {"b"}
    assert ids_of(index.search("pump", 5, ANY)) == ["b"]


@pytest.mark.parametrize(
    "filter",
    [
        Filter(documents=(an_id("one"),)),
        Filter(documents=(an_id("one"), an_id("two"), "unknown")),
        Filter(kinds=("figure", "table")),
        Filter(pages=(2, 3)),
        Filter(documents=(an_id("two"),), kinds=("text",), pages=(0, 4)),
    ],
)
def test_a_filter_admits_what_it_says_and_moves_no_score(index: WordIndex, filter: Filter) -> None:
    kinds = ("text", "figure", "table")
    chunks = [
        a_chunk(
            f"c{i:02d}",
            "pump " * (1 + i % 4),
            document_id=an_id(("one", "two", "three")[i % 3]),
            kind=kinds[i % 3 if i % 2 else 0],  # type: ignore[arg-type]
            pages=((i % 7,), (1, 5), (0, 2))[i % 3],
        )
        for i in range(42)
    ]
    index.add(chunks)
    everything = index.search("pump", 50, ANY)
    admitted = {chunk.id for chunk in chunks if filter.admits(chunk)}
    assert 0 < len(admitted) < len(chunks)
    assert index.search("pump", 50, filter) == [hit for hit in everything if hit[0] in admitted]


def shared_best(chunks: Sequence[Chunk], asked: Sequence[str], directory: Path) -> list[float]:
    """For each question the share of the reference's ten best that the persistent engine has among
    its own ten. Of text alone: the reference reads headings as part of the text, the other as a
    field. What is left between them is that tantivy rounds the length of a text to one byte."""
    plain = [replace(chunk, title="", heading_path=()) for chunk in chunks]
    reference, tantivy = RankBM25WordIndex(), TantivyWordIndex(directory)
    for engine in (reference, tantivy):
        engine.add(plain)
    shares = []
    for question in asked:
        best = set(ids_of(reference.search(question, 10, ANY)))
        mine = set(ids_of(tantivy.search(question, 10, ANY)))
        shares.append(len(best & mine) / len(best))
    tantivy.close()
    return shares


def test_the_persistent_engine_agrees_with_the_reference_on_prose(tmp_path: Path) -> None:
    shares = shared_best(prose(600), questions(50), tmp_path / "words-0")
    assert sum(shares) / len(shares) >= 0.96
    assert min(shares) >= 0.8


@pytest.mark.skipif(not ABSTRACTS.is_dir(), reason="no collection of abstracts")
def test_the_persistent_engine_agrees_with_the_reference_on_abstracts(tmp_path: Path) -> None:
    texts, asked = (
        [json.loads(line)["text"] for line in (ABSTRACTS / name).read_text().splitlines()]
        for name in ("corpus.jsonl", "queries.jsonl")
    )
    chunks = [a_chunk(str(number), text) for number, text in enumerate(texts[:400])]
    shares = shared_best(chunks, asked[::8], tmp_path / "words-0")
    assert sum(shares) / len(shares) >= 0.96
    assert min(shares) >= 0.8


def test_the_persistent_engine_keeps_what_it_was_taught(tmp_path: Path) -> None:
    index = TantivyWordIndex(tmp_path / "words-0")
    index.add(prose(20))
    found = index.search("pump valve", 10, ANY)
    index.close()
    again = TantivyWordIndex(tmp_path / "words-0")
    assert again.search("pump valve", 10, ANY) == found
    again.close()


def test_words_of_a_caption_count_more_than_words_inside_a_figure(tmp_path: Path) -> None:
    index = TantivyWordIndex(tmp_path / "words-0")
    inside, caption = "Figure 1: Wiring\nflow rate", "Figure 2: Flow rate\nwiring one"
    for id, text in (("a", inside), ("b", caption)):
        figure = a_chunk(id, text, kind="figure", image="i")
        index.add([replace(figure, label=text[:8])])
    assert ids_of(index.search("flow rate", 5, ANY)) == ["b", "a"]
    index.close()


def test_an_index_of_an_earlier_version_still_answers(tmp_path: Path) -> None:
    """It has no field for captions or languages."""
    directory = tmp_path / "words-0"
    directory.mkdir()
    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for field in ("body", "headings", "title"):
        builder.add_text_field(field, tokenizer_name="tokens", index_option="freq")
    for field in ("document", "kind"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("page", indexed=True, fast=True)
    old = Index(builder.build(), path=str(directory))
    old.register_tokenizer("tokens", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
    writer = old.writer(15_000_000, num_threads=1)
    writer.add_document(Document(id="a", body="valv", document="d", kind="text"))
    writer.commit()
    writer.wait_merging_threads()
    index = TantivyWordIndex(directory)
    assert ids_of(index.search("valves", 5, ANY)) == ["a"]
    assert ids_of(index.search_within("d", "valves", 5, ANY)) == ["a"]
    index.close()


def test_damage_is_reported_with_the_directory_and_the_remedy(tmp_path: Path) -> None:
    TantivyWordIndex(tmp_path / "words-0").close()
    (tmp_path / "words-0" / "meta.json").write_text("junk")
    with pytest.raises(LibraryError, match=r"words-0.*pagesight doctor --repair"):
        TantivyWordIndex(tmp_path / "words-0")
