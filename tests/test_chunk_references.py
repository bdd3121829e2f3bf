"""The reference graph between chunks: what they are, and what they mention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pagesight.adapters.sqlite import SQLiteCatalogue
from pagesight.document import Chunk, ChunkReferences, Kind, Span
from pagesight.geometry import BBox
from pagesight.library import Library
from pagesight.references import RULES_VERSION, asked, chunk_references
from pagesight.results import Filter
from tests.builders import a_chunk, a_document, an_id, open_library, some_pages, vectors_for


def spans(text: str, page: int) -> Iterator[Span]:
    start = 0
    for number, line in enumerate(text.split("\n")):
        end = start + len(line)
        box = BBox(72.0, 72.0 + 12 * number, 300.0, 84.0 + 12 * number)
        yield Span(start=start, end=end, page=page, bbox=box)
        start = end + 1


def chunk(
    id: str, text: str, *path: str, page: int = 0, kind: Kind = "text", label: str = ""
) -> Chunk:
    made = a_chunk(id, text, kind=kind, pages=(page,), heading_path=path)
    return replace(made, spans=tuple(spans(text, page)), label=label)


def mentioned(graph: ChunkReferences) -> list[tuple[str, str, str]]:
    return [(each.chunk_id, each.key, each.target) for each in graph.mentions]


def test_a_passage_leads_to_the_figure_and_the_table_that_it_names() -> None:
    graph = chunk_references(
        [
            chunk("text", "As Figure 7-2 and Table 3 show, see also Figure 9."),
            chunk("figure", "Figure 7-2: Wiring", kind="figure", label="Figure 7-2"),
            chunk("table", "Table 3: Codes\n| E1 | stop |", kind="table", label="Table 3"),
        ]
    )
    assert set(graph.defined) == {("Figure 7-2", "figure"), ("Table 3", "table")}
    assert set(mentioned(graph)) == {
        ("text", "Figure 7-2", "figure"),
        ("text", "Table 3", "table"),
        ("text", "Figure 9", ""),
    }


def test_a_section_is_its_heading_and_all_that_stands_below_it() -> None:
    graph = chunk_references(
        [
            chunk("one", "5 Use\nRead this.\n5.1 Wiring\nConnect it.", "5 Use"),
            chunk("two", "Earth it first.", "5 Use", "5.1 Wiring"),
            chunk("three", "5.2 Care\nSee section 5.1.", "5 Use", "5.2 Care"),
            chunk("four", "6 Theory\nNone.", "6 Theory"),
        ]
    )
    of_section = {
        key: [id for name, id in graph.defined if name == key] for key, _ in graph.defined
    }
    assert of_section == {
        "Section 5": ["one", "two", "three"],
        "Section 5.1": ["one", "two"],
        "Section 5.2": ["three"],
        "Section 6": ["four"],
    }
    assert mentioned(graph) == [("three", "Section 5.1", "one")]


def test_an_equation_is_the_chunk_with_its_number() -> None:
    graph = chunk_references(
        [
            chunk("formula", "The loss is\nL = − log p (3) i\nfor every i."),
            chunk("text", "By Eq. (3), as in (2) above."),
        ]
    )
    assert graph.defined == (("Equation 3", "formula"),)
    assert mentioned(graph) == [("text", "Equation 3", "formula")]


def test_a_step_is_whatever_has_an_item_of_its_number() -> None:
    graph = chunk_references(
        [
            chunk("oil", "2. Drain the oil.\n3. Close the plug.", "4 Oil"),
            chunk("belt", "Step 3: Tighten the belt.", "5 Belt"),
        ]
    )
    assert {id for key, id in graph.defined if key == "Step 3"} == {"oil", "belt"}


def test_a_table_in_several_chunks_begins_with_the_first() -> None:
    rows = [
        chunk(f"rows{n}", f"Table 3: Codes\n| E{n} | stop |", kind="table", label="Table 3", page=n)
        for n in range(3)
    ]
    graph = chunk_references([*rows, chunk("text", "Table 3 lists all.", page=2)])
    assert mentioned(graph) == [("text", "Table 3", "rows0")]


def test_what_belongs_to_other_documents_is_not_mentioned() -> None:
    graph = chunk_references(
        [
            chunk("text", "as in Figure 3 of [12] and section 4 of ISO 9001"),
            chunk("sources", "Table 1 by Smith.", "References"),
            chunk("figure", "Figure 3: Ours", kind="figure", label="Figure 3"),
        ]
    )
    assert graph.mentions == ()


def test_a_question_may_be_written_with_less_care_than_a_text() -> None:
    def first(question: str) -> list[str]:
        return [keys[0] for keys in asked(question)]

    assert first("what is on p. 17 and slide 4?") == ["Page 17", "Page 4"]
    assert first("does appendix b repeat example 3?") == ["Appendix B", "Example 3"]
    assert first("What is marked in Fig. 3B?") == ["Figure 3(b)"]
    assert first("Take for example 3 of them, or 5 sec of it") == []
    assert asked("chapter 4") == [("Chapter 4", "Section 4")]


def stored(library: Library) -> list[tuple[str, str, str]]:
    return library.references.defining(["Section 1", "Figure 1"], Filter())


def test_a_library_made_before_gets_its_graph_from_the_next_writer(tmp_path: Path) -> None:
    root = tmp_path / "library"
    chunks = [chunk("text", "1 Use\nRead this.", "1 Use")]
    with open_library(root) as library:
        library.put(a_document(), some_pages(), chunks, {"text": vectors_for(chunks)})
        as_put = stored(library)
    catalogue = SQLiteCatalogue(root / "catalogue.db")
    catalogue.references.replace({an_id("manual"): ChunkReferences()}, RULES_VERSION - 1)
    catalogue.close()
    with open_library(root) as library:
        assert stored(library) == as_put == [("Section 1", an_id("manual"), "text")]
        assert library.references.lacking(RULES_VERSION) == []
