"""Rows, marks and results become verdicts; what does not fit together is found."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bed.engine.kernel import Unfit
from harness.bed.peers import registry
from harness.lint import conformance
from harness.bed.base import places
from harness.tester import document, kinds, page, rows, run, sheet, versions
from harness.tester.rows import Bad, Feature, Mark, Row
from harness.tester.sheet import Decided, Result

PSK = {"psk": Feature("psk", "shared keys", {"ours": "not built"})}
ROW = Row("X.1", "x", "A title", changed="by certificates")
MARK = Mark("X.1", "RFC 7296 2.5", "", Path("test_x.py"), 3, "test_x", "It is so.")

LIST = 'title = "X"\nsource = "Y"\n[rows]\n"X.1" = { title = "one" }\n"X.2" = { title = "two" }\n'
TEST = '@pytest.mark.conforms("X.1", "RFC 7296 2.5")\ndef test_x(tn):\n    """It is so."""\n'


def verdict(row, *outcomes, marks=(MARK,)):
    results = {"ours": {"x::test_x": [Result("x::test_x", f"{n}", word, "why", "here")
                                      for n, word in enumerate(outcomes)]}}
    return sheet.cell(row, "ours", Decided(marks, PSK, results))


@pytest.mark.req("T-151")
@pytest.mark.parametrize("row, outcomes, marks, word, sentence", [
    (ROW, ["passed", "passed"], [MARK], "pass", "by certificates"),
    (ROW, ["passed", "failed"], [MARK], "FAIL", "[1] why"),
    (ROW, ["skipped"], [MARK], "FAIL", "[0] why"),
    (ROW, [], [MARK], "not run", "its tests did not all run"),
    (ROW, [], [], "open", "no test yet"),
    (Row("X.1", "x", "A", needs=("psk",)), ["passed"], [MARK], "n/a", "shared keys: not built"),
    (Row("X.1", "x", "A", why="nobody sees it"), [], [], "n/a", "nobody sees it")])
def test_a_verdict_is_that_of_what_ran(row, outcomes, marks, word, sentence):
    found = verdict(row, *outcomes, marks=marks)
    assert (found.verdict, found.sentence) == (word, sentence)


@pytest.mark.req("T-151!")
@pytest.mark.parametrize("outcome, word", [("passed", "not run"), ("failed", "FAIL")])
def test_a_row_does_not_pass_by_a_part_of_its_tests(outcome, word):
    marks = [MARK, replace(MARK, test="test_y")]
    assert verdict(ROW, outcome, marks=marks).verdict == word


def test_a_test_of_another_file_decides_nothing():
    other = {"ours": {"y::test_x": [Result("y::test_x", "", "failed", "why")],
                      "x::test_x": [Result("x::test_x", "", "passed")]}}
    assert sheet.cell(ROW, "ours", Decided([MARK], {}, other)).verdict == "pass"


def tree(root, test=TEST, listed=LIST, said=""):
    here = root / "harness/tester"
    for folder in ("lists", "tests", "ike", "mip6"):
        (here / folder).mkdir(parents=True)
    (here / "lists/x.toml").write_text(listed)
    (here / "lists/features.toml").write_text("")
    (here / "tests/test_x.py").write_text(test)
    (root / "docs").mkdir()
    (root / document.FILE).write_text(said or (
        "## X (`x`)\n\n* ours, 2026-11-30: 1 pass\n\n| X.1 | one | RFC 7296 2.5 | pass |\n"))
    return root


def faults(root):
    return [one.text for one in conformance.check(root)]


def test_a_tree_that_fits_together_has_no_fault(tmp_path):
    assert faults(tree(tmp_path)) == []


@pytest.mark.req("T-152")
@pytest.mark.parametrize("old, new, sentence", [
    ("X.1", "X.9", "unknown row X.9"), ("RFC 7296 2.5", "somewhere", "has the clause 'somewhere'"),
    ('    """It is so."""', "    pass", "test_x has no sentence"),
    ("@pytest", "#@pytest", "test_x decides no row of a list"),
    ("    ", "    " + "\n" * 30 + "    ", "has 32 lines, 25 at most"),
    (")\ndef", ', part="A")\ndef', "X.1 has no part A"),
    (TEST, TEST + TEST.replace("test_x", "test_y"), "X.1  is decided by test_x too"),
    ("X.1", "X.2", "X.2 has a test and no verdict"),
    ("X.1", "X.2", "X.1 has a verdict and no test")])
def test_what_does_not_fit_is_a_fault(tmp_path, old, new, sentence):
    assert any(sentence in one for one in faults(tree(tmp_path, TEST.replace(old, new, 1))))


@pytest.mark.req("T-152")
@pytest.mark.parametrize("new, sentence", [
    ('{ titel = "two" }', "X.2 has titel, which is none of"), ("{ }", "X.2 has no title"),
    ('{ title = "two", needs = ["psk"] }', "X.2 needs psk, which features.toml has not"),
    ('{ title = "two" ', "x.toml")])
def test_a_bad_list_is_named(tmp_path, new, sentence):
    listed = LIST.replace('{ title = "two" }', new)
    assert any(sentence in one for one in faults(tree(tmp_path, listed=listed)))


@pytest.mark.req("T-150")
@pytest.mark.parametrize("room, module", [
    ("ike", "harness.bed.decode"), ("ike", "harness.tester.mip6"), ("mip6", "harness.bed.decode")])
def test_who_plays_the_other_end_imports_nothing_of_the_testbed(tmp_path, room, module):
    root = tree(tmp_path)
    (root / f"harness/tester/{room}/a.py").write_text(f"from {module} import esp\n")
    assert f"the tester's {room} imports {module}" in faults(root)[0]


@pytest.mark.req("T-151")
@pytest.mark.parametrize("case, word", [("0", "pass"), ("1", "FAIL"), ("2", "not run")])
def test_a_row_may_be_one_case_of_a_test(case, word):
    found = verdict(ROW, "passed", "failed", marks=[replace(MARK, case=case)])
    assert found.verdict == word


def test_the_document_keeps_what_a_run_has_not_touched(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "title", lambda name: "X")
    monkeypatch.setattr(rows, "changed", lambda name: "By certificates.")
    (tmp_path / "docs").mkdir()
    lists = {"x": [ROW, Row("X.2", "x", "Another | title")]}
    results = {"ours": {"x::test_x": [Result("x::test_x", "", "failed", "a | b")]}}
    for who, found in (("ours", results), ("other", {"other": {}})):
        decided = Decided([MARK], {}, found)
        document.write(tmp_path, lists, [MARK], sheet.cells(lists, [who], decided))
    known, _ = document.read((tmp_path / document.FILE).read_text())
    assert known["x", "ours", "X.1"] == ("FAIL", f"a {document.BAR} b")
    assert known["x", "ours", "X.2"] == ("open", "")


@pytest.mark.req("T-197")
def test_what_is_written_of_one_list_leaves_the_others(tmp_path, monkeypatch):
    """Their verdicts, and the clauses, which the document has of the tests."""
    monkeypatch.setattr(rows, "title", lambda name: name)
    monkeypatch.setattr(rows, "changed", lambda name: "")
    (tmp_path / "docs").mkdir()
    lists = {"x": [ROW], "y": [Row("Y.1", "y", "A title")]}
    marks = [MARK, replace(MARK, id="Y.1", clause="RFC 7296 1.2")]
    passed = {"ours": {"x::test_x": [Result("x::test_x", "", "passed")]}}
    decided = Decided(marks, {}, passed)
    for name in lists:
        judged = run.asked(name, lists)
        document.write(tmp_path, lists, marks, sheet.cells(judged, ["ours"], decided))
    said = (tmp_path / document.FILE).read_text()
    assert "| X.1 | A title | RFC 7296 2.5 | pass: by certificates |" in said
    assert "| Y.1 | A title | RFC 7296 1.2 | pass |" in said


NEED = Row("A-001", "r", "A title", shown=("X.1",), refused=("X.1",), requirement=True)


@pytest.mark.req("T-197")
@pytest.mark.parametrize("said, ids", [
    ("", ["X.1", "X.2", "A-001"]), ("x", ["X.1", "X.2"]), ("X.2", ["X.2"]),
    ("r,X.2", ["X.2", "A-001"])])
def test_only_what_was_asked_for_is_judged(said, ids):
    """A row of another list that the same test decides is not."""
    lists = {"x": [ROW, Row("X.2", "x", "Another")], "r": [NEED]}
    assert [row.id for found in run.asked(said, lists).values() for row in found] == ids


@pytest.mark.req("T-197!")
def test_a_list_or_a_row_that_there_is_not_is_named():
    with pytest.raises(Unfit, match="there is no list and no row X.9: lists are x"):
        run.asked("x,X.9", {"x": [ROW]})


@pytest.mark.req("T-197")
def test_a_requirement_is_judged_by_the_tests_of_the_rows_that_it_names():
    other = replace(MARK, id="X.2", test="test_y")
    assert run.deciding([MARK, other], {"r": [NEED]}) == [MARK]


def test_the_page_has_every_row_with_its_verdict_and_no_script(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "title", lambda name: "X")
    found = [verdict(ROW, "failed")]
    page.write(tmp_path, {"x": [ROW]}, ["ours"], found)
    text = (tmp_path / page.PAGE).read_text()
    assert "make conformance SUBJECT=ours LIST=X.1" in text and "<script" not in text
    assert 'failures="1"' in (tmp_path / page.JUNIT).read_text()


@pytest.mark.req("T-192")
@pytest.mark.parametrize("inside", [True, False])
def test_the_page_shows_the_evidence_wherever_it_was_built(tmp_path, monkeypatch, inside):
    monkeypatch.setattr(rows, "title", lambda name: "X")
    folder = tmp_path / "build/results/conformance"
    evidence = folder / "ours/x/test_x"
    evidence.mkdir(parents=True)
    (evidence / "ladder.txt").write_text("")
    place = places.shown(evidence, tmp_path if inside else tmp_path / "checkout")
    page.write(folder, {"x": [ROW]}, ["ours"], [replace(verdict(ROW, "passed"), folder=place)])
    assert 'href="ours/x/test_x/ladder.txt"' in (folder / page.PAGE).read_text()


def test_a_page_keeps_the_columns_of_other_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "title", lambda name: "X")
    theirs = sheet.cell(ROW, "other", Decided([MARK], {}, {}))
    for found in ([theirs], [verdict(ROW, "passed")], [verdict(ROW)]):
        page.write(tmp_path, {"x": [ROW]}, [found[0].subject], found)
    said = {one.subject: one.verdict for one in page._before(tmp_path)}
    assert said == {"other": "not run", "ours": "pass"}


@pytest.mark.req("T-198")
def test_a_cell_stands_under_its_subject_where_others_have_none(tmp_path, monkeypatch):
    """A run judges some rows; the first column has a cell of one, the second of another."""
    monkeypatch.setattr(rows, "title", lambda name: "X")
    other = Row("X.2", "x", "Another")
    runs = [sheet.cell(row, who, Decided([replace(MARK, id=row.id)], {}, {}, {}, {who: version}))
            for row, who, version in ((ROW, "ours", "0.1"), (other, "theirs", "5.9.8"))]
    text = page.render(tmp_path, {"x": [ROW, other]}, ["ours", "theirs"], runs)
    table = text.partition("<h2>Rows</h2>")[2]
    assert "ours<br><small>0.1</small>" in table and "theirs<br><small>5.9.8</small>" in table
    cells = [[part.split() for part in line.split("<td>")[3:]]
             for line in table.split("<tr ")[1:]]
    assert [[bool(words) for words in line] for line in cells] == [[True, False], [False, True]]


@pytest.mark.req("T-198")
def test_the_document_names_the_version_of_each_column(tmp_path, monkeypatch):
    """That of the run that it was written by; a document without versions is read too."""
    monkeypatch.setattr(rows, "title", lambda name: "X")
    monkeypatch.setattr(rows, "changed", lambda name: "")
    (tmp_path / "docs").mkdir()
    (tmp_path / document.FILE).write_text(
        "## X (`x`)\n\n* other, 2026-11-30: 1 pass\n\n| X.1 | one | RFC 7296 2.5 | pass |\n")
    passed = {"ours": {"x::test_x": [Result("x::test_x", "", "passed")]}}
    found = sheet.cell(ROW, "ours", Decided([MARK], {}, passed, {}, {"ours": "0.1 (a1b2c3d+)"}))
    for _ in range(2):
        document.write(tmp_path, {"x": [ROW]}, [MARK], [found])
    said = (tmp_path / document.FILE).read_text()
    assert "\n* other, 2026-11-30: 1 pass\n* ours 0.1 (a1b2c3d+), 20" in said
    known, _ = document.read(said)
    assert {who: known["x", who, "X.1"][0] for who in ("ours", "other")} == {
        "ours": "pass", "other": "pass"}


@pytest.mark.req("T-198")
def test_the_version_of_ours_has_the_commit_of_its_source(tmp_path):
    """A change of src that is not committed is marked; where there is no history it is left out."""
    program = tmp_path / "bin/iked"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho Perigee iked 0.1\n")
    program.chmod(0o755)
    assert versions.of(tmp_path, "ours", program.parent) == "0.1"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@x.example"]
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.c").write_text("")
    for words in (["init", "-q"], ["add", "src"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    said = versions.of(tmp_path, "ours", program.parent)
    assert re.fullmatch(r"0\.1 \([0-9a-f]{7,}\)", said)
    (tmp_path / "src/a.c").write_text("int a;\n")
    assert versions.of(tmp_path, "ours", program.parent) == said.replace(")", "+)")
    assert versions.of(tmp_path, "an/adapter.py", program.parent) == ""


def test_a_title_is_asked_for():
    with pytest.raises(Bad, match="no title"):
        rows._row(Path("x.toml"), kinds.END, "X.1", {})


@pytest.mark.req("T-154")
@pytest.mark.parametrize("kind, word", [(kinds.END, "pass"), (kinds.GATEWAY, "FAIL")])
def test_a_row_is_decided_with_a_subject_of_its_lists_kind(kind, word):
    """One test, run with both: each row looks at its own."""
    results = {"ours": {"x::test_x": [
        Result("x::test_x", "", "passed"),
        Result("x::test_x", "", "failed", "why", "here", kinds.GATEWAY)]}}
    found = sheet.cell(replace(ROW, kind=kind), "ours", Decided([MARK], {}, results))
    assert found.verdict == word


@pytest.mark.req("T-154")
@pytest.mark.parametrize("case, kind, rest", [
    ("", kinds.END, ""), ("end", kinds.END, ""), ("gateway-in-order", kinds.GATEWAY, "in-order"),
    ("in-order", kinds.END, "in-order"), ("gateways", kinds.END, "gateways")])
def test_the_kind_stands_before_the_case(case, kind, rest):
    assert kinds.split(case) == (kind, rest)


@pytest.mark.req("T-154!")
def test_a_list_of_an_unknown_kind_is_a_fault(tmp_path):
    found = faults(tree(tmp_path, listed='kind = "router"\n' + LIST))
    assert found == ["x.toml: kind router, which is none of end, gateway"]


@pytest.mark.req("T-154")
def test_only_the_kinds_that_were_asked_for_are_run():
    """Of a test that decides rows of both, and of one of a mip6d, which has no kind."""
    lists = {"x": [ROW], "y": [Row("Y.1", "y", "A", kind=kinds.GATEWAY)]}
    ike, mip6 = Path("tests/ike/test_x.py"), Path("tests/ha/test_h.py")
    marks = [replace(MARK, file=ike), replace(MARK, file=ike, id="Y.1"),
             replace(MARK, file=mip6, test="test_h")]
    assert [one.only for one in run.plays({"ours": marks}, lists, run.Shard())] == [
        ["test_x[end]", "test_x[gateway]"], ["test_h"]]
    assert [one.only for one in run.plays({"ours": marks[1:2]}, lists, run.Shard())] == [
        ["test_x[gateway]"]]


@pytest.mark.req("T-227")
@pytest.mark.parametrize("subject, tests", [
    ("ours", ["test_y", "test_h"]), ("other", ["test_x", "test_y", "test_y"])])
def test_a_subject_is_given_the_tests_that_decide_a_row_of_its_own(subject, tests):
    """None whose rows need what it lacks, and none of a mip6d where it is none."""
    lists = {"x": [replace(ROW, needs=("psk",)), Row("X.2", "x", "Another")]}
    ike, mip6 = Path("tests/ike/test_x.py"), Path("tests/ha/test_h.py")
    marks = [replace(MARK, file=ike), replace(MARK, file=ike, test="test_y"),
             replace(MARK, file=ike, test="test_y", id="X.2"),
             replace(MARK, file=mip6, test="test_h", id="X.2")]
    assert [one.test for one in rows.due(marks, lists, subject, PSK)] == tests


@pytest.mark.parametrize("ident, all_of_them", [
    ("X.1", ["X.1"]), ("X.{A,B}.1", ["X.A.1", "X.B.1"]),
    ("{A,B}.{1,2}", ["A.1", "A.2", "B.1", "B.2"])])
def test_a_mark_may_name_several_rows(ident, all_of_them):
    assert rows.expanded(ident) == all_of_them


def asked(*marks, **sides):
    """The verdict of a requirement whose tests have passed."""
    row = Row("A-001", "x", "A title", parts=rows.SIDES, requirement=True, **sides)
    passed = {"ours": {"x::test_x": [Result("x::test_x", "", "passed")]}}
    found = sheet.cell(row, "ours", Decided(marks, {}, passed))
    return found.verdict, found.sentence


@pytest.mark.req("T-227")
@pytest.mark.parametrize("outcomes, verdict", [
    (["passed", "passed"], ("pass", "")), (["passed"], ("not run", "not all tests ran")),
    ([], ("not run", "not all tests ran")),
    (["passed", "iked of nut has ended by itself: ABORT"],
     ("FAIL", "x::test_1[0]: iked of nut has ended by itself: ABORT")),
    (["nothing came", "passed"], ("pass", "")),
    (["iked has ended by itself", "it has ended by itself"],
     ("FAIL", "x::test_0[0], and 1 more: iked has ended by itself")),
    (["iked has ended by itself"], ("FAIL", "x::test_0[0]: iked has ended by itself"))])
def test_what_any_test_saw_of_the_daemon_is_a_row(outcomes, verdict):
    """It passes when all tests ran that the subject was to be given."""
    row = Row("SUBJECT.2", "subject", "It goes on", seen="has ended by itself",
              cites="RFC 7296 2.21")
    words = {f"x::test_{n}": word for n, word in enumerate(outcomes)}
    results = {"other": {
        test: [Result(test, "0", "passed") if word == "passed" else
               Result(test, "0", "failed", word)] for test, word in words.items()}}
    due = {"other": {"x::test_0", "x::test_1"}}
    found = sheet.cell(row, "other", Decided([MARK], {}, results, due=due))
    assert (found.verdict, found.sentence, found.clause) == (*verdict, "RFC 7296 2.21")
    assert found.repeat == "make conformance SUBJECT=other LIST=SUBJECT.2"


@pytest.mark.req("T-227")
def test_a_row_of_what_any_test_saw_wants_all_tests():
    row = Row("SUBJECT.2", "subject", "It goes on", seen="has ended", cites="RFC 7296 2.21")
    assert run.deciding([MARK], {"subject": [row]}) == [MARK]
    assert run.deciding([MARK], {"y": [Row("Y.1", "y", "A title")]}) == []


@pytest.mark.req("T-227!")
@pytest.mark.parametrize("fields", [
    'seen = "has ended"', 'cites = "RFC 7296 2.21"', 'seen = "has ended", cites = "somewhere"'])
def test_a_row_of_what_any_test_saw_has_its_words_and_its_clause(tmp_path, fields):
    listed = LIST.replace('"two"', f'"two", {fields}')
    assert any("expected both or neither" in one for one in faults(tree(tmp_path, listed=listed)))


@pytest.mark.req("T-155")
@pytest.mark.parametrize("sides, verdict", [
    ({}, ("open", "no test shows it")),
    ({"shown": ("X.1",)}, ("open", "no test shows its refusal or boundary")),
    ({"refused": ("X.1",)}, ("open", "no test shows it")),
    ({"shown": ("X.1",), "refused": ("X.2",)}, ("open", "no test shows its refusal or boundary")),
    ({"shown": ("X.1",), "refused": ("X.1",)}, ("pass", ""))])
def test_a_requirement_is_open_until_it_has_both_sides(sides, verdict):
    assert asked(MARK, **sides) == verdict


@pytest.mark.req("T-155")
def test_a_test_may_be_a_requirements_own():
    own = [replace(MARK, id="A-001", part=side) for side in rows.SIDES]
    assert asked(own[0]) == ("open", "no test shows its refusal or boundary")
    assert asked(*own) == ("pass", "")
    assert asked(own[0], MARK, refused=("X.1",)) == ("pass", "")


@pytest.mark.req("T-226")
@pytest.mark.parametrize("outcome, verdict", [
    ("passed", ("n/a", "shared keys: not built")), ("failed", ("FAIL", "why")),
    (None, ("not run", "its tests did not all run"))])
def test_a_requirement_does_not_pass_where_a_row_of_it_does_not_apply(outcome, verdict):
    """What that row's test says is nothing; another row's test can still fail it."""
    row = Row("A-001", "r", "A title", shown=("X.1",), refused=("X.2",), requirement=True,
              theirs={"X.2": ("psk",)})
    results = {"x::test_y": [Result("x::test_y", "", "failed", "no shared keys")]}
    if outcome:
        results["x::test_x"] = [Result("x::test_x", "", outcome, "why")]
    marks = [MARK, replace(MARK, id="X.2", test="test_y")]
    found = sheet.cell(row, "ours", Decided(marks, PSK, {"ours": results}))
    assert (found.verdict, found.sentence) == verdict


@pytest.mark.req("T-226")
def test_a_requirement_knows_what_the_rows_need_that_decide_it(tmp_path):
    listed = LIST.replace('"two"', '"two", needs = ["psk"]')
    here = tree(tmp_path, listed=listed) / "harness/tester"
    (tmp_path / "docs/requirements.md").write_text("| A-001 | S | | It is so |\n")
    (here / "lists/r.toml").write_text(
        "title = 'R'\nrequirements = true\n[rows]\n"
        "A-001 = { shown = ['X.1'], refused = ['X.2', 'X.9'] }\n")
    assert rows.lists(here)["r"][0].theirs == {"X.2": ("psk",)}


@pytest.mark.req("T-155!")
@pytest.mark.parametrize("listed, sentence", [
    ("A-001 = { shown = ['X.9'] }", "A-001 is decided by X.9, which is no row"),
    ("A-002 = { }", "r.toml: A-002 is none of docs/requirements.md"),
    ("A-001 = { sown = ['X.1'] }", "r.toml: A-001 has sown, which is none of")])
def test_a_requirement_names_what_there_is(tmp_path, listed, sentence):
    root = tree(tmp_path)
    (root / "docs/requirements.md").write_text("| A-001 | S | | It is so |\n")
    (root / "harness/tester/lists/r.toml").write_text(
        f"title = 'R'\nrequirements = true\n[rows]\n{listed}\n")
    assert any(sentence in one for one in faults(root))


@pytest.mark.req("T-201")
@pytest.mark.parametrize("peers, found", [
    ("### libreswan 4.10\n\n| I1, X.1 | RFC 7296 2.5 | answers nothing |\n", []),
    ("### libreswan 4.10\n\n| X.12 | RFC 7296 2.5 | answers nothing |\n",
     ["libreswan fails X.1, and its section does not say why"]),
    ("### OpenIKED 7.2\n\n| X.1 | RFC 7296 2.5 | answers nothing |\n",
     ["libreswan fails X.1, and its section does not say why"])])
def test_what_another_daemon_fails_has_its_cause(tmp_path, peers, found):
    root = tree(tmp_path, said=(
        "## X (`x`)\n\n* ours, 2026-11-30: 1 pass\n* libreswan 4.10, 2026-11-30: 1 FAIL\n\n"
        "| X.1 | one | RFC 7296 2.5 | pass | FAIL: nothing came |\n"))
    (root / "docs/PEERS.md").write_text(f"# Peers\n\n{peers}")
    assert faults(root) == found


@pytest.mark.req("T-154")
@pytest.mark.parametrize("kind, mixed, sides, transport", [
    (kinds.END, False, ["2001::7/128", "2001:1::5/128"], True),
    (kinds.END, True, ["2001:db8:7::/64", "2001:1::5/128"], False),
    (kinds.GATEWAY, False, ["2001:db8:7::/64", "2001:2::/64"], False),
    (kinds.GATEWAY, True, ["2001::7/128", "2001:2::/64"], False)])
def test_hosts_use_transport_mode_and_gateways_tunnels(kind, mixed, sides, transport):
    found = kinds.ends(kind, "2001::7", "2001:1::5", mixed)
    assert ([found.own.net, found.peer.net], found.transport) == (sides, transport)


@pytest.mark.req("T-197")
@pytest.mark.parametrize("before, written, status, news", [
    ("FAIL", False, 0, ""), ("FAIL", True, 0, ""), ("pass", False, 1, "new: X.1 ours\n"),
    ("pass", True, 0, "new: X.1 ours\n")])
def test_a_failure_that_the_document_has_is_no_news(capsys, before, written, status, news):
    """Once it is written the document has it, and it was told."""
    known = {("x", "ours", "X.1"): (before, "why")}
    assert run.told([verdict(ROW, "failed")], known, written) == status
    assert capsys.readouterr().out == news


EXTENDS = "from harness.tester.subjects.adapter import Adapter\nclass Driver(Adapter):\n"


@pytest.mark.req("T-182")
def test_an_adapter_is_a_file_with_a_driver(tmp_path):
    path = tmp_path / "other.py"
    path.write_text(f"{EXTENDS}    NAME = 'otherd'\n")
    typed = Decided([MARK], {}, {}, {"other": str(path)})
    assert sheet.cell(ROW, "other", typed).repeat == f"make conformance SUBJECT={path} LIST=X.1"
    assert registry.ike(str(path)).NAME == "otherd" and registry.ike("ours").NAME == "iked"
    assert run.label(str(path)) == "other" and run.subjects(str(path)) == [str(path)]
    with pytest.raises(Unfit, match="did you mean|there is no subject strongswn"):
        run.subjects("strongswn")


@pytest.mark.req("T-182")
@pytest.mark.parametrize("text, sentence", [
    (None, "there is no adapter"), ("", "has no class Driver:"),
    ("class Driver:\n    NAME = 'x'\n    def start(self): ...\n",
     "has no class Driver with stop, running, pids, expected, restart"),
    ("import nowhere_to_be_found\n", "cannot be loaded: ModuleNotFoundError")])
def test_what_is_no_adapter_is_named_before_anything_runs(tmp_path, capsys, text, sentence):
    path = tmp_path / "other.py"
    if text is not None:
        path.write_text(text)
    assert run.main(["--subject", str(path)]) == 2
    said = capsys.readouterr().err
    assert sentence in said and str(path) in said


@pytest.mark.req("T-182")
def test_the_example_of_an_adapter_is_short_and_named_in_the_help(capsys):
    example = run.TOP / "examples/your-ci/adapter.py"
    assert len(example.read_text().splitlines()) <= 80 and registry.ike(str(example)).NAME == "iked"
    with pytest.raises(SystemExit):
        run.main(["--help"])
    assert "examples/your-ci/adapter.py" in capsys.readouterr().out
