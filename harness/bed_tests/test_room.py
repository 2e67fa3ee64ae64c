"""A full disk, a folder that may not be written, a guest that is killed: which, what to type."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.bed.base import room
from harness.bed.engine import guest
from harness.bed.engine.kernel import Unfit
from harness.bed.report import compare, html
from harness.bed_tests import samples
from harness.bed_tests.test_machine import dead, job  # noqa: F401

BUILD, MEMORY = Path("/tmp"), Path("/var/tmp")


@pytest.fixture
def free(monkeypatch):
    """What each disk has left."""
    left: dict[Path, int] = {}
    monkeypatch.setattr(room.shutil, "disk_usage", lambda folder: SimpleNamespace(
        free=left.get(Path(folder), 1 << 40)))
    return left


@pytest.mark.req("T-141")
@pytest.mark.parametrize("number, name, where, said", [
    (errno.ENOSPC, None, MEMORY, f"{MEMORY} is full: make room there, or say where"),
    (errno.ENOSPC, None, BUILD, f"{BUILD} is full: make room there, or say where"),
    (errno.ENOSPC, "/tmp/x", None, "/tmp/x: No space left on device: make room there, or say"),
    (errno.EROFS, "/tmp/x", None, "/tmp/x: Read-only file system: BUILD=FOLDER says where else"),
    (errno.EACCES, "/tmp/x", None, "/tmp/x: Permission denied: BUILD=FOLDER says where else"),
    (errno.EACCES, "/else", None, "/else: Permission denied"),
    (errno.EMFILE, None, None, "this machine: Too many open files"),
])
def test_what_the_system_refuses_is_said_with_the_remedy(free, number, name, where, said):
    if where:
        free[where] = 4096
    found = room.refused(OSError(number, os.strerror(number), name), BUILD, MEMORY)
    assert found.startswith(said) and "None" not in found
    assert ("BUILD=" in found) == (number != errno.EMFILE and name != "/else")


@pytest.mark.req("T-141")
def test_a_failure_on_a_full_disk_says_so_first(free):
    assert room.first("nft: exit status -7", MEMORY, BUILD) == "nft: exit status -7"
    free[MEMORY] = 0
    assert room.first("nft: exit status -7", MEMORY, BUILD) == \
        f"{MEMORY} is full: nft: exit status -7"


@pytest.mark.req("T-141")
@pytest.mark.parametrize("script, said", [
    ("kill -9 $$", "the guest was ended by SIGKILL: by somebody, or because memory was short"),
    ("kill -15 $$", "the guest was ended by SIGTERM; its last words: nothing"),
    ("echo 'Kernel panic - not syncing: Kernel mode signal 7'; kill -6 $$", "the disk is full"),
    ("echo bye", "the guest ended without a result; its last words: bye")])
def test_how_a_guest_was_ended_is_told(job, script, said):  # noqa: F811
    assert dead(job, script).startswith(said)


@pytest.mark.req("T-141")
@pytest.mark.parametrize("folder, executes, said", [
    ("/nowhere", True, "there is no such folder"), ("/tmp", False, "it is mounted noexec")])
def test_no_place_for_a_guest_s_memory_is_told_before_one_starts(
        monkeypatch, tmp_path, folder, executes, said):
    monkeypatch.setattr(guest.kernels, "check", lambda kernel: None)
    monkeypatch.setattr(guest.kernels, "installed", lambda: None)
    monkeypatch.setattr(guest, "noexec", lambda folder: not executes)
    monkeypatch.setenv("TMPDIR", folder)
    (tmp_path / "preload.so").touch()
    with pytest.raises(Unfit, match=f"{folder} is no place .* memory: {said}.*; TMPDIR= says"):
        guest.check(tmp_path / "preload.so")


def test_a_page_is_written_whole_or_not_at_all(monkeypatch, tmp_path):
    (tmp_path / html.OUTCOMES).touch()
    html.write(tmp_path, {}, "before")

    def full(path, text):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")
    before = (tmp_path / html.PAGE).read_text()
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError):
        html.write(tmp_path, {}, "after")
    assert (tmp_path / html.PAGE).read_text() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == [html.PAGE, html.OUTCOMES]


def test_a_comparison_that_cannot_be_written_is_one_sentence(monkeypatch, tmp_path, capsys):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / html.OUTCOMES).touch()

    def closed(*_):
        raise PermissionError(errno.EACCES, "Permission denied", "/p")
    monkeypatch.setattr(compare, "write", closed)
    assert compare.main([str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert capsys.readouterr().err == "run-tests.sh: /p: Permission denied\n"


def test_a_build_folder_that_cannot_be_made_is_refused_by_the_front_door():
    done = subprocess.run(["./run-tests.sh", "--list"], cwd=samples.TOP, text=True,
                          env=os.environ | {"BUILD": "/dev/null/x"}, capture_output=True)
    assert done.returncode == 2
    assert done.stderr == ("run-tests.sh: BUILD=/dev/null/x cannot be made: name another folder\n")
