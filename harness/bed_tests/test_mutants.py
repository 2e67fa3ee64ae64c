"""The table of mutants fits the tree, and a mutant that lives is told."""

import dataclasses
import os
import re

import pytest

from harness.mutants import __main__ as mutants
from harness.mutants import results
from harness.mutants.rows import ROWS, Mutant

TOP = mutants.TOP
ROW = Mutant("A-021", "src/a.c", "old", "new", "ike/test_x.a_name")


def _has(test: str) -> bool:
    if test.startswith(mutants.SCENARIO):
        return (TOP / "scenarios" / test.removeprefix(mutants.SCENARIO)).is_dir()
    if test.startswith(mutants.LEARNER):
        return (TOP / "harness/learn" / test.removeprefix(mutants.LEARNER)).is_dir()
    if " " in test:
        return all(map(_has, test.split()))
    file, _, name = test.partition("::") if "::" in test else test.partition(".")
    path = TOP / file if "::" in test else TOP / "harness/unit" / f"{file}.c"
    return f" {name}(" in path.read_text()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_old_text_stands_once_and_the_test_is_there(row):
    assert (TOP / row.file).read_text().count(row.old) == 1
    assert row.old != row.new and _has(row.test)


def _named(test: str) -> set[str]:
    """The requirements that a test names. The tester's tests name rows of their own lists."""
    if test.startswith(mutants.LEARNER):
        return {"T-190"}
    if test.startswith(mutants.SCENARIO):
        folder = TOP / "scenarios" / test.removeprefix(mutants.SCENARIO)
        text = "".join(path.read_text() for path in folder.glob("test_*.py"))
    elif "::" in test:
        file, _, name = test.partition("::")
        text = (TOP / file).read_text().partition(f"def {name}(")[0].rpartition("\n\n\n")[2]
    else:
        file, _, name = test.partition(".")
        rows = (TOP / "harness/unit" / f"{file}.c").read_text()
        found = re.search(rf'\bT\(\s*{name},\s*"([^"]*)"\)', rows)
        return set(found[1].replace("!", "").split())
    marks = re.findall(r"mark\.req\(([^)]*)\)", text)
    return set(re.findall(r"[A-Z]-?\d+\w?", " ".join(marks)))


@pytest.mark.req("T-191")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_mutant_is_of_requirements_that_its_test_names(row):
    if "harness/tester/" not in row.test:
        assert set(row.ids) <= _named(row.test)
    assert 1 <= len(row.ids) <= 5


@pytest.mark.req("T-191")
def test_a_mutant_counts_as_it_was_tried_last_and_as_it_is_now(tmp_path):
    pair = dataclasses.replace(ROW, id="A-021 A-044")
    assert not results.turned_red(tmp_path, (pair,))
    results.keep(tmp_path, pair, True)
    assert results.turned_red(tmp_path, (pair,)) == {"A-021": ["src/a.c"], "A-044": ["src/a.c"]}
    assert not results.turned_red(tmp_path, (dataclasses.replace(pair, new="other"),))
    results.keep(tmp_path, pair, False)
    assert not results.turned_red(tmp_path, (pair,))


@pytest.mark.parametrize("before, after, why", [
    ("green", "red", ""),
    ("green", "green", "its test is green with the change"),
    ("green", "unbuildable", "its test is unbuildable with the change"),
    ("red", "red", "its test is red without the change"),
])
def test_only_green_that_turns_red_is_a_death(monkeypatch, tmp_path, before, after, why):
    file = tmp_path / ROW.file
    file.parent.mkdir()
    file.write_text("an old text")
    monkeypatch.setattr(mutants, "COPY", tmp_path)
    monkeypatch.setattr(mutants, "colour",
                        lambda test: after if "new" in file.read_text() else before)
    assert mutants.judge(ROW, {}) == why
    assert file.read_text() == "an old text"


def test_a_text_that_is_gone_is_told(monkeypatch, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / ROW.file).write_text("another text")
    monkeypatch.setattr(mutants, "COPY", tmp_path)
    assert mutants.judge(ROW, {ROW.test: "green"}) == "the old text stands 0 times in src/a.c"


def test_what_differs_in_the_copy_is_newer_than_what_was_built_of_it(monkeypatch, tmp_path):
    tree, copy = tmp_path / "tree/a.h", tmp_path / "copy/a.h"
    tree.parent.mkdir()
    monkeypatch.setattr(mutants, "TOP", tree.parent)
    monkeypatch.setattr(mutants, "COPY", copy.parent)
    for text in "12":
        tree.write_text(text)
        os.utime(tree, (1e9, 1e9))
        mutants.refresh()
        assert copy.read_text() == text and copy.stat().st_mtime > 1e9
    before = copy.stat().st_mtime_ns
    os.utime(tree)
    mutants.refresh()
    assert copy.stat().st_mtime_ns == before
