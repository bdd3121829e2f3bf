"""Tables over several pages."""

from dataclasses import replace

from pagesight.assembly.continuation import joined_tables
from pagesight.document import Caption, Cell, Element, Page, Table, TablePart, TextBlock
from pagesight.geometry import BBox

PAGES = tuple(Page(index=index, label=str(index + 1), width=600, height=800) for index in range(4))
HEAD = ("Part", "Torque")


def a_table(page: int, *rows: tuple[str, ...], top: float = 500, left: float = 72) -> Table:
    cells = tuple(
        Cell(
            row=number,
            column=column,
            text=text,
            page=page,
            bbox=BBox(
                left + 150 * column,
                top + 20 * number,
                left + 150 * (column + 1),
                top + 20 * number + 20,
            ),
        )
        for number, row in enumerate(rows)
        for column, text in enumerate(row)
    )
    box = BBox(left, top, left + 150 * len(rows[0]), top + 20 * len(rows))
    return Table(page=page, bbox=box, image=f"{page}.png", cells=cells)


def a_line(page: int, text: str, top: float, role: str = "paragraph") -> TextBlock:
    box = BBox(72, top, 300, top + 12)
    return replace(
        TextBlock(page=page, bbox=box, role="paragraph", text=text, spans=()),
        role=role,  # type: ignore[arg-type]
    )


def a_caption(label: str, text: str) -> Caption:
    return Caption(label=label, text=text, spans=())


ABOVE = a_table(0, HEAD, ("bolt", "10"), ("nut", "12"))
BELOW = a_table(1, HEAD, ("screw", "7"), top=60)


def only_table(*elements: Element) -> Table:
    (table,) = [each for each in joined_tables(elements, PAGES) if isinstance(each, Table)]
    return table


def tables(*elements: Element) -> int:
    return sum(isinstance(each, Table) for each in joined_tables(elements, PAGES))


def test_a_table_that_goes_on_is_one_and_its_repeated_head_is_told_once() -> None:
    table = only_table(ABOVE, BELOW)
    assert table.rows == (HEAD, ("bolt", "10"), ("nut", "12"), ("screw", "7"))
    assert [cell.page for cell in table.cells if cell.text in ("nut", "screw")] == [0, 1]
    assert table.continued == (TablePart(page=1, bbox=BELOW.bbox, image="1.png"),)


def test_a_part_without_a_head_gives_all_its_rows() -> None:
    table = only_table(ABOVE, a_table(1, ("screw", "7"), ("pin", "8"), top=60))
    assert table.rows[3:] == (("screw", "7"), ("pin", "8"))


def test_a_table_goes_on_over_more_than_two_pages() -> None:
    longest = a_table(1, HEAD, *[("pin", "8")] * 30, top=60)
    table = only_table(ABOVE, longest, a_table(2, HEAD, ("end", "1"), top=60))
    assert [part.page for part in table.continued] == [1, 2]
    assert table.rows[-1] == ("end", "1")


def test_page_numbers_and_lines_that_say_continued_may_stand_between() -> None:
    kept = joined_tables(
        (
            ABOVE,
            a_line(0, "17", 770),
            a_line(1, "Table 3 (continued)", 40),
            BELOW,
        ),
        PAGES,
    )
    assert [each.type for each in kept] == ["table", "text"]


def test_text_between_two_tables_keeps_them_apart() -> None:
    assert tables(ABOVE, a_line(0, "Other parts are greased.", 600), BELOW) == 2


def test_a_title_that_is_repeated_with_continued_may_stand_between() -> None:
    title = a_line(0, "Statement of Cash Flows (in millions)", 80, "heading")
    again = a_line(1, "Statement of Cash Flows (continued) (in millions)", 100, "heading")
    below = replace(BELOW, bbox=BBox(72, 120, 372, 160))
    kept = joined_tables((title, ABOVE, again, below), PAGES)
    assert [each.type for each in kept] == ["text", "table"]


def test_a_title_that_is_repeated_without_a_word_or_is_another_one_begins_a_table() -> None:
    title = a_line(0, "Sales by quarter", 80, "heading")
    for text in ("Sales by quarter", "Costs of all segments by quarter and by area (continued)"):
        assert tables(title, ABOVE, a_line(1, text, 100, "heading"), BELOW) == 2


def test_a_head_whose_first_column_is_not_named_again_is_told_once() -> None:
    above, below = (
        replace(a_table(page, (name, "2023"), (label, "7"), top=top), header_rows=1)
        for page, name, label, top in ((0, "Segment", "US", 500), (1, "", "Intl", 60))
    )
    assert only_table(above, below).rows == (("Segment", "2023"), ("US", "7"), ("Intl", "7"))


def test_other_columns_or_a_caption_of_its_own_begin_another_table() -> None:
    assert tables(ABOVE, a_table(1, ("a", "b", "c"), top=60)) == 2
    assert tables(ABOVE, replace(BELOW, caption=a_caption("Table 4", "Table 4: Others"))) == 2


def test_a_caption_that_is_repeated_or_says_continued_begins_none() -> None:
    whole = replace(ABOVE, caption=a_caption("Table 3", "Table 3: Torques"))
    for text in ("Table 3: Torques", "Table 3: Torques (continued)"):
        assert tables(whole, replace(BELOW, caption=a_caption("Table 3", text))) == 1


def test_tables_in_the_middle_of_their_pages_are_two() -> None:
    assert tables(ABOVE, a_table(1, HEAD, ("screw", "7"), top=450)) == 2
    assert tables(a_table(0, HEAD, ("bolt", "10"), top=100), BELOW) == 2
