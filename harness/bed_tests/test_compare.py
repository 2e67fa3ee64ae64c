"""Two runs beside each other: what of verdicts, dumps, ladders and moves is not the same."""

import json

import pytest

from harness.bed.report import compare, parts
from harness.bed_tests.run_folder import Reader, Run, finish
from harness.bed_tests.run_sample import HA, HOA, NEW, OLD

OUT = "state esp spi:carol.tunnel.to-ha#1"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finish(tmp_path_factory.mktemp("finished") / "coa-change")


@pytest.fixture
def runs(tmp_path, finished) -> tuple[Run, Run]:
    """Both with a scenario that is the same; the other one each test makes."""
    found = Run(tmp_path, finished, "20261125-1-1"), Run(tmp_path, finished, "20261125-2-2")
    for one in found:
        one.add("establishment")
    return found


def compared(runs) -> dict[str, compare.Compared]:
    for run in runs:
        run.page()
    found = compare.compare(*(compare.read(str(run.folder)) for run in runs))
    return {one.name: one for one in found}


def change(run: Run, file: str, old: str, new: str) -> None:
    """Of a scenario that is a copy of its own."""
    path = run.folder / "coa-change" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def both(runs) -> None:
    for run in runs:
        run.add("coa-change", expected=lambda text: text)


def test_the_same_twice_is_the_same(runs):
    both(runs)
    found = compared(runs)
    assert [one.verdict for one in found.values()] == [compare.SAME] * 2
    assert ("verdict", "ok", "ok") in found["coa-change"].facts


@pytest.mark.req("T-132")
def test_a_dump_that_differs_is_told_by_its_facts_and_side_by_side(runs):
    both(runs)
    change(runs[1], "carol.moved.xfrm", f"src {NEW} dst {HA}", f"src {OLD} dst {HA}")
    found = compared(runs)
    assert list(found) == ["coa-change", "establishment"]
    text = found["coa-change"].texts[0]
    assert text.title == "carol at moved"
    assert text.sentences == [f"{OUT}: outer source {NEW}, then {OLD}"]
    assert [row.mark for row in text.rows if not isinstance(row, int)].count("|") == 1


def test_an_object_that_only_one_has_is_told_so(runs):
    both(runs)
    path = runs[0].folder / "coa-change/carol.moved.xfrm"
    kept = [text for text in parts.entries(path.read_text()) if "proto hao" not in text
            or not text.startswith(f"src {HOA} dst {HA}")]
    path.write_text("".join(kept))
    assert compared(runs)["coa-change"].texts[0].sentences == [
        f"state hao {HOA} to {HA}: only after"]


def test_a_verdict_a_ladder_and_a_move_that_differ_are_told(runs):
    both(runs)
    runs[1].rows[-1] |= {"outcome": "failed", "sentence": "carol was late"}
    folder = runs[1].folder / "coa-change"
    rungs = json.loads((folder / "ladder.json").read_text())
    (folder / "ladder.json").write_text(json.dumps(rungs[:-1]))
    (folder / "moves.json").write_text("[]")
    found = compared(runs)["coa-change"]
    assert found.verdict == compare.DIFFERS
    assert found.sentence == "verdict: ok, then failed; ladder"
    assert ("sentence", "none", "carol was late") in found.facts
    what, before, after = found.facts[-1]
    assert what == "move 1" and before.startswith("carol moves from") and after == "none"


def test_what_only_one_run_has_is_named(runs):
    runs[0].add("coa-change")
    assert compared(runs)["coa-change"].verdict == compare.ONLY
    assert compared(runs)["coa-change"].title == "only in 20261125-1-1"


@pytest.mark.parametrize("differs, status, last", [
    (False, 0, "0 differs, 0 only in one, 2 same"), (True, 1, "1 differs, 0 only in one, 1 same")])
def test_the_page_lies_in_the_second_run_and_the_status_says_whether_they_differ(
        runs, capsys, differs, status, last):
    both(runs)
    if differs:
        change(runs[1], "moon.moved.xfrm", NEW, OLD)
    for run in runs:
        run.page()
    assert compare.main([str(run.folder) for run in runs]) == status
    said = capsys.readouterr().out.splitlines()
    page = runs[1].folder / "compare-with-20261125-1-1.html"
    assert said[-2:] == [last, f"page: {page}"]
    reader = Reader(page.read_text())
    assert reader.faults() == []
    assert len(reader.all("details")) == 2


def test_a_run_that_is_not_there_is_refused_with_those_that_are(runs, capsys):
    runs[0].page()
    with pytest.raises(compare.NoRun, match="^lasst is no .* 20261125-1-1, in .*; did you mean"):
        compare.read("lasst", runs[0].folder.parent)
    assert compare.main(["lasst", "last"]) == 2
    assert capsys.readouterr().err.startswith("run-tests.sh: lasst is no run")
    with pytest.raises(compare.NoRun, match="./run-tests.sh coa-change makes one"):
        compare.read("last", runs[0].folder)
