"""canon_text - the words of the canonical form: every fact of an entry, as iproute2 would print it.

xfrm.py reads these lines back into the same facts.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.bed.decode.facts import (
    HIDDEN, Algorithm, Dump, Iptfs, Limits, Mark, Offload, Policy, State, Template, selector_text,
)


def text(dump: Dump, node: str) -> str:
    lines = [f"# {node} state"]
    for state in dump.states:
        lines += state_lines(state)
    lines.append(f"# {node} policy")
    for policy in dump.policies:
        lines += policy_lines(policy)
    if dump.defaults:
        lines.append("Default policies:")
        lines += [f" {way}: {action}" for way, action in dump.defaults.items()]
    return "\n".join(lines) + "\n"


def state_lines(state: State) -> list[str]:
    window = [] if state.replay_window is None else [f"replay-window {state.replay_window}"]
    window += [f"flag {' '.join(state.flags)}"] if state.flags else []
    spi = " spi SPI" if "spi" in state.hidden else _spi_text(state.spi)
    reqid = "REQID" if "reqid" in state.hidden else state.reqid
    lines = [
        f"src {state.src} dst {state.dst}",
        f"\tproto {state.proto}{spi} reqid {reqid} mode {state.mode}",
    ]
    if window:
        lines.append(f"\t{' '.join(window)}")
    lines += [f"\t{algorithm_text(alg)}" for alg in state.algorithms]
    lines += [f"\t{line}" for line in _attributes(state)]
    if state.sel is not None:
        lines.append(f"\tsel {selector_text(state.sel, True)}")
    return lines + _limit_lines(state.limits)


def _attributes(state: State) -> Iterator[str]:
    """What a state may have beside, a line each."""
    if state.coa is not None:
        yield f"coa {state.coa}"
    yield from _common(state)
    if state.output_mark:
        yield f"output-mark {_mark_text(state.output_mark)}"
    if state.encap:
        one = state.encap
        yield f"encap type {one.type} sport {one.sport} dport {one.dport} addr {one.addr}"
    if state.extra_flags:
        yield f"extra_flag {' '.join(state.extra_flags)}"
    if state.dir is not None:
        yield f"dir {state.dir}" if state.dir in ("in", "out") else f"dir other ({state.dir})"
    for word, value in (("tfcpad", state.tfcpad), ("pcpu-num", state.pcpu),
                        ("nat-keepalive-interval", state.nat_keepalive),
                        ("mtimer-thresh", state.mtimer)):
        if value is not None:
            yield f"{word} {value}"
    if state.iptfs:
        yield f"iptfs-opts {_iptfs_text(state.iptfs)}"


def _common(entry: State | Policy) -> Iterator[str]:
    """What states and policies have alike."""
    if entry.mark:
        yield f"mark {_mark_text(entry.mark)}"
    if entry.if_id is not None:
        yield f"if_id 0x{entry.if_id:x}"
    if entry.security is not None:
        yield f"security context {entry.security}"
    if entry.offload:
        yield f"crypto offload parameters: {_offload_text(entry.offload)}"


def _mark_text(mark: Mark) -> str:
    return f"0x{mark.value:x}" + ("" if mark.mask is None else f"/0x{mark.mask:x}")


def _offload_text(offload: Offload) -> str:
    way = f" dir {offload.dir}" if offload.dir else ""
    return f"dev {offload.dev}{way} mode {offload.mode}"


def _iptfs_text(iptfs: Iptfs) -> str:
    words = {"pkt-size": iptfs.pkt_size, "max-queue-size": iptfs.max_queue_size,
             "drop-time": iptfs.drop_time, "reorder-window": iptfs.reorder_window,
             "init-delay": iptfs.init_delay}
    said = [f"{word} {value}" for word, value in words.items() if value is not None]
    return " ".join(said + ["dont-frag"] * iptfs.dont_frag)


def _limit_lines(limits: Limits | None) -> list[str]:
    if limits is None:
        return []
    limit = ["(INF)" if n is None else str(n) for n in (
        limits.soft_bytes, limits.hard_bytes, limits.soft_packets, limits.hard_packets)]
    return [
        "\tlifetime config:",
        f"\t  limit: soft {limit[0]}(bytes), hard {limit[1]}(bytes)",
        f"\t  limit: soft {limit[2]}(packets), hard {limit[3]}(packets)",
        f"\t  expire add: soft {limits.soft_add}(sec), hard {limits.hard_add}(sec)",
        f"\t  expire use: soft {limits.soft_use}(sec), hard {limits.hard_use}(sec)",
    ]


def _spi_text(spi: str | None) -> str:
    if spi is None:
        return ""
    return f" {spi}" if spi.startswith("spi:") else f" spi {spi}"


def algorithm_text(alg: Algorithm) -> str:
    word = "auth-trunc" if alg.kind == "auth" else alg.kind
    bits = "" if alg.bits is None else f" {alg.bits}"
    return f"{word} {alg.name} {alg.key.removeprefix(f'{HIDDEN}:')}{bits}"


def policy_lines(policy: Policy) -> list[str]:
    action = "" if policy.action == "allow" else f" action {policy.action}"
    share = "" if policy.share is None else f" share {policy.share}"
    flags = f" flag {' '.join(policy.flags)}" if policy.flags else ""
    way = "socket" if policy.socket else "dir"
    lines = [selector_text(policy.sel, True),
             f"\t{way} {policy.dir}{action} priority {policy.priority} ptype {policy.ptype}"
             f"{share}{flags}"]
    lines += _limit_lines(policy.limits)
    lines += [f"\t{line}" for line in _common(policy)]
    for tmpl in policy.tmpls:
        lines += template_lines(tmpl)
    return lines


def template_lines(tmpl: Template) -> list[str]:
    lines = [
        f"\ttmpl src {tmpl.src} dst {tmpl.dst}",
        f"\t\tproto {tmpl.proto}{_spi_text(tmpl.spi)} reqid {tmpl.reqid} mode {tmpl.mode}",
    ]
    words = [f"level {tmpl.level}"] if tmpl.level != "required" or tmpl.share else []
    words += [f"share {tmpl.share}"] if tmpl.share else []
    if words:
        lines.append(f"\t\t{' '.join(words)}")
    masks = [f"{kind}-mask {mask:08x}" for kind, mask in (
        ("enc", tmpl.enc_mask), ("auth", tmpl.auth_mask), ("comp", tmpl.comp_mask))
        if mask is not None]
    return lines + ([f"\t\t{' '.join(masks)}"] if masks else [])
