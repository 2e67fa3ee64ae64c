"""dissect - the payloads of every IKE message, as tshark reads them, inside SK where it has keys.

An independent reader: nothing of our own parsers is used.
Shapes:  payloads in the order of the message, by what makes the message this one, and its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

FIELDS = ["isakmp.ispi", "isakmp.messageid", "isakmp.flag_r", "frame.time_epoch",
          "isakmp.typepayload", "isakmp.notify.msgtype", "isakmp.nextpayload"]
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

# The initiator's SPI, the number, whether it is a response: packets of two messages may have one
# time, where the guest's clock hardly moved between them.
Identity = tuple[str, int, bool]
Dissected = dict[Identity, list[tuple[float, str]]]


def at(found: Dissected, identity: Identity, time: float) -> str | None:
    """The payloads of the message that was seen at that time, or of its nearest like."""
    like = [(abs(when - time), text) for when, text in found.get(identity, ())]
    return min(like)[1] if like else None


def payloads(rows: Iterable[Mapping[str, str]]) -> Dissected:
    """[ SA KE No N(NATD_S_IP) … ] of each IKE message; `rows` have its FIELDS."""
    found: Dissected = {}
    for row in rows:
        identity = (row["isakmp.ispi"].replace(":", ""), int(row["isakmp.messageid"], 0),
                    row["isakmp.flag_r"] in ("1", "True"))
        found.setdefault(identity, []).append((float(row["frame.time_epoch"]), _words(row)))
    return found


def _words(row: Mapping[str, str]) -> str:
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
