"""The matrix of IKE daemons: its table, its reasons and its verdict."""

from __future__ import annotations

import re

import pytest

from harness.bed import matrix
from harness.bed.matrix import Limit, Pair
from harness.bed.report.report import Outcome

OURS, MIXED = Pair("ours", "ours"), Pair("strongswan", "ours")
LIMIT = Limit("carol", "strongswan", "test_move", "still at", "it does not follow")
PASSED = [Outcome("coa-change::test_move", "passed")]


def cells(sentence: str = "carol is still at home") -> matrix.Cells:
    return {("coa-change", OURS): PASSED,
            ("coa-change", MIXED): [Outcome("coa-change::test_move", "failed", 1.0, sentence)]}


@pytest.fixture(autouse=True)
def one_limit(monkeypatch):
    monkeypatch.setattr(matrix, "LIMITS", (LIMIT,))


def test_a_known_limit_is_told_with_its_cause_and_is_no_failure():
    assert not matrix.failed(cells())
    assert [line.split() for line in matrix.table(cells())] == [
        ["carol/moon", "ours/ours", "strongswan/ours"], ["coa-change", "ok", "limit"]]
    assert list(matrix.reasons(cells())) == [
        "strongswan/ours  coa-change::test_move: carol is still at home",
        "        known limit of strongswan on carol: it does not follow"]


def test_the_report_has_a_known_limit_as_skipped():
    (outcome,) = matrix.judged(MIXED, cells()["coa-change", MIXED])
    assert outcome.outcome == "skipped"
    assert outcome.sentence == ("known limit of strongswan on carol: it does not follow; "
                                "carol is still at home")
    assert matrix.judged(OURS, PASSED) == PASSED


def test_any_other_failure_fails():
    assert matrix.failed(cells("moon has no SA"))
    assert "FAIL" in list(matrix.table(cells("moon has no SA")))[1]


def test_a_limit_of_a_peer_does_not_excuse_ours():
    outcome = Outcome("coa-change::test_move", "failed", 1.0, "carol is still at home")
    assert matrix.failed({("coa-change", OURS): [outcome]})


def test_a_job_hears_only_of_what_is_not_ours():
    assert OURS.ikes == {}
    assert MIXED.ikes == {"carol": "strongswan"}


def test_a_lost_request_or_two_are_a_limit_and_three_are_not():
    echo = "Echo(number=137, sent=1795633371.17, answered=None, refused=None)"
    assert re.search(matrix.LOST, f"assert not [{echo}]")
    assert re.search(matrix.LOST, f"assert not [{echo}, {echo}]")
    assert not re.search(matrix.LOST, f"assert not [{echo}, {echo}, {echo}]")


def test_an_acquire_out_of_the_tunnel_is_a_limit_and_one_for_signalling_is_not():
    event = ("assert not [Event(time=1.5, kind='kernel', who='carol', text='tells ACQUIRE for src "
             "2001:1::10/128 dst 2001:9::9/12...rds='ACQUIRE for src 2001:1::10/128 dst "
             "2001:9::9/128 proto {}', asked=False, error=0))]")
    assert re.search(matrix.ACQUIRED, event.format("ipv6-icmp type 128 reqid 2 tunnel"))
    assert not re.search(matrix.ACQUIRED, event.format("mobility-header type 5 reqid 1 transport"))


def test_peers_that_do_not_move_have_a_row_by_pair():
    tests = [Outcome("peer-plain::test_peer_plain[libreswan-moon]", "passed"),
             Outcome("peer-plain::test_peer_plain[openiked-carol]", "failed", 1.0, "no SA")]
    found = matrix.plain_cells("peer-plain", tests)
    assert list(found) == [("peer-plain", Pair("ours", "libreswan")),
                           ("peer-plain", Pair("openiked", "ours"))]
    assert matrix.failed(found)
