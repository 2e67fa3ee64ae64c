"""dissect - the payloads of every IKE message, as tshark reads them, inside SK where it has keys.

An independent reader: nothing of our own parsers is used.
Shapes:  payloads in the order of the message, by link and time of the packet.
Errors:  WireError with tshark's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.bed.check import wire

FIELDS = ["frame.interface_name", "frame.time_epoch", "isakmp.typepayload",
          "isakmp.notify.msgtype", "isakmp.nextpayload"]
PROPOSAL, TRANSFORM, NOTIFY, SK, SKF = 2, 3, 41, 46, 53
PAYLOADS = {33: "SA", 34: "KE", 35: "IDi", 36: "IDr", 37: "CERT", 38: "CERTREQ", 39: "AUTH",
            40: "No", 42: "D", 43: "V", 44: "TSi", 45: "TSr", 46: "SK", 47: "CP", 48: "EAP",
            53: "SKF"}
NOTIFIES = {7: "INVAL_SYN", 14: "NO_PROP", 17: "INVAL_KE", 24: "AUTH_FAILED", 34: "NO_ADD_SAS",
            38: "TS_UNACCEPT", 43: "TEMP_FAIL", 44: "NO_CHILD_SA", 16384: "INIT_CONTACT",
            16385: "SET_WINSIZE", 16388: "NATD_S_IP", 16389: "NATD_D_IP", 16390: "COOKIE",
            16391: "USE_TRANSP", 16393: "REKEY_SA", 16394: "ESP_TFC_PAD_N", 16396: "MOBIKE_SUP",
            16404: "MULT_AUTH", 16406: "REDIR_SUP", 16417: "EAP_ONLY", 16418: "CHILDLESS_SUP",
            16430: "FRAG_SUP", 16431: "HASH_ALG", 16438: "USE_PPK"}

Moment = tuple[str, int]
# A message in IP fragments is read with its last one; they come right after each other.
FRAGMENTS_WITHIN = 5000


def moment(link: str, time: float) -> Moment:
    """Where and when a packet was seen, in microseconds."""
    return link, round(time * 1_000_000)


def at(found: dict[Moment, str], link: str, time: float) -> str | None:
    """The payloads of the message whose first fragment was seen at that time."""
    where, exact = moment(link, time)
    later = [(when - exact, text) for (name, when), text in found.items()
             if name == where and 0 <= when - exact < FRAGMENTS_WITHIN]
    return min(later)[1] if later else None


def payloads(capture: Path, options: list[str]) -> dict[Moment, str]:
    """[ SA KE No N(NATD_S_IP) … ] of each IKE message of a capture with named interfaces."""
    rows = wire.tshark(capture, "isakmp", FIELDS, options)
    return {moment(row["frame.interface_name"], float(row["frame.time_epoch"])): _words(row)
            for row in rows}


def _words(row: dict[str, str]) -> str:
    kinds = [int(word) for word in row["isakmp.typepayload"].split(",") if word]
    following = [int(word) for word in row["isakmp.nextpayload"].split(",") if word]
    notifies = iter(int(word, 0) for word in row["isakmp.notify.msgtype"].split(",") if word)
    names = list(_names(kinds, notifies))
    if kinds[-1:] in ([SK], [SKF]) and len(following) > 1:
        names[-1] += "{…}" if following[1] else "{ }"
    elif SK in kinds:
        names = [*names[:kinds.index(SK)], f"SK{{ {' '.join(names[kinds.index(SK) + 1:])} }}"]
    return f"[ {' '.join(names)} ]" if names else "[ ]"


def _names(kinds: list[int], notifies: Iterator[int]) -> Iterator[str]:
    for kind in kinds:
        if kind == NOTIFY:
            number = next(notifies, 0)
            yield f"N({NOTIFIES.get(number, number)})"
        elif kind not in (PROPOSAL, TRANSFORM):
            yield PAYLOADS.get(kind, str(kind))
