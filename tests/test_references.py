from __future__ import annotations

import pytest

from pagesight.references import mentions, named, names_figure, names_table, parse_caption


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
        ("the figures of 2023", []),
        ("a comfortable 3 m", []),
    ],
)
def test_mentions_are_found_with_the_same_keys(text: str, labels: list[str]) -> None:
    assert [mention.label for mention in mentions(text)] == labels


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
