"""From words, the network's edges and drawn rules to the cells of a table."""

from collections.abc import Sequence

import pytest

pytest.importorskip("pymupdf")

from pagesight.adapters.pymupdf.engine import Grid
from pagesight.adapters.pymupdf.tables import Cells, is_prose, read_cells
from pagesight.adapters.pymupdf.tables.notes import extent
from pagesight.adapters.pymupdf.tables.ruling import Ruling, ruling_of
from pagesight.adapters.pymupdf.text.words import Word
from pagesight.geometry import BBox

LETTER, SIZE = 5.0, 10.0
PITCH = 15.0
"""Points from one row of words to the next."""


def a_line(row: float, *pieces: tuple[float, str]) -> list[Word]:
    """Words of the line at `row`, pieces with the point that they begin at."""
    words = []
    for left, text in pieces:
        for word in text.split():
            top = PITCH * row
            box = BBox(left, top, left + LETTER * len(word), top + SIZE)
            words.append(Word(word, box, 0, int(row * 10), size=SIZE))
            left = box.x1 + 3
    return words


def a_grid(rows: int, *columns: float) -> Grid:
    edges = tuple(PITCH * row - 2.5 for row in range(rows + 1))
    return Grid(edges, columns)


def rules(*lines: tuple[float, float, float]) -> Ruling:
    """Rules above the given rows, each from and to points on the line."""
    drawn = [BBox(x0, PITCH * row - 2.5, x1, PITCH * row - 2.5) for row, x0, x1 in lines]
    return ruling_of(BBox(0, -10, 1000, 1000), drawn, [])


def cells_of(grid: Grid, lines: Sequence[Sequence[Word]], ruling: Ruling | None = None) -> Cells:
    found = read_cells(grid, [word for line in lines for word in line], ruling)
    assert found is not None
    return found


def told(cells: Cells) -> list[list[str]]:
    """The texts by row, with the spans of those that have any."""
    rows: dict[int, list[str]] = {}
    for cell in cells.cells:
        spans = f" {cell.row_span}x{cell.column_span}"
        rows.setdefault(cell.row, []).append(cell.text + (spans if spans != " 1x1" else ""))
    return [rows[row] for row in sorted(rows)]


THREE = (0.0, 100.0, 200.0, 300.0)
VALUES = [
    a_line(2, (0, "Pump A"), (120, "10"), (220, "12")),
    a_line(3, (0, "Pump B"), (120, "14"), (220, "16")),
]


def test_a_head_covers_the_columns_of_the_rule_below_it() -> None:
    lines = [
        a_line(0, (150, "Torque [Nm]")),
        a_line(1, (0, "Type"), (120, "min"), (220, "max")),
        *VALUES,
    ]
    found = cells_of(a_grid(4, *THREE), lines, rules((1, 105, 300), (2, 0, 300)))
    assert told(found)[:3] == [
        ["Type 2x1", "Torque [Nm] 1x2"],
        ["min", "max"],
        ["Pump A", "10", "12"],
    ]
    assert found.header_rows == 2


def test_a_head_without_a_rule_covers_the_columns_that_it_is_centred_over() -> None:
    lines = [
        a_line(0, (148, "Torque [Nm]")),
        a_line(1, (0, "Type"), (120, "min"), (220, "max")),
        *VALUES,
    ]
    assert told(cells_of(a_grid(4, *THREE), lines))[0] == ["Type 2x1", "Torque [Nm] 1x2"]


def test_two_heads_share_the_columns_below_them() -> None:
    columns = (0.0, 60.0, 120.0, 180.0, 240.0, 300.0)
    lines = [
        a_line(0, (105, "Cold"), (225, "Hot")),
        a_line(1, (0, "Type"), (70, "min"), (130, "max"), (190, "min"), (250, "max")),
        *(
            a_line(row, (0, "Pump"), (70, "1"), (130, "2"), (190, "3"), (250, "4"))
            for row in (2, 3)
        ),
    ]
    found = cells_of(a_grid(4, *columns), lines, rules((1, 65, 165), (1, 185, 285), (2, 0, 300)))
    assert told(found)[0] == ["Type 2x1", "Cold 1x2", "Hot 1x2"]


def test_lines_of_one_head_are_one_cell_with_its_unit() -> None:
    lines = [
        a_line(0, (120, "Torque")),
        a_line(0.8, (0, "Type"), (120, "[Nm]"), (220, "Size")),
        *VALUES,
    ]
    grid = Grid((-2.5, 11, 27.5, 42.5, 57.5), THREE)
    found = cells_of(grid, lines, rules((1.9, 0, 300)))
    assert told(found)[0] == ["Type", "Torque [Nm]", "Size"]
    assert found.header_rows == 1


def test_years_under_a_head_are_heads() -> None:
    lines = [
        a_line(0, (167, "December 31")),
        a_line(1, (120, "2016"), (220, "2017")),
        a_line(2, (0, "Cash"), (120, "$ 19,334"), (220, "$ 20,522")),
        a_line(3, (0, "Goodwill"), (120, "3,784"), (220, "13,350")),
    ]
    found = cells_of(a_grid(4, *THREE), lines)
    assert found.header_rows == 2
    assert told(found)[2] == ["Cash", "$ 19,334", "$ 20,522"]


@pytest.mark.parametrize("year", ["2017 (6)", "2017*", "2024E", "2022 vs. 2021"])
def test_years_with_marks_and_pairs_of_years_are_heads(year: str) -> None:
    lines = [
        a_line(0, (167, "December 31")),
        a_line(1, (120, "2016"), (220, year)),
        a_line(2, (0, "Cash"), (120, "$ 19,334"), (220, "$ 20,522")),
        a_line(3, (0, "Goodwill"), (120, "3,784"), (220, "13,350")),
    ]
    assert cells_of(a_grid(4, *THREE), lines).header_rows == 2


def test_a_table_of_values_only_has_no_heads() -> None:
    lines = [a_line(row, (0, "1.5"), (120, "2.5"), (220, "3")) for row in range(3)]
    assert cells_of(a_grid(3, *THREE), lines).header_rows == 0


def test_a_label_of_several_rows_is_one_cell_where_the_other_columns_are_ruled() -> None:
    lines = [
        a_line(0, (0, "Type"), (120, "Load"), (220, "Torque")),
        a_line(1, (120, "low"), (220, "10 Nm")),
        a_line(2, (0, "Pump"), (120, "high"), (220, "20 Nm")),
        a_line(3, (0, "Fan"), (120, "low"), (220, "5 Nm")),
    ]
    ruled = rules((1, 0, 300), (2, 100, 300), (3, 0, 300))
    assert told(cells_of(a_grid(4, *THREE), lines, ruled))[1:] == [
        ["Pump 2x1", "low", "10 Nm"],
        ["high", "20 Nm"],
        ["Fan", "low", "5 Nm"],
    ]


def test_a_label_in_the_middle_of_the_rows_between_two_rules_is_that_of_all() -> None:
    lines = [
        a_line(0, (0, "Data"), (120, "Method"), (220, "AP")),
        a_line(1, (120, "HMC"), (220, "0.76")),
        a_line(2, (0, "Simulation"), (120, "RMHMC"), (220, "0.80")),
        a_line(3, (120, "RNS"), (220, "0.82")),
        a_line(4, (120, "HMC"), (220, "0.70")),
        a_line(4.5, (0, "Bank")),
        a_line(5, (120, "RMHMC"), (220, "0.92")),
    ]
    found = cells_of(a_grid(6, *THREE), lines, rules((1, 0, 300), (4, 0, 300)))
    assert told(found)[1:] == [
        ["Simulation 3x1", "HMC", "0.76"],
        ["RMHMC", "0.80"],
        ["RNS", "0.82"],
        ["Bank 2x1", "HMC", "0.70"],
        ["RMHMC", "0.92"],
    ]


def test_a_label_of_a_first_row_between_two_rules_is_of_this_row_only() -> None:
    lines = [
        a_line(0, (0, "Item"), (120, "2023"), (220, "2022")),
        a_line(1, (0, "Sales"), (120, "10"), (220, "12")),
        a_line(2, (120, "14"), (220, "16")),
        a_line(3, (0, "Costs"), (120, "10"), (220, "12")),
        a_line(4, (120, "14"), (220, "16")),
    ]
    found = told(cells_of(a_grid(5, *THREE), lines, rules((1, 0, 300), (3, 0, 300))))
    assert found[2] == ["", "14", "16"]


def test_a_rule_over_a_total_joins_no_labels() -> None:
    lines = [
        a_line(0, (0, "Item"), (120, "cold"), (220, "hot")),
        *(a_line(row, (0, f"item {row}"), (120, "4"), (220, "5")) for row in range(1, 5)),
        a_line(5, (0, "Sum"), (120, "16"), (220, "20")),
    ]
    found = cells_of(a_grid(6, *THREE), lines, rules((1, 0, 300), (5, 100, 300)))
    assert told(found)[-2:] == [["item 4", "4", "5"], ["Sum", "16", "20"]]


def test_an_edge_that_parts_nothing_makes_no_column() -> None:
    lines = [
        a_line(0, (0, "Place"), (120, "Count")),
        *(a_line(row, (0, "Office"), (120, "7")) for row in range(1, 5)),
        a_line(5, (62, "Total"), (120, "28")),
    ]
    found = cells_of(a_grid(6, 0, 60, 110, 200), lines)
    assert told(found)[-1] == ["Total", "28"]


def test_a_number_and_its_unit_are_one_column() -> None:
    lines = [
        a_line(0, (0, "Age"), (120, "People")),
        *(a_line(row, (0, f"{row}0 years"), (120, "7")) for row in range(1, 6)),
    ]
    assert told(cells_of(a_grid(6, 0, 11.5, 100, 200), lines))[1] == ["10 years", "7"]


def test_a_currency_is_with_the_number_behind_it_and_a_percent_sign_with_the_one_before() -> None:
    lines = [
        a_line(0, (0, "Item"), (120, "2023"), (220, "Share")),
        a_line(1, (0, "Sales"), (92, "$"), (150, "6,687"), (195, "$"), (220, "15.2")),
        a_line(2, (0, "Growth"), (165, "2.3"), (204, "%"), (240, "17")),
        a_line(3, (0, "Net"), (150, "12"), (220, "17")),
    ]
    assert told(cells_of(a_grid(4, *THREE), lines))[1:3] == [
        ["Sales", "$ 6,687", "$ 15.2"],
        ["Growth", "2.3 %", "17"],
    ]


def test_columns_that_the_network_took_for_one_are_parted_by_the_white_between() -> None:
    lines = [a_line(row, (0, "Pump"), (120, "10"), (220, "12")) for row in range(5)]
    assert told(cells_of(a_grid(5, 0, 100, 300), lines))[0] == ["Pump", "10", "12"]


def test_marks_in_one_of_two_columns_stay_in_their_columns() -> None:
    lines = [
        a_line(0, (0, "Part"), (120, "yes"), (220, "no")),
        *(a_line(row, (0, "part"), (120 + 100 * (row % 2), "x")) for row in range(1, 7)),
    ]
    assert told(cells_of(a_grid(7, *THREE), lines))[1:3] == [["part", "", "x"], ["part", "x", ""]]


def test_a_line_that_goes_on_is_in_the_cell_above_it() -> None:
    lines = [
        a_line(0, (0, "Item"), (120, "Meaning")),
        a_line(1, (0, "Income in"), (120, "Money that is earned")),
        a_line(1.8, (0, "dollars"), (120, "in a year")),
        a_line(3, (0, "Rate"), (120, "Share of it")),
    ]
    grid = Grid((-2.5, 12.5, 26, 42, 57.5), (0, 110, 300))
    assert told(cells_of(grid, lines))[1:] == [
        ["Income in dollars", "Money that is earned in a year"],
        ["Rate", "Share of it"],
    ]


def test_a_label_whose_values_stand_at_its_last_line_is_one_row() -> None:
    lines = [
        a_line(0, (120, "2023"), (220, "2022")),
        a_line(1, (0, "Research and"), (1, "")),
        a_line(1.8, (0, "development"), (120, "3,455"), (220, "3,389")),
        a_line(3, (0, "Other income:")),
        a_line(3.8, (0, "interest"), (120, "12"), (220, "17")),
    ]
    grid = Grid((-2.5, 12.5, 26, 42.5, 56, 72.5), THREE)
    assert told(cells_of(grid, lines))[1:] == [
        ["Research and development", "3,455", "3,389"],
        ["Other income:", "", ""],
        ["interest", "12", "17"],
    ]


def test_rows_that_the_network_took_for_one_are_parted() -> None:
    lines = [
        a_line(0, (0, "Area"), (120, "2023"), (220, "2022")),
        a_line(1, (0, "US"), (120, "667"), (220, "644")),
        a_line(1.8, (0, "Intl"), (120, "-"), (220, "-")),
        a_line(3, (0, "Both"), (120, "667"), (220, "644")),
    ]
    grid = Grid((-2.5, 12.5, 42.5, 57.5), THREE)
    assert told(cells_of(grid, lines))[1:3] == [["US", "667", "644"], ["Intl", "-", "-"]]


def test_a_head_over_columns_is_parted_from_their_heads_in_one_row_of_the_network() -> None:
    lines = [
        a_line(0, (105, "Twelve Months Ended June 30")),
        a_line(0.8, (0, "Type"), (120, "2022"), (205, "2021")),
        *VALUES,
    ]
    grid = Grid((-2.5, 27.5, 42.5, 57.5), THREE)
    found = cells_of(grid, lines)
    assert told(found)[:2] == [["Type 2x1", "Twelve Months Ended June 30 1x2"], ["2022", "2021"]]
    assert found.header_rows == 2


def test_heads_halfway_beside_two_levels_of_heads_are_of_both() -> None:
    columns = (0.0, 100.0, 200.0, 300.0, 400.0, 500.0)
    lines = [
        a_line(0, (230, "Hover")),
        a_line(0.5, (0, "Model"), (420, "Fever")),
        a_line(1, (130, "two"), (230, "three"), (330, "four")),
        *(
            a_line(row, (0, "Direct"), (130, "1.5"), (230, "2.5"), (330, "3.5"), (420, "4.5"))
            for row in (2, 3)
        ),
    ]
    grid = Grid((-2.5, 27.5, 42.5, 57.5), columns)
    assert told(cells_of(grid, lines))[:2] == [
        ["Model 2x1", "Hover 1x3", "Fever 2x1"],
        ["two", "three", "four"],
    ]


def test_a_head_is_not_centred_out_of_the_one_above_it() -> None:
    columns = (0.0, 60.0, 120.0, 180.0, 240.0, 300.0, 360.0)
    heads = ((70, "2022"), (130, "two"), (190, "three"), (250, "2022"), (310, "more"))
    lines = [
        a_line(0, (125, "Quarter"), (285, "Year")),
        a_line(1, (148, "Change")),
        a_line(2, *heads),
        *(a_line(row, (0, "US"), *((place, str(row)) for place, _ in heads)) for row in (3, 4, 5)),
    ]
    ruling = rules((1, 65, 230), (1, 245, 360), (2, 125, 230))
    found = told(cells_of(a_grid(6, *columns), lines, ruling))
    assert found[:2] == [["", "Quarter 1x3", "Year 2x2"], ["", "2022 2x1", "Change 1x2"]]


def test_words_without_a_label_above_the_values_are_heads() -> None:
    lines = [
        a_line(-0.5, (120, "July 2"), (220, "June 3")),
        a_line(1, (120, "audited")),
        *VALUES,
    ]
    found = cells_of(Grid((-10, 12.5, 27.5, 42.5, 57.5), THREE), lines)
    assert told(found)[:2] == [["", "July 2", "June 3 2x1"], ["", "audited"]]
    assert found.header_rows == 2


def test_two_columns_of_a_single_row_of_values_are_parted_by_the_white_between() -> None:
    lines = [
        a_line(0, (120, "2022"), (220, "2021")),
        a_line(1, (0, "Amortization"), (100, "$"), (120, "82"), (200, "$"), (220, "80")),
    ]
    assert told(cells_of(a_grid(2, 0, 100, 300), lines)) == [
        ["", "2022", "2021"],
        ["Amortization", "$ 82", "$ 80"],
    ]


def test_numbers_that_name_columns_are_heads() -> None:
    lines = [
        a_line(0, (120, "737 *"), (220, "747")),
        a_line(1, (0, "Deliveries"), (120, "8,132"), (220, "1,572")),
        a_line(2, (0, "Orders"), (120, "387"), (220, "5")),
    ]
    assert cells_of(a_grid(3, *THREE), lines).header_rows == 1


def test_dashes_are_a_rule_and_dots_are_nothing() -> None:
    lines = [
        a_line(0, (0, "Pump"), (120, "min"), (220, "max")),
        a_line(1, (0, "-" * 60)),
        a_line(2, (0, "A ......"), (120, "10"), (220, "12")),
        a_line(3, (0, "B ......"), (120, "14"), (220, "16")),
    ]
    words = [word for line in lines for word in line]
    found = read_cells(a_grid(4, *THREE), words, ruling_of(BBox(0, 0, 300, 60), [], words))
    assert found is not None
    assert told(found) == [["Pump", "min", "max"], ["A", "10", "12"], ["B", "14", "16"]]
    assert not is_prose(found, words)


def test_every_word_is_in_one_cell_and_inside_its_box() -> None:
    lines = [a_line(0, (148, "Torque [Nm]")), a_line(1, (120, "min"), (220, "max")), *VALUES]
    found = cells_of(a_grid(4, *THREE), lines)
    words = [word.text for line in lines for word in line]
    assert sorted(" ".join(cell.text for cell in found.cells).split()) == sorted(words)
    for line in lines:
        for word in line:
            (home,) = [
                cell
                for cell in found.cells
                if word.text in cell.text.split()
                and word.bbox.inside(cell.bbox or BBox(0, 0, 0, 0)) > 0.99
            ]
            assert home.column_span in (1, 2)


def test_notes_below_and_a_caption_above_are_no_rows() -> None:
    lines = [
        a_line(0, (0, "Table 3: Torques of all pumps that are sold")),
        a_line(1, (0, "Type"), (120, "min"), (220, "max")),
        *VALUES,
        a_line(4, (0, "Pump C"), (120, "20"), (220, "21")),
        a_line(5, (0, "Note: measured in oil at twenty degrees, dry pumps have less")),
    ]
    words = [word for line in lines for word in line]
    top, bottom = extent(a_grid(6, *THREE), words, Ruling())
    assert PITCH - 5 < top < PITCH
    assert 4 * PITCH + SIZE < bottom < 5 * PITCH + SIZE


def test_rows_of_narrow_columns_are_no_notes() -> None:
    columns = (0.0, 30.0, 60.0, 90.0)
    lines = [a_line(row, (0, "Abcde"), (32, "fghij"), (64, "klmno")) for row in range(6)]
    words = [word for line in lines for word in line]
    grid = a_grid(6, *columns)
    assert extent(grid, words, rules((1, 0, 90))) == (grid.rows[0], grid.rows[-1])
