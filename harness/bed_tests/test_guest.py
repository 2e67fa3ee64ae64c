"""What a guest needs of this machine, and the words that start one."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.bed.base.job import OWN, Job
from harness.bed.engine import clock, guest, native
from harness.bed.engine.kernel import Kernel, Unfit


def test_a_missing_preload_names_what_to_type(tmp_path):
    with pytest.raises(Unfit, match="make guest"):
        guest.check(tmp_path / "preload.so")


def test_a_full_disk_is_seen_before_a_guest_starts(tmp_path, monkeypatch):
    (tmp_path / "preload.so").touch()
    monkeypatch.setattr(guest, "DISK", 1 << 62)
    with pytest.raises(Unfit, match="make room there"):
        guest.check(tmp_path / "preload.so")


@pytest.mark.parametrize("free, closed, place", [
    ({"/dev/shm": 9 << 30}, (), "/dev/shm"), ({"/dev/shm": 64 << 20}, (), "/tmp"),
    ({"/dev/shm": 9 << 30}, ("/dev/shm",), "/tmp"), ({"/tmp": 1}, ("/dev/shm",), "/var/tmp"),
    ({"/dev/shm": 1, "/tmp": 1, "/var/tmp": 1}, (), "/var/tmp")])
def test_a_guest_s_memory_lies_where_it_fits_and_may_run(monkeypatch, free, closed, place):
    for name in ("TMPDIR", "TMP", "TEMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(guest, "noexec", lambda folder: str(folder) in closed)
    monkeypatch.setattr(guest.shutil, "disk_usage", lambda folder: SimpleNamespace(
        free=free.get(str(folder), 9 << 30)))
    assert guest.memory_folder() == Path(place)


def test_the_environment_says_where_a_guest_s_memory_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert guest.memory_folder() == tmp_path


def test_a_kernel_s_own_libraries_are_not_those_of_what_starts_it(tmp_path, monkeypatch):
    kernel = Kernel(tmp_path / "linux.uml", tmp_path, named=True)
    (tmp_path / "lib").mkdir()
    monkeypatch.setattr(guest, "needs_preload", lambda preload: True)
    words = guest.settings(Job("story", tmp_path, tmp_path, tmp_path), kernel, 7)
    assert words.index("env") < words.index(f"LD_LIBRARY_PATH={tmp_path}/lib")


def test_a_guest_on_its_own_clock_knows_the_line_that_holds_it(tmp_path, monkeypatch):
    (tmp_path / "build/guest").mkdir(parents=True)
    monkeypatch.setattr(guest, "needs_preload", lambda preload: False)
    words = guest.settings(Job("story", tmp_path, tmp_path, tmp_path, clock=OWN),
                           Kernel(tmp_path / "linux.uml", tmp_path), 7)
    assert "CLOCK_LINE=7" in words and f"CLOCK_MAP={tmp_path}/{clock.FILE}" in words


def test_native_without_root_says_so(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Unfit, match="--native needs root"):
        native.check()


@pytest.mark.req("D-001!")
def test_native_names_what_the_kernel_lacks(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(native, "_has", lambda name: name != "esp6")
    with pytest.raises(Unfit, match="lacks esp6: leave --native out"):
        native.check()


def test_the_readme_says_what_a_guest_asks_for():
    readme = " ".join((Path(__file__).parents[2] / "README.md").read_text().split())
    assert (f"{guest.DISK >> 20} MB are free for its memory and {guest.RESULTS >> 20} MB for its "
            "results") in readme
