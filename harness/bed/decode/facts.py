"""facts - what a kernel's IPsec databases say, as values: states, policies, default policies.

xfrm.py reads them from text, xfrm_nl.py from netlink. A fact that a print does not show is None;
numbers are numbers whatever base they were printed in. Counters and clocks are no facts: `seq` and
`oseq` can be asked for and take no part in a comparison. `detailed` says that an entry was printed
with -s, so that what only -s shows (DETAIL) can be told from what is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

HIDDEN = "hidden"
ANY = ("::", "0.0.0.0")
IPSEC = ("esp", "ah", "comp")


@dataclass(frozen=True)
class Selector:
    """`key` is that of GRE; `mh_dport` the second port word of a mobility header's selector."""

    src: str
    dst: str
    proto: str | None = None
    type: int | None = None
    code: int | None = None
    sport: int | None = None
    dport: int | None = None
    dev: str | None = None
    key: int | None = None
    mh_dport: int | None = None
    uid: int | None = None


@dataclass(frozen=True)
class Algorithm:
    """`bits` is the length of the ICV, None where there is none; the key is hex, a name or hidden.

    A hidden key carries the words that stand for it: hidden:<<Keys hidden>>.
    """

    kind: str
    name: str
    key: str
    bits: int | None = None

    @property
    def hidden(self) -> bool:
        return self.key.startswith(HIDDEN)

    @property
    def key_bits(self) -> int | None:
        """The key's length; a named key carries it behind a slash: key:NAME/160."""
        if self.hidden:
            return None
        if self.key.startswith("key:"):
            return int(self.key.rpartition("/")[2])
        return 4 * (len(self.key) - len("0x"))


@dataclass(frozen=True)
class Mark:
    """A mask of None was not printed."""

    value: int
    mask: int | None = None


@dataclass(frozen=True)
class Encap:
    type: str
    sport: int
    dport: int
    addr: str


@dataclass(frozen=True)
class Offload:
    dev: str
    dir: str | None = None
    mode: str = "crypto"


@dataclass(frozen=True)
class Iptfs:
    pkt_size: int | None = None
    max_queue_size: int | None = None
    drop_time: int | None = None
    reorder_window: int | None = None
    init_delay: int | None = None
    dont_frag: bool = False


@dataclass(frozen=True)
class Limits:
    """Octets and packets without a limit are None; seconds without one are 0."""

    soft_bytes: int | None = None
    hard_bytes: int | None = None
    soft_packets: int | None = None
    hard_packets: int | None = None
    soft_add: int = 0
    hard_add: int = 0
    soft_use: int = 0
    hard_use: int = 0


@dataclass(frozen=True)
class State:
    """`hidden` names the facts whose place a print fills with a word instead of a value."""

    src: str
    dst: str
    proto: str
    spi: str | None
    reqid: int
    mode: str
    replay_window: int | None = None
    flags: tuple[str, ...] = ()
    algorithms: tuple[Algorithm, ...] = ()
    coa: str | None = None
    sel: Selector | None = None
    mark: Mark | None = None
    output_mark: Mark | None = None
    encap: Encap | None = None
    if_id: int | None = None
    tfcpad: int | None = None
    extra_flags: tuple[str, ...] | None = None
    dir: str | None = None
    offload: Offload | None = None
    security: str | None = None
    pcpu: int | None = None
    nat_keepalive: int | None = None
    mtimer: int | None = None
    iptfs: Iptfs | None = None
    limits: Limits | None = None
    hidden: tuple[str, ...] = ()
    seq: int | None = field(default=None, compare=False)
    oseq: int | None = field(default=None, compare=False)
    detailed: bool = field(default=False, compare=False)

    @property
    def larval(self) -> bool:
        """An entry of ACQUIRE or ALLOCSPI that no key exchange has filled yet."""
        return self.proto in IPSEC and not self.algorithms

    @property
    def wildcard(self) -> bool:
        return "wildrecv" in self.flags

    def endpoints(self) -> tuple[str, str]:
        return self.src, self.dst


@dataclass(frozen=True)
class Template:
    """Masks of algorithms: encryption, authentication, compression."""

    src: str
    dst: str
    proto: str
    reqid: int
    mode: str
    level: str = "required"
    spi: str | None = None
    share: str | None = None
    enc_mask: int | None = None
    auth_mask: int | None = None
    comp_mask: int | None = None


@dataclass(frozen=True)
class Policy:
    sel: Selector
    dir: str
    priority: int
    ptype: str = "main"
    action: str = "allow"
    tmpls: tuple[Template, ...] = ()
    socket: bool = False
    flags: tuple[str, ...] = ()
    mark: Mark | None = None
    if_id: int | None = None
    offload: Offload | None = None
    security: str | None = None
    share: str | None = None
    limits: Limits | None = None
    detailed: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Dump:
    """`defaults`: direction to accept or block, where `ip xfrm policy getdefault` was asked."""

    states: list[State] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)


# Facts that iproute2 shows with -s only, by class; elsewhere None there says nothing.
DETAIL = {
    Selector: ("mh_dport", "uid"),
    State: ("extra_flags", "limits"),
    Template: ("share", "enc_mask", "auth_mask", "comp_mask"),
    Policy: ("share", "limits"),
}

XFRM_PROTOCOLS = {43: "route2", 50: "esp", 51: "ah", 60: "hao", 108: "comp", 255: "ipsec-any"}
MODES = {0: "transport", 1: "tunnel", 2: "ro", 3: "in_trigger", 4: "beet", 5: "iptfs"}
LEVELS = {0: "required", 1: "use"}
SHARES = {0: "any", 1: "session", 2: "user", 3: "unique"}
PTYPES = {0: "main", 1: "sub"}
ENCAPS = {1: "espinudp-nonike", 2: "espinudp", 7: "espintcp"}
DIRS = {0: "in", 1: "out", 2: "fwd"}
FLAG_BITS = {
    0x01: "noecn", 0x02: "decap-dscp", 0x04: "nopmtudisc", 0x08: "wildrecv",
    0x10: "icmp", 0x20: "af-unspec", 0x40: "align4", 0x80: "esn",
}
EXTRA_FLAG_BITS = {0x1: "dont-encap-dscp", 0x2: "oseq-may-wrap"}
POLICY_FLAG_BITS = {0x1: "localok", 0x2: "icmp"}
# What may stand in a selector behind `proto`: the names of Debian's /etc/protocols.
PROTOCOLS = {
    1: "icmp", 2: "igmp", 3: "ggp", 4: "ipencap", 5: "st", 6: "tcp", 8: "egp", 9: "igp", 12: "pup",
    17: "udp", 20: "hmp", 22: "xns-idp", 27: "rdp", 29: "iso-tp4", 33: "dccp", 36: "xtp",
    37: "ddp", 38: "idpr-cmtp", 41: "ipv6", 43: "ipv6-route", 44: "ipv6-frag", 45: "idrp",
    46: "rsvp", 47: "gre", 50: "esp", 51: "ah", 57: "skip", 58: "ipv6-icmp", 59: "ipv6-nonxt",
    60: "ipv6-opts", 73: "rspf", 81: "vmtp", 88: "eigrp", 89: "ospf", 93: "ax.25", 94: "ipip",
    97: "etherip", 98: "encap", 103: "pim", 108: "ipcomp", 112: "vrrp", 115: "l2tp", 124: "isis",
    132: "sctp", 133: "fc", 135: "mobility-header", 136: "udplite", 137: "mpls-in-ip",
    138: "manet", 139: "hip", 140: "shim6", 141: "wesp", 142: "rohc", 143: "ethernet",
}
PROTOCOL_ALIASES = {"icmpv6": "ipv6-icmp", "ospfigp": "ospf", "ipv6-mobility": "mobility-header"}


def plain(dump: Dump) -> Dump:
    """The same without what only -s shows."""
    return Dump([_plain_state(state) for state in dump.states],
                [_plain_policy(policy) for policy in dump.policies], dump.defaults)


def _bare(entry):
    return replace(entry, **dict.fromkeys(DETAIL[type(entry)]))


def _plain_state(state: State) -> State:
    return replace(_bare(state), sel=state.sel and _bare(state.sel), detailed=False)


def _plain_policy(policy: Policy) -> Policy:
    return replace(_bare(policy), sel=_bare(policy.sel), detailed=False,
                   tmpls=tuple(_bare(tmpl) for tmpl in policy.tmpls))


def changed(entry, **facts):
    """The entry with other values for some of its facts; dataclasses.replace takes ten times as
    long, for it makes the entry anew."""
    other = object.__new__(type(entry))
    vars(other).update(vars(entry), **facts)
    return other


def named(number: int, names: dict[int, str]) -> str:
    return names.get(number, str(number))


def flag_names(bits: int, names: dict[int, str]) -> tuple[str, ...]:
    """Names of the bits that have one, sorted; the rest as one hexadecimal word."""
    found = [name for bit, name in names.items() if bits & bit]
    rest = bits & ~sum(names)
    return tuple(sorted(found + ([f"{rest:x}"] if rest else [])))


def selector_text(sel: Selector, detail: bool = False) -> str:
    """src A/128 dst B/128 proto mobility-header type 5, as iproute2 writes it, `detail` with -s."""
    words = [f"src {sel.src} dst {sel.dst}"]
    for name in ("proto", "type", "code", "sport", "dport", "key"):
        value = getattr(sel, name)
        if value is not None:
            words.append(f"{name} {value}")
    if detail and sel.mh_dport is not None:
        words.append(f"(dport) 0x{sel.mh_dport:04x}")
    words += [f"dev {sel.dev}"] if sel.dev is not None else []
    words += [f"uid {sel.uid}"] if detail and sel.uid is not None else []
    return " ".join(words)
