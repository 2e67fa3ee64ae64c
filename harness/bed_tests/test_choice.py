"""Which kernel a run takes, and that what is fetched is what the archive has signed."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from harness.bed.engine import choice, debian, kernel, kernels
from harness.bed.engine.kernel import Kernel, Unfit

INSTALLED = "6.1.176"


@pytest.fixture
def top(tmp_path, monkeypatch):
    """A checkout; kernels are scripts that say their version, one is installed."""
    monkeypatch.setattr(kernel, "installed", lambda: made(tmp_path / "installed", INSTALLED))
    monkeypatch.setattr(kernels, "fetch", lambda top, suite, tell: fetched(
        top, {"sid": "7.2.7", "trixie": "6.12.113", "bookworm": "6.1.9"}[suite], suite))
    return tmp_path


def made(folder: Path, release: str) -> Kernel:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / kernel.NAME).write_text(f"#!/bin/sh\necho {release}\n")
    (folder / kernel.NAME).chmod(0o755)
    return Kernel(folder / kernel.NAME, folder / "modules")


def fetched(top: Path, release: str, suite: str, package: str = "1") -> Kernel:
    folder = kernels.folder(top) / release
    made(folder, release)
    (folder / kernels.SUITE).write_text(f"{suite}\n")
    (folder / kernels.ORIGIN).write_text(f"user-mode-linux {package} sha256 00 of Debian {suite}\n")
    return kernel.at(folder / kernel.NAME, None)


@pytest.mark.parametrize("said, release", [
    (None, INSTALLED), ("installed", INSTALLED), ("6.1", INSTALLED), ("6.12", "6.12.113"),
    ("7.2", "7.2.7"), ("7", "7.2.7"), ("fastest", "7.2.7")])
def test_a_word_stands_for_a_kernel_which_is_fetched_if_need_be(top, said, release):
    assert choice.chosen(top, said).release == release


@pytest.mark.parametrize("there, release", [
    ((), INSTALLED), (("6.12.113",), INSTALLED), (("7.2.7",), "7.2.7"),
    (("7.2.7", "7.10.1"), "7.10.1")])
def test_the_fastest_that_has_been_fetched_is_what_guests_run(top, there, release):
    for number, one in enumerate(there):
        fetched(top, one, f"suite{number}")
    assert choice.chosen(top, None).release == release
    assert choice.chosen(top, "installed").release == INSTALLED


def test_a_path_is_a_path(top):
    named = fetched(top, "9.9.1", "mine")
    assert choice.chosen(top, str(named.binary)).release == "9.9.1"


@pytest.mark.parametrize("said, sentence", [
    ("5.10", "there is no such User Mode Linux in Debian; there are 6.1, 6.12, 7, installed"),
    ("7.9", r"Debian sid has 7\.2\.7; type --kernel 7\.2\.7"),
    ("/no/such", "there is no User Mode Linux binary")])
def test_what_there_is_not_says_what_there_is(top, said, sentence):
    with pytest.raises(Unfit, match=sentence):
        choice.chosen(top, said)


def test_without_a_network_the_installed_one_is_named(top, monkeypatch):
    def refuse(*_: object) -> None:
        raise debian.NotHad("Could not resolve 'deb.debian.org'")
    monkeypatch.setattr(kernels, "fetch", refuse)
    with pytest.raises(Unfit, match="fetched from Debian sid: Could not .* --kernel=installed"):
        choice.chosen(top, "fastest")


def test_6_12_is_no_6_1():
    assert choice.begins("6.12.113", "6.12") and not choice.begins("6.12.113", "6.1")


def test_a_newer_one_of_the_mirror_is_said(top, monkeypatch):
    fetched(top, "7.2.7", "sid", "7.2-1")
    for now, said in (("7.2-1", 0), ("7.2-2", 1)):
        monkeypatch.setattr(debian, "candidate", lambda *_, now=now: now)
        assert len(choice.newer(top)) == said
    assert "Debian sid has user-mode-linux 7.2-2 now, build/kernels/7.2.7" in choice.newer(top)[0]


def test_a_package_that_is_not_what_the_index_says_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "user-mode-linux_7_amd64.deb"
    file.write_bytes(b"a package")
    for wanted in (hashlib.sha256(b"a package").hexdigest(), "00"):
        monkeypatch.setattr(debian, "_indexed", lambda *_, wanted=wanted: {
            "Version": "7", "SHA256": wanted})
        if wanted != "00":
            assert debian._checked(file, tmp_path) == f"user-mode-linux 7 sha256 {wanted}"
    with pytest.raises(debian.NotHad, match="is not what the signed index says"):
        debian._checked(file, tmp_path)


@pytest.mark.skipif(not shutil.which("apt-get"), reason="there is no apt-get")
def test_an_index_that_nobody_has_signed_is_refused(tmp_path, monkeypatch):
    """apt itself, with a mirror that is a folder."""
    (tmp_path / "mirror/dists/sid/main/binary-amd64").mkdir(parents=True)
    (tmp_path / "mirror/dists/sid/Release").write_text("Suite: sid\nCodename: sid\n")
    (tmp_path / "mirror/dists/sid/main/binary-amd64/Packages").write_text("")
    monkeypatch.setattr(debian, "mirror", lambda: f"file:{tmp_path}/mirror")
    with pytest.raises(debian.NotHad, match="not signed"):
        debian.candidate("sid", "user-mode-linux")
