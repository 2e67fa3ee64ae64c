"""writers - what only some files may do, by what it looks like in the text.

Handlers give verdicts: the machine sends, and what it does to the state of an SA it does in one
place. Timers of an IKE_SA are set by the machine and by lifetime; handlers set none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.lint.tree import Fault, files, name, text


@dataclass(frozen=True)
class Deed:
    """In files below `under`, only `by` may do it: files, or folders with a slash at the end."""
    under: str
    looks: str
    by: tuple[str, ...]
    what: str


DEEDS = (
    Deed("src/ike", r"->state = (?!PARAM_)", ("machine/state.c", "sa/child_state.c"),
         "moves a state"),
    Deed("src/ike", r"\bseams\.send\(", ("machine/send.c",), "sends"),
    Deed("src/ike", r"\bx_(?:transmit|reply)\w*\(", ("machine/",), "sends"),
    Deed("src/ike", r"\bx_move\(", ("machine/", "lifecycle/end.c"), "moves an IKE_SA"),
    Deed("src/ike", r"\btimer_set\(",
         ("machine/", "lifecycle/lifetime.c", "lifecycle/want.c", "lifecycle/shutdown.c",
          "daemon.c"), "arms a timer"),
    Deed("src/mip", r"->state = ", ("mn/mn.c", "ha/ha.c"), "moves a state"),
    Deed("src/mip", r"\bmip_net_send_mh\(", ("net/", "mn/mn.c"), "sends a mobility header"),
    Deed("src/mip", r"\bba_send\(", ("net/ba.c", "ha/ha.c", "recv.c"), "answers a BU"),
    Deed("src/mip", r"\btimer_set\(",
         ("mn/mn.c", "ha/ha.c", "mn/mps.c", "ha/addr.c", "movement/where.c"), "arms a timer"),
)


def check(root: Path) -> Iterator[Fault]:
    for deed in DEEDS:
        looks = re.compile(deed.looks)
        for path in files(root, ".c", under=deed.under):
            where = name(root, path)
            if _may(where.removeprefix(f"{deed.under}/"), deed.by):
                continue
            for number, line in enumerate(text(path).splitlines(), start=1):
                if looks.search(line):
                    yield Fault(where, number, f"{deed.what}, as only {', '.join(deed.by)} may")


def _may(where: str, by: tuple[str, ...]) -> bool:
    return any(where == one or (one.endswith("/") and where.startswith(one)) for one in by)
