"""Marks: found, checked, removed."""

from pagesight.citations import check_marks
from pagesight.citations.marks import mark_runs


def test_marks_that_were_not_shown_are_removed_and_counted() -> None:
    assert check_marks("Stop it [1]. Wait [7][2]. Go [9].", [1, 2]) == (
        "Stop it [1]. Wait [2]. Go.",
        2,
    )


def test_several_marks_in_one_bracket_are_told_apart() -> None:
    assert check_marks("Stop [1, 5; 2].", [1, 2]) == ("Stop [1][2].", 1)


def test_text_in_other_brackets_is_no_mark() -> None:
    assert check_marks("array[i] and [a1] and [12345678]", [1]) == (
        "array[i] and [a1] and [12345678]",
        0,
    )


def test_an_index_in_code_is_no_mark() -> None:
    text = "Set `gain[1]` [1]:\n```\nbuffer[1] = 0\n```"
    assert [run.marks for run in mark_runs(text)] == [(1,)]
    assert check_marks(text, []) == ("Set `gain[1]`:\n```\nbuffer[1] = 0\n```", 1)


def test_marks_that_stand_together_are_one_run() -> None:
    (run,) = mark_runs("Stop [1] [2, 1].")
    assert (run.start, run.end, run.marks) == (5, 15, (1, 2))
