"""page - our run held against others': the page of 2008 and the reference run.

Both sides go through the same canonical form, each with names of its own, so that only facts are
compared. Every difference is a sentence. A difference is allowed by a named row with its reason;
any other is a fault, and a row that nothing needs is said, so that the list stays true.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.bed.check import canon, golden
from harness.bed.decode.xfrm import Dump, parse_dump

MN, HA, COA = "2001:1::10", "2001:1::1", "2001::41a:a8ff:fe6f:c67"
ROLES = canon.Roles(HA, {MN: "carol"})


@dataclass(frozen=True)
class Row:
    """One allowed difference: sentences that match are explained by the reason.

    Without `always` it may be missing: another kernel, or another moment, brings it about.
    """

    name: str
    sentence: str
    reason: str
    always: bool = True


@dataclass
class Evidence:
    """What a comparison found; `allowed` holds row name and sentence of each explained one."""

    faults: list[str] = field(default_factory=list)
    allowed: list[tuple[str, str]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [
            *(f"fault: {fault}" for fault in self.faults),
            *(f"allowed ({name}): {sentence}" for name, sentence in self.allowed),
            *(f"row '{name}' explains nothing" for name in self.unused),
        ]


def judge(sentences: Iterable[str], rows: Sequence[Row]) -> Evidence:
    evidence = Evidence()
    for sentence in sentences:
        row = next((r for r in rows if re.fullmatch(r.sentence, sentence)), None)
        if row:
            evidence.allowed.append((row.name, sentence))
        else:
            evidence.faults.append(sentence)
    used = {name for name, _ in evidence.allowed}
    evidence.unused = [row.name for row in rows if row.always and row.name not in used]
    return evidence


@dataclass(frozen=True)
class Item:
    """One line of a text: what kind of line it is, and what it says once values have names."""

    label: str
    text: str


def align(theirs: Sequence[Item], ours: Sequence[Item], whose: str) -> list[str]:
    """Order and values of two texts: lines changed, missing, moved or more than the other has."""
    sentences, missing, extra = [], [], []
    matcher = difflib.SequenceMatcher(
        None, [i.text for i in theirs], [i.text for i in ours], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        changed, gone, new = _pair_labels(list(theirs[a:b]), list(ours[c:d]))
        sentences += [f"'{two.text}', {whose} has '{one.text}'" for one, two in changed]
        missing += gone
        extra += new
    for item in [i for i in missing if i in extra]:
        missing.remove(item)
        extra.remove(item)
        sentences.append(f"in another place than {whose} has it: '{item.text}'")
    sentences += [f"missing: '{item.text}'" for item in missing]
    return sentences + [f"not on {whose}: '{item.text}'" for item in extra]


def _pair_labels(theirs: list[Item], ours: list[Item]) -> tuple[list, list[Item], list[Item]]:
    """Lines of one kind in one place are one line that changed."""
    changed, gone = [], []
    for item in theirs:
        other = next((o for o in ours if o.label == item.label and o.text != item.text), None)
        if other and not any(o.text == item.text for o in ours):
            ours.remove(other)
            changed.append((item, other))
        else:
            gone.append(item)
    return changed, gone, ours


def _texts(dumps: Mapping[str, str], node: str) -> dict[str, str]:
    """Canonical texts of one node's checkpoints in their order, under one set of names."""
    names = canon.Names(ROLES)
    texts = {}
    for checkpoint, text in dumps.items():
        dump: Dump = parse_dump(text)
        names.learn({node: dump})
        texts[checkpoint] = canon.canonical(dump, names, node)
    return texts


def dumps(theirs: Mapping[str, str], ours: Mapping[str, str], rows: Sequence[Row],
          node: str = "carol") -> Evidence:
    """Dumps of one node by checkpoint, as `ip xfrm` printed them, theirs held against ours."""
    wanted, found = _texts(theirs, node), _texts(ours, node)
    sentences = [
        f"{checkpoint}: {difference}"
        for checkpoint in wanted
        for difference in golden.compare(wanted[checkpoint], found[checkpoint])
    ]
    return judge(sentences, rows)


BOTH = "(established|moved): "
BU_TO_CN = f"policy main out src {MN}/128 dst ::/0 proto mobility-header type 5"

# The page of 2008 against a run of today, carol's dumps.
PAGE_SHOWS_LESS = (
    Row("no wildcard states in the first list",
        "established: carol state (hao|route2) wildcard: not expected",
        "the page's list after establishment leaves out what its second list shows"),
    Row("four policies only",
        f"established: carol policy (sub .*|{re.escape(BU_TO_CN[len('policy '):])})"
        ": not expected",
        "the page shows the policies with ESP templates; MIPv6's own are cut from the list"),
    Row("no policies after the move", "moved: carol policy .*: not expected",
        "the page lists policies once, before the move"),
)

# What strongSwan 5.9.8 of the reference run does other than strongSwan 4.2.9 of the page.
REFERENCE_AGAINST_PAGE = PAGE_SHOWS_LESS + (
    Row("selector of transport SAs",
        BOTH + r"carol state esp spi:mh\.\S+: selector (source|destination) "
        rf"({MN}|{HA})/128, expected ::/0",
        "5.9.8 writes the traffic selector into the SA, 4.2.9 left it open"),
    Row("outbound replay window",
        BOTH + r"carol state esp spi:\S+\.to-ha#1: replay window 0, expected 32",
        "5.9.8 gives an outbound SA no window"),
)

# Our run against the reference run: ours follows the page and the portable layout of policies.
OURS_AGAINST_REFERENCE = (
    Row("selector of transport SAs",
        BOTH + r"\w+ state esp spi:mh\.\S+: selector (source|destination) ::/0, "
        rf"expected ({MN}|{HA})/128",
        "as on the page the selector stays open: the policy selects"),
    Row("outbound replay window",
        BOTH + r"\w+ state esp spi:\S+: replay window 32, expected 0",
        "as on the page both directions have a window"),
    Row("no type inbound",
        BOTH + r"\w+ policy sub in .* proto mobility-header type [56]: "
        "selector type none, expected [56]",
        "kernels from 6.12 on match no type in received packets"),
)
OURS_AGAINST_REFERENCE_ON_THE_MN = OURS_AGAINST_REFERENCE + (
    Row("wildcard with both optional templates",
        BOTH + "carol policy sub in src ::/0 dst ::/0 proto mobility-header type 5: "
        "template 2 (source|destination|protocol|reqid|mode|level) "
        "(::|route2|0|ro|use), expected none",
        "without type it shadows the wildcard of lower priority, so it carries both templates"),
)
OURS_AGAINST_REFERENCE_ON_THE_HA = OURS_AGAINST_REFERENCE + (
    Row("a second mobile node",
        BOTH + "moon policy main (in|out) src 2001:1::(1|20)/128 dst 2001:1::(1|20)/128 "
        "proto mobility-header: not expected",
        "moon's configuration names dave too; his policies stand before he comes"),
)
