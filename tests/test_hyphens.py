"""Words broken at the end of a line, and what a page has left over of its text."""

from __future__ import annotations

from pagesight.assembly import assemble
from pagesight.document import (
    Caption,
    DocumentProfile,
    Figure,
    Link,
    Page,
    PageContent,
    Role,
    Span,
    TextBlock,
)
from pagesight.geometry import BBox

PROFILE = DocumentProfile(id="0" * 64, source="/manuals/p4.pdf", title="P4", page_count=1)


def block(text: str, *, role: Role = "paragraph", top: float = 300) -> TextBlock:
    """A "|" ends a line inside a word."""
    spans = []
    start = 0
    for number, line in enumerate(text.split("|")):
        box = BBox(72, top + 14 * number, 520, top + 14 * number + 12)
        spans.append(Span(start=start, end=start + len(line), page=0, bbox=box))
        start += len(line)
    box = BBox(72, top, 520, spans[-1].bbox.y1)
    return TextBlock(
        page=0, bbox=box, role=role, text=text.replace("|", ""), spans=tuple(spans), font_size=10
    )


def assembled(*elements: TextBlock | Figure) -> tuple[object, ...]:
    page = PageContent(page=Page(index=0, label="1", width=595, height=842), elements=elements)
    return assemble(PROFILE, [page]).elements


def texts(*blocks: TextBlock) -> list[str]:
    return [each.text for each in assembled(*blocks) if isinstance(each, TextBlock)]


def test_a_compound_of_two_words_of_the_document_keeps_its_hyphen() -> None:
    found = texts(
        block("It is a parent|reported problem."), block("The parent has reported it.", top=400)
    )
    assert found[0] == "It is a parent-reported problem."


def test_a_word_that_stands_elsewhere_is_written_as_there() -> None:
    found = texts(
        block("The data|base and the run-|time are in one hydrau|lic process."),
        block("A database of data, its base; the runtime, run and time.", top=400),
        block("The problem|solving part.", top=500),
        block("We are problem-solving.", top=600),
    )
    assert found[0] == "The database and the runtime are in one hydraulic process."
    assert found[2] == "The problem-solving part."


def test_syllables_that_are_words_make_no_compound() -> None:
    found = texts(block("A con|text of in|put."), block("con text in put", top=400))
    assert found[0] == "A context of input."


def test_lines_and_links_move_with_the_hyphen() -> None:
    broken = block("A parent|reported problem.")
    link = Link(start=2, end=16, uri="https://example.org")
    linked = TextBlock(
        page=0,
        bbox=broken.bbox,
        role="paragraph",
        text=broken.text,
        spans=broken.spans,
        links=(link,),
    )
    found = assembled(linked, block("The parent reported it.", top=400))[0]
    assert isinstance(found, TextBlock)
    assert [found.text[each.start : each.end] for each in found.spans] == [
        "A parent-",
        "reported problem.",
    ]
    assert found.text[found.links[0].start : found.links[0].end] == "parent-reported"


def test_a_block_of_punctuation_ends_the_text_before_it() -> None:
    found = texts(block("The pump is closed"), block(".", top=312))
    assert found == ["The pump is closed."]


def test_it_ends_a_caption_too_and_no_code() -> None:
    lines = Span(start=0, end=18, page=0, bbox=BBox(72, 300, 300, 312))
    caption = Caption(label="Figure 1", text="Figure 1: The pump", spans=(lines,))
    figure = Figure(page=0, bbox=BBox(72, 100, 300, 290), image="a.png", caption=caption)
    found = assembled(figure, block(".", top=300), block("f(x", role="code", top=400), block(")"))
    first = found[0]
    assert isinstance(first, Figure)
    assert first.caption
    assert first.caption.text == "Figure 1: The pump."
    assert [each.text for each in found[1:] if isinstance(each, TextBlock)] == ["f(x", ")"]


def test_a_formula_loses_signs_that_no_font_knows_unless_it_has_no_others() -> None:
    found = texts(
        block("\ufffd x dx = \ufffd y", role="formula"), block("\ufffd", role="formula", top=500)
    )
    assert found == ["x dx = y", "\ufffd"]
