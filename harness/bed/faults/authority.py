"""authority - a CA of a scenario's own, whose certificates and CRLs end when the story wants it.

Made by openssl on the host as certs/make.sh does, with dates of the guest's clock.
Shapes:  PEM text; moments in seconds since 1970.
Errors:  RuntimeError with openssl's last words.
"""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from harness.bed.node.host import Host

PAGE = "/C=CH/O=Linux strongSwan"
FOLDER = "/etc/ipsec.d"
LIMIT = 60


def _date(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y%m%d%H%M%SZ")


class Authority:
    """`top` is the checkout, `folder` its own to write in, `now` the guest's time."""

    def __init__(self, top: Path, folder: Path, now: float) -> None:
        self.config, self.folder, self.start = top / "certs/ca.cnf", folder, _date(now - 3600)
        folder.mkdir()
        (folder / "index.txt").touch()
        for name in ("serial", "crlnumber"):
            (folder / name).write_text("01\n")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "365",
                      "-subj", f"{PAGE}/CN=strongSwan Root CA", "-extensions", "authority",
                      "-keyout", folder / "caKey.pem", "-out", folder / "caCert.pem")

    def _openssl(self, verb: str, *words: str | Path, san: str = "none") -> None:
        done = subprocess.run(
            ["openssl", verb, "-config", self.config, *words], capture_output=True, text=True,
            env=os.environ | {"CA_DIR": str(self.folder), "SAN": san}, timeout=LIMIT, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {verb}: {done.stderr.strip().splitlines()[-1]}")

    def certify(self, host: Host, subject: str, san: str, until: float) -> None:
        """Give the host a key and a certificate of that name."""
        request, key, made = (self.folder / name for name in ("request.pem", "key.pem", "made.pem"))
        self._openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"{PAGE}{subject}",
                      "-keyout", key, "-out", request, san=san)
        self._openssl("ca", "-batch", "-notext", "-startdate", self.start, "-enddate",
                      _date(until), "-in", request, "-out", made, san=san)
        host.write(f"{FOLDER}/private/{host.name}Key.pem", key.read_text())
        host.write(f"{FOLDER}/certs/{host.name}Cert.pem", made.read_text())
        host.write(f"{FOLDER}/cacerts/strongswanCert.pem", (self.folder / "caCert.pem").read_text())

    def revoke_nothing(self, host: Host, until: float) -> None:
        """Give the host a CRL that names nobody."""
        crl = self.folder / "made.crl"
        self._openssl("ca", "-gencrl", "-crl_lastupdate", self.start, "-crl_nextupdate",
                      _date(until), "-out", crl)
        host.write(f"{FOLDER}/crls/strongswan.crl", crl.read_text())
