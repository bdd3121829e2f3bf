"""A claim is verified when its sources say it; else the reason names what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_chunk
from tests.citations.pieces import BLANK, FIGURE, MODELS, PROSE, TABLE, claim, grounded
from tests.evidence import an_evidence


@pytest.mark.parametrize(
    "text",
    [
        "The shaft seal is tightened to 45 Nm. [1]",
        "Tighten the seal of the shaft with 45 Nm [1].",
        "The shaft seal takes a torque of 0.045 kNm [1].",
        "Wait eight minutes or more after the mains is switched off [1].",
        "Do not lubricate the bearing bracket with copper paste [1].",
        "The pump must never run without oil [1].",
        "| Bearing bracket | M8 | 24 | 40 | [2]",
        "The bearing bracket (M8) takes 24 Nm [2].",
        "| Part | Torque |\n| --- | --- |\n| Casing cover | 10 Nm | [2]",
        "See Figure 3-2 [3].",
        "Figure 3-2 shows the impeller of the P4-100 [3].",
        "The maximum input voltage is 5500 mV [5].",
        "It typically draws a quiescent current of 55 uA [5].",
        "The junction may be at -40 °C to +125 °C [5].",
        "In 2023 net revenue was $5.31 billion [6].",
        "First close the suction valve, then open the drain valve [7].",
        "The P4-50 weighs 27 kg [8].",
        "The P4-100 delivers about 62 l/min, the P4-50 31 l/min [8].",
    ],
)
def test_what_the_sources_say_is_verified(text: str) -> None:
    found = claim(text)
    assert (found.support, found.reason) == ("verified", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The shaft seal is tightened to 54 Nm [1].", "54 Nm is in none of its sources"),
        ("The shaft seal is tightened to 45 N [1].", "45 N is in none"),
        ("The shaft seal is tightened to 4.5 Nm [1].", "4.5 Nm is in none"),
        ("The shaft seal is tightened to 85 Nm [1].", "the source says 45 Nm"),
        ("Use grease PN 410-2270 for the O-rings [1].", "410-2270 is in none"),
        ("Wait at most 8 minutes after switching off the mains [1].", "at least"),
        ("Lubricate the bearing bracket with copper paste [1].", "'not'"),
        ("The seal must not be tightened to 45 Nm [1].", "does not say 'not'"),
        ("Run the pump without oil [1].", "'Never'"),
        ("Open the cover before switching off the mains [1].", "other order"),
        ("The M6 bolt takes 24 Nm [2].", "24 Nm stands in the row of M8, not of M6"),
        ("The M8 bolt is 24 mm long [2].", "24 mm is in none"),
        ("| Bearing bracket | M8 | 40 | 24 | [2]", "24 in place of 40"),
        ("See Figure 3-4 [3].", "3-4 is in none"),
        ("The minimum input voltage is 5.5 V [5].", "the source says at most"),
        ("The typical quiescent current is 90 µA [5].", "column 'Max', not 'Typ'"),
        ("The junction may be at 40 °C to 125 °C [5].", "40 °C is in none"),
        ("In 2022 net revenue was $5,310 million [6].", "column '2023', not '2022'"),
        ("Net revenue was $724 million in 2023 [6].", "row of Net income, not of Net revenue"),
        ("Unscrew the bowl clockwise [7].", "'counterclockwise', not 'clockwise'"),
        ("Open the suction valve [7].", "'close', not 'open'"),
        ("Reuse the O-ring [7].", "'not'"),
        ("The P4-100 delivers 62 l/min and weighs 27 kg [8].", "said of P450, not of P4-100"),
        ("The seal is made by Siemens [8].", "Burgmann, not of Siemens"),
        ("The seal is made by Garlock [8].", "Garlock is in none"),
        ("Ceramic bearings last longer in dusty halls [1].", "not in its sources"),
    ],
)
def test_what_they_do_not_say_is_unverified_and_the_reason_names_it(text: str, reason: str) -> None:
    found = claim(text)
    assert found.support == "unverified"
    assert reason in found.reason


def test_a_right_number_of_another_piece_is_unverified() -> None:
    found = claim("The shaft seal is tightened to 45 Nm [2].")
    assert (found.support, found.reason) == ("unverified", "45 Nm is in none of its sources")


def test_several_sources_say_it_together() -> None:
    text = "The shaft seal takes 45 Nm and the P4-100 weighs 41 kg"
    assert claim(f"{text} [1][8].").support == "verified"
    assert claim(f"{text} [1].").support == "unverified"


def test_a_sentence_without_a_mark_is_uncited() -> None:
    found = claim("The shaft seal is tightened to 45 Nm.")
    assert (found.support, found.marks, found.reason) == ("uncited", (), "")


def test_an_invented_mark_leaves_the_claim_uncited() -> None:
    checked = grounded("The shaft seal is tightened to 45 Nm [99].")
    assert checked.unknown_marks == 1
    assert [each.support for each in checked.claims] == ["uncited"]


def test_a_figure_without_words_bears_nothing_out() -> None:
    found = claim("The drawing shows the seal [4].")
    assert (found.support, found.reason) == (
        "unverified",
        "its source has no words to check it by",
    )
    assert claim("The drawing shows the seal [4].", BLANK).support == "unverified"


def test_what_was_cut_off_before_it_was_shown_does_not_count() -> None:
    cut = replace(PROSE, shown_text="The shaft seal is tightened to 45 Nm.")
    assert claim("The shaft seal is tightened to 45 Nm [1].", cut).support == "verified"
    assert claim("The bearing bracket takes 85 Nm [1].", cut).support == "unverified"


def test_rows_that_were_shown_count_though_others_between_were_not() -> None:
    lines = TABLE.shown_text.splitlines()
    cut = replace(TABLE, shown_text="\n".join((*lines[:3], lines[4])))
    assert claim("| Bearing bracket | M8 | 24 | 40 | [2]", cut).support == "verified"
    assert claim("| Casing cover | M6 | 10 | 25 | [2]", cut).support == "unverified"


def test_headings_and_caption_say_what_a_sentence_is_about() -> None:
    chunk = a_chunk("c", "It weighs 41 kg. Lift it by the eye bolts.", heading_path=("P4-100",))
    piece = an_evidence(1, "", chunk=chunk)
    assert claim("The P4-100 weighs 41 kg [1].", piece).support == "verified"
    assert claim("The P4-50 weighs 41 kg [1].", piece).support == "unverified"


def test_units_of_a_header_hold_for_its_column() -> None:
    assert claim("The bolt of the casing cover is 25 mm long [2].", TABLE).support == "verified"
    assert claim("The bolt of the casing cover is 25 Nm long [2].", TABLE).support == "unverified"


def test_names_in_a_list_belong_to_numbers_in_their_order() -> None:
    piece = an_evidence(1, "The inlet and outlet flanges are 50 mm and 40 mm wide, respectively.")
    assert claim("The outlet flange is 40 mm wide [1].", piece).support == "verified"
    assert claim("The outlet flange is 50 mm wide [1].", piece).support == "unverified"


def test_a_fall_is_a_negative_number_in_a_table() -> None:
    piece = an_evidence(
        1,
        "| Segment | Change % |\n| --- | --- |\n| Pumps | 5.3 |\n| Valves | -6.1 |",
        "table",
    )
    assert claim("Valves fell by 6.1 % [1].", piece).support == "verified"
    assert claim("Pumps fell by 5.3 % [1].", piece).support == "unverified"


def test_a_claim_under_a_lead_in_is_about_what_the_lead_in_names() -> None:
    text = "Bearing bracket [2]:\n- torque {} Nm"
    assert claim(text.format(24)).support == "verified"
    assert claim(text.format(10)).support == "unverified"


def test_a_german_decimal_comma_is_the_same_number() -> None:
    piece = an_evidence(1, "Die Pumpe fördert bei 1450 min-1 einen Volumenstrom von 12,5 l/min.")
    assert claim("Die Pumpe fördert 12.5 l/min [1].", piece).support == "verified"
    assert claim("Die Pumpe fördert 125 l/min [1].", piece).support == "unverified"


def test_the_same_words_without_their_negation_are_no_verbatim_quote() -> None:
    assert claim("be lubricated with copper paste [1].", PROSE).support == "unverified"
    assert claim("must not be lubricated with copper paste [1].", PROSE).support == "verified"


def test_mentions_of_a_label_need_the_label() -> None:
    assert claim("Figure 3-2 is a sectional view [3].", FIGURE).support == "verified"
    assert claim("Figure 3-2 is a sectional view [8].", MODELS).support == "unverified"


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        (
            "Axis 1 turns through 340° and axis 2 through 210°.",
            "Axis 2 turns through 210°",
            "Axis 1 turns through 210°",
        ),
        (
            "The pump is protected by fuse F1 (2 A), the heater by fuse F2 (16 A).",
            "The heater is protected by a fuse of 16 A",
            "The heater is protected by a fuse of 2 A",
        ),
        (
            "Pain decreased by 31 % in the treatment group and by 12 % in the placebo group.",
            "In the placebo group pain decreased by 12 %",
            "In the placebo group pain decreased by 31 %",
        ),
        (
            "The filter is cleaned every 250 hours and replaced every 1000 hours.",
            "The filter is replaced every 1000 hours",
            "The filter is replaced every 250 hours",
        ),
        (
            "Store it between 5 and 25 °C. Its shelf life is 18 months.",
            "It is stored at 5 °C to 25 °C",
            "It is stored at 18 °C to 25 °C",
        ),
        (
            "Clean the housing with isopropanol, never with acetone.",
            "Clean the housing with isopropanol",
            "Clean the housing with acetone",
        ),
        (
            "In 2018 Halden acquired Norvik for a high price.",
            "Halden acquired Norvik",
            "Norvik acquired Halden",
        ),
        (
            "The office was moved from Bergen to Oslo.",
            "The office moved from Bergen to Oslo",
            "The office moved from Oslo to Bergen",
        ),
        (
            "The input impedance is 1 MΩ.",
            "The input impedance is 1 MΩ",
            "The input impedance is 1 mΩ",
        ),
        (
            "Do not fly in rain or in winds above 10 m/s.",
            "Do not fly when the wind is above 10 m/s",
            "Fly when the wind is above 10 m/s",
        ),
    ],
)
def test_what_a_number_or_name_belongs_to_is_told_within_a_sentence(
    source: str, right: str, wrong: str
) -> None:
    piece = an_evidence(1, source)
    assert claim(f"{right} [1].", piece).support == "verified"
    assert claim(f"{wrong} [1].", piece).support == "unverified"


def test_a_label_that_says_more_is_not_meant_where_another_says_just_this() -> None:
    piece = an_evidence(
        1,
        "| (in millions) | 2022 | Change 2022 to 2021 |\n| --- | --- | --- |\n"
        "| Cash | $ 1,093 | 25 |\n| Total cash and restricted cash | $ 1,491 | 31 |",
        "table",
    )
    assert claim("Cash was $1,093 million in 2022 [1].", piece).support == "verified"
    assert claim("Cash was $1,491 million in 2022 [1].", piece).support == "unverified"
    assert claim("Cash was $25 million in 2022 [1].", piece).support == "unverified"


def test_a_number_that_belongs_to_a_label_is_no_value() -> None:
    piece = an_evidence(
        1,
        "| Capital | Tier 1 | Tier 2 |\n| --- | --- | --- |\n| Minimum | 8.5 % | 10.5 % |",
        "table",
    )
    assert claim("The minimum for Tier 1 is 8.5 % [1].", piece).support == "verified"
    assert claim("The minimum for Tier 1 is 10.5 % [1].", piece).support == "unverified"


SPANNED = an_evidence(
    9,
    "Table 7: Dividends of the company\n| Year | Total (Rs.) | Unclaimed as on 31/03/2007 | |\n"
    "| | | (Rs.) | % |\n| --- | --- | --- | --- |\n"
    "| 1999-00 | 3,02,16,492 | 3,19,648 | 1.06 |\n| 2000-01 | 4,11,09,250 | 5,04,552 | 1.23 |",
    "table",
)


@pytest.mark.parametrize(
    ("rows", "support"),
    [
        ("| Year | % |\n| --- | --- |\n| 2000-01 | 1.23 | [9]", "verified"),
        ("| Year | Total (Rs.) |\n| --- | --- |\n| 1999-00 | 3,02,16,492 | [9]", "verified"),
        ("| Year | % |\n| --- | --- |\n| 1999-00 | 1.23 | [9]", "unverified"),
        ("| Year | Total (Rs.) |\n| --- | --- |\n| 1999-00 | 3,19,648 | [9]", "unverified"),
    ],
)
def test_a_copied_row_stands_under_its_own_heads_though_columns_are_left_out(
    rows: str, support: str
) -> None:
    checked = grounded(f"Table 7: Dividends of the company [9]:\n{rows}", SPANNED)
    assert [claim.support for claim in checked.claims] == [support]


def test_the_marks_of_a_document_itself_may_be_left_out_of_a_quote() -> None:
    paper = an_evidence(1, "We observe that GenRE [12] beats PRP [3, 4], a baseline [5]. More.")
    checked = grounded("We observe that GenRE beats PRP, a baseline. [1]", paper)
    assert [claim.support for claim in checked.claims] == ["verified"]
