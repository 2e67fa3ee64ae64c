"""conf - what every subject is configured with, in the one form that its driver translates.

The subject is one end of a host-to-host connection with certificates; the other end is the tester.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NAME, REQID = "plain", 7
SUBJECT, TESTER = "moon.strongswan.org", "carol@strongswan.org"


@dataclass(frozen=True)
class Conf:
    """Words of ipsec.conf; `more` are further ones."""

    ike: str = "aes128-sha256-modp2048"
    esp: str = "aes128-sha256"
    transport: bool = True
    more: Mapping[str, str] = field(default_factory=dict)

    def text(self, own: str, peer: str) -> str:
        words = {
            "keyexchange": "ikev2", "reauth": "no", "mobike": "no", "installpolicy": "no",
            "left": own, "leftcert": "moonCert.pem", "leftid": f"@{SUBJECT}",
            "leftsendcert": "always", "right": peer, "rightid": TESTER,
            "ike": f"{self.ike}!", "esp": f"{self.esp}!", "reqid": str(REQID),
            "type": "transport" if self.transport else "tunnel", "auto": "route", **self.more}
        return f"conn {NAME}\n" + "".join(f"\t{k}={v}\n" for k, v in words.items())
