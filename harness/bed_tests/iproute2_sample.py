"""Facts as `ip xfrm` prints them: each generation of iproute2, each way to ask, each way to paste.

Written after what the program prints, not with canon_text.py, so that what both have wrong alike
shows. visible() says which facts such a print has at all.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from harness.bed.decode import facts as known
from harness.bed.decode.facts import (
    Algorithm, Dump, Limits, Mark, Offload, Policy, Selector, State, Template,
)

NUMBER_OF = {name: number for names in (known.PROTOCOLS, known.XFRM_PROTOCOLS)
             for number, name in names.items()}


@dataclass(frozen=True)
class Style:
    """`year` of the iproute2; `aliases`: numbers where /etc/protocols has no name."""

    year: int = 2022
    stats: bool = False
    nokeys: bool = False
    aliases: bool = False

    def __str__(self) -> str:
        return f"{self.year}{'-s' * self.stats}{'-nokeys' * self.nokeys}{'-bare' * self.aliases}"


STYLES = [Style(2008), Style(2008, True), Style(2013), Style(2016, True), Style(2019),
          Style(2019, True), Style(2022), Style(2022, True), Style(2022, nokeys=True),
          Style(2025), Style(2025, True), Style(2025, aliases=True), Style(2025, True, True)]


def visible(dump: Dump, style: Style) -> Dump:
    shown = Dump([_visible_state(s, style) for s in dump.states],
                 [_visible_policy(p, style) for p in dump.policies])
    return shown if style.stats else known.plain(shown)


def _visible_state(state: State, style: Style) -> State:
    news = {2013: ("mark",), 2016: ("extra_flags",), 2018: ("output_mark", "offload"),
            2019: ("if_id", "tfcpad"), 2025: ("dir", "pcpu", "nat_keepalive", "iptfs"),
            9999: ("mtimer",)}
    gone = [name for year, names in news.items() for name in names if style.year < year]
    if state.offload and style.year < 2023:
        state = replace(state, offload=replace(state.offload, mode="crypto"))
    state = replace(state, **dict.fromkeys(gone))
    if style.year >= 2025 and state.dir == "out":
        state = replace(state, replay_window=0)
    if style.nokeys:
        hidden = "hidden:<<Keys hidden>>"
        state = replace(state, algorithms=tuple(replace(a, key=hidden) for a in state.algorithms))
    elif style.year < 2010:
        bits = {"hmac(sha384)": 192, "hmac(sha512)": 256}
        state = replace(state, algorithms=tuple(
            replace(a, bits=bits.get(a.name, 96)) if a.kind == "auth" else a
            for a in state.algorithms))
    return replace(state, detailed=style.stats, limits=state.limits or Limits(),
                   sel=state.sel and replace(state.sel, uid=state.sel.uid or 0))


def _visible_policy(policy: Policy, style: Style) -> Policy:
    gone = [name for year, name in ((2013, "mark"), (2019, "if_id"), (2023, "offload"))
            if style.year < year]
    policy = replace(policy, **dict.fromkeys(gone))
    if policy.offload:
        policy = replace(policy, offload=replace(policy.offload, dir=None))
    masks = dict.fromkeys(("enc_mask", "auth_mask", "comp_mask"), 0xffffffff)
    return replace(
        policy, detailed=style.stats, limits=policy.limits or Limits(),
        share=policy.share or "any", sel=replace(policy.sel, uid=policy.sel.uid or 0),
        tmpls=tuple(replace(t, share=t.share or "any", **{
            name: mask if getattr(t, name) is None else getattr(t, name)
            for name, mask in masks.items()}) for t in policy.tmpls))


def text(dump: Dump, style: Style) -> str:
    dump = visible(dump, style)
    return "".join(line + "\n" for line in lines(dump, style))


def lines(dump: Dump, style: Style) -> Iterator[str]:
    for state in dump.states:
        yield from state_lines(state, style)
    for policy in dump.policies:
        yield from policy_lines(policy, style)


def _ident(entry: State | Template, style: Style, force: bool) -> str:
    spi = entry.spi or "0x00000000"
    said = f"proto {entry.proto} "
    if style.stats or force or entry.spi:
        said += f"spi {spi}{f'({int(spi, 16)})' if style.stats else ''} "
    return said + (f"reqid {entry.reqid}{f'(0x{entry.reqid:08x})' if style.stats else ''} "
                   f"mode {entry.mode}")


def selector(sel: Selector, style: Style) -> str:
    said = f"src {sel.src} dst {sel.dst} "
    if sel.proto:
        number = NUMBER_OF.get(sel.proto, sel.proto)
        said += f"proto {number if style.aliases else sel.proto} "
    for name in ("type", "code", "sport", "dport", "key"):
        if getattr(sel, name) is not None:
            said += f"{name} {getattr(sel, name)} "
    if style.stats and sel.mh_dport is not None:
        said += f"(dport) 0x{sel.mh_dport:04x} "
    said += f"dev {sel.dev} " if sel.dev else ""
    return said + (f"uid {sel.uid}" if style.stats else "")


def _flags(names: tuple[str, ...] | None, table: dict[int, str]) -> str:
    return "".join(f"{name} " for name in table.values() if name in (names or ()))


def _mask(names: tuple[str, ...], table: dict[int, str]) -> str:
    bits = sum(bit for bit, name in table.items() if name in names)
    return f" (0x{bits:08b})"


def _hash_hex(number: int) -> str:
    return f"0x{number:x}" if number else "0"


def _marks(state: State | Policy, output: Mark | None, style: Style) -> Iterator[str]:
    mark = state.mark
    if style.year < 2017:
        if mark:
            value = mark.value - (1 << 32) * (mark.value >> 31)
            yield f"\tmark {value}/0x{mark.mask:x}"
        return
    said = f"mark {_hash_hex(mark.value)}/{_hash_hex(mark.mask)} " if mark else ""
    said += (f"output-mark {_hash_hex(output.value)}/{_hash_hex(output.mask)}" if output else "")
    if said:
        yield f"\t{said}"


def _algorithm(alg: Algorithm, style: Style) -> str:
    kind = alg.kind if alg.kind != "auth" or style.year < 2010 else "auth-trunc"
    bits = f" {alg.bits}" if alg.bits is not None and kind != "auth" else ""
    key = alg.key.removeprefix("hidden:")
    size = f" ({alg.key_bits} bits)" if style.stats and not alg.hidden else ""
    if key == "0x" and style.year >= 2014:
        key = ""
    return f"\t{kind} {alg.name} {key}{size}{bits}"


def _replay(state: State, style: Style) -> Iterator[str]:
    if style.year < 2014:
        return
    if "esn" in state.flags and state.dir == "out" and style.year >= 2025:
        yield "\tanti-replay esn context:\t oseq-hi 0x0, oseq 0xa"
    elif "esn" in state.flags:
        size = (state.replay_window or 0) + 31 >> 5
        yield "\tanti-replay esn context:"
        yield "\t seq-hi 0x0, seq 0x1f, oseq-hi 0x0, oseq 0x2"
        words = [f"{word:08x} " for word in range(size)]
        yield f"\t replay_window {state.replay_window or 0}, bitmap-length {size}"
        for at in range(0, size, 8):
            yield "\t " + "".join(words[at:at + 8])
    else:
        yield "\tanti-replay context: seq 0x3, oseq 0x0, bitmap 0x00000007"


def _offload(offload: Offload, style: Style) -> str:
    way = f" dir {offload.dir}" if offload.dir else ""
    mode = f" mode {offload.mode}" if style.year >= 2023 else ""
    return f"\tcrypto offload parameters: dev {offload.dev}{way}{mode}"


def _iptfs(state: State) -> Iterator[str]:
    one = state.iptfs
    if one:
        said = [f"{name} {value}" for name, value in (
            ("pkt-size", one.pkt_size), ("max-queue-size", one.max_queue_size),
            ("drop-time", one.drop_time), ("reorder-window", one.reorder_window),
            ("init-delay", one.init_delay)) if value is not None]
        yield "\tiptfs-opts " + " ".join(said + ["dont-frag"] * one.dont_frag)


def _limits(limits: Limits | None) -> Iterator[str]:
    inf = ["(INF)" if n is None else str(n) for n in (
        limits.soft_bytes, limits.hard_bytes, limits.soft_packets, limits.hard_packets)]
    yield "\tlifetime config:"
    yield f"\t  limit: soft {inf[0]}(bytes), hard {inf[1]}(bytes)"
    yield f"\t  limit: soft {inf[2]}(packets), hard {inf[3]}(packets)"
    yield f"\t  expire add: soft {limits.soft_add}(sec), hard {limits.hard_add}(sec)"
    yield f"\t  expire use: soft {limits.soft_use}(sec), hard {limits.hard_use}(sec)"
    yield "\tlifetime current:"
    yield "\t  336(bytes), 3(packets)"
    yield "\t  add 2026-11-23 10:46:06 use -"


def state_lines(state: State, style: Style) -> Iterator[str]:
    yield f"src {state.src} dst {state.dst}"
    yield "\t" + _ident(state, style, state.proto in known.IPSEC)
    said = "" if style.year >= 2025 and state.dir == "out" else (
        f"replay-window {0 if _in_context(state, style) else state.replay_window} ")
    said += "seq 0x00000000 " if style.stats else ""
    said += f"flag {_flags(state.flags, known.FLAG_BITS)}" if state.flags or style.stats else ""
    if style.stats and state.extra_flags:
        said += f"extra_flag {_flags(state.extra_flags, known.EXTRA_FLAG_BITS)}"
    yield "\t" + said + (_mask(state.flags, known.FLAG_BITS) if style.stats else "")
    yield from _marks(state, state.output_mark, style)
    yield from (_algorithm(alg, style) for alg in state.algorithms)
    if state.encap:
        one = state.encap
        yield f"\tencap type {one.type} sport {one.sport} dport {one.dport} addr {one.addr}"
    if state.coa:
        yield f"\tcoa {state.coa}"
    if style.year >= 2012:
        yield "\tlastused 2026-11-23 10:46:06"
    yield from _replay(state, style)
    if state.offload:
        yield _offload(state.offload, style)
    for word, value in (("if_id", state.if_id), ("tfcpad", state.tfcpad), ("dir", state.dir),
                        ("nat-keepalive-interval", state.nat_keepalive), ("pcpu-num", state.pcpu)):
        if value is not None:
            yield f"\t{word} {_hash_hex(value) if word == 'if_id' else value}"
    yield from _iptfs(state)
    if state.sel:
        yield "\tsel " + selector(state.sel, style)
    if style.stats:
        yield from _limits(state.limits)
        yield "\tstats:"
        yield "\t  replay-window 0 replay 0 failed 0"
    if state.security:
        yield f"\tsecurity context {state.security} "


def _in_context(state: State, style: Style) -> bool:
    return "esn" in state.flags and style.year >= 2014


def policy_lines(policy: Policy, style: Style) -> Iterator[str]:
    yield selector(policy.sel, style)
    if policy.security:
        yield f"\tsecurity context {policy.security} "
    said = f"{'socket' if policy.socket else 'dir'} {policy.dir} "
    said += f"action {policy.action} " if policy.action != "allow" or style.stats else ""
    said += "index 33 " if style.stats else ""
    said += f"priority {policy.priority} ptype {policy.ptype} "
    said += f"share {policy.share} " if style.stats else ""
    said += f"flag {_flags(policy.flags, known.POLICY_FLAG_BITS)}" if (
        policy.flags or style.stats) else ""
    yield "\t" + said + (_mask(policy.flags, known.POLICY_FLAG_BITS) if style.stats else "")
    if style.stats:
        yield from _limits(policy.limits)
    yield from _marks(policy, None, style)
    for tmpl in policy.tmpls:
        yield f"\ttmpl src {tmpl.src} dst {tmpl.dst}"
        yield "\t\t" + _ident(tmpl, style, False)
        if style.stats or tmpl.level != "required":
            yield f"\t\tlevel {tmpl.level} " + (f"share {tmpl.share} " if style.stats else "")
        if style.stats:
            yield (f"\t\tenc-mask {tmpl.enc_mask:08x} auth-mask {tmpl.auth_mask:08x} "
                   f"comp-mask {tmpl.comp_mask:08x}")
    if policy.offload:
        yield _offload(policy.offload, style)
    if policy.if_id is not None:
        yield f"\tif_id {_hash_hex(policy.if_id)}"
