"""ike_openiked - how the testbed drives Debian's OpenIKED, for hosts that do not move.

Its paths are compiled in, so they are laid out in the node. It rekeys by its own clock only.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from harness.bed.base.wait import Fact
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump
from harness.bed.node.host import Host
from harness.bed.peers import packages as peers, plain_conf
from harness.bed.peers.plain_conf import Plain

CONF, SOCKET, USER = "/etc/iked.conf", "/run/iked.sock", "_iked"
ENTRY = "_iked:x:990:990::/run/iked:/usr/sbin/nologin\n"
CIPHERS = {"aes128": "aes-128", "aes256": "aes-256"}
HASHES = {"sha1": "hmac-sha1", "sha256": "hmac-sha2-256"}
# Seconds after which it rekeys an IKE_SA and a CHILD_SA: it knows no command for it.
IKE_LIFETIME, LIFETIME = 150, 60
RULE = 210
FILES = {"ca/ca.crt": "cacerts/strongswanCert.pem", "crls/ca.crl": "crls/strongswan.crl"}


def conf(plain: Plain) -> str:
    cipher, check, group = plain.ike.split("-")
    common = f"enc {CIPHERS[cipher]} auth {HASHES[check]}"
    child_cipher, child_check, *child_group = plain.esp.split("-")
    child = " ".join([f"enc {CIPHERS[child_cipher]} auth {HASHES[child_check]}",
                      *(f"group {one}" for one in child_group)])
    return (f'ikev2 "{plain.name}" {"active" if plain.starts else "passive"}'
            f' {"tunnel" if plain.tunnel else "transport"} esp'
            f" from {plain.left} to {plain.right} local {plain.left} peer {plain.right}"
            f" ikesa {common} prf {HASHES[check]} group {group} childsa {child}"
            f' srcid "{plain.leftid.lstrip("@")}" dstid "{plain.rightid.lstrip("@")}"'
            f" ikelifetime {IKE_LIFETIME} lifetime {LIFETIME}\n")


class OpenIked:
    NAME, PROGRAM = "openiked", "iked"

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
        plain = plain_conf.read(host.read("/etc/ipsec.conf") or "", host.texts)
        users = host.read("/etc/passwd") or ""
        if f"\n{USER}:" not in users:
            host.write("/etc/passwd", users + ENTRY)
        self._files(plain)
        host.write(CONF, conf(plain))
        host.run(f"chmod 600 {CONF}")
        host.story.command(host.name, "iked -d -v")
        host.keep(self.NAME, shlex.split(self._command("iked", "-d -v")))
        host.await_(self.running())

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
        return Fact(f"OpenIKED runs on {self.host.name}", lambda: (
            None if SOCKET in (self.host.read("/proc/thread-self/net/unix") or "")
            else f"no {SOCKET}"))

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
        raise NotImplementedError("OpenIKED closes all or nothing")

    def rekey(self, name: str) -> None:
        lifetime = LIFETIME if "{" in name else IKE_LIFETIME
        self.host.story.note(f"OpenIKED rekeys {name} by itself, within {lifetime} s")
