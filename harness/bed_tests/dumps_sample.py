"""Dumps by dice: any fact that a state or a policy can have, and each of them changed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from harness.bed.decode import facts as known
from harness.bed.decode.facts import (
    Algorithm, Dump, Encap, Iptfs, Limits, Mark, Offload, Policy, Selector, State, Template,
)

Dice = random.Random
KEYS = {"auth": ("hmac(sha1)", 160, 96), "enc": ("cbc(aes)", 128, None),
        "aead": ("rfc4106(gcm(aes))", 160, 128), "comp": ("deflate", 0, None)}
KINDS = (("auth", "enc"), ("aead",), ("enc",), ("comp",), ())


def address(dice: Dice, six: bool = True) -> str:
    return str(IPv6Address(dice.getrandbits(128)) if six else IPv4Address(dice.getrandbits(32)))


def prefix(dice: Dice, six: bool = True) -> str:
    return f"{address(dice, six)}/{dice.randint(0, 128 if six else 32)}"


def number(dice: Dice, bits: int = 32) -> int:
    return dice.getrandbits(bits)


def spi(dice: Dice) -> str:
    return f"0x{dice.randint(256, 2 ** 32 - 1):08x}"


def maybe(dice: Dice, make: Callable[[Dice], object]) -> object:
    return make(dice) if dice.random() < 0.5 else None


def some(names: dict[int, str]) -> Callable[[Dice], tuple[str, ...]]:
    return lambda dice: tuple(sorted(dice.sample(list(names.values()),
                                                 dice.randint(1, len(names)))))


def algorithm(dice: Dice, kind: str) -> Algorithm:
    name, bits, icv = KEYS[kind]
    return Algorithm(kind, name, f"0x{dice.getrandbits(bits):0{bits // 4}x}" if bits else "0x", icv)


def mark(dice: Dice) -> Mark:
    return Mark(number(dice), number(dice))


def limits(dice: Dice) -> Limits:
    return Limits(*(maybe(dice, number) for _ in range(4)), *(number(dice, 16) for _ in range(4)))


def iptfs(dice: Dice) -> Iptfs:
    return Iptfs(*(number(dice, 16) for _ in range(5)), dont_frag=dice.random() < 0.5)


def offload(dice: Dice) -> Offload:
    return Offload(f"eth{dice.randint(0, 9)}", dice.choice(["in", "out"]),
                   dice.choice(["crypto", "packet"]))


def encap(dice: Dice) -> Encap:
    return Encap(dice.choice(list(known.ENCAPS.values())), number(dice, 16), number(dice, 16),
                 address(dice))


def selector(dice: Dice, detailed: bool) -> Selector:
    six = dice.random() < 0.7
    shape = dice.choice([
        {}, {"proto": "tcp", "sport": number(dice, 16), "dport": number(dice, 16)},
        {"proto": "mobility-header", "type": number(dice, 8)},
        {"proto": "ipv6-icmp", "type": number(dice, 8), "code": number(dice, 8)},
        {"proto": "gre", "key": number(dice)}, {"proto": "200"}])
    if detailed and shape.get("proto") == "mobility-header":
        shape["mh_dport"] = number(dice, 16)
    return Selector(prefix(dice, six), prefix(dice, six), **shape,
                    dev=maybe(dice, lambda d: f"eth{d.randint(0, 9)}"),
                    uid=number(dice, 16) if detailed else None)


def state(dice: Dice) -> State:
    detailed = dice.random() < 0.5
    six = dice.random() < 0.7
    proto = dice.choice(["esp", "esp", "esp", "ah", "comp", "hao", "route2"])
    ipsec = proto in known.IPSEC
    return State(
        address(dice, six), address(dice, six), proto, spi(dice) if ipsec else None, number(dice),
        dice.choice(list(known.MODES.values())), dice.randint(0, 255), some(known.FLAG_BITS)(dice),
        tuple(algorithm(dice, kind) for kind in dice.choice(KINDS)) if ipsec else (),
        maybe(dice, address), maybe(dice, lambda d: selector(d, detailed)), maybe(dice, mark),
        maybe(dice, mark), maybe(dice, encap), maybe(dice, number), maybe(dice, number),
        some(known.EXTRA_FLAG_BITS)(dice) if detailed else None,
        maybe(dice, lambda d: d.choice(["in", "out"])), maybe(dice, offload),
        maybe(dice, lambda d: f"system_u:object_r:ipsec_t:s{number(d, 4)}"), maybe(dice, number),
        maybe(dice, number), maybe(dice, number), maybe(dice, iptfs),
        limits(dice) if detailed else None, detailed=detailed)


def template(dice: Dice, detailed: bool) -> Template:
    more = [number(dice) for _ in range(3)] if detailed else [None] * 3
    return Template(
        address(dice), address(dice), dice.choice(["esp", "ah", "hao"]), number(dice),
        dice.choice(list(known.MODES.values())), dice.choice(list(known.LEVELS.values())),
        maybe(dice, spi), dice.choice(list(known.SHARES.values())) if detailed else None, *more)


def policy(dice: Dice) -> Policy:
    detailed = dice.random() < 0.5
    return Policy(
        selector(dice, detailed), dice.choice(["in", "out", "fwd"]), number(dice),
        dice.choice(["main", "sub"]), dice.choice(["allow", "block"]),
        tuple(template(dice, detailed) for _ in range(dice.randint(0, 3))),
        dice.random() < 0.2, some(known.POLICY_FLAG_BITS)(dice), maybe(dice, mark),
        maybe(dice, number), maybe(dice, offload),
        maybe(dice, lambda d: f"system_u:object_r:ipsec_spd_t:s{number(d, 4)}"),
        dice.choice(list(known.SHARES.values())) if detailed else None,
        limits(dice) if detailed else None, detailed)


def dump(seed: int, size: int = 6) -> Dump:
    dice = Dice(seed)
    return Dump([state(dice) for _ in range(size)], [policy(dice) for _ in range(size)])


def other(dice: Dice, value: object, *choices: object) -> object:
    return dice.choice([choice for choice in choices if choice != value])


Change = Callable[[Dice, object], object]
FRESH_NUMBER: Change = lambda dice, old: other(dice, old, number(dice, 31), number(dice, 30))
FRESH_ADDRESS: Change = lambda dice, _: address(dice)
# How each fact is changed; None: it is an identity that the bed tests by itself.
STATE: dict[str, Change] = {
    "src": FRESH_ADDRESS, "dst": FRESH_ADDRESS, "spi": lambda dice, old: old and spi(dice),
    "proto": lambda dice, old: {"esp": "ah", "ah": "esp", "comp": "esp"}.get(old),
    "reqid": FRESH_NUMBER, "mode": lambda dice, old: other(dice, old, *known.MODES.values()),
    "replay_window": lambda dice, old: (old or 0) ^ 1,
    "flags": lambda dice, old: other(dice, old, ("icmp",), ("esn",)),
    "algorithms": lambda dice, old: old and (*old[:-1], replace(old[-1], name="cbc(x)")),
    "coa": FRESH_ADDRESS,
    "sel": lambda dice, old: old and replace(old, dst=prefix(dice, ":" in old.dst)),
    "mark": lambda dice, _: mark(dice), "output_mark": lambda dice, _: mark(dice),
    "encap": lambda dice, old: old and replace(old, dport=old.dport ^ 1),
    "if_id": FRESH_NUMBER, "tfcpad": FRESH_NUMBER,
    "extra_flags": lambda dice, old: old and other(dice, old, ("oseq-may-wrap",), ("4",)),
    "dir": lambda dice, old: other(dice, old, "in", "out"),
    "offload": lambda dice, old: old and replace(old, dev="ib0"),
    "security": lambda dice, _: "other_u:object_r", "pcpu": FRESH_NUMBER,
    "nat_keepalive": FRESH_NUMBER, "mtimer": FRESH_NUMBER,
    "iptfs": lambda dice, old: old and replace(old, pkt_size=(old.pkt_size or 0) + 1),
    "limits": lambda dice, old: old and replace(old, hard_add=old.hard_add + 1),
    "hidden": lambda dice, old: None,
}
POLICY: dict[str, Change] = {
    "sel": lambda dice, old: replace(old, dst=prefix(dice, ":" in old.dst)),
    "dir": lambda dice, old: other(dice, old, "in", "out", "fwd"), "priority": FRESH_NUMBER,
    "ptype": lambda dice, old: other(dice, old, "main", "sub"),
    "action": lambda dice, old: other(dice, old, "allow", "block"),
    "tmpls": lambda dice, old: old and (replace(old[0], reqid=old[0].reqid ^ 1), *old[1:]),
    "socket": lambda dice, old: not old,
    "flags": lambda dice, old: other(dice, old, ("icmp",), ("localok",)),
    "mark": lambda dice, _: mark(dice), "if_id": FRESH_NUMBER,
    "offload": lambda dice, old: old and replace(old, dev="ib0"),
    "security": lambda dice, _: "other_u:object_r",
    "share": lambda dice, old: old and other(dice, old, *known.SHARES.values()),
    "limits": lambda dice, old: old and replace(old, hard_add=old.hard_add + 1),
}
TEMPLATE: dict[str, Change] = {
    "src": FRESH_ADDRESS, "dst": FRESH_ADDRESS, "reqid": FRESH_NUMBER,
    "proto": lambda dice, old: other(dice, old, "esp", "ah"),
    "mode": lambda dice, old: other(dice, old, *known.MODES.values()),
    "level": lambda dice, old: other(dice, old, *known.LEVELS.values()),
    "spi": lambda dice, _: spi(dice),
    "share": lambda dice, old: old and other(dice, old, *known.SHARES.values()),
    **dict.fromkeys(("enc_mask", "auth_mask", "comp_mask"),
                    lambda dice, old: old if old is None else old ^ 1),
}
SELECTOR: dict[str, Change] = {
    **dict.fromkeys(("src", "dst"), lambda dice, old: prefix(dice, ":" in old)),
    "proto": lambda dice, old: other(dice, old, "udp", "skip"), "dev": lambda dice, _: "ib0",
    **dict.fromkeys(("type", "code", "sport", "dport", "key", "mh_dport", "uid"),
                    lambda dice, old: old if old is None else old ^ 1),
}
