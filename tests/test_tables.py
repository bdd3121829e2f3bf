"""Tables as Markdown and HTML."""

from pagesight.document import Cell, Table
from pagesight.geometry import BBox
from pagesight.tables import (
    joined_head,
    markdown_row,
    markdown_rule,
    placed,
    row_cells,
    texts_of,
    to_html,
)


def test_a_row_can_be_read_back() -> None:
    cells = ("M8 x 30", "45 Nm", "a|b", "")
    assert row_cells(markdown_row(cells)) == cells


def test_line_breaks_in_cells_become_spaces() -> None:
    assert markdown_row(("two\nlines",)) == "| two lines |"


def test_rules_and_prose_are_no_rows() -> None:
    assert row_cells(markdown_rule(3)) is None
    assert row_cells("Table 4-1: Torques") is None
    assert row_cells("|") is None


def test_a_row_of_dashes_with_an_empty_cell_is_a_row() -> None:
    assert row_cells(markdown_row(("-", ""))) == ("-", "")


def spanned() -> Table:
    """A head over two columns, and a label of two rows."""
    cells = (
        a_cell(0, 0, "Pump", rows=2),
        a_cell(0, 1, "Torque [Nm]", columns=2),
        a_cell(1, 1, "min"),
        a_cell(1, 2, "max"),
        a_cell(2, 0, "A&B", rows=2),
        a_cell(2, 1, "10"),
        a_cell(2, 2, "R<1"),
        a_cell(3, 1, "20"),
        a_cell(3, 2, "30"),
        a_cell(4, 1, "Hot", columns=2),
    )
    return Table(page=0, bbox=BBox(0, 0, 300, 50), image="", cells=cells, header_rows=2)


def a_cell(row: int, column: int, text: str, *, rows: int = 1, columns: int = 1) -> Cell:
    box = BBox(100 * column, 10 * row, 100 * (column + columns), 10 * (row + rows))
    return Cell(
        row=row, column=column, text=text, row_span=rows, column_span=columns, page=0, bbox=box
    )


def test_a_spanning_head_is_given_to_all_its_columns_and_a_label_to_all_its_rows() -> None:
    assert [texts_of(row) for row in placed(spanned())] == [
        ("Pump", "Torque [Nm]", "Torque [Nm]"),
        ("Pump", "min", "max"),
        ("A&B", "10", "R<1"),
        ("A&B", "20", "30"),
        ("Hot", "", ""),
    ]


def test_header_rows_are_joined_by_column_and_told_once() -> None:
    rows = [texts_of(row) for row in placed(spanned())]
    assert joined_head(rows[:2]) == ("Pump", "Torque [Nm] min", "Torque [Nm] max")


def test_html_marks_header_cells_spans_and_escapes() -> None:
    html = to_html(spanned(), range(5))
    assert '<tr><th rowspan="2">Pump</th><th colspan="2">Torque [Nm]</th></tr>' in html
    assert "<tr><th>min</th><th>max</th></tr>" in html
    assert '<tr><td rowspan="2">A&amp;B</td><td>10</td><td>R&lt;1</td></tr>' in html
    assert "<tr><td>20</td><td>30</td></tr>" in html


def test_a_label_that_began_in_rows_not_shown_stands_in_the_first_one_that_is() -> None:
    html = to_html(spanned(), [0, 1, 3])
    assert "<tr><td>A&amp;B</td><td>20</td><td>30</td></tr>" in html
