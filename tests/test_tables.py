"""Tables as Markdown and HTML."""

from pagesight.tables import markdown_row, markdown_rule, row_cells, to_html


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


def test_html_marks_header_cells_and_escapes() -> None:
    html = to_html([("Part", "R<1"), ("A&B", "2")], 1, "Table 1")
    assert "<caption>Table 1</caption>" in html
    assert "<tr><th>Part</th><th>R&lt;1</th></tr>" in html
    assert "<tr><td>A&amp;B</td><td>2</td></tr>" in html
