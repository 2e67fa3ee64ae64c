"""certs/make.sh: the good chain verifies, each bad one fails for its own reason."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from harness.bed.base import places

TOP = Path(__file__).parents[2]
CERTS = places.build(TOP) / "certs"


def openssl(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(["openssl", *words], cwd=CERTS, capture_output=True, text=True,
                          check=False)


@pytest.fixture(scope="module", autouse=True)
def made() -> None:
    subprocess.run([TOP / "certs/make.sh"], check=True)


def verify(name: str) -> str:
    done = openssl("verify", "-CAfile", "strongswanCert.pem", "-crl_check", "-CRLfile",
                   "strongswan.crl", f"{name}Cert.pem")
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["carol", "dave", "moon", "moonWrongName"])
def test_a_good_certificate_verifies(name):
    assert f"{name}Cert.pem: OK" in verify(name)


@pytest.mark.parametrize("name, reason", [
    ("moonRevoked", "certificate revoked"), ("moonExpired", "certificate has expired"),
    ("moonUnknownCa", "unable to get local issuer certificate"),
])
def test_a_bad_certificate_fails_for_its_reason(name, reason):
    assert reason in verify(name)


def test_names_are_those_of_the_page():
    shown = openssl("x509", "-in", "carolCert.pem", "-noout", "-subject", "-issuer", "-ext",
                    "subjectAltName", "-nameopt", "esc_2253,sep_comma_plus_space,sname").stdout
    assert "C=CH, O=Linux strongSwan, OU=Research, CN=carol@strongswan.org" in shown
    assert "C=CH, O=Linux strongSwan, CN=strongSwan Root CA" in shown
    assert "email:carol@strongswan.org" in shown


def test_the_stale_list_is_stale_and_the_other_is_not():
    assert "2024" in openssl("crl", "-in", "strongswanStale.crl", "-noout", "-nextupdate").stdout
    assert verify("carol").strip().endswith("OK")


def test_a_second_call_makes_nothing():
    before = (CERTS / "carolCert.pem").stat().st_mtime_ns
    subprocess.run([TOP / "certs/make.sh"], check=True)
    assert (CERTS / "carolCert.pem").stat().st_mtime_ns == before


def test_all_is_made_anew_when_less_than_a_week_of_validity_is_left(tmp_path):
    until = int((CERTS / "until").read_text())
    left = [openssl("x509", "-noout", "-checkend", str(until + 7 * 86400 - int(time.time()) + more),
                    "-in", "moonCert.pem").returncode for more in (-60, 60)]
    assert left == [0, 1]
    copy = shutil.copytree(CERTS, tmp_path / "certs")
    for moment, made in ((time.time() + 60, False), (time.time(), True)):
        (copy / "until").write_text(f"{int(moment)}\n")
        subprocess.run([TOP / "certs/make.sh"], check=True, env=os.environ | {"BUILD": tmp_path})
        ours, theirs = ((one / "moonCert.pem").read_bytes() for one in (copy, CERTS))
        assert (ours != theirs) is made
