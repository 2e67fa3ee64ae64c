"""xfrm - the text of `ip xfrm state` and `ip xfrm policy`, read into typed facts.

Reads what every iproute2 prints, with and without -s, -d and -o, the one-line form of the 2008
page and our own canonical form (canon.py). Counters and clocks are not facts: they are read and
left out of every comparison. A word that is not known is an error that names its line: nothing is
dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address


class DumpError(ValueError):
    """The dump holds something this reader does not know; the message names the line."""


@dataclass(frozen=True)
class Selector:
    src: str
    dst: str
    proto: str | None = None
    type: int | None = None
    code: int | None = None
    sport: int | None = None
    dport: int | None = None
    dev: str | None = None


@dataclass(frozen=True)
class Algorithm:
    """`bits` is the length of the ICV, None where there is none; the key is hex or a name."""

    kind: str
    name: str
    key: str
    bits: int | None = None

    @property
    def key_bits(self) -> int:
        """The key's length; a named key carries it behind a slash: key:NAME/160."""
        if self.key.startswith("key:"):
            return int(self.key.rpartition("/")[2])
        return 4 * (len(self.key) - len("0x"))


@dataclass(frozen=True)
class State:
    src: str
    dst: str
    proto: str
    spi: str | None
    reqid: int
    mode: str
    replay_window: int = 0
    flags: tuple[str, ...] = ()
    algorithms: tuple[Algorithm, ...] = ()
    coa: str | None = None
    sel: Selector | None = None
    extra: tuple[str, ...] = ()
    seq: int | None = field(default=None, compare=False)
    oseq: int | None = field(default=None, compare=False)

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
    src: str
    dst: str
    proto: str
    reqid: int
    mode: str
    level: str = "required"
    spi: str | None = None


@dataclass(frozen=True)
class Policy:
    sel: Selector
    dir: str
    priority: int
    ptype: str = "main"
    action: str = "allow"
    tmpls: tuple[Template, ...] = ()
    socket: bool = False
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dump:
    states: list[State] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)


IPSEC = ("esp", "ah", "comp")
PROTOCOLS = {"135": "mobility-header", "58": "ipv6-icmp", "icmpv6": "ipv6-icmp"}
XFRM_PROTOCOLS = {"50": "esp", "51": "ah", "108": "comp", "60": "hao", "43": "route2"}
FLAG_BITS = {
    0x01: "noecn", 0x02: "decap-dscp", 0x04: "nopmtudisc", 0x08: "wildrecv",
    0x10: "icmp", 0x20: "af-unspec", 0x40: "align4", 0x80: "esn",
}
# What the kernel truncates to where an old iproute2 prints `auth` without a length.
TRUNCATION = {"hmac(sha384)": 192, "hmac(sha512)": 256}
TRUNCATION_ELSE = 96
# What `ip -o` prints in place of a line's end.
LINE_BREAK = "\\"
# So much of a line stands in an error.
SHOWN = 60


class Words:
    """The words of a text one after the other; each knows the line it stands on."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        printed = [
            (piece, number)
            for number, line in enumerate(self.lines)
            if not line.lstrip().startswith("#")
            for piece in line.split(LINE_BREAK)
        ]
        self.words = [
            (word, number, at)
            for at, (piece, number) in enumerate(printed)
            for word in _strip_command(piece).split()
        ]
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.words[at][0] if at < len(self.words) else ""

    def next(self) -> str:
        word = self.peek()
        if not word:
            raise DumpError("the dump ends in the middle of an entry")
        self.at += 1
        return word

    def take(self, word: str) -> bool:
        if self.peek() != word:
            return False
        self.at += 1
        return True

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise self.error(f"'{word}' expected, '{self.peek()}' found")

    def value(self, word: str) -> str:
        self.expect(word)
        return self.next()

    def skip_line(self) -> str:
        """The rest of the printed line that the last word stands on."""
        line = self.words[self.at - 1][2]
        rest = []
        while self.at < len(self.words) and self.words[self.at][2] == line:
            rest.append(self.next())
        return " ".join(rest)

    def error(self, why: str) -> DumpError:
        number = self.words[min(self.at, len(self.words) - 1)][1] if self.words else 0
        line = self.lines[number].strip() if self.lines else ""
        return DumpError(f"line {number + 1}: {why}: {line[:SHOWN]}")


def _strip_command(line: str) -> str:
    return re.sub(r"^ip (-\S+ )*xfrm (state|policy)\b", "", line)


def _number(words: Words, text: str) -> int:
    """A number, also with its other base behind it as -s prints it: 1(0x00000001)."""
    found = re.match(r"(0x[0-9a-f]+|\d+)(\((0x)?[0-9a-f]+\))?,?$", text)
    if not found:
        words.at -= 1
        raise words.error(f"'{text}' is not a number")
    return int(found[1], 0)


def _address(words: Words, text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as bad:
        words.at -= 1
        raise words.error(f"'{text}' is not an address") from bad


def _prefix(words: Words, text: str) -> str:
    address, slash, length = text.partition("/")
    if not slash or not length.isdigit():
        words.at -= 1
        raise words.error(f"'{text}' is not a prefix")
    return f"{_address(words, address)}/{length}"


SELECTOR_NUMBERS = ("type", "code", "sport", "dport")


def _selector(words: Words) -> Selector:
    src = _prefix(words, words.value("src"))
    dst = _prefix(words, words.value("dst"))
    proto = PROTOCOLS.get(words.peek(1), words.peek(1)) if words.peek() == "proto" else None
    if proto:
        words.at += 2
    numbers = {}
    while words.peek() in SELECTOR_NUMBERS:
        key = words.next()
        numbers[key] = _number(words, words.next())
    dev = words.next() if words.take("dev") else None
    if words.take("uid"):
        words.next()
    return Selector(src, dst, proto, dev=dev, **numbers)


def _spi(words: Words) -> str | None:
    if words.peek().startswith("spi:"):
        return words.next()
    if not words.take("spi"):
        return None
    return f"0x{_number(words, words.next()):08x}"


def _identity(words: Words) -> dict:
    """proto esp spi 0x… reqid 1(0x00000001) mode transport"""
    proto = words.value("proto")
    proto = XFRM_PROTOCOLS.get(proto, proto)
    spi = _spi(words)
    return {
        "proto": proto,
        "spi": spi if proto in IPSEC else None,
        "reqid": _number(words, words.value("reqid")),
        "mode": words.value("mode"),
    }


def _flag_bits(word: str) -> bool:
    """Bits that an iproute2 has no name for; `aead` opens an algorithm."""
    return bool(re.match(r"[0-9a-f]{1,8}$", word)) and word not in STATE_WORDS


def _flags(words: Words, facts: dict) -> None:
    flags: list[str] = []
    while words.peek() in FLAG_BITS.values() or _flag_bits(words.peek()):
        word = words.next()
        if word in FLAG_BITS.values():
            flags.append(word)
            continue
        bits = int(word, 16)
        flags += [name for bit, name in FLAG_BITS.items() if bits & bit]
        if bits & ~sum(FLAG_BITS):
            flags.append(f"{bits & ~sum(FLAG_BITS):x}")
    facts["flags"] = tuple(sorted(flags))
    if re.match(r"\(0x[0-9a-f]+\)$", words.peek()):
        words.next()


def _algorithm(kind: str, with_bits: bool) -> Callable[[Words, dict], None]:
    def read(words: Words, facts: dict) -> None:
        name = words.next()
        key = words.next() if re.match(r"0x|key:", words.peek()) else "0x"
        if re.match(r"\(\d+$", words.peek()) and words.peek(1) == "bits)":
            words.at += 2
        bits = None
        if with_bits:
            bits = _number(words, words.next())
        elif kind == "auth":
            bits = TRUNCATION.get(name, TRUNCATION_ELSE)
        facts["algorithms"] += (Algorithm(kind, name, key, bits),)
    return read


def _replay_context(words: Words, facts: dict) -> None:
    """Counters: kept for those who ask, no part of a state's identity."""
    esn = words.take("esn")
    words.expect("context:")
    names = {"seq", "oseq", "seq-hi", "oseq-hi", "bitmap", "replay_window", "bitmap-length"}
    while words.peek() in names:
        name = words.next()
        number = int(words.next().rstrip(","), 0 if name.endswith("length") or not esn else 0)
        if name in ("seq", "oseq"):
            facts[name] = number
        if name == "replay_window":
            facts["replay_window"] = number
    while esn and re.match(r"[0-9a-f]{8}$", words.peek()):
        words.next()


def _last_used(words: Words, _: dict) -> None:
    if re.match(r"\d{4}-\d\d-\d\d$", words.next()):
        words.next()


def _drop_line(words: Words, _: dict) -> None:
    words.skip_line()


def _drop_lifetimes(words: Words, _: dict) -> None:
    """`lifetime config:` or `lifetime current:` and the lines below it."""
    words.skip_line()
    while re.match(r"limit:|expire$|add$|use$|\d+\(bytes\),$", words.peek()):
        words.next()
        words.skip_line()


def _drop_stats(words: Words, _: dict) -> None:
    words.skip_line()
    if words.take("replay-window"):
        words.skip_line()


def _keep(word: str) -> Callable[[Words, dict], None]:
    def read(words: Words, facts: dict) -> None:
        facts["extra"] += (f"{word} {words.skip_line()}",)
    return read


def _set(name: str, read: Callable[[Words], object]) -> Callable[[Words, dict], None]:
    def store(words: Words, facts: dict) -> None:
        facts[name] = read(words)
    return store


STATE_WORDS: dict[str, Callable[[Words, dict], None]] = {
    "replay-window": _set("replay_window", lambda w: _number(w, w.next())),
    "seq": lambda w, _: w.next() and None,
    "flag": _flags,
    "auth": _algorithm("auth", False),
    "auth-trunc": _algorithm("auth", True),
    "enc": _algorithm("enc", False),
    "comp": _algorithm("comp", False),
    "aead": _algorithm("aead", True),
    "coa": _set("coa", lambda w: _address(w, w.next())),
    "lastused": _last_used,
    "anti-replay": _replay_context,
    "sel": _set("sel", _selector),
    "dir": lambda w, _: w.next() and None,
    "lifetime": _drop_lifetimes,
    "stats:": _drop_stats,
    "encap": _keep("encap"),
    "mark": _keep("mark"),
    "output-mark": _keep("output-mark"),
    "if_id": _keep("if_id"),
    "tfcpad": _keep("tfcpad"),
    "extra_flag": _keep("extra_flag"),
}


def _template(words: Words, facts: dict) -> None:
    src = _address(words, words.value("src"))
    dst = _address(words, words.value("dst"))
    found = _identity(words)
    level = "required"
    while words.peek() in ("level", "share", "enc-mask", "auth-mask", "comp-mask"):
        word = words.next()
        value = words.next()
        level = value if word == "level" else level
    if found["spi"] == "0x00000000":
        found["spi"] = None
    facts["tmpls"] += (Template(src, dst, level=level, **found),)


def _policy_flag(words: Words, facts: dict) -> None:
    """Names, and with -s the bits behind them; without a flag the bits alone."""
    names = re.sub(r"\(0x[0-9a-f]+\)", "", words.skip_line()).split()
    if names:
        facts["extra"] += (f"flag {' '.join(names)}",)


POLICY_WORDS: dict[str, Callable[[Words, dict], None]] = {
    "dir": _set("dir", lambda w: w.next()),
    "action": _set("action", lambda w: w.next()),
    "index": lambda w, _: w.next() and None,
    "priority": _set("priority", lambda w: _number(w, w.next())),
    "ptype": _set("ptype", lambda w: w.next()),
    "share": lambda w, _: w.next() and None,
    "flag": _policy_flag,
    "tmpl": _template,
    "lifetime": _drop_lifetimes,
    "mark": _keep("mark"),
    "if_id": _keep("if_id"),
}


def _socket(words: Words, facts: dict) -> None:
    facts["socket"] = True
    facts["dir"] = words.next()


def _body(words: Words, table: dict, facts: dict) -> dict:
    """Every word of one entry, up to the `src` that opens the next."""
    while words.peek() and words.peek() != "src":
        read = table.get(words.peek())
        if not read:
            raise words.error(f"unknown word '{words.peek()}'")
        words.next()
        read(words, facts)
    return facts


def _state(words: Words) -> State:
    facts = {
        "src": _address(words, words.value("src")),
        "dst": _address(words, words.value("dst")),
    }
    facts |= _identity(words) | {"algorithms": (), "extra": ()}
    return State(**_body(words, STATE_WORDS, facts))


def _policy(words: Words) -> Policy:
    facts = {"sel": _selector(words), "tmpls": (), "extra": ()}
    _body(words, POLICY_WORDS | {"socket": _socket}, facts)
    missing = {"dir", "priority"} - facts.keys()
    if missing:
        words.at -= 1
        raise words.error(f"a policy without {' and '.join(sorted(missing))} ends here")
    return Policy(**facts)


def parse_dump(text: str) -> Dump:
    """States and policies of one node, in one text or two joined; DumpError names a bad line."""
    words = Words(text)
    dump = Dump()
    while words.peek():
        if words.peek() != "src":
            raise words.error(f"'src' expected, '{words.peek()}' found")
        if "/" in words.peek(1):
            dump.policies.append(_policy(words))
        else:
            dump.states.append(_state(words))
    return dump


def sections(text: str) -> dict[str, str]:
    """A collected file cut at its `## TITLE` lines: title to text."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return {title.strip(): body for title, body in zip(parts[1::2], parts[2::2])}


def selector_text(sel: Selector) -> str:
    """src A/128 dst B/128 proto mobility-header type 5, as iproute2 writes it."""
    words = [f"src {sel.src} dst {sel.dst}"]
    for name in ("proto", "type", "code", "sport", "dport", "dev"):
        value = getattr(sel, name)
        if value is not None:
            words.append(f"{name} {value}")
    return " ".join(words)
