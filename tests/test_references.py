from __future__ import annotations

import pytest

from pagesight.references import (
    mentions,
    named,
    names_figure,
    names_table,
    own_mentions,
    parse_caption,
)
from pagesight.references.mentions import EVERYTHING


def keys(text: str) -> list[str]:
    """Of all that `text` mentions of its own document."""
    return [mention.label for mention in own_mentions(text, EVERYTHING)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Figure 3-2: Wiring diagram", "Figure 3-2"),
        ("FIGURE 3-2: WIRING DIAGRAM", "Figure 3-2"),
        ("Fig. 3. Efficiency over load", "Figure 3"),
        ("Fig 3 | Efficiency", "Figure 3"),
        ("Figure 3b: Detail", "Figure 3(b)"),
        ("Figure 3(b) Detail of the valve", "Figure 3(b)"),
        ("Figure 3\u20132. Wiring", "Figure 3-2"),
        ("Tab. 4: Torques", "Table 4"),
        ("TABLE IV\nTightening torques", "Table IV"),
        ("Table A.1 Symbols", "Table A.1"),
        ("Table 2", "Table 2"),
        ("Scheme 1. Synthesis", "Scheme 1"),
        ("Algorithm 2: Backtracking", "Algorithm 2"),
        ("Listing 4. Reading the sensor", "Listing 4"),
        ("Figure A: Site plan", "Figure A"),
        ("Figure S1. More results", "Figure S1"),
        ("Abbildung 3: Schaltplan", "Figure 3"),
        ("Bild 2 Ventil", "Figure 2"),
        ("Abb. 7-2: Klemmen", "Figure 7-2"),
        ("Tabelle 4: Drehmomente", "Table 4"),
        ("Tableau 2 : Couples de serrage", "Table 2"),
        ("Figura 3. Bomba", "Figure 3"),
    ],
)
def test_a_caption_gives_a_normalised_key(text: str, label: str) -> None:
    assert parse_caption(text) == label


@pytest.mark.parametrize(
    "text",
    [
        "Figure 3 shows the wiring of the terminal strip.",
        "Figure 3, which is drawn to scale, gives the clearances.",
        "Table 2 lists the torques.",
        "Figure 3 is a photograph.",
        "Figures are drawn to scale.",
        "The figure 3 is odd.",
        "Table of contents",
        "Figure 3% of the cases",
        "Figure A new drawing was made.",
        "Note 4: the bolts are shown in figure 3.",
        "Section 5.1 Wiring",
        "Equation (5): the load",
        "",
    ],
)
def test_running_text_is_no_caption(text: str) -> None:
    assert parse_caption(text) is None


def test_the_layout_may_vouch_for_a_caption_that_reads_like_running_text() -> None:
    assert parse_caption("Figure 3 shows the wiring.", trusted=True) == "Figure 3"
    assert parse_caption("Wiring of the strip", trusted=True) is None


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("see Figure 7-2 and Table 3.", ["Figure 7-2", "Table 3"]),
        ("as Figs. 3 and 4 show", ["Figure 3", "Figure 4"]),
        ("Figures 2, 3 and 5", ["Figure 2", "Figure 3", "Figure 5"]),
        ("Figs. 3\u20135", ["Figure 3", "Figure 4", "Figure 5"]),
        ("Figure 3\u20135", ["Figure 3-5"]),
        ("Figures 3-4 and 3-5", ["Figure 3-4", "Figure 3-5"]),
        ("Figures 3 to 6", ["Figure 3", "Figure 4", "Figure 5", "Figure 6"]),
        ("Figures 3-2 to 3-4", ["Figure 3-2", "Figure 3-3", "Figure 3-4"]),
        ("Fig. 3(a) and (b)", ["Figure 3(a)", "Figure 3(b)"]),
        ("in Table 2, 3 bolts are listed", ["Table 2"]),
        ("Tables A.1 and A.2", ["Table A.1", "Table A.2"]),
        ("Tables 4-6", ["Table 4", "Table 5", "Table 6"]),
        ("Figures 6.1-6.3", ["Figure 6.1", "Figure 6.2", "Figure 6.3"]),
        ("Tables A.1 to A.3", ["Table A.1", "Table A.2", "Table A.3"]),
        ("Table 3 and I", ["Table 3"]),
        ("as Figure A shows", ["Figure A"]),
        ("in the figure A is the area", []),
        ("siehe Abbildungen 3 und 4", ["Figure 3", "Figure 4"]),
        ("see Section 5.1 and page 4", []),
        ("the figures of 2023", []),
        ("a comfortable 3 m", []),
    ],
)
def test_mentions_are_found_with_the_same_keys(text: str, labels: list[str]) -> None:
    assert [mention.label for mention in mentions(text)] == labels


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see Section 5.1.2.", ["Section 5.1.2"]),
        ("in Sec. 4 and Sect. 4.2", ["Section 4", "Section 4.2"]),
        ("(§5)", ["Section 5"]),
        ("§§ 5.1 and 5.2", ["Section 5.1", "Section 5.2"]),
        ("Sections 4, 5, and 6", ["Section 4", "Section 5", "Section 6"]),
        ("under Section 8.1(a)", ["Section 8.1"]),
        ("in Section IV-B", ["Section IV-B"]),
        ("Abschnitt 3.2", ["Section 3.2"]),
        ("Chapter 3 or Ch. 4", ["Chapter 3", "Chapter 4"]),
        ("Appendix B and appendix C.2", ["Appendix B", "Appendix C.2"]),
        ("Appendices A and B", ["Appendix A", "Appendix B"]),
        ("Annex C", ["Annex C"]),
        ("Anhang A", ["Appendix A"]),
        ("Eq. (5)", ["Equation 5"]),
        ("Equation 3.2", ["Equation 3.2"]),
        ("Eqs. (3) and (4a)", ["Equation 3", "Equation 4(a)"]),
        ("Equations (1)-(3)", ["Equation 1", "Equation 2", "Equation 3"]),
        ("Eqn. A.1", ["Equation A.1"]),
        ("repeat Step 7", ["Step 7"]),
        ("repeat steps 3 to 5", ["Step 3", "Step 4", "Step 5"]),
        ("see page 3-17", ["Page 3-17"]),
        ("on pages 12-14", ["Page 12", "Page 13", "Page 14"]),
        ("See pages A-6 through A-8", ["Page A-6", "Page A-7", "Page A-8"]),
        ("see p. xii", ["Page xii"]),
        ("Note 4 and note 5", ["Note 4", "Note 5"]),
        ("See Notes 7A and 7D.", ["Note 7A", "Note 7D"]),
        ("Example 2", ["Example 2"]),
        ("Listing 4 and Algorithm 1", ["Listing 4", "Algorithm 1"]),
        ("5.2.1 Connect it as in Figure 3", ["Figure 3"]),
        ("2. Tighten them. See Table 4", ["Table 4"]),
        ("Figure 2-3 Block diagram .... 2-9", ["Figure 2-3"]),
        ("see Figure 4-2, page 4-7", ["Figure 4-2", "Page 4-7"]),
    ],
)
def test_sections_equations_steps_notes_and_pages_are_mentioned_by_keys(
    text: str, found: list[str]
) -> None:
    assert keys(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Section 5 of the Act",
        "Section 13 or Section 15(d) of the Securities Exchange Act of 1934",
        "PURSUANT TO SECTION 13 OR 15(d) OF THE SECURITIES EXCHANGE ACT",
        "Code sections 415 and 401(a)(17)",
        "Section 280G(b)(2)",
        "Section 5-1401 of the General Obligations Law",
        "Section 1.409A-1(c)",
        "according to ISO 9001, Section 4.1",
        "Section 4.2 of RFC 2616",
        "Step 2 of [7]",
        "step 2 of 5",
        "Page 3 of 20",
        "Page 3",
        "[12, Section 3]",
        "In Proceedings of WSDM 2010, pages 411-420",
        "Human Language Technologies, page 1264",
        "for example 3 of them",
        "we note 5 things",
        "after 10 sec. 5 values",
        "CH 3",
        "the SEC 10-K form",
        "the section 2019",
        "1. First, open the valve",
        "a 3 step process",
        "this equation is solved",
        "28.6.1 The Name Table 563\n28.6.2 The Port Table 563",
        "List of Tables 12",
        "the \u017fection 5 and f\u0131gure 3",
    ],
)
def test_false_friends_mention_nothing(text: str) -> None:
    assert keys(text) == []


def test_what_follows_a_list_does_not_go_for_another_word_before_it() -> None:
    assert keys("see Figure 3, Section 5 of the Act") == ["Figure 3"]


def test_a_mention_says_where_it_stands() -> None:
    text = "Open V4 (see Fig. 7-1)."
    (mention,) = mentions(text)
    assert text[mention.start : mention.end] == "Fig. 7-1"


@pytest.mark.parametrize(
    ("question", "keys"),
    [
        ("What does fig. 7-2 show?", [("Figure 7-2",)]),
        ("Are Figs. 3 and 4 like table A.1?", [("Figure 3",), ("Figure 4",), ("Table A.1",)]),
        ("What is at the left of Figure 3(b)?", [("Figure 3(b)", "Figure 3")]),
        ("Which figure shows the pump?", []),
        ("Figure 2, and again Figure 2?", [("Figure 2",)]),
    ],
)
def test_a_question_names_things_by_their_keys(question: str, keys: list[tuple[str, ...]]) -> None:
    assert named(question) == keys


def test_keys_tell_figures_from_tables() -> None:
    assert names_table("Table 3")
    assert names_figure("Scheme 1")
    for label in ("Table 3", "Listing 2", ""):
        assert not names_figure(label)
    for label in ("Scheme 1", "Listing 2", ""):
        assert not names_table(label)
