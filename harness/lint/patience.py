"""patience - how long a scenario may wait for a fact: the protocols decide it, no machine does.

A guest has a clock of its own, so no wait is longer because a machine is slow. What a fact may take
is a row with its reason; a scenario that provokes more has a row of its own.
Units:   seconds of the guest's clock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from harness.lint.tree import Fault, files, name, text

WORK = (5, "nothing but work and one exchange, whose first repetition comes after 4 s")
# A fact by its name in scenarios: the longest wait for it, and why.
MOST: dict[str, tuple[float, str]] = {
    "registered": (10, "updates leave after 0, 1.5 and 4.5 s, the next after 10.5 s; before them "
                       "a solicitation and detection of duplicates, 3 s"),
    "registered_at": (10, "updates leave after 0, 1 and 3 s, the next after 7 s; before them on "
                          "another link a solicitation and detection of duplicates, 3 s"),
    "at_home": (10, "as registered_at"),
    "address_usable": (5, "a solicitation and its answer are delayed by up to 1.5 s, detection of "
                          "duplicates takes 1 to 2 s"),
    "answered": (5, "a ping every 20 ms, and one exchange where there is no SA yet"),
    "unbound": (10, "the shortest binding of a scenario lasts 8 s"),
    "refreshed": (12, "a binding of 12 s is refreshed before it is over"),
    "pairs": (10, "a delete that is held back is repeated 7.2 s after its first repetition"),
    **dict.fromkeys(("blocked", "ike_running", "mip6_running", "stopped", "rekeyed", "ike_rekeyed",
                     "all_at", "larval"), WORK),
    "logged": (10, "after the third update at the latest, as registered"),
    "updates_sent": (10, "three updates leave within 4.5 s, a fourth after 10.5 s"),
}
# Scenario and fact: what this one provokes.
MORE: dict[tuple[str, str], tuple[float, str]] = {
    ("first-copy-lost", "registered"): (
        30, "three exchanges begin anew after 4 s each; an update leaves after 22.5 s"),
    ("daemon-restart", "registered"): (
        30, "carol's next refresh falls due, after at most 30 s"),
    **dict.fromkeys((("lossy-link", "registered"), ("lossy-link", "registered_at"),
                     ("lossy-link", "pairs")), (40, "chance loses repetitions too")),
    **dict.fromkeys((("certificates-end", "registered"), ("certificates-end", "logged"),
                     ("certificates-end", "pairs")),
                    (60, "an update leaves every 32 s, and the key exchange begins with it")),
    ("default-lifetimes", "ike_rekeyed"): (
        60, "the dead IKE_SA is made anew with the next update, which leaves every 32 s"),
    ("peer-plain", "ike_running"): (10, "another's daemon starts"),
    ("peer-plain", "ike_rekeyed"): (170, "another's daemon rekeys at times of its own"),
    ("umip-blocked", "registered"): (75, "UMIP waits for an advertisement by itself"),
    ("silent-home-agent", "answered"): (10, "a ping a second"),
    ("a-day", "pairs"): (60, "a rekey that fell due is over, whatever it met"),
}


def check(root: Path) -> Iterator[Fault]:
    for path in files(root, ".py", under="scenarios"):
        try:
            tree = ast.parse(text(path))
        except SyntaxError:
            continue  # Python's own linter tells
        yield from _read_unrun(name(root, path), tree)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            yield from _wait(name(root, path), path.parent.name, call)


def _read_unrun(path: str, tree: ast.Module) -> Iterator[Fault]:
    """LIMIT and BY_NAME are read before anything of the file runs."""
    for node in tree.body:
        names = [one.id for one in getattr(node, "targets", ()) if isinstance(one, ast.Name)]
        for found in {"LIMIT", "BY_NAME"}.intersection(names):
            if not isinstance(node.value, ast.Constant):
                yield Fault(path, node.lineno, f"{found} is read without running the file: a plain "
                            f"value such as {found} = 900 is expected")


def _wait(path: str, scenario: str, call: ast.Call) -> Iterator[Fault]:
    """One bed.wait(fact & fact, within=number), where all of its facts have a row."""
    within = next((word.value for word in call.keywords if word.arg == "within"), None)
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "wait" and call.args
            and isinstance(within, ast.Constant)):
        return
    facts = [*_facts(call.args[0])]
    rows = [MORE.get((scenario, fact)) or MOST.get(fact) for fact in facts]
    if not all(rows):
        return
    most, why = max(row for row in rows if row)
    if within.value > most:
        yield Fault(path, call.lineno, f"waits {within.value:g} s for {' & '.join(facts)}, which "
                    f"takes {most:g} s at most ({why}); what needs more has a row in MORE of "
                    "harness/lint/patience.py")


def _facts(value: ast.expr) -> Iterator[str]:
    """The names of facts that are joined by &."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitAnd):
        yield from _facts(value.left)
        yield from _facts(value.right)
    elif isinstance(value, ast.Call):
        yield from _facts(value.func)
    elif isinstance(value, ast.Attribute):
        yield value.attr
    else:
        yield ""
