"""ike_libreswan - how the testbed drives Debian's libreswan, for hosts that do not move.

Its pluto is told everything by options; certificate and key are put into an NSS database of the
node's own.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable

from harness.bed.base.wait import Fact
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump
from harness.bed.node.host import Host
from harness.bed.peers import packages as peers, plain_conf
from harness.bed.peers.plain_conf import Plain

# Where its programs look for each other, compiled in.
PROGRAMS = "/usr/libexec/ipsec"
RUN, NSS, CONF = "/run/pluto", "/run/pluto/nss", "/etc/libreswan.conf"
BUNDLE = f"{RUN}/bundle.p12"
HASHES = {"sha1": "sha1", "sha256": "sha2_256", "sha384": "sha2_384", "sha512": "sha2_512"}


def conf(plain: Plain) -> str:
    """A group in `esp` is for rekeys: pfs."""
    settings = {
        "ikev2": "insist", "authby": "rsasig", "mobike": "no", "auto": "ignore",
        "type": "tunnel" if plain.tunnel else "transport",
        "left": plain.left, "leftid": identity(plain.leftid), "leftcert": plain.cert,
        "leftsendcert": "always",
        "right": plain.right, "rightid": identity(plain.rightid), "rightca": "%same",
        "ike": proposal(plain.ike), "esp": proposal(plain.esp), "pfs": "yes",
        "leftupdown": "%disabled"}
    return f"conn {plain.name}\n" + "".join(f"\t{k}={v}\n" for k, v in settings.items())


def identity(text: str) -> str:
    return text if "@" in text else f"@{text}"


def proposal(text: str) -> str:
    return "-".join(HASHES.get(word, word) for word in text.split("-"))


class Pluto:
    NAME = "pluto"

    def __init__(self, host: Host) -> None:
        self.host = host
        self.root = host.place.peers / peers.LIBRESWAN

    @property
    def _child(self) -> str:
        """What its commands call a CHILD_SA: 5.0 has another word than 4.10."""
        return "child" if peers.version(self.root, peers.LIBRESWAN) >= (5,) else "ipsec"

    def _command(self, program: str, words: str) -> str:
        """One of its programs, with the libraries that lie beside it."""
        tool = f"{self.root}/usr/bin/{program}"
        path = shlex.quote(tool if program.endswith("util") else f"{PROGRAMS}/{program}")
        places = shlex.quote(f"LD_LIBRARY_PATH={peers.libraries(self.root)}")
        return f"env {places} {path} {words}"

    def _whack(self, words: str) -> str:
        self.host.story.command(self.host.name, f"ipsec whack {words}")
        return self.host.run(self._command("whack", f"--rundir {RUN} {words}"))

    def start(self) -> None:
        if not self.root.is_dir():
            raise peers.NoPeer(f"libreswan is not unpacked in {self.root}")
        self._move_in()
        plain = plain_conf.read(self.host.read("/etc/ipsec.conf") or "", self.host.texts)
        self.host.write(CONF, conf(plain))
        self._certificates(plain)
        self.host.story.command(self.host.name, "ipsec pluto")
        words = self._command("pluto", f"--config {CONF} --rundir {RUN} --nssdir {NSS} "
                              "--nofork --stderrlog")
        self.host.keep(self.NAME, shlex.split(words))
        self.host.await_(self._listens())
        self.host.run(self._command("addconn", f"--config {CONF} --ctlsocket {RUN}/pluto.ctl "
                                    f"{plain.name}"))
        self._whack("--listen")
        if plain.starts:
            self._whack(f"--asynchronous --initiate --name {plain.name}")

    def _move_in(self) -> None:
        if f" {PROGRAMS} " not in (self.host.read("/proc/thread-self/mounts") or ""):
            self.host.run(f"mkdir -p {PROGRAMS}")
            source = shlex.quote(f"{self.root}{PROGRAMS}")
            self.host.run(f"busybox mount -n -o bind {source} {PROGRAMS}")

    def _certificates(self, plain: Plain) -> None:
        run, folder = self.host.run, "/etc/ipsec.d"
        run(f"rm -rf {NSS}")
        run(f"mkdir -p {NSS}")
        run(self._command("certutil", f"-N -d sql:{NSS} --empty-password"))
        run(f"openssl pkcs12 -export -passout pass: -name {plain.cert} -out {BUNDLE}"
            f" -in {folder}/certs/{plain.cert}.pem"
            f" -inkey {folder}/private/{plain.cert.replace('Cert', 'Key')}.pem")
        run(self._command("pk12util", f"-i {BUNDLE} -d sql:{NSS} -W \'\'"))
        run(self._command("certutil", f"-A -d sql:{NSS} -n CA -t CT,, -a"
                          f" -i {folder}/cacerts/strongswanCert.pem"))

    def _listens(self) -> Fact:
        socket = f"{RUN}/pluto.ctl"
        return Fact(f"pluto listens on {self.host.name}", lambda: (
            None if socket in (self.host.read("/proc/thread-self/net/unix") or "")
            else f"no {socket}"))

    def stop(self) -> None:
        """What it allows neighbour discovery by main policies it leaves behind."""
        self._whack("--shutdown")
        self.host.await_(self.host.stopped(self.NAME))
        self.host.typed("ip xfrm policy flush")

    def restart(self) -> None:
        self.stop()
        self.start()

    def running(self) -> Fact:
        return self._listens()

    def pids(self) -> list[int]:
        return self.host.called(self.NAME)

    def status(self) -> str:
        return self.host.run(self._command("whack", f"--rundir {RUN} --status"))

    def expected(self, ours: Dump, seen: Dump) -> Dump:
        return ours

    def ike_spis(self) -> frozenset[str]:
        raise NotImplementedError("libreswan does not tell the SPIs of its IKE_SAs")

    def leave_keys(self, messages: Callable[[], list[Ike]]) -> None:
        """It does not tell them: those of the other end do."""

    def close(self, name: str) -> None:
        kind = self._child if "{" in name else "ike"
        self._whack(f"--delete-{kind} --name {name.partition('{')[0].partition('[')[0]}")

    def rekey(self, name: str) -> None:
        kind = self._child if "{" in name else "ike"
        self._whack(f"--rekey-{kind} --name {name.partition('{')[0].partition('[')[0]}")
