"""page_log - the log of iked held against the page's, template by template, order and values.

A line counts if it is of a template; others may stand between. SPIs get names by direction and
reqid, times and figures that each run chooses are left out; everything else must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.bed.check.page import Evidence, Item, Row, align, judge

LINE = re.compile(r"^(?:\w{3} +\d+ [\d:.]+ \S+ )?(?:[\w.-]+: )?(?:\d\d)\[([A-Z]{3})\]\s+(.*?)\s*$")
DAEMON_LINE = re.compile(r"^(?:\w{3} +\d+ [\d:.]+ \S+ )?mip6d(?:\[\d+\])?: (.*?)\s*$")

KINDS = {
    "addr": r"(?:[0-9a-fA-F:.]+|%any6?)",
    "dir": r"(?:in|out|fwd)",
    "dn": r'"[^"]*"',
    "file": r"'[^']*'",
    "id": r"\[[^\]]*\]",
    "n": r"\d+",
    "name": r"[\w.@-]+",
    "payloads": r"\[ .* \]",
    "rest": r".*",
    "spi": r"[0-9a-f]{8}",
    "ts": r"[0-9a-fA-F:./]+(?:\[[\w./-]+\])?",
}

# Group and text of each template of the page; what stands in <> is a value of that kind.
TEMPLATES: tuple[tuple[str, str], ...] = (
    ("DMN", "starting <rest>"),
    ("CFG", "loading ca certificates from <file>"),
    ("CFG", "loading aa certificates from <file>"),
    ("CFG", "loading ocsp signer certificates from <file>"),
    ("CFG", "loading attribute certificates from <file>"),
    ("CFG", "loading crls from <file>"),
    ("LIB", "loaded certificate file <file>"),
    ("LIB", "loaded crl file <file>"),
    ("CFG", "loading secrets from <file>"),
    ("CFG", "loaded private key file <file>"),
    ("DMN", "loaded plugins: <rest>"),
    ("KNL", "listening on interfaces:"),
    ("KNL", "<addr>"),
    ("KNL", "<name>"),
    ("JOB", "spawning <n> worker threads"),
    ("CFG", "crl caching to <rest> enabled"),
    ("CFG", "received stroke: <name> connection <file>"),
    ("CFG", "received stroke: <name> <file>"),
    ("KNL", "getting interface name for <addr>"),
    ("KNL", "<addr> is not a local address"),
    ("KNL", "<addr> is on interface <name>"),
    ("CFG", "left nor right host is our side, assuming left=local"),
    ("CFG", "added configuration <file>: <rest>"),
    ("CFG", "added child to existing configuration <file>"),
    ("KNL", "getting address to reach <addr>"),
    ("CHD", "my address: <addr> is a transport mode proxy for <addr>"),
    ("CHD", "other address: <addr> is a transport mode proxy for <addr>"),
    ("IKE", "CHILD_SA routed"),
    ("KNL", "interface <name> activated"),
    ("KNL", "interface <name> deactivated"),
    ("KNL", "<addr> appeared on <name>"),
    ("KNL", "<addr> disappeared from <name>"),
    ("KNL", "received a XFRM_MSG_<name>"),
    ("KNL", "policy: <ts> === <ts> <dir>"),
    ("KNL", "XFRMA_<name>"),
    ("KNL", "kmaddress: <addr>...<addr>"),
    ("KNL", "migrate ESP <addr>...<addr> to <addr>...<addr>, reqid {<n>}"),
    ("KNL", "creating migrate job for policy <ts> === <ts> <dir> with reqid {<n>}"),
    ("KNL", "creating acquire job for policy <ts> === <ts> with reqid {<n>}"),
    ("IKE", "initiating IKE_SA <name>[<n>] to <addr>"),
    ("ENC", "generating <name> request <n> <payloads>"),
    ("ENC", "generating <name> response <n> <payloads>"),
    ("ENC", "parsed <name> request <n> <payloads>"),
    ("ENC", "parsed <name> response <n> <payloads>"),
    ("NET", "sending packet: from <addr>[<n>] to <addr>[<n>]"),
    ("NET", "received packet: from <addr>[<n>] to <addr>[<n>]"),
    ("IKE", "received cert request for <dn>"),
    ("IKE", "sending cert request for <dn>"),
    ("IKE", "authentication of <file> (myself) with RSA signature successful"),
    ("IKE", "authentication of <file> with RSA signature successful"),
    ("IKE", "sending end entity cert <dn>"),
    ("IKE", "received end entity cert <dn>"),
    ("IKE", "establishing CHILD_SA <name>{<n>}"),
    ("KNL", "getting SPI for reqid {<n>}"),
    ("KNL", "got SPI <spi> for reqid {<n>}"),
    ("CFG", "using certificate <dn>"),
    ("CFG", "using trusted ca certificate <dn>"),
    ("CFG", "using trusted certificate <dn>"),
    ("CFG", "checking certificate status of <dn>"),
    ("CFG", "crl correctly signed by <dn>"),
    ("CFG", "crl is valid: until <rest>"),
    ("CFG", "using cached crl"),
    ("CFG", "certificate status is <name>"),
    ("IKE", "scheduling rekeying in <n>s"),
    ("IKE", "maximum IKE_SA lifetime <n>s"),
    ("IKE", "IKE_SA <name>[<n>] established between <addr><id>...<addr><id>"),
    ("KNL", "adding SAD entry with SPI <spi> and reqid {<n>}"),
    ("KNL", "using encryption algorithm <name> with key size <n>"),
    ("KNL", "using integrity algorithm <name> with key size <n>"),
    ("IKE", "CHILD_SA <name>{<n>} established with SPIs <spi>_i <spi>_o and TS <ts> === <ts>"),
)
MIP_TEMPLATE = "<rest> started (<rest>)"

# Figures that each run chooses for itself.
FREE = (
    (r"(scheduling rekeying in|maximum IKE_SA lifetime) \d+s", r"\1 Ns"),
    (r"(crl is valid: until) .*", r"\1 T"),
)


def _regex(template: str) -> re.Pattern:
    parts = re.split(r"<(\w+)>", template)
    return re.compile("".join(
        KINDS[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)))


@dataclass(frozen=True)
class Compiled:
    group: str
    template: str
    regex: re.Pattern


ROWS = tuple(Compiled(group, template, _regex(template)) for group, template in TEMPLATES)
MIP_ROW = Compiled("mip6d", MIP_TEMPLATE, _regex(MIP_TEMPLATE))


def _classify(line: str) -> tuple[Compiled, str] | None:
    daemon = DAEMON_LINE.match(line)
    if daemon and MIP_ROW.regex.fullmatch(daemon[1]):
        return MIP_ROW, daemon[1]
    found = LINE.match(line)
    if not found:
        return None
    group, text = found.groups()
    row = next((r for r in ROWS if r.group == group and r.regex.fullmatch(text)), None)
    return (row, text) if row else None


class SpiNames:
    """SPIs by direction and reqid: the kernel hands out inbound ones, the rest is the peer's."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def learn(self, text: str) -> None:
        for pattern, way in ((r"got SPI (\w{8}) for reqid \{(\d+)\}", "in"),
                             (r"SAD entry with SPI (\w{8}) and reqid \{(\d+)\}", "out")):
            found = re.search(pattern, text)
            if found and found[1] not in self.names:
                role = f"spi:{way}.{found[2]}"
                generation = 1 + sum(n.startswith(f"{role}#") for n in self.names.values())
                self.names[found[1]] = f"{role}#{generation}"

    def replace(self, text: str) -> str:
        spis = r"(?<![0-9a-f])[0-9a-f]{8}(?![0-9a-f])"
        return re.sub(spis, lambda spi: self.names.get(spi[0], spi[0]), text)


def items(log: str) -> list[Item]:
    """The lines of a log that are of a template, in their order, values under their names."""
    spis = SpiNames()
    found = []
    for line in log.splitlines():
        classified = _classify(line)
        if not classified:
            continue
        row, text = classified
        spis.learn(text)
        text = spis.replace(text)
        for pattern, free in FREE:
            text = re.sub(pattern, free, text)
        found.append(Item(row.template, f"{row.group} {text}"))
    return found


OWN_NAME = "DMN starting .*"
MOMENT = Row(
    "moment of an address",
    r"in another place than the page has it: 'KNL .* appeared on ip6tnl\d+'",
    "the kernel tells of an address from a worker of its own, before or after the MIGRATEs",
    always=False)
# Allowed only where that occurred.
LOOK = Row("one more look", "not on the page: 'KNL getting address to reach .*'",
           "an address told so late makes iked look again where it sends from", always=False)
ROWS_FOR_OURS: tuple[Row, ...] = (
    Row("product name", f"'{OWN_NAME}', the page has '{OWN_NAME}'",
        "the line says which program starts"),
    Row("mobile daemon's name", r"'mip6d .*started \(Mobile Node\)', the page has 'mip6d .*'",
        "the line says which program starts"),
    Row("plugins", ".*loaded plugins: .*", "the line says what is true of us"),
    Row("threads", ".*spawning .* worker threads.*", "the line says what is true of us"),
    Row("no CRL cache", "missing: 'CFG crl caching to .* enabled'",
        "the configuration shown does not switch it on; the line belongs to the event"),
    Row("direction of a policy",
        r"'KNL policy: (?P<ts>.*) (in|out)', the page has 'KNL policy: (?P=ts) (in|out)'",
        "the page's word is an argument that was never passed; ours is the true direction"),
    Row("initial contact",
        r"'ENC generating IKE_AUTH request 1 \[ .*N\(INIT_CONTACT\).* \]', the page has "
        r"'ENC generating IKE_AUTH request 1 \[ .* \]'",
        "the one notify that IKE_AUTH has in addition"),
    MOMENT,
)


def _streams(log: str) -> tuple[list[Item], list[Item]]:
    """Lines of iked and of mip6d: two files, so that only the order within each is a fact."""
    found = items(log)
    return ([i for i in found if i.label != MIP_TEMPLATE],
            [i for i in found if i.label == MIP_TEMPLATE])


def compare(theirs: str, ours: str, rows: Sequence[Row] = ROWS_FOR_OURS) -> Evidence:
    """Our logs of the whole story, both daemons' in one text, against theirs."""
    pairs = zip(_streams(theirs), _streams(ours))
    sentences = [s for one, two in pairs for s in align(one, two, "the page")]
    late = any(re.fullmatch(MOMENT.sentence, sentence) for sentence in sentences)
    return judge(sentences, [*rows, LOOK] if late else rows)
