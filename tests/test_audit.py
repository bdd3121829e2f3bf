"""What the audit of a document counts, what it misses, and what people are told of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagesight.audit import audit, findings
from pagesight.cli import output
from pagesight.document import (
    Audit,
    Caption,
    Document,
    DocumentProfile,
    Element,
    Figure,
    Metadata,
    Page,
    ParsedDocument,
    Role,
    Table,
    TextBlock,
    plain_cells,
)
from pagesight.geometry import BBox
from tests.builders import a_chunk, a_document, open_library

BOX = BBox(72.0, 72.0, 300.0, 90.0)


def parsed(
    *elements: Element, labels: Sequence[str] = ("1", "2"), errors: Sequence[str] = ()
) -> ParsedDocument:
    """Pages with these labels; the first of them have `errors`."""
    reasons = [*errors, *[""] * (len(labels) - len(errors))]
    pages = tuple(
        Page(index=index, label=label, width=612.0, height=792.0, error=error)
        for index, (label, error) in enumerate(zip(labels, reasons, strict=True))
    )
    profile = DocumentProfile(id="0" * 64, source="/m.pdf", title="", page_count=len(pages))
    return ParsedDocument(profile=profile, title="", pages=pages, elements=elements)


def text(words: str, role: Role = "paragraph") -> TextBlock:
    return TextBlock(page=0, bbox=BOX, role=role, text=words, spans=())


def caption(label: str) -> Caption:
    return Caption(label=label, text=f"{label}: something", spans=())


def figure(label: str = "", words: str = "") -> Figure:
    own = caption(label) if label else None
    return Figure(page=0, bbox=BOX, image="", caption=own, text=words)


def table(label: str = "", rows: tuple[tuple[str, ...], ...] = (), words: str = "") -> Table:
    own = caption(label) if label else None
    return Table(page=0, bbox=BOX, image="", cells=plain_cells(rows, 0), caption=own, text=words)


def missing(*elements: Element) -> tuple[str, ...]:
    return audit(parsed(*elements)).missing


def test_characters_of_every_element_are_counted_once_and_blanks_are_not() -> None:
    document = parsed(
        text("ab c\n"),
        Figure(
            page=0, bbox=BOX, image="", text="d e", caption=Caption(label="", text="fg", spans=())
        ),
        table(rows=(("h", "i j"),), words="h i j"),
        table(words="kl"),
    )
    assert audit(document).characters == 12
    assert audit(document).unreadable == 0


@pytest.mark.parametrize(
    "character", ["\ufffd", "\ue000", "\U000f0000", "\x07", "\u0378", chr(0xD800)]
)
def test_a_character_that_stands_for_no_letter_is_unreadable(character: str) -> None:
    found = audit(parsed(text(f"abc {character}\t\n")))
    assert (found.characters, found.unreadable) == (4, 1)
    assert found.unreadable_share == 0.25


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["i", "ii", "iii", "1", "2"], "i to iii, 1 to 2"),
        (["Cover", "1-1", "1-2", "2-1", "2-2"], "Cover, 1-1 to 1-2, 2-1 to 2-2"),
        (["viii", "ix", "x", "xi"], "viii to xi"),
        (["I", "II", "A", "B", "C"], "I to II, A to C"),
        (["A-9", "A-10", "B-1"], "A-9 to A-10, B-1"),
        (["008", "009", "010"], "008 to 010"),
        (["212", "213", "214"], "212 to 214"),
        (["1", "1", "3"], "1, 1, 3"),
        (["1", "2", "3"], ""),
        ([], ""),
    ],
)
def test_page_labels_are_told_in_runs(labels: list[str], told: str) -> None:
    assert audit(parsed(labels=labels)).labels == told


def test_labels_without_any_order_are_cut_short() -> None:
    told = audit(parsed(labels=[str(7 * number) for number in range(100)])).labels
    assert told.endswith("273 and 60 more")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("as Figure 9 shows", ("Figure 9",)),
        ("as Figures 1 and 2 show", ()),
        ("see Fig. 10, Table 3-2 and Fig. 9", ("Figure 9", "Figure 10", "Table 3-2")),
        ("Tables IX and IV", ("Table IV", "Table IX")),
        ("Figure 2-3 Block diagram ....... 2-9", ("Figure 2-3",)),
        ("Figure A.1 and Figure 3", ("Figure 3", "Figure A.1")),
        ("Figure 9 in Section 2 (page 4) of this manual", ("Figure 9",)),
    ],
)
def test_what_is_mentioned_and_has_no_caption_is_missing(
    words: str, found: tuple[str, ...]
) -> None:
    extra = [figure("Figure 2-1")] if "-" in words else []
    assert missing(text(words), figure("Figure 1"), figure("Figure 2"), *extra) == found


def test_captions_and_cells_mention_figures_too_but_words_in_figures_do_not() -> None:
    listed = table(rows=(("Figure 3", "Wiring"), ("Figure 4", "Valve")))
    own = Caption(label="Figure 1", text="Figure 1: as Figure 2, from the side", spans=())
    drawn = Figure(page=0, bbox=BOX, image="", text="See Figure 8", caption=own)
    assert missing(drawn, listed) == ("Figure 2", "Figure 3", "Figure 4")


def test_a_caption_without_its_figure_is_missing() -> None:
    assert missing(text("Figure 5: Load step", role="caption"), figure()) == ("Figure 5",)


def test_a_caption_without_its_figure_is_told_apart_from_what_is_only_mentioned() -> None:
    bare = text("Table 5: Limits", role="caption")
    found = audit(parsed(bare, text("see Table 5 and Figure 9"), figure()))
    assert found.missing == ("Figure 9", "Table 5")
    assert findings(found) == (
        "Table 5 has a caption, but no figure or table was found there",
        "Figure 9 is mentioned, not found",
    )


def test_a_table_that_was_taken_for_a_figure_is_found() -> None:
    assert missing(text("see Table 3"), figure("Table 3")) == ()


def test_a_part_goes_by_the_whole() -> None:
    mention = text("Figures 3(b) and 4 and Figure 5(a)")
    assert missing(mention, figure("Figure 3"), figure("Figure 4(a)")) == ("Figure 5",)


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ([*(f"Figure {number}" for number in range(1, 9)), "Figure 10"], ("Figure 9",)),
        (["Table 2-1", "Table 2-3", "Table 3-1"], ("Table 2-2",)),
        (["Table A.1", "Table A.2", "Table A.4"], ("Table A.3",)),
        (["Table I", "Table II", "Table IV"], ("Table III",)),
        (["Figure 3", "Figure 4"], ()),
        (["Figure 1", "Figure 2", "Figure 2019"], ()),
    ],
)
def test_a_number_that_captions_leave_out_is_missing(
    labels: list[str], found: tuple[str, ...]
) -> None:
    things: list[Element] = [
        table(label) if label.startswith("Table") else figure(label) for label in labels
    ]
    assert missing(*things) == found


@pytest.mark.parametrize(
    "words",
    [
        "see Figure 3 of [12]",
        "see Figures 3 and 4 in [12, 13]",
        "as in Table 5 of Ref. 7",
        "Figure 3 in Smith et al. differs",
        "Figure 3 in Smith (2019) differs",
        "Table 7 of the IEEE 802.3 standard",
        "Table 4 in the Supplement",
        "in the original work [12, Figure 3]",
        "(Smith and Jones 2019, Table 7)",
        "Retailing in Europe, p. 21-15, Table 5",
    ],
)
def test_other_documents_figures_are_not_missed(words: str) -> None:
    assert missing(text(words), figure("Figure 1")) == ()


@pytest.mark.parametrize(
    "words",
    [
        "as listed in Figure 2.5 The training set",
        "as Figures 1-2 show",
        "as shown in Figure 211 The effect varies",
        "in these figures. 3 The enrolment",
        "the picture is in the file figure.7",
        f"Figure {'9' * 5000}",
    ],
)
def test_marks_of_footnotes_ranges_and_file_names_are_no_figures(words: str) -> None:
    assert missing(text(words), figure("Figure 1"), figure("Figure 2")) == ()


def test_all_of_a_range_of_figures_with_chapters_are_missed() -> None:
    found = missing(text("Figures 6.1-6.3"), figure("Figure 5.1"))
    assert found == ("Figure 6.1", "Figure 6.2", "Figure 6.3")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("see Sections 2.1 and 2.3", ("Section 2.3",)),
        ("see Chapter 3 and Section 2", ("Chapter 3",)),
        ("see Appendix C", ("Appendix C",)),
        ("from Eqs. (1) and (3)", ("Equation 3",)),
        ("Section 16 applies", ()),
        ("Section 2-1 and Section IV", ()),
        ("Section 2.3 of ISO 9001", ()),
        ("Step 9, page 40, Example 7 and Note 3", ()),
    ],
)
def test_sections_and_equations_are_missed_where_others_are_counted_like_that(
    words: str, found: tuple[str, ...]
) -> None:
    heads = ("1 Setup", "2 Wiring", "2.1 Power", "2.2 Signals", "A.  Symbols", "B.  Index")
    sections = [text(each, role="heading") for each in heads]
    formulas = [text(each, role="formula") for each in ("a = b (1)", "c = d (2)")]
    assert missing(text(words), *sections, *formulas) == found


def test_sections_are_not_missed_where_none_has_a_number() -> None:
    heads = [text("Setup", role="heading"), text("2 Wiring", role="heading")]
    assert missing(text("see Section 3 and Eq. (4)"), *heads) == ()


def test_exhibits_count_where_captions_call_things_so() -> None:
    filing = text("filed as Exhibit 10.1 to Form 8-K; plates 5 to 10 cm")
    assert missing(filing, table("Exhibit 21")) == ()
    report = text("see Exhibit 3")
    assert missing(report, table("Exhibit 1"), figure("Exhibit 2")) == ("Exhibit 3",)


def test_listings_and_algorithms_are_found_as_text() -> None:
    mention = text("Algorithms 1, 2 and 3")
    first = text("Algorithm 1: Backtracking", role="caption")
    second = table(rows=(("Algorithm 2: Search",), ("for all x do",)))
    assert missing(mention, first, second) == ("Algorithm 3",)


@given(
    st.lists(st.text(st.characters(), max_size=60) | st.from_regex(r"(Figure|Table) [\dIVX.\-]+")),
    st.lists(st.text(st.characters(), max_size=8), max_size=6),
)
def test_no_text_and_no_label_stops_the_audit(words: list[str], labels: list[str]) -> None:
    document = parsed(*(text(each, role="caption") for each in words), labels=labels)
    found = audit(document)
    assert 0 <= found.unreadable <= found.characters


def test_pages_that_failed_are_named_by_their_number() -> None:
    document = parsed(text("a"), labels=["i", "ii", "iii"], errors=["", "no text layer"])
    assert audit(document).page_errors == ("page 2: no text layer",)


def test_findings_tell_the_worst_first() -> None:
    bad = Audit(
        characters=1000,
        unreadable=31,
        missing=("Figure 9",),
        page_errors=("page 3: damaged", "page 4: damaged", "page 7: damaged", "page 9: no OCR"),
    )
    assert findings(bad) == (
        "pages 3 to 4, 7: damaged",
        "page 9: no OCR",
        "3.1 % of the characters cannot be read (U+FFFD and private use): the fonts lack a "
        "character map",
        "Figure 9 is mentioned, not found",
    )


def test_some_bullets_of_a_symbol_font_are_no_finding() -> None:
    assert findings(Audit(characters=1000, unreadable=7)) == ()


def test_a_document_without_text_says_so() -> None:
    assert findings(audit(parsed(figure()))) == ("no text at all",)


def test_long_lists_are_cut() -> None:
    labels = tuple(f"Figure {number}" for number in range(1, 25))
    (line,) = findings(Audit(characters=1, missing=labels))
    assert line.startswith("Figure 1, Figure 2, ")
    assert line.endswith("Figure 10 and 14 more are mentioned, not found")
    (few,) = findings(Audit(characters=1, missing=labels[:3]))
    assert few == "Figure 1, Figure 2 and Figure 3 are mentioned, not found"
    errors = tuple(f"page {number}: reason {number}" for number in range(1, 15))
    assert findings(Audit(characters=1, page_errors=errors))[-1] == "and 4 more pages"


@pytest.fixture
def audited() -> Document:
    found = Audit(characters=1000, labels="i to iii", missing=("Figure 9",))
    said = Metadata(revision="B", tags=("pumps", "service"))
    long_name = "a-service-manual-whose-name-is-longer-than-any-column-of-a-list-is-wide"
    return replace(
        a_document(long_name), recipe="parser 1", ocr_pages=2, audit=found, metadata=said
    )


def ocr_pages() -> list[Page]:
    return [
        Page(index=index, label="i", width=612.0, height=792.0, ocr=index > 0) for index in range(3)
    ]


def test_docs_show_prints_the_audit(
    audited: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictured = a_chunk("f", "Pump, 45 kW", kind="figure", image="0" * 64)
    with open_library(tmp_path) as library:
        output.print_document(audited, ocr_pages(), [pictured, a_chunk("t")], library)
    lines = capsys.readouterr().out.splitlines()
    rows = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith(" "))
    assert rows["labels"].strip() == "i to iii"
    assert rows["pages"].strip() == "3, 0 of them failed"
    assert rows["by"].strip() == "OCR    pages 2 to 3"
    assert rows["text"].strip() == "1,000 characters, 0.00 % of them unreadable"
    assert rows["tags"].strip() == "pumps, service"
    assert rows["finding"].strip() == "Figure 9 is mentioned, not found"
    assert rows["figure"].strip() == "page 1  Pump, 45 kW"
    assert all(len(line) <= 80 for line in lines if "crop:" not in line)


def test_docs_show_gives_the_audit_to_programs(audited: Document, tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        shown = output.document_json(audited, ocr_pages(), [], library)
    found = json.loads(json.dumps(shown))["audit"]
    assert found["missing"] == ["Figure 9"]
    assert found["findings"] == ["Figure 9 is mentioned, not found"]
    assert found["unreadable_share"] == 0


def test_a_document_of_an_older_version_is_not_judged(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        shown = output.document_json(a_document(), [], [], library)
    found = json.loads(json.dumps(shown))["audit"]
    assert found["findings"] == ["stored by an older version: ingest it again for an audit"]


def test_docs_list_keeps_ids_whole_at_80_columns(
    audited: Document, capsys: pytest.CaptureFixture[str]
) -> None:
    output.print_documents([audited])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(audited.id[:12])
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].split()[-1] == "failed"
