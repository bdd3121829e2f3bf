"""From hits to what is shown: whole tables, what is referred to, context, marks, budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pagesight.ask.evidence import Assembler
from pagesight.ask.joining import cut, joined, reading_order
from pagesight.budget import text_tokens
from pagesight.chunking import chunk_document
from pagesight.document import (
    Caption,
    Chunk,
    Document,
    DocumentProfile,
    Element,
    Figure,
    ParsedDocument,
    Region,
    Span,
    Table,
    TextBlock,
    plain_cells,
)
from pagesight.geometry import BBox
from pagesight.library import Library
from pagesight.results import Brought, Evidence, Hit
from pagesight.settings import load
from tests.builders import a_chunk, a_document, an_id, open_library, some_pages, vectors_for

SENTENCE = "The {} pump is lubricated with twelve grams of grease every week."


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def line(text: str, page: int, y: float, x: float = 72) -> tuple[BBox, Span]:
    box = BBox(x, y, x + 228, y + 12)
    return box, Span(start=0, end=len(text), page=page, bbox=box)


def paragraph(
    text: str, page: int = 0, y: float = 100, heading: str = "1 Care", x: float = 72
) -> TextBlock:
    box, span = line(text, page, y, x)
    return TextBlock(
        page=page, bbox=box, role="paragraph", text=text, spans=(span,), heading_path=(heading,)
    )


def caption(label: str, rest: str, page: int, y: float) -> Caption:
    _, span = line(f"{label}: {rest}", page, y)
    return Caption(label=label, text=f"{label}: {rest}", spans=(span,))


def a_table(rows: int, page: int = 0, y: float = 300, label: str = "Table 1") -> Table:
    """Fault codes, one row each, of 30 words."""
    cells = [("Code", "Remedy")]
    cells += [(f"E{number:02}", f"remedy {number} " + "and check " * 14) for number in range(rows)]
    return Table(
        page=page,
        bbox=BBox(72, y, 540, y + 12 * (rows + 1)),
        image="cd" * 32,
        cells=plain_cells(
            cells,
            page,
            [
                (BBox(72, top, 120, top + 12), BBox(120, top, 540, top + 12))
                for top in (y + 12 * i for i in range(rows + 1))
            ],
        ),
        caption=caption(label, "Fault codes", page, y - 20),
        heading_path=("2 Faults",),
    )


def a_figure(label: str, page: int, y: float = 400, image: str = "ab" * 32) -> Figure:
    box = BBox(72, y, 300, y + 100)
    named = caption(label, "Exploded view", page, y + 104)
    return Figure(page=page, bbox=box, image=image, caption=named)


def store(library: Library, *elements: Element, name: str = "manual") -> list[Chunk]:
    """The chunks of a document, which is put into the library; every paragraph is one."""
    pages = tuple(some_pages())
    profile = DocumentProfile(
        id=an_id(name), source=f"/documents/{name}.pdf", title=name.title(), page_count=3
    )
    parsed = ParsedDocument(profile=profile, title=name.title(), pages=pages, elements=elements)
    settings = load(
        overrides=("chunk.words=14", "chunk.least_words=1", "chunk.table_words=60")
    ).chunk
    chunks = chunk_document(parsed, settings)
    library.put(a_document(name), pages, chunks, {"text": vectors_for(chunks)})
    return chunks


def hits_of(*chunks: Chunk, document: Document | None = None) -> list[Hit]:
    names = {an_id(name): a_document(name) for name in ("manual", "copy")}
    return [
        Hit(
            chunk=chunk,
            document=document or names[chunk.document_id],
            page_labels=(),
            rank=rank,
            score=1 / rank,
            ranks={},
        )
        for rank, chunk in enumerate(chunks, start=1)
    ]


def assemble(
    library: Library,
    *chunks: Chunk,
    tokens: int = 4000,
    marks: Mapping[str, int] | None = None,
) -> list[Evidence]:
    settings = load(overrides=(f"ask.tokens={tokens}",)).ask
    return Assembler(library, settings).assemble(hits_of(*chunks), marks or {})


def saying(chunks: Sequence[Chunk], words: str) -> Chunk:
    (found,) = [chunk for chunk in chunks if words in chunk.text]
    return found


def place_of(piece: Evidence, words: str) -> list[tuple[int, BBox]]:
    start = piece.chunk.text.index(words)
    spans = piece.chunk.touched(start, start + len(words))
    return [(span.page, span.bbox) for span in spans]


def test_a_hit_is_shown_with_the_text_around_it_as_one_piece(library: Library) -> None:
    names = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
    blocks = [paragraph(SENTENCE.format(name), y=100 + 20 * i) for i, name in enumerate(names)]
    chunks = store(library, *blocks)
    (piece,) = assemble(library, chunks[3])
    assert piece.chunk.text == "\n".join(chunk.text for chunk in chunks[1:6])
    assert piece.parts == tuple(chunk.id for chunk in chunks[1:6])
    assert (piece.chunk.id, piece.rank, piece.mark) == (chunks[3].id, 1, 1)
    assert piece.shown_text == piece.chunk.text
    assert piece.chunk.html == ""
    for number in range(1, 6):
        assert place_of(piece, chunks[number].text) == [(0, blocks[number].bbox)]
    across = f"{chunks[2].text}\n{chunks[3].text}"
    assert place_of(piece, across) == [(0, blocks[2].bbox), (0, blocks[3].bbox)]
    assert set(piece.chunk.regions) == {region for c in chunks[1:6] for region in c.regions}


def test_context_ends_where_the_section_does(library: Library) -> None:
    chunks = store(
        library,
        paragraph(SENTENCE.format("old"), y=100, heading="1 Care"),
        paragraph(SENTENCE.format("new"), y=120, heading="2 Faults"),
    )
    (piece,) = assemble(library, chunks[1])
    assert piece.parts == (chunks[1].id,)


def test_context_goes_on_over_a_page_break(library: Library) -> None:
    blocks = [paragraph(SENTENCE.format("left"), 0, 700), paragraph(SENTENCE.format("right"), 1)]
    chunks = store(library, *blocks)
    (piece,) = assemble(library, chunks[0])
    assert piece.page_labels == ("1-1", "1-2")
    assert place_of(piece, chunks[1].text) == [(1, blocks[1].bbox)]


def test_context_follows_the_column_and_not_the_line(library: Library) -> None:
    chunks = store(
        library,
        paragraph(SENTENCE.format("upper left"), y=100),
        paragraph(SENTENCE.format("lower left"), y=300),
        paragraph(SENTENCE.format("upper right"), y=101, x=320),
        paragraph(SENTENCE.format("lower right"), y=301, x=320),
    )
    assert [chunk.text.split()[1:3] for chunk in chunks][1] == ["upper", "right"]
    (piece,) = assemble(library, saying(chunks, "lower left"))
    assert [words.split()[1:3] for words in piece.chunk.text.split("\n")] == [
        ["upper", "left"],
        ["lower", "left"],
        ["upper", "right"],
        ["lower", "right"],
    ]


def test_a_heading_over_both_columns_comes_before_them() -> None:
    def at(id: str, x0: float, y0: float, x1: float) -> Chunk:
        box = BBox(x0, y0, x1, y0 + 10)
        return replace(a_chunk(id), regions=(Region(page=0, bbox=box),))

    chunks = [
        at("title", 72, 50, 540),
        at("left", 72, 100, 300),
        at("right", 320, 100, 540),
        at("middle", 72, 400, 540),
        at("left below", 72, 450, 300),
        at("right below", 320, 450, 540),
    ]
    mixed = [chunks[number] for number in (5, 2, 0, 4, 3, 1)]
    assert [chunk.id for chunk in reading_order(mixed)] == [chunk.id for chunk in chunks]


def test_neighbouring_hits_become_one_piece_with_the_best_rank(library: Library) -> None:
    blocks = [paragraph(SENTENCE.format(name), y=100 + 20 * i) for i, name in enumerate("abcd")]
    chunks = store(library, *blocks)
    (piece,) = assemble(library, chunks[2], chunks[1])
    assert (piece.chunk.id, piece.rank) == (chunks[2].id, 1)
    assert piece.parts == tuple(chunk.id for chunk in chunks)


def test_a_split_table_is_shown_whole_with_one_header(library: Library) -> None:
    table = a_table(12)
    parts = store(library, paragraph("Codes are listed below.", y=200), table)[1:]
    assert len(parts) > 5
    (piece,) = [e for e in assemble(library, parts[3]) if e.chunk.kind == "table"]
    assert piece.parts == tuple(part.id for part in parts)
    assert piece.chunk.text.count("| Code | Remedy |") == 1
    assert piece.chunk.text.count("Table 1: Fault codes") == 1
    assert piece.chunk.html.count("<tr>") == len(table.rows)
    for number, row in enumerate(table.rows):
        y = 300.0 + 12 * number
        assert place_of(piece, f"| {row[0]} |")[0] == (0, BBox(72, y, 120, y + 12))
    assert piece.image_path.endswith(f"{table.image}.png")


def test_of_a_table_that_does_not_fit_the_rows_around_the_hit_are_shown(library: Library) -> None:
    parts = store(library, a_table(12))
    tokens = sum(text_tokens(part.text) for part in parts[2:5])
    (piece,) = assemble(library, parts[3], tokens=tokens)
    assert piece.parts == tuple(part.id for part in parts[2:5])
    assert "| E02 |" in piece.shown_text
    assert "| E05 |" not in piece.shown_text


def test_two_tables_are_not_mixed_up(library: Library) -> None:
    other = replace(a_table(4, page=1, label="Table 2"), image="ef" * 32)
    chunks = store(library, a_table(4), other)
    found = [chunk for chunk in chunks if "| E00 |" in chunk.text]
    first, second = assemble(library, *found)
    assert "Table 1" in first.chunk.text
    assert "Table 2" not in first.chunk.text
    assert "Table 2" in second.chunk.text


def test_a_figure_that_a_shown_text_refers_to_is_brought_along(library: Library) -> None:
    chunks = store(
        library,
        paragraph("The bracket is shown in Fig. 7-2 with its screws.", page=0),
        a_figure("Figure 7-2", page=2),
        a_figure("Figure 7-3", page=2, y=600, image="ef" * 32),
    )
    text, figure = assemble(library, saying(chunks, "bracket"))
    assert (figure.chunk.label, figure.rank, figure.mark) == ("Figure 7-2", 0, 2)
    assert figure.page_labels == ("1-3",)
    assert figure.image_path
    assert figure.brought == Brought(how="mentioned by", label="Figure 7-2", mark=1)
    assert (text.rank, text.brought) == (1, None)


def test_the_text_that_refers_to_a_figure_is_brought_along(library: Library) -> None:
    chunks = store(
        library,
        paragraph("Remove the screws (see Figures 7-1 and 7-2) and pull.", page=1),
        paragraph("Figure 7 is about something else.", page=2, heading="3 More"),
        a_figure("Figure 7-2", page=2),
    )
    pieces = assemble(library, saying(chunks, "Exploded view"))
    assert [(piece.chunk.text.split()[0], piece.rank) for piece in pieces] == [
        ("Remove", 0),
        ("Figure", 1),
    ]
    assert pieces[0].brought == Brought(how="mentions", label="Figure 7-2", mark=2)


def test_only_a_few_things_are_brought_along(library: Library) -> None:
    figures = [a_figure(f"Figure {n}", 1, 100 + n, image=f"{n:02}" * 32) for n in range(1, 9)]
    chunks = store(library, paragraph("See Figures 1, 2, 3, 4, 5, 6, 7 and 8."), *figures)
    assert len(assemble(library, saying(chunks, "See Figures"))) == 4


def test_the_same_words_are_shown_once(library: Library) -> None:
    blocks = [paragraph(SENTENCE.format("main"), y=100)]
    one = store(library, *blocks)
    other = store(library, *blocks, name="copy")
    (piece,) = assemble(library, one[0], other[0])
    assert piece.document.name == "manual.pdf"


def test_evidence_is_ordered_by_best_document_and_page(library: Library) -> None:
    mine = store(
        library,
        paragraph(SENTENCE.format("early"), 0, heading="1 Early"),
        paragraph(SENTENCE.format("late"), 2, heading="2 Late"),
    )
    theirs = store(library, paragraph(SENTENCE.format("other"), 1), name="copy")
    pieces = assemble(library, mine[1], theirs[0], mine[0])
    assert [(piece.mark, piece.rank) for piece in pieces] == [(1, 3), (2, 1), (3, 2)]


def test_what_was_shown_before_keeps_its_mark(library: Library) -> None:
    chunks = store(
        library,
        *(paragraph(SENTENCE.format(n), 0, 100 + 20 * n, heading=f"{n}") for n in range(4)),
    )
    pieces = assemble(library, *chunks, marks={chunks[2].id: 1, chunks[1].id: 4, "gone": 6})
    assert [piece.mark for piece in pieces] == [7, 4, 1, 8]


def test_no_two_pieces_have_one_mark(library: Library) -> None:
    chunks = store(
        library,
        *(paragraph(SENTENCE.format(n), 0, 100 + 20 * n, heading=f"{n}") for n in range(2)),
    )
    pieces = assemble(library, *chunks, marks={chunk.id: 1 for chunk in chunks})
    assert [piece.mark for piece in pieces] == [1, 2]


def test_the_best_hits_are_served_first_and_context_last(library: Library) -> None:
    names = ("one", "two", "three", "four", "five", "six")
    blocks = [paragraph(SENTENCE.format(name), y=100 + 20 * i) for i, name in enumerate(names)]
    chunks = store(library, *blocks)
    each = text_tokens(chunks[0].text)
    pieces = assemble(library, chunks[0], chunks[5], tokens=3 * each)
    assert [piece.parts for piece in pieces] == [
        (chunks[0].id, chunks[1].id),
        (chunks[5].id,),
    ]
    pieces = assemble(library, chunks[5], chunks[0], tokens=each)
    assert [piece.parts for piece in pieces] == [(chunks[5].id,)]


def test_a_hit_that_does_not_fit_is_cut_between_sentences(library: Library) -> None:
    text = "Stop the pump. Close both valves. Drain the housing. Then open it."
    chunk = a_chunk("long", text)
    library.put(a_document(), some_pages(), [chunk], {"text": vectors_for([chunk])})
    (piece,) = assemble(library, chunk, tokens=11)
    assert piece.shown_text == "Stop the pump. Close both valves."
    assert piece.chunk.text == text
    (piece,) = assemble(library, chunk, tokens=2)
    assert piece.shown_text == "Stop the"


def test_a_table_that_does_not_fit_is_cut_between_rows_and_keeps_its_header(
    library: Library,
) -> None:
    text = "Table 1: Codes\n| Code | Remedy |\n| --- | --- |\n| E1 | stop. Wait |\n| E2 | go |"
    assert cut(text, "table", text_tokens(text) - 1) == text.rpartition("\n")[0]


def test_a_figure_without_room_for_its_words_is_still_shown(library: Library) -> None:
    chunks = store(library, paragraph(SENTENCE.format("only"), 0), a_figure("Figure 1", page=1))
    tokens = text_tokens(chunks[0].text)
    text, figure = assemble(library, *chunks, tokens=tokens)
    assert text.shown_text == chunks[0].text
    assert (figure.shown_text, bool(figure.image_path)) == ("", True)


@pytest.mark.parametrize("tokens", [1, 17, 60, 90, 120, 200, 1000])
def test_no_more_is_shown_than_the_budget_allows(library: Library, tokens: int) -> None:
    blocks = [paragraph(SENTENCE.format(number), y=100 + 14 * number) for number in range(9)]
    naming = paragraph("Table 2 lists more.", page=1, heading="3 More")
    tables = a_table(12), replace(a_table(1, page=2, label="Table 2"), image="ef" * 32)
    chunks = store(library, *blocks, naming, *tables, a_figure("Figure 1", page=1))
    hit = saying(chunks, "Table 2 lists")
    pieces = assemble(library, hit, chunks[4], chunks[-1], chunks[-4], tokens=tokens)
    assert sum(text_tokens(piece.shown_text) for piece in pieces) <= tokens


def test_hits_of_a_document_that_has_just_been_removed_are_shown_as_they_are(
    library: Library,
) -> None:
    chunks = store(library, paragraph("See Table 1 for codes."), a_table(2))
    library.remove(an_id("manual"))
    pieces = assemble(library, *chunks)
    assert [piece.parts for piece in pieces] == [(chunk.id,) for chunk in chunks]
    assert {piece.page_labels for piece in pieces} == {("1",)}


def test_joined_rows_without_a_header_lose_none() -> None:
    def part(id: str, text: str) -> Chunk:
        return a_chunk(id, text, kind="table", image="ab")

    parts = ["Table 1\n| 1 | 2 |", "Table 1\n| 3 | 4 |\n| - | - |\n| 5 | 6 |"]
    rows = joined([part("a", parts[0]), part("b", parts[1])], "b")
    assert rows.text == "Table 1\n| 1 | 2 |\n| 3 | 4 |\n| - | - |\n| 5 | 6 |"
    assert rows.id == "b"
