"""wire - an independent reader of the wire: tshark dissects, the checksum is added up anew.

IKE_SA_INIT is read as it is; BU and BA are taken out of ESP with the keys of the kernel's own
dumps. Nothing of our parsers is used, so that agreement is evidence.
Shapes:  facts in the order of the capture.
Errors:  WireError with tshark's words if it cannot read the file; tool.Broke if it cannot work.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.bed.base import tool
from harness.bed.decode.xfrm import State, parse_dump

MOBILITY_HEADER = 135
BU, BA = "BU", "BA"
KINDS = {"5": BU, "6": BA}
CIPHERS = {
    "cbc(aes)": "AES-CBC [RFC3602]",
    "ecb(cipher_null)": "NULL",
    "rfc4106(gcm(aes))": "AES-GCM with 16 octet ICV [RFC4106]",
}
MACS = {
    ("hmac(sha1)", 96): "HMAC-SHA-1-96 [RFC2404]",
    ("hmac(sha256)", 128): "HMAC-SHA-256-128 [RFC4868]",
}


# pcap of micro- and of nanoseconds in either byte order, and pcapng.
MAGICS = frozenset(bytes.fromhex(text) for text in (
    "a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a"))


class WireError(RuntimeError):
    """tshark could not read the capture."""


@dataclass(frozen=True)
class Signal:
    """A BU or BA inside ESP. `home_address` is that of the option or of the routing header."""

    frame: int
    time: float
    kind: str
    src: str
    dst: str
    home_address: str
    spi: str
    authentic: bool
    checksum_holds: bool
    seq: int
    flags: str
    lifetime: int
    status: int | None
    alternate_coa: str | None


@dataclass(frozen=True)
class InitMessage:
    """One IKE_SA_INIT as tshark sees it: numbers of the registries, nothing interpreted."""

    frame: int
    src: str
    dst: str
    initiator_spi: str
    responder_spi: str
    is_response: bool
    payloads: tuple[int, ...]
    encr: tuple[int, ...]
    prf: tuple[int, ...]
    integ: tuple[int, ...]
    groups: tuple[int, ...]
    key_bits: tuple[int, ...]
    ke_group: int | None
    notifies: tuple[int, ...]
    malformed: bool


def esp_sa(state: State) -> str | None:
    """The line of Wireshark's table of ESP keys; addresses are left open, the SPI tells."""
    by_kind = {alg.kind: alg for alg in state.algorithms}
    cipher = by_kind.get("aead") or by_kind.get("enc")
    mac = by_kind.get("auth")
    if cipher is None or cipher.name not in CIPHERS:
        return None
    mac_name = MACS.get((mac.name, mac.bits or 0)) if mac else "NULL"
    columns = ("IPv6", "*", "*", state.spi, CIPHERS[cipher.name], cipher.key,
               mac_name, mac.key if mac else "")
    return ",".join(f'"{column}"' for column in columns) if mac_name else None


def _keys(dump_texts: Iterable[str]) -> list[str]:
    states = [s for text in dump_texts for s in parse_dump(text).states if s.proto == "esp"]
    lines = {line for line in map(esp_sa, (s for s in states if not s.larval)) if line}
    return [f"uat:esp_sa:{line}" for line in sorted(lines)]


def is_capture(path: Path) -> bool:
    """Whether it is pcap or pcapng; some tshark take a text for a log of another program."""
    try:
        with path.open("rb") as file:
            return file.read(4) in MAGICS
    except OSError:
        return True  # tshark says why it cannot be read


def tshark(pcap: Path, wanted: str, fields: list[str], options: list[str]) -> list[dict[str, str]]:
    """One row of fields for each frame that matches; several values are joined by commas.

    It looks for settings beside the capture, where there are none: those of the person who runs it
    may leave protocols out.
    """
    if not is_capture(pcap):
        raise WireError(f"{pcap}: it is no capture: its first octets are not those of one")
    command = ["tshark", "-n", "-r", str(pcap), "-Y", wanted, "-T", "fields", "-E", "occurrence=a"]
    for option in options:
        command += ["-o", option]
    for field in fields:
        command += ["-e", field]
    env = os.environ | {"WIRESHARK_CONFIG_DIR": str(pcap.parent)}
    try:
        said = tool.output("tshark", command, [pcap.name, *options], env)
    except tool.Refused as error:
        raise WireError(f"{pcap}: {error}") from error
    return rows(said, fields)


def rows(said: str, fields: Sequence[str]) -> list[dict[str, str]]:
    """What tshark has printed, by field."""
    return [dict(zip(fields, line.split("\t"))) for line in said.splitlines()]


HOME_OPTION, HOME_ROUTING = "ipv6.opt.mipv6.home_address", "ipv6.routing.mipv6.home_address"
FLAGS = "ahlk"
SIGNAL_FIELDS = [
    "frame.number", "frame.time_epoch", "ipv6.src_host", "ipv6.dst_host", "esp.spi",
    "esp.icv_good", "esp.contained_data", HOME_OPTION, HOME_ROUTING, "mip6.mhtype",
    "mip6.bu.seqnr", "mip6.bu.lifetime", "mip6.acoa.acoa",
    "mip6.ba.status", "mip6.ba.seqnr", "mip6.ba.k_flag", "mip6.ba.lifetime",
    *(f"mip6.bu.{flag}_flag" for flag in FLAGS),
]


def read_bu_ba(pcap: Path, dump_texts: Iterable[str]) -> list[Signal]:
    """Every BU and BA that ESP carries and the keys of the dumps open."""
    options = ["esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE"]
    rows = tshark(pcap, "esp && (mip6.mhtype == 5 || mip6.mhtype == 6)", SIGNAL_FIELDS,
                   options + _keys(dump_texts))
    return [_signal(row) for row in rows]


def _signal(row: dict[str, str]) -> Signal:
    kind = KINDS[row["mip6.mhtype"]]
    word = f"mip6.{kind.lower()}"
    home = row[HOME_OPTION] or row[HOME_ROUTING]
    src, dst = row["ipv6.src_host"], row["ipv6.dst_host"]
    ends = (home or src, dst) if kind == BU else (src, home or dst)
    flags = "".join(f for f in FLAGS if row.get(f"{word}.{f}_flag") in ("1", "True"))
    return Signal(
        frame=int(row["frame.number"]), time=float(row["frame.time_epoch"]), kind=kind,
        src=src, dst=dst, home_address=home, spi=row["esp.spi"],
        authentic=row["esp.icv_good"] in ("1", "True"),
        checksum_holds=checksum_holds(bytes.fromhex(row["esp.contained_data"]), *ends),
        seq=int(row[f"{word}.seqnr"]), flags=flags.upper(), lifetime=int(row[f"{word}.lifetime"]),
        status=int(row["mip6.ba.status"]) if kind == BA else None,
        alternate_coa=row["mip6.acoa.acoa"] or None)


def checksum_holds(header: bytes, src: str, dst: str) -> bool:
    """Of a mobility header, with the home address where it belongs.

    RFC 8200 section 8.1: with the checksum in it all adds up to ones.
    """
    ends = b"".join(socket.inet_pton(socket.AF_INET6, end) for end in (src, dst))
    summed = ends + struct.pack("!II", len(header), MOBILITY_HEADER) + header
    summed += bytes(len(summed) % 2)
    return sum(struct.unpack(f"!{len(summed) // 2}H", summed)) % 0xFFFF == 0


def faults(signals: list[Signal], hoa: str, ha: str) -> list[str]:
    """Sentences where BU and BA are not what RFC 6275 and RFC 4877 ask of them away from home."""
    sentences = []
    for signal in signals:
        mn_end, ha_end = (
            (signal.src, signal.dst) if signal.kind == BU else (signal.dst, signal.src))
        checks = {
            "ESP is not authentic": signal.authentic,
            "the checksum does not hold": signal.checksum_holds,
            f"the home address is {signal.home_address or 'not there'}":
                signal.home_address == hoa or mn_end == hoa,
            f"the home agent's end is {ha_end}": ha_end == ha,
            f"the alternate care-of address is {signal.alternate_coa}, the source {signal.src}":
                signal.kind == BA or mn_end == hoa or signal.alternate_coa == signal.src,
        }
        sentences += [f"{signal.kind} {signal.seq} in frame {signal.frame}: {fault}"
                      for fault, holds in checks.items() if not holds]
    return sentences


INIT_FIELDS = [
    "frame.number", "ipv6.src_host", "ipv6.dst_host", "isakmp.ispi", "isakmp.rspi",
    "isakmp.flag_r", "isakmp.typepayload", "isakmp.tf.id.encr", "isakmp.tf.id.prf",
    "isakmp.tf.id.integ", "isakmp.tf.id.dh", "isakmp.ike2.attr.key_length",
    "isakmp.key_exchange.dh_group", "isakmp.notify.msgtype", "_ws.malformed",
]
TRANSFORM_PAYLOAD = 3


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word, 0) for word in text.split(",") if word)


def read_ike_sa_init(pcap: Path) -> list[InitMessage]:
    """Every IKE_SA_INIT of a capture."""
    rows = tshark(pcap, "isakmp.exchangetype == 34", INIT_FIELDS, [])
    return [_init_message(row) for row in rows]


def _init_message(row: dict[str, str]) -> InitMessage:
    payloads = _numbers(row["isakmp.typepayload"])
    group = _numbers(row["isakmp.key_exchange.dh_group"])
    return InitMessage(
        frame=int(row["frame.number"]), src=row["ipv6.src_host"], dst=row["ipv6.dst_host"],
        initiator_spi=row["isakmp.ispi"], responder_spi=row["isakmp.rspi"],
        is_response=row["isakmp.flag_r"] in ("1", "True"),
        payloads=tuple(kind for kind in payloads if kind not in (2, TRANSFORM_PAYLOAD)),
        encr=_numbers(row["isakmp.tf.id.encr"]), prf=_numbers(row["isakmp.tf.id.prf"]),
        integ=_numbers(row["isakmp.tf.id.integ"]), groups=_numbers(row["isakmp.tf.id.dh"]),
        key_bits=_numbers(row["isakmp.ike2.attr.key_length"]),
        ke_group=group[0] if group else None,
        notifies=_numbers(row["isakmp.notify.msgtype"]), malformed=bool(row["_ws.malformed"]))


SA, KE, NONCE, CERTREQ, NOTIFY = 33, 34, 40, 38, 41
FIRST = (SA, KE, NONCE, NOTIFY, NOTIFY)
FIRST_PAYLOADS = {"request": FIRST, "response": (*FIRST, CERTREQ)}


def check(pcap: Path, dump_texts: Iterable[str], hoa: str, ha: str) -> list[str]:
    """Sentences where the capture of an establishment and a move is not what the page tells."""
    signals = read_bu_ba(pcap, dump_texts)
    sentences = faults(signals, hoa, ha)
    kinds = {signal.kind for signal in signals}
    sentences += [f"no {kind} inside ESP was seen" for kind in (BU, BA) if kind not in kinds]
    messages = read_ike_sa_init(pcap)
    for word, payloads in FIRST_PAYLOADS.items():
        found = next((m for m in messages if m.is_response == (word == "response")), None)
        if found is None:
            sentences.append(f"no IKE_SA_INIT {word} was seen")
        elif found.malformed or found.payloads != payloads:
            broken = "malformed, " if found.malformed else ""
            sentences.append(f"IKE_SA_INIT {word} in frame {found.frame}: {broken}payloads "
                             f"{found.payloads}, expected {payloads}")
    return sentences
