"""An adapter of the conformance tester, to copy: it plugs in iked as if nobody knew it.

    make conformance SUBJECT=examples/your-ci/adapter.py LIST=ikev2-en
"""

from harness.bed.peers.plain_conf import Plain
from harness.tester.subjects.adapter import Adapter

CONF = "/etc/other.conf"


def conf(plain: Plain) -> str:
    """A connection in the daemon's own words; `words` has all else that a test wants of it."""
    more = ("dpdaction", "dpddelay", "ikelifetime", "lifetime", "margintime", "rekeyfuzz",
            "leftprotoport", "rightprotoport")
    lines = [f"conn {plain.name}", "auto=route", "mobike=no", "installpolicy=no", "reauth=no",
             f"type={'tunnel' if plain.tunnel else 'transport'}", f"reqid={plain.words['reqid']}",
             f"left={plain.left}", f"leftid={plain.leftid}", f"leftcert={plain.cert}.pem",
             f"right={plain.right}", f"rightid={plain.rightid}", "leftsendcert=always",
             f"ike={plain.words['ike']}", f"esp={plain.words['esp']}",
             *(f"{one}={plain.words[one]}" for one in more if one in plain.words)]
    return "\n\t".join(lines) + "\n"


class Driver(Adapter):
    NAME = "iked"

    def start(self) -> None:
        self.host.write(CONF, "".join(map(conf, self.plains())))
        keys = self.host.place.results / f"{self.host.name}.ike.keys"
        self.host.keep(self.NAME, ["env", f"IKEKEYLOGFILE={keys}", "iked", "--nofork",
                                   "--conf", CONF])

    def rekey(self, name: str) -> None:
        self.host.run(f"ipsec stroke rekey {name}")

    def close(self, name: str) -> None:
        self.host.start(["ipsec", "down", name], self.host.log("down"))
