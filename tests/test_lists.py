"""Lists: which paragraphs are items, how deep they stand, and how that is told."""

from __future__ import annotations

from pagesight.assembly import assemble
from pagesight.document import DocumentProfile, Page, PageContent, Role, Span, TextBlock
from pagesight.geometry import BBox
from pagesight.inspection.markdown import to_markdown

PROFILE = DocumentProfile(id="0" * 64, source="/manuals/p4.pdf", title="P4", page_count=1)


def block(
    text: str, left: float, top: float, *, role: Role = "paragraph", page: int = 0
) -> TextBlock:
    """A line of the text stands under the other, 14 points apart."""
    spans = []
    start = 0
    for number, line in enumerate(text.split("\n")):
        indent = len(line) - len(line.lstrip())
        box = BBox(left + 8 * indent, top + 14 * number, 500, top + 14 * number + 12)
        spans.append(Span(start=start + indent, end=start + len(line), page=page, bbox=box))
        start += len(line) + 1
    box = BBox(left, top, 500, spans[-1].bbox.y1)
    return TextBlock(page=page, bbox=box, role=role, text=text, spans=tuple(spans), font_size=10)


def parsed(*blocks: TextBlock) -> list[TextBlock]:
    pages = sorted({each.page for each in blocks})
    contents = [
        PageContent(
            page=Page(index=page, label=str(page + 1), width=595, height=842),
            elements=tuple(each for each in blocks if each.page == page),
        )
        for page in pages
    ]
    elements = assemble(PROFILE, contents).elements
    return [each for each in elements if isinstance(each, TextBlock)]


def test_paragraphs_that_count_on_are_items_and_letters_under_numbers_stand_deeper() -> None:
    found = parsed(
        block("1. Close the valve.", 90, 200),
        block("a) Turn it to the left.", 110, 220),
        block("b) Wait until the pump stops.", 110, 240),
        block("2. Open the lid.", 90, 260),
    )
    assert [(each.role, each.depth) for each in found] == [
        ("list", 0),
        ("list", 1),
        ("list", 1),
        ("list", 0),
    ]


def test_a_single_number_or_dash_is_no_item_and_a_bullet_is() -> None:
    found = parsed(
        block("3. of the rules says nothing about that.", 90, 200),
        block("- and so it went on.", 90, 230),
        block("\u2022 Oil", 90, 260),
    )
    assert [each.role for each in found] == ["paragraph", "paragraph", "list"]


def test_dashes_at_the_same_place_are_items() -> None:
    found = parsed(block("- Oil", 90, 200), block("- Water", 90, 220), block("- Air", 300, 500))
    assert [each.role for each in found] == ["list", "list", "paragraph"]


def test_an_item_goes_on_counting_on_the_next_page() -> None:
    found = parsed(
        block("4. Close the valve.", 90, 700), block("5. Open it again.", 120, 120, page=1)
    )
    assert [each.role for each in found] == ["list", "list"]


def test_items_of_the_next_column_and_under_the_next_paragraph_begin_anew() -> None:
    found = parsed(
        block("\u2022 Oil", 90, 300),
        block("\u2022 Water", 320, 200),
        block("The pump also needs these.", 72, 400),
        block("\u2022 Air", 110, 420),
    )
    assert [each.depth for each in found] == [0, 0, 0, 0]


def test_a_text_under_an_item_does_not_end_its_list() -> None:
    found = parsed(
        block("\u2022 Oil", 90, 200),
        block("It has to be clean.", 100, 220),
        block("\u2022 Mineral oil", 110, 240),
    )
    assert [each.depth for each in found] == [0, 0, 1]


def test_items_of_one_block_are_indented_and_their_lines_stay_where_they_are() -> None:
    text = "\u2022 Oil\n   \u2022 Mineral oil\n\u2022 Water"
    plain = text.replace("\n   ", "\n")
    block_ = block(text, 90, 200, role="list")
    spans = [(0, 5), (6, 19), (20, 27)]
    moved = [
        Span(start=start, end=end, page=0, bbox=span.bbox)
        for (start, end), span in zip(spans, block_.spans, strict=True)
    ]
    (found,) = parsed(
        TextBlock(page=0, bbox=block_.bbox, role="list", text=plain, spans=tuple(moved))
    )
    assert found.text == text
    assert [found.text[span.start : span.end] for span in found.spans] == [
        "\u2022 Oil",
        "\u2022 Mineral oil",
        "\u2022 Water",
    ]


def test_markdown_tells_bullets_by_dashes_keeps_numbers_and_indents_what_is_nested() -> None:
    elements = (
        block("1. Close the valve.", 90, 200, role="list"),
        block("\u2022 It is on the left.\n\u2022 Go to - or do - that.", 110, 220, role="list"),
    )
    page = PageContent(page=Page(index=0, label="1", width=595, height=842), elements=elements)
    assert [*to_markdown(assemble(PROFILE, [page]))][1:] == [
        "1. Close the valve.",
        "   - It is on the left.\n   - Go to - or do - that.",
    ]
