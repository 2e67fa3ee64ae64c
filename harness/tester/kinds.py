"""kinds - what a subject is: an end node, or a gateway with a network behind it.

           rtr
     ┌──────┼────────┐
     f2     hl       f1
     │      │        │
    inn ── nut      tn (tester)

A list that asks for a gateway says so; its tests run with `inn` behind the subject. What is behind
the tester then exists in its packets only.
"""

from __future__ import annotations

from harness.tester.ike.ends import Ends, Side, host

END, GATEWAY = "end", "gateway"
KINDS = (END, GATEWAY)
BEHIND_SUBJECT, INN = "2001:2::/64", "2001:2::6"
BEHIND_TESTER = Side("2001:db8:7::/64", "2001:db8:7::9")


def ends(kind: str, own: str, peer: str, mixed: bool = False) -> Ends:
    """For a subject of a kind; the tester is of the same one, or, `mixed`, of the other one."""
    behind = Side(BEHIND_SUBJECT, INN)
    tester_is_gateway = (kind == GATEWAY) != mixed
    return Ends(BEHIND_TESTER if tester_is_gateway else host(own),
                behind if kind == GATEWAY else host(peer))


def split(case: str) -> tuple[str, str]:
    """Kind and parameters of a case of a test, whose name begins with its kind if it has one."""
    first, _, rest = case.partition("-")
    return (first, rest) if first in KINDS else (END, case)
