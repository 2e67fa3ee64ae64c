"""conf - what every subject is configured with, in the one form that its driver translates.

The subject is one end of a connection with certificates; the other end is the tester.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.tester.ike.ends import Ends
from harness.tester.ike.suites import ESP, Suite

# What packets are protected with where a test does not say: of the first, unless a subject cannot.
SUITES = {"aes128-sha256": ESP, "aes128-sha1": Suite(12, 128, 2, esn=0)}
NAME, REQID = "plain", 7
# What has a connection of its own where the subject is to ask for a second CHILD_SA.
DATAGRAMS, REQID_OF_DATAGRAMS = "datagrams", 8
SUBJECT, TESTER = "moon.strongswan.org", "carol@strongswan.org"


@dataclass(frozen=True)
class Conf:
    """Words of ipsec.conf; `more` are further ones, `setup` those of all connections.

    `divided` gives UDP a connection of its own.
    """

    ends: Ends
    ike: str = "aes128-sha256-modp2048"
    esp: str = next(iter(SUITES))
    divided: bool = False
    more: Mapping[str, str] = field(default_factory=dict)
    setup: Mapping[str, str] = field(default_factory=dict)

    def text(self, own: str, peer: str) -> str:
        words = {
            "keyexchange": "ikev2", "reauth": "no", "mobike": "no", "installpolicy": "no",
            "left": own, "leftcert": "moonCert.pem", "leftid": f"@{SUBJECT}",
            "leftsendcert": "always", "right": peer, "rightid": TESTER,
            "ike": f"{self.ike}!", "esp": f"{self.esp}!", "reqid": str(REQID),
            "type": "transport" if self.ends.transport else "tunnel", "auto": "route"}
        nets = {"leftsubnet": self.ends.peer, "rightsubnet": self.ends.own}
        words |= {key: one.net for key, one in nets.items() if not one.alone} | self.more
        second = words | {"leftprotoport": "17", "rightprotoport": "17",
                          "reqid": str(REQID_OF_DATAGRAMS)}
        return "\n".join(_section(*one) for one in (
            ("config setup", self.setup), (f"conn {NAME}", words),
            *([(f"conn {DATAGRAMS}", second)] if self.divided else [])) if one[1])


def _section(head: str, words: Mapping[str, str]) -> str:
    return f"{head}\n" + "".join(f"\t{k}={v}\n" for k, v in words.items())
