"""Which mention in a document leads where."""

from __future__ import annotations

from dataclasses import replace

from pagesight.document import (
    Caption,
    DocumentProfile,
    Element,
    Figure,
    FigurePart,
    OutlineEntry,
    Page,
    ParsedDocument,
    Reference,
    Role,
    Span,
    Table,
    TextBlock,
    plain_cells,
)
from pagesight.geometry import BBox
from pagesight.references import missing, reference_graph

BOX = BBox(100.0, 100.0, 300.0, 112.0)


def document(*elements: Element, outline: tuple[OutlineEntry, ...] = ()) -> ParsedDocument:
    pages = tuple(
        Page(index=index, label=label, width=612.0, height=792.0)
        for index, label in enumerate(("i", "1", "2"))
    )
    profile = DocumentProfile(
        id="0" * 64, source="/m.pdf", title="", page_count=len(pages), outline=outline
    )
    return ParsedDocument(profile=profile, title="", pages=pages, elements=elements)


def text(words: str, *path: str, role: Role = "paragraph") -> TextBlock:
    span = Span(start=0, end=len(words), page=0, bbox=BOX)
    return TextBlock(page=0, bbox=BOX, role=role, text=words, spans=(span,), heading_path=path)


def heading(words: str, *path: str) -> TextBlock:
    return text(words, *path, role="heading")


def figure(label: str, *path: str, words: str = "", parts: tuple[FigurePart, ...] = ()) -> Figure:
    caption = Caption(label=label, text=words or f"{label}: something", spans=())
    return Figure(page=0, bbox=BOX, image="", caption=caption, heading_path=path, parts=parts)


def references(*elements: Element) -> dict[str, Reference]:
    return {each.key: each for each in reference_graph(document(*elements))}


def target(key: str, *elements: Element) -> int | None:
    """Index of the element that the last mention of a key leads to."""
    reference = references(*elements)[key]
    number = reference.mentions[-1].target
    return None if number is None else reference.defined[number].element


def test_a_mention_leads_to_the_figure_whose_caption_has_the_key() -> None:
    found = references(text("as Fig. 2 shows"), figure("Figure 1"), figure("Figure 2"))
    (mention,) = found["Figure 2"].mentions
    assert (mention.element, mention.start, mention.end, mention.target) == (0, 3, 9, 0)
    assert [place.element for place in found["Figure 2"].defined] == [2]
    assert found["Figure 1"].mentions == ()


def test_the_box_of_a_mention_is_the_part_of_its_line() -> None:
    (span,) = references(text("see Table 3 there ab"))["Table 3"].mentions[0].spans
    assert (span.start, span.end) == (4, 11)
    assert span.bbox == BBox(140.0, 100.0, 210.0, 112.0)


def test_a_mention_over_two_lines_has_two_boxes() -> None:
    lower = BBox(100.0, 114.0, 300.0, 126.0)
    spans = (Span(start=0, end=10, page=0, bbox=BOX), Span(start=11, end=21, page=0, bbox=lower))
    block = TextBlock(
        page=0, bbox=BOX, role="paragraph", text="see Figure\n7 and then", spans=spans
    )
    (mention,) = references(block)["Figure 7"].mentions
    assert [span.bbox.y0 for span in mention.spans] == [100.0, 114.0]


def test_a_caption_and_a_cell_mention_things_and_what_defines_a_thing_does_not() -> None:
    drawn = figure("Figure 1", words="Figure 1: as in Table 2")
    boxes = [[BBox(0.0, 0.0, 9.0, 9.0), BBox(9.0, 0.0, 40.0, 9.0)]]
    cells = plain_cells([["see", "in Figure 1"]], 0, boxes)
    found = references(drawn, Table(page=0, bbox=BOX, image="", cells=cells))
    assert [mention.element for mention in found["Table 2"].mentions] == [0]
    assert [(each.element, each.cell) for each in found["Figure 1"].mentions] == [(1, 1)]
    assert [span.bbox for span in found["Figure 1"].mentions[0].spans] == [boxes[0][1]]


def test_headings_define_sections_chapters_and_appendices() -> None:
    heads = (
        heading("Chapter 2 Setup"),
        heading("5.1.2 Wiring"),
        heading("B. Symbols"),
        heading("IV. TESTS"),
        heading("B. Load", "IV. TESTS"),
    )
    said = text("See Chapter 2, Section 5.1.2, Appendix B and Section IV-B. Section IV is long.")
    found = references(*heads, said)
    leads = {
        key: found[key].defined[each.mentions[0].target or 0].element
        for key, each in found.items()
        if each.mentions
    }
    assert leads == {
        "Chapter 2": 0,
        "Section 5.1.2": 1,
        "Appendix B": 2,
        "Section IV-B": 4,
        "Section IV": 3,
    }


def test_a_chapter_may_be_headed_by_its_number_alone() -> None:
    assert target("Chapter 3", heading("3 Installation"), text("see Chapter 3")) == 0


def test_a_numbered_appendix_is_not_the_section_of_that_number() -> None:
    assert target("Appendix 3", heading("3 Installation"), text("see Appendix 3")) is None


def test_a_heading_that_begins_with_an_article_is_an_appendix_where_one_is_mentioned() -> None:
    assert target("Appendix A", heading("A Prompts"), text("see Appendix A")) == 0


def test_a_heading_that_was_taken_for_text_still_defines_its_section() -> None:
    for words in ("5.1 Wiring of pumps", "14. Notices. Every notice is written.", "4 RESULTS"):
        key = f"Section {words.split()[0].rstrip('.')}"
        assert target(key, text(words), text(f"see {key}")) == 0


def test_a_heading_may_run_into_its_text() -> None:
    for words, key in (
        ("14. Notices. Every notice has to be in writing.", "Section 14"),
        ("3.3.1 Training Data Construction. The process has two steps.", "Section 3.3.1"),
    ):
        assert target(key, text(words), text(f"as {key} says")) == 0
    plugs = text("3.5 mm plugs fit into it. Others do not.")
    assert target("Section 3.5", plugs, text("as Section 3.5 says")) is None


def test_a_line_of_a_table_of_contents_defines_nothing() -> None:
    entry = text("5.1 Wiring of pumps ..... 17")
    assert (
        target("Section 5.1", entry, heading("5.1 Wiring of pumps"), text("see Section 5.1")) == 1
    )
    assert target("Section 5.1", entry, text("see Section 5.1")) is None


def test_a_heading_that_only_the_outline_has_leads_to_its_page() -> None:
    outline = (OutlineEntry(level=1, title="7 Maintenance", page=1),)
    graph = reference_graph(document(text("see Section 7"), outline=outline))
    (reference,) = (each for each in graph if each.key == "Section 7")
    (place,) = reference.defined
    assert (place.page, place.element, place.bbox.x1) == (1, None, 612.0)


def test_formulas_define_equations_by_the_number_beside_them() -> None:
    formulas = (text("a = f(2) + b (3)", role="formula"), text("x (4a) y = z (5)", role="formula"))
    assert target("Equation 3", *formulas, text("from Eq. (3)")) == 0
    assert target("Equation 5", *formulas, text("from Eq. (5)")) == 1
    assert target("Equation 4(a)", *formulas, text("from Eq. (4a)")) == 1
    assert target("Equation 2", *formulas, text("from Eq. (2)")) is None


def test_a_formula_that_was_taken_for_text_still_defines_its_equation() -> None:
    mention = text("The power of Eq. (6) is lost.")
    assert target("Equation 6", text("P = V I - 2 r I (6)"), mention) == 0
    assert target("Equation 6", text("f(x) = 0 otherwise, max softmax(6) (6)"), mention) == 0
    prose = "With a = 2 the same holds for every other value that was measured (6)"
    assert target("Equation 6", text(prose), mention) is None
    assert target("Equation 6", text("a = f (6)", role="heading"), mention) is None


def test_a_formula_among_the_lines_of_a_text_stands_on_its_line() -> None:
    lines = ("The power that is lost", "P = V I - 2 r I (6)", "heats the sink.")
    starts = (0, 23, 43)
    spans = tuple(
        Span(start=start, end=start + len(line), page=0, bbox=replace(BOX, y0=100.0 + start))
        for start, line in zip(starts, lines, strict=True)
    )
    block = replace(text("\n".join(lines)), spans=spans)
    (place,) = references(block, text("from Eq. (6)"))["Equation 6"].defined
    assert place.bbox == spans[1].bbox


def test_a_step_is_one_of_its_own_section() -> None:
    elements = (
        text("1. Open the valve.", "Filling", role="list"),
        text("2. Close it.", "Filling", role="list"),
        text("1. Lift the lid.", "Emptying", role="list"),
        text("Step 2: Drain.", "Emptying"),
        text("3. Repeat step 2.", "Emptying", role="list"),
    )
    assert target("Step 2", *elements) == 3
    assert target("Step 2", *elements, text("go to step 2", "Testing")) is None


def test_a_step_that_is_a_section_is_meant_in_others_as_well() -> None:
    for words in ("Step 3: Mount the cover", "2.1.3 Step 3: Mount the cover"):
        step = heading(words, "2 Mounting")
        mention = text("Repeat step 3.", "2 Mounting", "Step 4: Close the valve")
        assert target("Step 3", step, mention) == 0
    earlier = heading("Step 3: Drill", "1 Drilling")
    assert target("Step 3", earlier, step, mention) == 1


def test_notes_of_accounts_are_defined_by_their_headings() -> None:
    heads = (
        heading("Notes to the accounts"),
        heading("4. Leases"),
        heading("Note 5. Debt"),
        heading("D. Bonds", "Note 5. Debt"),
    )
    assert target("Note 4", *heads, text("see Note 4")) == 1
    assert target("Note 5", *heads, text("see Note 5")) == 2
    assert target("Note 5D", *heads, text("see Note 5D")) == 3
    assert target("Note 5A", *heads, text("see Note 5A")) == 2


def test_a_page_is_found_by_its_printed_label_and_told_only_where_it_is_mentioned() -> None:
    found = references(text("see page 2 for more"))
    assert [place.page for place in found["Page 2"].defined] == [2]
    assert "Page 1" not in found


def test_a_part_of_a_figure_leads_to_its_own_box_or_else_to_the_whole() -> None:
    inner = BBox(100.0, 100.0, 150.0, 112.0)
    part = FigurePart(label="Figure 3(a)", bbox=inner, image="")
    found = references(figure("Figure 3", parts=(part,)), text("Figures 3(a) and (b)"))
    assert [place.bbox for place in found["Figure 3(a)"].defined] == [inner]
    assert [place.bbox for place in found["Figure 3(b)"].defined] == [BOX]


def test_a_whole_leads_to_its_parts_where_only_these_have_captions() -> None:
    assert target("Figure 3", figure("Figure 3(a)"), text("Figure 3")) == 0


def test_where_numbers_restart_a_mention_stays_in_its_chapter() -> None:
    elements = (
        figure("Figure 1", "1 Pumps"),
        text("see Figure 1", "2 Motors"),
        figure("Figure 1", "2 Motors"),
        figure("Figure 1", "3 Fans"),
    )
    assert target("Figure 1", *elements) == 2


def test_of_several_in_reach_the_nearest_before_is_meant() -> None:
    elements = (heading("Table 1"), figure("Figure 1"), figure("Figure 1"))
    assert target("Figure 1", *elements, text("Figure 1")) == 2
    assert target("Figure 1", text("Figure 1"), *elements) == 2


def test_a_caption_without_its_figure_is_where_a_mention_leads() -> None:
    assert target("Figure 4", text("Figure 4: Pump", role="caption"), text("Figure 4")) == 0


def test_listings_algorithms_and_examples_are_text() -> None:
    for words in ("Listing 4: Reading", "Algorithm 4. Search", "Example 4: Filling"):
        key = " ".join(words.split()[:2]).rstrip(":.")
        assert target(key, text(words), text(f"see {key}")) == 0


def at(top: float, words: str, role: Role = "paragraph") -> TextBlock:
    """A line of text, 12 points high."""
    return replace(text(words, role=role), bbox=BBox(100.0, top, 300.0, top + 12.0))


def box_of(key: str, *elements: Element) -> tuple[float, float]:
    """From where to where down the page a thing stands."""
    (place,) = references(*elements)[key].defined
    return place.bbox.y0, place.bbox.y1


def test_a_listing_stands_where_its_caption_and_its_code_stand() -> None:
    code = [at(100, "int main(void) {", "code"), at(115, "}", "code")]
    assert box_of("Listing 4", *code, at(140, "Listing 4: Reading", "caption")) == (100, 152)
    lines = [at(140, "1: low <- 0", "list"), at(153, "2: while low < high do", "list")]
    assert box_of("Algorithm 2", at(120, "Algorithm 2. Search"), *lines) == (120, 165)


def test_code_that_something_parts_from_the_caption_is_not_its_listing() -> None:
    caption = at(200, "Listing 4: Reading", "caption")
    assert box_of("Listing 4", at(100, "}", "code"), caption) == (200, 212)
    assert box_of("Listing 4", at(160, "}", "code"), at(180, "It ends."), caption) == (200, 212)


def test_a_figure_that_is_code_is_not_missed() -> None:
    mention, caption = at(80, "as Figure 3 shows"), at(140, "Figure 3: Fancy graph", "caption")
    code = [at(100, "1: digraph G {", "list"), at(113, "2: }", "list")]
    for elements, missed in (
        ((mention, *code, caption), ()),
        ((mention, caption), ("Figure 3",)),
        ((mention, at(100, "A graph: with text"), caption), ("Figure 3",)),
    ):
        assert missing(reference_graph(document(*elements)), elements) == missed


def test_lists_of_sources_and_other_documents_mention_nothing() -> None:
    source = text("A. Smith, Pumps, Table 7", "References")
    found = references(source, text("see Figure 3 of [12]"), figure("Figure 3"))
    assert "Table 7" not in found
    assert found["Figure 3"].mentions == ()
