"""What a test raises becomes one sentence, with the place where the words do not tell it."""

from __future__ import annotations

import pytest

from harness.bed.node.node import CommandFailed
from harness.bed.stage import spoken
from harness.bed_tests.samples import TOP

HERE = "harness/bed_tests/test_spoken.py line "


def raised(what) -> str:
    with pytest.raises(BaseException) as caught:
        what()
    return spoken.sentence(caught.value, TOP)


def refuse(error):
    raise error


@pytest.mark.parametrize("error", [
    AssertionError("moon has no binding\nmore"), CommandFailed("moon has no binding")])
def test_the_testbed_s_own_words_are_enough(error):
    assert raised(lambda: refuse(error)) == "moon has no binding"


@pytest.mark.parametrize("what, said", [
    (lambda: {}["moon"], "KeyError: 'moon'"),
    (lambda: refuse(ValueError("seven\nmore")), "ValueError: seven"),
    (lambda: refuse(AssertionError()), "it does not hold"),
    (lambda: refuse(AssertionError("assert 1 == 2\n +  where")), "assert 1 == 2")])
def test_anything_else_has_its_kind_and_its_line(what, said):
    sentence = raised(what)
    assert sentence.startswith(HERE) and sentence.endswith(f": {said}")


def test_a_file_that_python_cannot_read_has_the_line_that_is_wrong():
    text = "\n\ndef test_a(bed:\n"
    where = f"{TOP}/scenarios/new/test_new.py"
    assert raised(lambda: compile(text, where, "exec")) == (
        "scenarios/new/test_new.py line 3: '(' was never closed")
