"""What netlink says and what `ip -s xfrm` prints of the same kernel state are the same facts."""

import random
import socket
import struct
from ipaddress import ip_address

import pytest

from harness.bed.check import canon_text, facts, given
from harness.bed.decode import facts as known
from harness.bed.decode import nl, xfrm, xfrm_nl
from harness.bed_tests import dumps_sample

SEEDS = range(12)
NUMBERS = {name: number for names in (
    known.XFRM_PROTOCOLS, known.MODES, known.LEVELS, known.SHARES, known.ENCAPS)
    for number, name in names.items()}
UPPER = {name: number for number, name in known.PROTOCOLS.items()} | {"200": 200}


def octets(text: str) -> bytes:
    return ip_address(text).packed.ljust(16, b"\0")


def family(text: str) -> int:
    return socket.AF_INET6 if ":" in text else socket.AF_INET


def packed_selector(sel: known.Selector | None) -> bytes:
    if sel is None:
        return xfrm_nl.NO_SELECTOR
    (src, slen), (dst, dlen) = (text.split("/") for text in (sel.src, sel.dst))
    first = sel.type if sel.type is not None else sel.sport
    second = sel.code if sel.code is not None else sel.dport
    if sel.key is not None:
        first, second = sel.key >> 16, sel.key & 0xffff
    swapped = [0 if n is None else socket.htons(n) for n in (first, second)]
    if sel.mh_dport is not None:
        second = swapped[1] = sel.mh_dport
    masks = [0 if n is None else 0xffff for n in (first, second)]
    index = int(sel.dev.removeprefix("if")) if sel.dev else 0
    return xfrm_nl.SELECTOR.pack(octets(dst), octets(src), swapped[1], masks[1], swapped[0],
                                 masks[0], family(src), int(dlen), int(slen),
                                 UPPER[sel.proto] if sel.proto else 0, index, sel.uid or 0)


def packed_limits(limits: known.Limits) -> bytes:
    return xfrm_nl.LIFETIME.pack(*(xfrm_nl.INF if n is None else n for n in (
        limits.soft_bytes, limits.hard_bytes, limits.soft_packets, limits.hard_packets)),
        limits.soft_add, limits.hard_add, limits.soft_use, limits.hard_use)


def bits(flags: tuple[str, ...] | None, names: dict[int, str]) -> int:
    return sum(bit for bit, name in names.items() if name in (flags or ()))


def packed_algorithm(alg: known.Algorithm) -> tuple[int, bytes]:
    kind = {name: kind for kind, (name, _) in xfrm_nl.ALGORITHMS.items()}[alg.kind]
    key = bytes.fromhex(alg.key[2:])
    lengths = [len(key) * 8] + ([] if alg.bits is None else [alg.bits])
    name = alg.name.encode().ljust(64, b"\0")
    return kind, name + struct.pack(f"={len(lengths)}I", *lengths) + key


def attributes(state: known.State) -> list[tuple[int, bytes]]:
    found = [packed_algorithm(alg) for alg in state.algorithms]
    for kind, value in ((xfrm_nl.A_IF_ID, state.if_id), (xfrm_nl.A_TFCPAD, state.tfcpad),
                        (xfrm_nl.A_PCPU, state.pcpu), (xfrm_nl.A_MTIMER, state.mtimer),
                        (xfrm_nl.A_NAT_KEEPALIVE, state.nat_keepalive)):
        found += [(kind, struct.pack("=I", value))] if value is not None else []
    if state.coa:
        found.append((xfrm_nl.A_COADDR, octets(state.coa)))
    if state.mark:
        found.append((xfrm_nl.A_MARK, struct.pack("=II", state.mark.value, state.mark.mask)))
    if state.output_mark:
        found += [(xfrm_nl.A_SET_MARK, struct.pack("=I", state.output_mark.value)),
                  (xfrm_nl.A_SET_MARK_MASK, struct.pack("=I", state.output_mark.mask))]
    if state.encap:
        one = state.encap
        found.append((xfrm_nl.A_ENCAP, struct.pack(
            "=HHH2x16s", NUMBERS[one.type], socket.htons(one.sport), socket.htons(one.dport),
            octets(one.addr))))
    if state.extra_flags:
        found.append((xfrm_nl.A_EXTRA_FLAGS,
                      struct.pack("=I", bits(state.extra_flags, known.EXTRA_FLAG_BITS))))
    if state.dir:
        found.append((xfrm_nl.A_SA_DIR, bytes([1 if state.dir == "in" else 2])))
    if state.security:
        text = state.security.encode() + b"\0"
        head = struct.pack("=HHBBH", 8 + len(text), 8, 1, 1, len(text))
        found.append((xfrm_nl.A_SEC_CTX, head + text))
    return found + more_attributes(state)


def more_attributes(state: known.State) -> list[tuple[int, bytes]]:
    found = []
    if state.offload:
        flags = 2 * (state.offload.dir == "in") + 4 * (state.offload.mode == "packet")
        found.append((xfrm_nl.A_OFFLOAD, struct.pack(
            "=iB3x", int(state.offload.dev.removeprefix("if")), flags)))
    if state.iptfs:
        found += [(kind, struct.pack("=H" if kind == xfrm_nl.A_REORDER else "=I",
                                     getattr(state.iptfs, name)))
                  for kind, name in xfrm_nl.IPTFS.items()]
        found += [(xfrm_nl.A_DONT_FRAG, b"")] if state.iptfs.dont_frag else []
    return found


def packed_state(state: known.State) -> bytes:
    ident = xfrm_nl.ID.pack(octets(state.dst), socket.htonl(int(state.spi or "0", 16)),
                            NUMBERS[state.proto])
    info = xfrm_nl.SA_INFO.pack(
        packed_selector(state.sel), ident, octets(state.src), packed_limits(state.limits),
        bytes(32), bytes(12), 0, state.reqid, family(state.src), NUMBERS[state.mode],
        state.replay_window, bits(state.flags, known.FLAG_BITS))
    return info + b"".join(nl.attribute(*one) for one in attributes(state))


def same_family(state: known.State) -> bool:
    ends = [state.src, state.dst, *(a for a in (state.coa, state.encap and state.encap.addr) if a)]
    return len({family(end) for end in ends}) == 1


def sample(seed: int) -> list[known.State]:
    """States with interfaces that have no name, as octets know them."""
    found = []
    for state in dumps_sample.dump(seed, 30).states:
        if state.detailed and same_family(state):
            text = "\n".join(canon_text.state_lines(state)).replace("eth", "if")
            found += xfrm.parse_dump(text.replace("if0", "if7")).states
    return found


@pytest.mark.req("T-703")
@pytest.mark.parametrize("seed", SEEDS)
def test_octets_and_text_of_a_state_are_the_same_facts(seed):
    states = sample(seed)
    assert states
    for state in states:
        body = packed_state(state)
        assert xfrm_nl.unread(xfrm_nl.NEWSA, body) == []
        assert xfrm_nl.state(body) == state


def test_an_attribute_that_is_not_known_is_named():
    body = packed_state(sample(1)[0]) + nl.attribute(99, b"abc")
    message = nl.HEADER.pack(nl.HEADER.size + len(body), xfrm_nl.NEWSA, 2, 1, 0) + body
    found = given.reading("f", message + bytes(-len(message) % 4))
    assert [(note.line, note.text) for note in found.unread] == [
        (1, "attribute 99 of 3 octets: 616263")]
    assert len(found.parts[0].dump.states) == 1


def test_a_state_without_a_selector_has_none():
    state = sample(2)[0]
    body = packed_state(state)
    assert xfrm_nl.state(xfrm_nl.NO_SELECTOR + body[xfrm_nl.SELECTOR.size:]).sel is None


@pytest.mark.parametrize("seed", SEEDS)
def test_octets_and_text_of_a_template_are_the_same_facts(seed):
    tmpls = [t for p in dumps_sample.dump(seed, 30).policies if p.detailed for t in p.tmpls]
    for tmpl in tmpls:
        ident = xfrm_nl.ID.pack(octets(tmpl.dst), socket.htonl(int(tmpl.spi or "0", 16)),
                                NUMBERS[tmpl.proto])
        packed = xfrm_nl.TMPL.pack(
            ident, family(tmpl.src), octets(tmpl.src), tmpl.reqid, NUMBERS[tmpl.mode],
            NUMBERS[tmpl.share], NUMBERS[tmpl.level], tmpl.auth_mask, tmpl.enc_mask, tmpl.comp_mask)
        assert xfrm_nl.templates(packed) == [tmpl]


def message(kind: int, body: bytes) -> bytes:
    return nl.HEADER.pack(nl.HEADER.size + len(body), kind, 2, 1, 1) + body + bytes(-len(body) % 4)


SHORT = {
    "too short": nl.attribute(xfrm_nl.A_MARK, b"\1\0\0\0"),
    "too long": nl.attribute(xfrm_nl.A_IF_ID, bytes(8)),
    "twice": 2 * nl.attribute(xfrm_nl.A_IF_ID, b"\1\0\0\0"),
    "no key": nl.attribute(xfrm_nl.A_CRYPT, b"x".ljust(64, b"\0") + struct.pack("=I", 128)),
    "no name": nl.attribute(xfrm_nl.A_COMP, b"\xff".ljust(64, b"\0") + bytes(4)),
    "behind a name": nl.attribute(xfrm_nl.A_COMP, b"x\0y".ljust(64, b"\0") + bytes(4)),
    "no ICV": nl.attribute(xfrm_nl.A_AUTH, b"x".ljust(64, b"\0") + bytes(4)),
}


@pytest.mark.req("T-701")
@pytest.mark.parametrize("name", SHORT)
def test_an_attribute_that_is_not_what_its_kind_is_is_named(name):
    plain = packed_state(sample(0)[0])[:xfrm_nl.SA_INFO.size]
    found = given.reading("x", message(xfrm_nl.NEWSA, plain + SHORT[name]))
    assert found.unread and {note.line for note in found.unread} == {1}
    assert len(found.parts[0].dump.states) == 1


@pytest.mark.req("T-701")
@pytest.mark.parametrize("seed", SEEDS)
def test_no_octets_end_in_a_crash(seed):
    dice = random.Random(seed)
    for state in sample(seed) * 12:
        body = bytearray(packed_state(state))
        for _ in range(dice.randint(1, 4)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        extra = nl.attribute(dice.randrange(60), dice.randbytes(dice.randrange(40)))
        kind = dice.choice([xfrm_nl.NEWSA, xfrm_nl.NEWPOLICY, nl.NLMSG_ERROR])
        found = given.reading("x", message(kind, bytes(body[:dice.randrange(600)]) + extra))
        facts.document("x", found)
