"""Short lines over a paragraph that are set as the headings of the document are."""

from __future__ import annotations

from pagesight.assembly import assemble
from pagesight.document import DocumentProfile, Page, PageContent, Role, Span, TextBlock
from pagesight.geometry import BBox

PROFILE = DocumentProfile(id="0" * 64, source="/manuals/p4.pdf", title="P4", page_count=1)


def block(text: str, top: float, *, role: Role = "paragraph", left: float = 72) -> TextBlock:
    spans = []
    start = 0
    for number, line in enumerate(text.split("\n")):
        box = BBox(left, top + 14 * number, 500, top + 14 * number + 12)
        spans.append(Span(start=start, end=start + len(line), page=0, bbox=box))
        start += len(line) + 1
    return TextBlock(
        page=0,
        bbox=BBox(left, top, 500, spans[-1].bbox.y1),
        role=role,
        text=text,
        spans=tuple(spans),
        font_size=11,
    )


def roles(line: TextBlock, headings: int = 3) -> str:
    """The role of a line over a paragraph of two lines, behind headings over such paragraphs."""
    blocks = [
        each
        for number in range(headings)
        for each in (
            block(f"Heading {number}", 100 + 80 * number, role="heading"),
            block("A pump needs oil\nand a motor.", 117 + 80 * number),
        )
    ]
    blocks += [line, block("It limits the pressure\nof the pump.", 517)]
    page = PageContent(page=Page(index=0, label="1", width=595, height=842), elements=(*blocks,))
    found = {
        each.text: each.role
        for each in assemble(PROFILE, [page]).elements
        if isinstance(each, TextBlock)
    }
    return found[line.text]


def test_a_line_set_as_three_headings_are_is_one() -> None:
    assert roles(block("Relief valve", 500)) == "heading"


def test_two_headings_are_too_few() -> None:
    assert roles(block("Relief valve", 500), headings=2) == "paragraph"


def test_a_line_at_another_distance_edge_or_with_a_full_stop_is_none() -> None:
    assert roles(block("Relief valve", 490)) == "paragraph"
    assert roles(block("Relief valve", 500, left=90)) == "paragraph"
    assert roles(block("It is a valve.", 500)) == "paragraph"
    assert roles(block("and so on", 500)) == "paragraph"
