"""The kernels of other Debian releases: how they are arranged, and what the table says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.bed.engine import debian, kernels
from harness.bed.report.report import Outcome
from harness.bed_tests import samples

DUMPS = Path(__file__).parent / "data/kernels"


def unpacked(root: Path, interpreter: bytes = kernels.INTERPRETER) -> Path:
    """What dpkg-deb would leave; the binary is run by a static shell, its C library is none."""
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/linux.uml").write_bytes(
        b"#!/bin/busybox sh\necho 9.9.1\nexit\n" + interpreter + b"the rest")
    (root / "usr/lib/uml/modules/9.9.1").mkdir(parents=True)
    (root / "usr/lib/uml/modules/9.9.1/modules.dep").touch()
    (root / kernels.LIBRARIES).mkdir(parents=True)
    for name in ("libc.so.6", "ld-linux-x86-64.so.2"):
        (root / kernels.LIBRARIES / name).touch()
    return root


def test_a_kernel_is_arranged_with_its_modules_and_c_library_beside_it(tmp_path):
    assert kernels.arrange(unpacked(tmp_path / "root"), tmp_path / "kernel") == "9.9.1"
    assert sorted(p.name for p in (tmp_path / "kernel").rglob("*") if p.is_file()) == [
        "ld.so", "libc.so.6", "linux.uml", "modules.dep"]


def test_the_interpreter_becomes_that_of_the_folder_and_nothing_moves():
    program = b"\x7fELF" + kernels.INTERPRETER + b"code"
    mended = kernels.with_own_interpreter(program)
    assert len(mended) == len(program)
    assert mended[4:14] == b"lib/ld.so\0"
    assert mended.endswith(b"code")


def test_a_program_without_that_interpreter_is_refused(tmp_path):
    with pytest.raises(debian.NotHad, match="no interpreter"):
        kernels.arrange(unpacked(tmp_path / "root", b""), tmp_path / "kernel")


def test_a_kernel_that_lies_there_is_not_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "unpack", lambda *_: pytest.fail("it asked the mirror"))
    kernels.arrange(unpacked(tmp_path / "root"), kernels.folder(tmp_path) / "9.9.1")
    (kernels.folder(tmp_path) / "9.9.1/suite").write_text("sid\n")
    assert kernels.fetch(tmp_path, "sid").release == "9.9.1"


def test_a_mirror_that_is_not_reached_leaves_nothing_behind(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise debian.NotHad("Could not resolve 'deb.debian.org'")
    monkeypatch.setattr(debian, "unpack", refuse)
    with pytest.raises(debian.NotHad):
        kernels.fetch(tmp_path, "sid")
    assert list(kernels.folder(tmp_path).iterdir()) == []


def test_the_reason_is_the_first_error_of_apt():
    said = "Reading...\nW: old\nE: Failed to fetch http://x  Could not connect\nE: Some failed\n"
    assert debian.reason(said) == "Failed to fetch http://x  Could not connect"
    assert debian.reason("") == "no reason given"


def test_a_command_that_fails_or_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(debian.NotHad, match="there is no no-such-program"):
        debian._run(["no-such-program"], tmp_path)
    with pytest.raises(debian.NotHad, match="no such suite"):
        debian._run(["/bin/sh", "-c", "echo 'E: no such suite' >&2; exit 100"], tmp_path)


def test_the_mirror_is_that_of_the_machine(monkeypatch):
    said = "Debian-Security http://m/debian-security/\nDebian http://m/debian/\n"
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess(
        [], 0, said, ""))
    assert debian.mirror() == "http://m/debian/"


def dumps(release: str) -> dict[str, str]:
    """What both nodes printed after coa-change on that kernel."""
    return {node: (DUMPS / f"{node}.moved.{release}.txt").read_text() for node in samples.NODES}


@pytest.mark.parametrize("release", ["6.12.113", "7.2.7"])
def test_dumps_of_three_kernels_have_one_canonical_form(release):
    """They differ in keys and clocks, and in which states tell when they were last used."""
    oldest, newer = dumps("6.1.176"), dumps(release)
    assert oldest["carol"].count("lastused") == 1
    assert newer["carol"].count("lastused") == 5
    assert samples.canonicals(newer) == samples.canonicals(oldest)


def test_the_table_has_a_column_a_kernel_and_says_why_a_cell_is_not_ok_or_missing():
    cells = {("establishment", "6.1.1"): [Outcome("e[6.1.1]::test_e", "passed")],
             ("establishment", "6.12.2"): [Outcome("e[6.12.2]::test_e", "failed",
                                                   sentence="moon has no binding")]}
    said = list(kernels.table(cells, {"sid": "no network"}))
    assert said[0].split() == ["kernel", "6.1.1", "6.12.2"]
    assert said[1].split() == ["establishment", "ok", "FAIL"]
    assert said[2] == "6.12.2  e[6.12.2]::test_e: moon has no binding"
    assert said[3] == "no kernel 7 (Debian sid): no network"
