"""ike_libreswan - how the testbed drives Debian's libreswan, for hosts that do not move.

Its pluto is told everything by options; certificate and key are put into an NSS database of the
node's own.
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

# Where its programs look for each other, compiled in.
PROGRAMS = "/usr/libexec/ipsec"
RUN, NSS, CONF = "/run/pluto", "/run/pluto/nss", "/etc/libreswan.conf"
BUNDLE = f"{RUN}/bundle.p12"
HASHES = {"sha1": "sha1", "sha256": "sha2_256", "sha384": "sha2_384", "sha512": "sha2_512"}
GROUPS = {"ecp256": "dh19", "ecp384": "dh20", "ecp521": "dh21", "curve25519": "dh31"}
# What it calls by another name than strongSwan does, of what a connection may say beside.
TIMERS = {"dpdaction": "dpdaction", "dpddelay": "dpddelay", "ikelifetime": "ikelifetime",
          "lifetime": "salifetime", "margintime": "rekeymargin", "rekeyfuzz": "rekeyfuzz",
          "keyingtries": "keyingtries"}


# "#2: "plain":500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); …"
STATE = re.compile(r'#(\d+): "([^"]+)"\S* STATE_V2_ESTABLISHED_(IKE|CHILD)_SA')
# How many half-open IKE_SAs it takes without a cookie; it would take 25,000.
HALF_OPEN = 32


def conf(plains: list[Plain]) -> str:
    setup = f"config setup\n\tddos-ike-threshold={HALF_OPEN}\n"
    return setup + "".join(_conn(one) for one in plains)


def _conn(plain: Plain) -> str:
    """A group in `esp` is for rekeys: pfs. What is not in a connection's words it would offer."""
    words = plain.words
    timers = {theirs: words[ours] for ours, theirs in TIMERS.items() if ours in words}
    nets = {one: words[one] for one in ("leftsubnet", "rightsubnet") if one in words}
    nets |= {one: f"{words[one]}/0" for one in ("leftprotoport", "rightprotoport")
             if one in words}
    if "dpddelay" in timers:
        timers["dpdtimeout"] = "120s"  # It wants both or none.
    groups = [word for one in plain.proposals("esp") for word in one if is_group(word)]
    settings = {
        "ikev2": "insist", "authby": "rsasig", "mobike": "no", "auto": "ignore",
        "type": "tunnel" if plain.tunnel else "transport",
        "left": plain.left, "leftid": identity(plain.leftid), "leftcert": plain.cert,
        "leftsendcert": words.get("leftsendcert", "always"),
        "right": "%any" if words.get("rightallowany") == "yes" else plain.right,
        "rightid": identity(plain.rightid), "rightca": "%same",
        "ike": proposals(plain, "ike"), "esp": proposals(plain, "esp"),
        "pfs": "yes" if groups else "no", "esn": "no",
        "leftupdown": "%disabled", **nets, **timers}
    return f"conn {plain.name}\n" + "".join(f"\t{k}={v}\n" for k, v in settings.items())


def identity(text: str) -> str:
    return text if "@" in text else f"@{text}"


def is_group(word: str) -> bool:
    return word in GROUPS or word.startswith("modp")


def proposals(plain: Plain, which: str) -> str:
    """Ciphers, hashes and groups have a place each; several of one are joined by +."""
    return ",".join(map(_proposal, plain.proposals(which)))


def _proposal(words: list[str]) -> str:
    places = ([one for one in words if one not in HASHES and not is_group(one)],
              [HASHES[one] for one in words if one in HASHES],
              [GROUPS.get(one, one) for one in words if is_group(one)])
    return "-".join("+".join(place) for place in places if place)


def which(name: str) -> tuple[str, str]:
    """Whose SA it is, and of which kind: `plain{7}` is a CHILD_SA's."""
    return re.split(r"[{[]", name)[0], "child" if "{" in name else "ike"


class Pluto:
    NAME, POLICIES, ESP = "pluto", True, "aes128-sha256"

    def __init__(self, host: Host) -> None:
        self.host = host
        self.root = host.place.peers / peers.LIBRESWAN

    @property
    def _new(self) -> bool:
        """From 5.0 on its commands call a CHILD_SA a child, and can close one by name."""
        return peers.version(self.root, peers.LIBRESWAN) >= (5,)

    def _command(self, program: str, words: str) -> str:
        """One of its programs, with the libraries that lie beside it."""
        tool = f"{self.root}/usr/bin/{program}"
        path = shlex.quote(tool if program.endswith("util") else f"{PROGRAMS}/{program}")
        places = shlex.quote(f"LD_LIBRARY_PATH={peers.libraries(self.root)}")
        return f"env {places} {path} {words}"

    def _whack(self, words: str) -> str:
        self.host.story.command(self.host.name, f"ipsec whack {words}")
        return self.host.run(self._command("whack", f"--rundir {RUN} {words}"))

    def _begin(self, words: str) -> None:
        """What whack waits for: the other end's answer."""
        self.host.story.command(self.host.name, f"ipsec whack {words}")
        command = self._command("whack", f"--rundir {RUN} {words}")
        self.host.start(shlex.split(command), self.host.log("whack"))

    def start(self) -> None:
        if not self.root.is_dir():
            raise peers.NoPeer(f"libreswan is not unpacked in {self.root}")
        self._move_in()
        plains = self._plains()
        self.host.write(CONF, conf(plains))
        self._certificates(plains[0])
        self.host.story.command(self.host.name, "ipsec pluto")
        words = self._command("pluto", f"--config {CONF} --rundir {RUN} --nssdir {NSS} "
                              "--nofork --stderrlog")
        self.host.keep(self.NAME, shlex.split(words))
        self.host.await_(self._listens())
        for one in plains:
            if not one.ignored:
                self.host.run(self._command("addconn", f"--config {CONF} --ctlsocket "
                                            f"{RUN}/pluto.ctl {one.name}"))
        self._whack("--listen")
        for one in plains:
            if one.starts:
                self._whack(f"--asynchronous --initiate --name {one.name}")
            elif one is not plains[0]:
                self._whack(f"--route --name {one.name}")

    def _plains(self) -> list[Plain]:
        return plain_conf.read(self.host.read("/etc/ipsec.conf") or "", self.host.texts)

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

    def begin(self, name: str, packet: Callable[[], None]) -> None:
        if any(one.ignored for one in self._plains() if one.name == name):
            packet()
            return
        self._whack(f"--asynchronous --initiate --name {name}")

    def close(self, name: str) -> None:
        name, kind = which(name)
        if self._new:
            self._begin(f"--delete-{kind} --name {name}")
            return
        for number, owner, found in STATE.findall(self.status()):
            if (owner, found.lower()) == (name, kind):
                self._begin(f"--deletestate {number}")

    def rekey(self, name: str) -> None:
        name, kind = which(name)
        word = kind if self._new or kind == "ike" else "ipsec"
        self._begin(f"--rekey-{word} --name {name}")
