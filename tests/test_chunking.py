"""Chunks: sizes, headings, regions, rows, ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pagesight.chunking import chunk_document
from pagesight.citations.places import citation
from pagesight.document import (
    Caption,
    Chunk,
    DocumentProfile,
    Element,
    Figure,
    FigurePart,
    Page,
    ParsedDocument,
    Region,
    Role,
    Span,
    Table,
    TablePart,
    TextBlock,
    plain_cells,
)
from pagesight.geometry import BBox
from pagesight.settings import load
from tests.builders import an_id
from tests.evidence import CROP, an_evidence

SETTINGS = load().chunk


def a_parsed(elements: Sequence[Element]) -> ParsedDocument:
    profile = DocumentProfile(id=an_id("m"), source="/d/m.pdf", title="", page_count=9)
    pages = tuple(Page(index=i, label=str(i + 1), width=600, height=800) for i in range(9))
    return ParsedDocument(profile=profile, title="Manual", pages=pages, elements=tuple(elements))


def a_block(
    text: str, *, page: int = 0, top: float = 100, role: Role = "paragraph", path: str = "Seals"
) -> TextBlock:
    """A block with a line of ten points for every 40 characters."""
    starts = range(0, len(text), 40)
    spans = tuple(
        Span(
            start=start,
            end=min(start + 40, len(text)),
            page=page,
            bbox=BBox(72, top + 10 * row, 500, top + 10 * row + 10),
        )
        for row, start in enumerate(starts)
    )
    box = BBox(72, top, 500, top + 10 * len(spans))
    return TextBlock(page=page, bbox=box, role=role, text=text, spans=spans, heading_path=(path,))


def a_caption(label: str, text: str, page: int = 0) -> Caption:
    box = BBox(72, 700, 400, 712)
    return Caption(
        label=label, text=text, spans=(Span(start=0, end=len(text), page=page, bbox=box),)
    )


def a_table(rows: int, caption: Caption | None = None) -> Table:
    cells = (("Code", "Meaning"), *((f"E{n:02}", f"fault number {n}") for n in range(rows)))
    boxes = [
        (BBox(72, top, 200, top + 10), BBox(200, top, 500, top + 10))
        for top in range(100, 110 + 10 * rows, 10)
    ]
    return Table(
        page=0,
        bbox=BBox(72, 100, 500, 700),
        image=CROP,
        cells=plain_cells(cells, 0, boxes),
        caption=caption,
    )


def chunks_of(*elements: Element) -> list[Chunk]:
    return chunk_document(a_parsed(elements), SETTINGS)


def test_what_stands_in_a_margin_has_a_chunk_of_its_own() -> None:
    lines = [
        a_block("Form 27-B", top=30, role="header"),
        a_block("The seal is checked"),
        a_block("Printed in Hull", top=800, role="footer"),
        a_block("every week.", page=1),
    ]
    found = [chunk.text for chunk in chunks_of(*lines)]
    assert found == ["Form 27-B\nPrinted in Hull", "The seal is checked\nevery week."]


def test_short_blocks_share_a_chunk_and_long_text_is_cut() -> None:
    sentence = "The seal is checked every week. "
    chunks = chunks_of(a_block("Short one."), a_block((sentence * 60).strip(), top=200))
    assert len(chunks) > 2
    assert all(len(chunk.text.split()) <= SETTINGS.words for chunk in chunks)
    assert all(chunk.text.endswith(".") for chunk in chunks)


def test_a_new_section_ends_a_chunk_that_is_long_enough() -> None:
    long = ("The seal is checked every week. " * 10).strip()
    chunks = chunks_of(
        a_block(long),
        a_block("4.4 Bearings", role="heading", top=300, path="Chapter 4"),
        a_block(long, top=320, path="4.4 Bearings"),
    )
    assert [chunk.text.splitlines()[0][:12] for chunk in chunks] == ["The seal is ", "4.4 Bearings"]


def test_the_next_slide_begins_a_chunk_however_few_words_there_are() -> None:
    slides = [a_block(f"Slide {n}", page=n, role="heading", path="Deck") for n in range(3)]
    assert [chunk.pages for chunk in chunks_of(*slides)] == [(0,), (1,), (2,)]


def test_text_of_two_sections_has_the_headings_that_both_share() -> None:
    first = replace(a_block("One."), heading_path=("Chapter 4", "4.1"))
    second = replace(a_block("Two.", top=200), heading_path=("Chapter 4", "4.2"))
    (chunk,) = chunks_of(first, second)
    assert chunk.heading_path == ("Chapter 4",)
    assert chunk.context == "Manual > Chapter 4"


def test_a_figure_is_one_chunk_of_caption_and_inner_words() -> None:
    figure = Figure(
        page=2,
        bbox=BBox(72, 100, 500, 690),
        image=CROP,
        caption=a_caption("Figure 3-2", "Figure 3-2: Exploded view", page=2),
        text="1 casing\n2 impeller",
    )
    (chunk,) = chunks_of(figure)
    assert (chunk.kind, chunk.label, chunk.image) == ("figure", "Figure 3-2", CROP)
    assert chunk.text == "Figure 3-2: Exploded view\n1 casing\n2 impeller"
    assert [region.page for region in chunk.regions] == [2, 2]
    assert chunk.regions[0].bbox == figure.bbox


def test_each_part_of_a_figure_is_a_chunk_of_its_own_beside_the_whole() -> None:
    caption = a_caption("Figure 3-2", "Figure 3-2: The seal (a) before and (b) after the test")
    parts = tuple(
        FigurePart(
            label=f"Figure 3-2({letter})",
            bbox=box,
            image=f"{letter}.png",
            text=f"({letter}) {word}",
        )
        for letter, box, word in (
            ("a", BBox(72, 400, 230, 690), "new"),
            ("b", BBox(240, 400, 400, 690), "worn"),
        )
    )
    figure = Figure(
        page=0,
        bbox=BBox(72, 400, 400, 690),
        image=CROP,
        caption=caption,
        text="(a) new\n(b) worn",
        parts=parts,
    )
    whole, first, second = chunks_of(figure)
    assert [whole.label, first.label, second.label] == [
        "Figure 3-2",
        "Figure 3-2(a)",
        "Figure 3-2(b)",
    ]
    assert second.text == f"{caption.text}\n(b) worn"
    assert second.image == "b.png"
    assert second.regions[0].bbox == parts[1].bbox
    assert second.regions[1:] == whole.regions[1:]
    assert len({whole.id, first.id, second.id}) == 3


def test_a_short_table_is_one_chunk_with_a_box_for_each_cell() -> None:
    (chunk,) = chunks_of(a_table(2, a_caption("Table 5-1", "Table 5-1: Error codes")))
    lines = chunk.text.splitlines()
    assert lines == [
        "Table 5-1: Error codes",
        "| Code | Meaning |",
        "| --- | --- |",
        "| E00 | fault number 0 |",
        "| E01 | fault number 1 |",
    ]
    row = chunk.text.index("E01")
    (box,) = [span.bbox for span in chunk.spans if span.start <= row < span.end]
    assert box == BBox(72, 120, 200, 130)
    assert "<td>E01</td>" in chunk.html


def test_a_long_table_is_cut_between_rows_and_repeats_caption_and_header() -> None:
    chunks = chunks_of(a_table(120, a_caption("Table 5-1", "Table 5-1: Error codes")))
    assert len(chunks) > 1
    for chunk in chunks:
        assert chunk.text.splitlines()[:2] == ["Table 5-1: Error codes", "| Code | Meaning |"]
    rows = [line for chunk in chunks for line in chunk.text.splitlines() if line.startswith("| E")]
    assert rows == [f"| E{n:02} | fault number {n} |" for n in range(120)]


def test_a_quoted_number_of_a_table_is_shown_in_its_cell() -> None:
    (chunk,) = chunks_of(a_table(4, a_caption("Table 5-1", "Table 5-1: Error codes")))
    start = chunk.text.index("fault number 2")
    piece = an_evidence(1, chunk.text, "table", chunk)
    pages = [Page(index=0, label="1", width=600, height=800)]
    found = citation(piece, (start + 13, start + 14), lambda _: pages, claim=0, verified=True)
    assert found.quote == "2"
    assert [box.bbox for box in found.boxes] == [BBox(200, 130, 500, 140)]


def test_a_part_of_a_table_over_two_pages_stands_where_its_rows_do() -> None:
    cells = tuple(replace(cell, page=1) if cell.row > 60 else cell for cell in a_table(120).cells)
    part = TablePart(page=1, bbox=BBox(72, 60, 500, 300), image="second.png")
    chunks = chunks_of(replace(a_table(120), cells=cells, continued=(part,)))
    assert chunks[0].pages[0] == 0
    assert chunks[0].image == CROP
    assert chunks[-1].regions == (Region(page=1, bbox=part.bbox),)
    assert chunks[-1].image == "second.png"
    assert "<th>Code</th>" in chunks[-1].html


def test_a_table_without_cells_keeps_its_words() -> None:
    table = replace(a_table(0), cells=(), text="E07 motor overheated")
    (chunk,) = chunks_of(table)
    assert chunk.text == "E07 motor overheated"


def test_a_header_without_rows_is_kept() -> None:
    (chunk,) = chunks_of(a_table(0))
    assert "Code" in chunk.text


def test_ids_depend_on_content_and_nothing_else() -> None:
    elements: list[Element] = [a_block("One sentence."), a_table(3)]
    assert chunks_of(*elements) == chunks_of(*elements)
    ids = {chunk.id for chunk in chunks_of(*elements)}
    changed = {chunk.id for chunk in chunks_of(a_block("Another sentence."), a_table(3))}
    assert len(ids) == 2
    assert len(ids & changed) == 1


words = st.lists(st.sampled_from(["seal", "pump.", "Torque", "45", "e.g.", "Nm."]), max_size=400)


@given(st.lists(words.map(" ".join), max_size=5))
def test_no_word_is_lost_and_every_span_lies_in_its_text(texts: list[str]) -> None:
    blocks = [a_block(text, top=100 + 50 * n) for n, text in enumerate(texts)]
    chunks = chunks_of(*blocks)
    assert " ".join(chunk.text for chunk in chunks).split() == " ".join(texts).split()
    for chunk in chunks:
        assert all(0 <= span.start < span.end <= len(chunk.text) for span in chunk.spans)
        starts = [span.start for span in chunk.spans]
        assert starts == sorted(starts)
        assert chunk.regions
