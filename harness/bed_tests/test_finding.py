"""Known findings fail nothing; one that no longer comes about does."""

from pathlib import Path

import pytest

from harness.bed.check import always, finding
from harness.bed.check.finding import Finding, FindingError

CHECKS = ("lifetimes", "acquires")
SCENARIO = "rekey-after-move::test_overlap"
ROW = "rekey-after-move::.*\tlifetimes\tcarol's SA .*\talways\tis put back with its whole time"
FOUND = Finding("lifetimes", "carol", "carol's SA lives longer", "SPI 0x1")


@pytest.fixture
def table(tmp_path):
    return tmp_path / "known-findings"


def rows(table, *lines: str):
    table.write_text("# a comment\n\n" + "".join(f"{line}\n" for line in lines))
    return finding.of_scenario(finding.known(table, CHECKS), SCENARIO)


def failing(findings, rows, **more) -> list[str]:
    return finding.judged(findings, rows, {"carol"}, **more).sentences


@pytest.mark.req("T-904")
def test_a_row_tells_of_a_finding_by_scenario_check_and_sentence(table):
    known = finding.judged([FOUND], rows(table, ROW), {"carol"})
    assert not known.sentences
    assert known.notes == [f"known: {FOUND}: is put back with its whole time"]
    for other in (ROW.replace("move::.*", "move::x"), ROW.replace("lifetimes", "acquires"),
                  ROW.replace("carol", "moon")):
        assert failing([FOUND], rows(table, other.replace("always", "sometimes"))) == [str(FOUND)]


def test_a_part_of_the_sentence_is_not_enough(table):
    assert str(FOUND) in failing([FOUND], rows(table, ROW.replace("SA .*", "SA")))


def test_a_row_whose_finding_is_gone_is_told(table):
    assert failing([], rows(table, ROW)) == [
        "lifetimes: the known finding did not come about: carol's SA .*; if it is mended, take its "
        "row for rekey-after-move::.* out of scenarios/known-findings"]
    assert not failing([FOUND], rows(table, ROW))
    assert not failing([], rows(table, ROW.replace("always", "sometimes")))


def test_a_run_with_a_fault_or_a_peer_need_not_show_what_is_known(table):
    assert not failing([], rows(table, ROW), whole=False)
    assert failing([FOUND], [], whole=False) == [str(FOUND)]


def test_what_a_peers_node_shows_is_told_and_not_judged():
    judged = finding.judged([FOUND], [], {"moon"})
    assert judged.sentences == []
    assert judged.notes == [f"not judged, for carol does not run ours: {FOUND}"]


def test_no_table_is_no_row(tmp_path):
    assert finding.known(tmp_path / "none", CHECKS) == []


@pytest.mark.parametrize(("old", "new", "said"), [
    ("\talways", "", "4 columns, expected 5"),
    ("lifetimes", "lifetime", "check is lifetime, expected lifetimes or acquires"),
    ("always", "often", "when is often, expected always or sometimes"),
    ("SA .*", "SA (", "sentence is no regular expression"),
    ("move::.*", "move::*(", "scenario is no regular expression")])
def test_a_row_that_cannot_be_read_says_where_and_what(table, old, new, said):
    with pytest.raises(FindingError, match="known-findings line 3: ") as error:
        rows(table, ROW.replace(old, new))
    assert said in str(error.value)


def test_a_finding_says_its_check_its_sentence_and_its_detail():
    assert str(FOUND) == "lifetimes: carol's SA lives longer (SPI 0x1)"
    assert str(Finding("acquires", "carol", "asked")) == "acquires: asked"


def test_every_row_of_ours_is_of_a_test_that_is_there():
    scenarios = Path(__file__).parents[2] / "scenarios"
    for row in finding.known(scenarios / finding.TABLE, always.CHECKS):
        name, _, test = row.scenario.partition("::")
        sources = [path.read_text() for path in scenarios.glob(f"{name}/test_*.py")]
        assert any(f"def {test.partition('[')[0]}(" in text for text in sources), row.scenario
