"""What shows that a test of the tester can fail is found, and what sleeps is told."""

import pytest

from harness.bed_tests.test_tester_sheet import TEST, tree
from harness.lint import asleep
from harness.mutants import __main__ as mutants
from harness.mutants.row import Mutant
from harness.tester import awake

NODE = "harness/tester/tests/test_x.py::test_x"
MUTANT = Mutant("A-021", "src/a.c", "old", "new", f"{NODE} {NODE}_y")
FAILS = ("## X (`x`)\n\n* ours, 2026-11-30: 1 pass\n* other, 2026-11-30: 1 FAIL\n\n"
         "| X.1 | one | RFC 7296 2.5 | pass | FAIL: so |\n")
TWO = TEST + "\n\n" + TEST.replace("def test_x", "def test_y")


def faults(root, listed="", mutants=()):
    (root / "harness/tester" / awake.FILE).write_text(listed)
    return [one.text for one in asleep.check(root, mutants)]


@pytest.mark.req("T-199")
@pytest.mark.parametrize("said, mutants, how", [
    ("", [MUTANT], awake.MUTANT), (FAILS, [], awake.DAEMON), (FAILS, [MUTANT], awake.MUTANT)])
def test_a_mutant_or_a_daemon_wakes_a_test(tmp_path, said, mutants, how):
    root = tree(tmp_path, said=said)
    assert not faults(root, mutants=mutants)
    assert awake.look(root / "harness/tester", mutants).shown == {"x::test_x": how}


@pytest.mark.req("T-199!")
@pytest.mark.parametrize("said, test", [("", TEST), (FAILS.replace("FAIL", "pass"), TEST),
                                        (FAILS.replace("other", "ours"), TEST), (FAILS, TWO)],
                         ids=["nobody", "pass", "ours", "two"])
def test_what_nothing_wakes_is_a_fault(tmp_path, said, test):
    found = faults(tree(tmp_path, test=test, said=said))
    assert found and all("nothing shows that x::test_" in one for one in found)


@pytest.mark.req("T-199!")
def test_what_is_listed_sleeps_and_is_there(tmp_path):
    listed = '[kernel]\nwhy = "its kernel does it"\ntests = ["x::test_x", "x::test_z"]\n'
    assert faults(tree(tmp_path), listed) == ["x::test_z is no test of the tester"]
    assert faults(tmp_path, listed, [MUTANT]) == [
        "x::test_x does not sleep: a mutant fails it", "x::test_z is no test of the tester"]


@pytest.mark.req("T-199")
@pytest.mark.parametrize("well, failed, colour", [
    (True, "", mutants.GREEN), (False, f"FAILED {NODE}[end-a] - so\nFAILED {NODE}_y\n",
                                mutants.RED),
    (False, f"FAILED {NODE}_y - so\n", mutants.PARTLY), (False, "", mutants.RED)])
def test_each_test_of_a_mutant_has_to_fail(monkeypatch, well, failed, colour):
    monkeypatch.setattr(mutants, "_said", lambda *command: (well, failed))
    assert mutants.colour(MUTANT.test) == colour
