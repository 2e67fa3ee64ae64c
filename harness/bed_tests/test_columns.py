"""Two texts side by side: which lines differ, which words of them, and in what colours."""

import re

import pytest

from harness.bed.check import columns

LEFT = "src a dst b\n\tcoa 2001::1\ngone\nend\n"
RIGHT = "src a dst b\n\tcoa 2001::50\nend\nnew\n"


def marks(left: str, right: str) -> str:
    return "".join(row.mark for row in columns.rows(left, right))


def without_colours(text: str) -> str:
    return re.sub(r"\033\[\d*m", "", text)


def test_lines_that_differ_are_marked_and_those_of_one_side_too():
    assert marks(LEFT, RIGHT) == " |< >"


@pytest.mark.parametrize("at", range(3))
def test_one_line_that_differs_stands_beside_its_other(at):
    one, other = (["same"] * 3 for _ in range(2))
    other[at] = "changed"
    found = columns.rows("\n".join(one), "\n".join(other))
    assert [row.mark for row in found] == ["|" if n == at else " " for n in range(3)]
    assert [row.right for row in found] == other


def test_equal_texts_have_no_mark():
    assert set(marks(LEFT, LEFT)) == {" "}


def test_plain_text_has_both_heads_and_one_mark_a_line():
    lines = columns.side_by_side(LEFT, RIGHT, ("one", "other"), 16).splitlines()
    assert lines[0] == "one                other"
    assert lines[2] == "    coa 2001::1  |     coa 2001::50"
    assert lines[3] == "gone             <"


def test_the_words_that_differ_are_known():
    row = columns.rows(LEFT, RIGHT)[1]
    assert columns.pieces(row) == ([("    coa ", True), ("2001::1", False)],
                                   [("    coa ", True), ("2001::50", False)])


def test_colours_change_nothing_but_the_colour():
    plain = without_colours(columns.coloured(LEFT, RIGHT, ("expected", "actual"), 80))
    assert [line.rstrip() for line in plain.splitlines()] == \
        columns.side_by_side(LEFT, RIGHT, width=38).splitlines()


@pytest.mark.req("T-705")
def test_what_differs_is_in_the_colours_of_expected_and_found():
    text = columns.coloured(LEFT, RIGHT, ("expected", "actual"), 80)
    assert re.findall(r"\033\[36m(2001::1|gone)\033", text) == ["2001::1", "gone"]
    assert re.findall(r"\033\[33m(2001::50|new)\033", text) == ["2001::50", "new"]
    assert "\033[31m" not in text and "\033[32m" not in text, "neither side is right or wrong"


def test_a_long_line_goes_on_below():
    text = without_colours(columns.coloured("x" * 50 + "\n", "y\n", ("a", "b"), 63))
    assert text.splitlines()[1:] == ["x" * 30 + " | y", "x" * 20]


def test_equal_lines_far_from_a_difference_are_counted():
    left = "".join(f"{number}\n" for number in range(9))
    right = left.replace("4\n", "four\n")
    marked = columns.side_by_side(left, right, width=4, context=1).splitlines()[1:]
    assert marked == ["… 3 equal lines", "3      3", "4    | four", "5      5", "… 3 equal lines"]
    painted = columns.coloured(left, right, columns.HEADS, 60, context=0)
    assert without_colours(painted).splitlines()[1] == "… 4 equal lines"
