"""Captions that the end of a page or column parts from what they name."""

from __future__ import annotations

from collections.abc import Sequence

from pagesight.assembly import assemble
from pagesight.assembly.pairing import paired
from pagesight.document import (
    Caption,
    DocumentProfile,
    Element,
    Figure,
    Page,
    PageContent,
    Role,
    Span,
    Table,
    TextBlock,
)
from pagesight.geometry import BBox

TOP, MIDDLE, BOTTOM = (
    BBox(72.0, 72.0, 540.0, 300.0),
    BBox(72.0, 320.0, 540.0, 500.0),
    BBox(72.0, 700.0, 540.0, 715.0),
)


def block(text: str, page: int, bbox: BBox = BOTTOM, role: Role = "caption") -> TextBlock:
    span = Span(start=0, end=len(text), page=page, bbox=bbox)
    return TextBlock(page=page, bbox=bbox, role=role, text=text, spans=(span,))


def figure(page: int, bbox: BBox = TOP, caption: Caption | None = None) -> Figure:
    return Figure(page=page, bbox=bbox, image="f", caption=caption)


def table(page: int, bbox: BBox = TOP, caption: Caption | None = None) -> Table:
    return Table(page=page, bbox=bbox, image="t", caption=caption)


def caption(label: str, page: int, bbox: BBox) -> Caption:
    text = f"{label}: something"
    return Caption(
        label=label, text=text, spans=(Span(start=0, end=len(text), page=page, bbox=bbox),)
    )


def pair(*elements: Element) -> list[str]:
    return labels(paired(elements))


def labels(elements: Sequence[Element]) -> list[str]:
    """Labels of figures and tables, and texts, in order."""
    return [
        each.text if isinstance(each, TextBlock) else each.caption.label if each.caption else "-"
        for each in elements
    ]


def test_a_caption_that_ends_a_page_belongs_to_the_table_that_begins_the_next() -> None:
    found = paired([block("Text", 0, TOP, "paragraph"), block("Table 3: Torques", 0), table(1)])
    assert labels(found) == ["Text", "Table 3"]
    (given,) = [each for each in found if isinstance(each, Table)]
    assert given.caption is not None
    assert [span.page for span in given.caption.spans] == [0]


def test_a_caption_that_begins_a_page_belongs_to_the_figure_that_ends_the_one_before() -> None:
    note = block("1 A footnote", 0, BOTTOM, "footnote")
    found = pair(figure(0, MIDDLE), note, block("Figure 7-2: Wiring", 1, TOP))
    assert found == ["Figure 7-2", "1 A footnote"]


def test_a_caption_that_ends_a_column_belongs_to_what_begins_the_next() -> None:
    left, right = BBox(50.0, 680.0, 290.0, 700.0), BBox(310.0, 72.0, 550.0, 300.0)
    assert pair(block("Table 1. Sizes", 0, left), table(0, right)) == ["Table 1"]


def test_what_stands_below_each_other_in_one_column_was_judged_with_the_page() -> None:
    found = paired([block("Table 1. Sizes", 0, TOP), table(0, MIDDLE)])
    assert labels(found) == ["Table 1. Sizes", "-"]


def test_a_figure_gets_no_caption_of_a_table() -> None:
    assert pair(block("Table 3: Torques", 0), figure(1)) == ["Table 3: Torques", "-"]


def test_text_between_keeps_caption_and_table_apart() -> None:
    between = block("Then the bolts are tightened.", 1, TOP, "paragraph")
    found = paired([block("Table 3: Torques", 0), between, table(1, MIDDLE)])
    assert labels(found) == ["Table 3: Torques", between.text, "-"]


def test_where_captions_stand_below_tables_one_that_ends_a_page_does_not_lead_on() -> None:
    first = table(0, TOP, caption("Table 1", 0, MIDDLE))
    assert pair(first, block("Table 2: Prompt", 0), table(1)) == ["Table 1", "Table 2: Prompt", "-"]


def test_where_captions_stand_above_figures_one_that_ends_a_page_leads_on() -> None:
    first = figure(0, MIDDLE, caption("Figure 1", 0, TOP))
    assert pair(first, block("Figure 2: Pump", 0), figure(1)) == ["Figure 1", "Figure 2"]


def test_a_table_whose_page_has_another_caption_for_it_waits_for_that() -> None:
    found = pair(block("Table 3: Torques", 0), table(1), block("Table 4: Sizes", 1))
    assert found == ["Table 3: Torques", "-", "Table 4: Sizes"]


def test_a_logo_at_the_start_of_a_page_gets_no_caption() -> None:
    logo = figure(0, BBox(72.0, 700.0, 110.0, 730.0))
    found = paired([logo, block("Figure 2: Pump", 1, TOP)])
    assert labels(found) == ["-", "Figure 2: Pump"]


def test_assembling_pairs_over_pages() -> None:
    pages = [Page(index=index, label="", width=612.0, height=792.0) for index in range(2)]
    contents = [
        PageContent(page=pages[0], elements=(block("Table 3: Torques", 0),)),
        PageContent(page=pages[1], elements=(table(1),)),
    ]
    profile = DocumentProfile(id="0" * 64, source="/m.pdf", title="", page_count=2)
    assert labels([*assemble(profile, contents).elements]) == ["Table 3"]
