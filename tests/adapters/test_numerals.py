"""Numbers and dates as spreadsheets show them."""

from __future__ import annotations

import datetime

import pytest

from pagesight.adapters.unstructured.numerals import shown_date, shown_number


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1234.5, "General", "1234.5"),
        (0.1 + 0.2, "General", "0.3"),
        (1234.5, '#,##0.00 "EUR"', "1,234.50 EUR"),
        (1234.5, "#,##0.00\\ [$€-407]", "1,234.50 €"),
        (1234.5, "[$$-409]#,##0", "$1,235"),
        (-1234, "#,##0;[Red](#,##0)", "(1,234)"),
        (-1234, "#,##0", "-1,234"),
        (0, '0.0;-0.0;"none"', "none"),
        (0.125, "0.0%", "12.5%"),
        (7, "000", "007"),
        (2.5, "0.0##", "2.5"),
        (2.0, "0.##", "2"),
        (0.5, "#.0", ".5"),
        (12345678, '#,##0,,"M"', "12M"),
        (0.00001, "0.00E+00", "1.00E-05"),
        (7, '"item "0', "item 7"),
        (0.5, "# ?/?", "0.5"),
        (150, "[>100]0;0.0", "150"),
        (1e300, "0", "1" + "0" * 300),
        (5, '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-', "5.00"),
    ],
)
def test_a_number_is_shown_by_its_code(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("DD.MM.YYYY", "01.03.2024"),
        ("[$-407]d. mmmm yyyy", "1. March 2024"),
        ("mmm-yy", "Mar-24"),
        ("hh:mm", "14:05"),
        ("h:mm AM/PM", "2:05 PM"),
        ("mm:ss", "05:09"),
        ('yyyy"Q"', "2024Q"),
        ("d/m/yy h:mm", "1/3/24 14:05"),
        ("mm-dd-yy", "2024-03-01 14:05:09"),
        ("General", "2024-03-01 14:05:09"),
    ],
)
def test_a_date_is_shown_by_its_code(code: str, shown: str) -> None:
    assert shown_date(datetime.datetime(2024, 3, 1, 14, 5, 9), code) == shown


def test_dates_and_times_alone_are_shown_too() -> None:
    assert shown_date(datetime.date(2024, 3, 1), "d.m.yyyy") == "1.3.2024"
    assert shown_date(datetime.time(14, 5), "hh:mm") == "14:05"
    assert shown_date(datetime.time(14, 5), "d hh:mm") == "14:05:00"
    assert shown_date(datetime.datetime(2024, 3, 1), "mm-dd-yy") == "2024-03-01"
