"""ike_openiked - how the testbed drives Debian's OpenIKED, for hosts that do not move.

Its paths are compiled in, so they are laid out in the node. It knows no command for a rekey: a
CHILD_SA is replaced after so many octets, an IKE_SA after a time.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from harness.bed.base.wait import Fact, until
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump
from harness.bed.node.host import Host
from harness.bed.peers import packages as peers, plain_conf
from harness.bed.peers.plain_conf import Plain

CONF, SOCKET, USER = "/etc/iked.conf", "/run/iked.sock", "_iked"
ENTRY = "_iked:x:990:990::/run/iked:/usr/sbin/nologin\n"
CIPHERS = {"aes128": "aes-128", "aes256": "aes-256"}
HASHES = {"sha1": "hmac-sha1", "sha256": "hmac-sha2-256"}
# Seconds and octets after which it rekeys, a tenth or so sooner; what carries so many octets.
IKE_LIFETIME, OCTETS, SIZE = 150, 50_000, 1200
PERIOD = 0.1
REKEYS = "send CREATE_CHILD_SA req"
RULE = 210
# The flag of a socket that takes connections, as /proc/net/unix has it.
LISTENS = "00010000"
FILES = {"ca/ca.crt": "cacerts/strongswanCert.pem", "crls/ca.crl": "crls/strongswan.crl"}


def conf(plains: list[Plain], active: str = "") -> str:
    """`active` is the connection that it shall begin."""
    silence = plains[0].words.get("dpddelay", "0").removesuffix("s")
    return f"set nomobike\nset dpd_check_interval {silence}\n" + "".join(
        _conn(one, active=one.starts or one.name == active) for one in plains if not one.ignored)


def _conn(plain: Plain, active: bool) -> str:
    words = plain.words
    proto = " proto udp" * (words.get("leftprotoport") == "17")
    left, right = _end(plain.left), _end(plain.right)
    peer = "any" if words.get("rightallowany") == "yes" else right
    sas = " ".join([*(f"ikesa {_proposal(one, True)}" for one in plain.proposals("ike")),
                    *(f"childsa {_proposal(one, False)} noesn" for one in plain.proposals("esp"))])
    return (f'ikev2 "{plain.name}" {"active" if active else "passive"}'
            f' {"tunnel" if plain.tunnel else "transport"} esp{proto}'
            f" from {words.get('leftsubnet', left)} to {words.get('rightsubnet', right)}"
            f" local {left} peer {peer} {sas}"
            f' srcid "{plain.leftid.lstrip("@")}" dstid "{plain.rightid.lstrip("@")}"'
            f" ikelifetime {words.get('ikelifetime', f'{IKE_LIFETIME}').removesuffix('s')}"
            f" lifetime {words.get('lifetime', '3h').removesuffix('s')} bytes {OCTETS}\n")


def _end(address: str) -> str:
    return "any" if address == "%any" else address


def _proposal(words: list[str], ike: bool) -> str:
    """Of a CHILD_SA, which has no PRF, a group is for rekeys."""
    hashes = [HASHES[one] for one in words if one in HASHES]
    return " ".join([*(f"enc {CIPHERS[one]}" for one in words if one in CIPHERS),
                     *(f"auth {one}" for one in hashes),
                     *(f"prf {one}" for one in hashes if ike),
                     *(f"group {one}" for one in words if one not in CIPHERS | HASHES)])


class OpenIked:
    NAME, PROGRAM, POLICIES, ESP = "openiked", "iked", True, "aes128-sha1"

    def __init__(self, host: Host) -> None:
        self.host = host
        self.root = host.place.peers / peers.OPENIKED

    def _command(self, program: str, words: str) -> str:
        places = shlex.quote(f"LD_LIBRARY_PATH={peers.libraries(self.root)}")
        return f"env {places} {shlex.quote(f'{self.root}/usr/sbin/{program}')} {words}"

    def _ask(self, words: str) -> str:
        return self.host.run(self._command("ikectl", words))

    def start(self) -> None:
        if not self.root.is_dir():
            raise peers.NoPeer(f"OpenIKED is not unpacked in {self.root}")
        host = self.host
        users = host.read("/etc/passwd") or ""
        if f"\n{USER}:" not in users:
            host.write("/etc/passwd", users + ENTRY)
        self._files(self._plains[0])
        self._configure()
        host.story.command(host.name, "iked -d -v")
        host.keep(self.NAME, shlex.split(self._command("iked", "-d -v")))
        host.await_(self.running())

    @property
    def _plains(self) -> list[Plain]:
        return plain_conf.read(self.host.read("/etc/ipsec.conf") or "", self.host.texts)

    def _configure(self, active: str = "") -> None:
        self.host.write(CONF, conf(self._plains, active))
        self.host.run(f"chmod 600 {CONF}")

    def _files(self, plain: Plain) -> None:
        names = FILES | {
            f"certs/{plain.leftid.lstrip('@')}.crt": f"certs/{plain.cert}.pem",
            "private/local.key": f"private/{plain.cert.replace('Cert', 'Key')}.pem"}
        folders = ("ca", "crls", "certs", "private", "pubkeys")
        self.host.run("mkdir -p /run/iked " + " ".join(f"/etc/iked/{one}" for one in folders))
        for target, source in names.items():
            mode = 600 if target.startswith("private/") else 644
            self.host.run(f"install -m {mode} /etc/ipsec.d/{source} /etc/iked/{target}")

    def stop(self) -> None:
        """The first of its processes ends the others; they leave a routing rule behind."""
        self.host.story.command(self.host.name, f"kill $(pidof {self.PROGRAM})")
        self.host.kill(min(self.pids()), "TERM")
        self.host.await_(self.host.stopped(self.NAME))
        self.host.typed(f"ip -6 rule delete pref {RULE}")

    def restart(self) -> None:
        self.stop()
        self.start()

    def running(self) -> Fact:
        """Its socket takes connections; it is there a moment before."""
        def missing() -> str | None:
            lines = (self.host.read("/proc/thread-self/net/unix") or "").splitlines()
            fine = any(one.endswith(SOCKET) and f" {LISTENS} " in one for one in lines)
            return None if fine else f"nobody listens on {SOCKET}"
        return Fact(f"OpenIKED runs on {self.host.name}", missing)

    def pids(self) -> list[int]:
        return self.host.called(self.PROGRAM)

    def status(self) -> str:
        return self._ask("show sa")

    def expected(self, ours: Dump, seen: Dump) -> Dump:
        return ours

    def ike_spis(self) -> frozenset[str]:
        return frozenset(re.findall(r"[ir]spi 0x(\w{16})", self.status()))

    def leave_keys(self, messages: Callable[[], list[Ike]]) -> None:
        """It does not tell them: those of the other end do."""

    def close(self, name: str) -> None:
        if "{" in name:
            raise NotImplementedError("OpenIKED has no command that closes a CHILD_SA")
        ident = self._plains[0].rightid.lstrip("@")
        self._ask(f"reset id {'UFQDN' if '@' in ident else 'FQDN'}/{ident}")

    def begin(self, name: str, packet: Callable[[], None]) -> None:
        self.host.story.command(self.host.name, "ikectl reload")
        self._configure(name)
        self._ask("reload")

    def rekey(self, name: str) -> None:
        host, before = self.host, self._rekeys()
        begun = Fact("OpenIKED rekeys", lambda: (
            None if self._rekeys() > before else "it has not begun to"))
        if "{" not in name:
            host.story.note(f"OpenIKED rekeys {name} by itself, within {IKE_LIFETIME} s")
            until(begun, IKE_LIFETIME, host.story.clock)
            return
        host.story.note(f"packets leave until {name} has carried most of its {OCTETS} octets")
        ping = host.start(["ping", "-q", "-i", f"{PERIOD}", "-s", f"{SIZE - 48}",
                           self._plains[0].right], host.log("ping"))
        try:
            until(begun, 2 * PERIOD * OCTETS / SIZE, host.story.clock)
        finally:
            host.kill(ping, "KILL")

    def _rekeys(self) -> int:
        return self.host.log_text(self.NAME).count(REKEYS)
