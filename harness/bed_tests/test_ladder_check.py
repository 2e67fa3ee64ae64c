"""A ladder is compared by order within each lane, not by how lanes interleave."""

import pytest

from harness.bed.check import ladder, ladder_check, timeline
from harness.bed.check.ladder import ARROW, BAR, LOCAL, STEP, Rung
from harness.bed_tests.run_sample import RUN

SA = "SA spi:mh.to-ha#1"


def rungs() -> list[Rung]:
    rows = [(STEP, "carol", None, "carol# ipsec start"), (LOCAL, "carol", None, "ACQUIRE for x"),
            (ARROW, "carol", "moon", "IKE_SA_INIT request 0 [ SA KE No ]"),
            (LOCAL, "moon", None, SA), (ARROW, "moon", "carol", "IKE_SA_INIT response 0 [ SA ]"),
            (LOCAL, "carol", None, SA), (BAR, "bed", None, "checkpoint established")]
    return [Rung(float(n), kind, at, to, label) for n, (kind, at, to, label) in enumerate(rows)]


def differences(*changed: Rung) -> list[str]:
    return ladder_check.differences(ladder.text(rungs()), ladder.text(list(changed)))


def test_the_lanes_of_a_text_are_its_messages_and_its_nodes():
    assert ladder_check.lanes(ladder.text(rungs())) == {
        "messages": ["carol to moon: IKE_SA_INIT request 0 [ SA KE No ]",
                     "moon to carol: IKE_SA_INIT response 0 [ SA ]", "checkpoint established"],
        "carol": ["ACQUIRE for x", SA], "moon": [SA]}


def test_a_whole_run_equals_itself_and_every_line_is_in_a_lane():
    found = ladder.rungs(timeline.build(RUN))
    text = ladder.text(found)
    assert ladder_check.differences(text, text) == []
    lanes = ladder_check.lanes(text)
    assert len(lanes["carol"]) == sum(r.kind == LOCAL and r.at == "carol" for r in found)
    assert len(lanes["moon"]) == sum(r.kind == LOCAL and r.at == "moon" for r in found)


def test_events_of_two_nodes_may_interleave_otherwise():
    one = rungs()
    one[3], one[5] = one[5], one[3]
    assert differences(*one) == []


def test_a_message_sent_again_counts_once():
    one = rungs()
    assert differences(*one[:3], one[2], *one[3:]) == []


def test_what_is_inside_sk_counts_only_where_both_had_the_keys():
    one, two, three = (ladder.text([Rung(
        0.0, ARROW, "carol", "moon", f"IKE_AUTH request 1 [ SK{{{inside}}} ]")])
        for inside in ("…", f" {'N(COOKIE) ' * 9}AUTH ", " IDi "))
    assert ladder_check.differences(one, two) == ladder_check.differences(two, one) == []
    assert len(ladder_check.differences(two, three)) == 2


def test_a_message_of_a_timer_is_left_out():
    more = Rung(9.0, ARROW, "carol", "moon", "mobile prefix solicitation in ESP spi:x")
    assert differences(*rungs(), more) == []


@pytest.mark.parametrize("left_out, sentence", [
    (2, "ladder, messages: 'carol to moon: IKE_SA_INIT request 0 [ SA KE No ]' is missing "
        "at the beginning"),
    (5, f"ladder, carol: '{SA}' is missing after 'ACQUIRE for x'"),
    (6, "ladder, messages: 'checkpoint established' is missing after "
        "'moon to carol: IKE_SA_INIT response 0 [ SA ]'"),
])
def test_what_is_missing_is_said(left_out, sentence):
    one = rungs()
    del one[left_out]
    assert differences(*one) == [sentence]


def test_what_is_more_is_said_and_a_wrong_order_is_both():
    one = rungs()
    extra = Rung(9.0, ARROW, "moon", "carol", "INFORMATIONAL request 0")
    assert differences(*one, extra) == [
        "ladder, messages: 'moon to carol: INFORMATIONAL request 0' is not expected after "
        "'checkpoint established'"]
    assert len(differences(*one[:2], one[4], one[3], one[2], *one[5:])) == 2
