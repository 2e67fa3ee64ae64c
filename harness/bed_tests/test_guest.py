"""Runs that hang, die or cannot start: ended in time, and told in one sentence."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.bed.base.job import Job, load
from harness.bed.engine import guest, native, pace
from harness.bed.engine.guest import Fleet, Unfit
from harness.bed.engine.kernel import Kernel


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job("story", Path(__file__).parents[2], tmp_path, Path("/nowhere"))
    made.save()
    return made


def run(job: Job, script: str, limit: float | None = None) -> tuple[guest.Ended, list[str]]:
    lines: list[str] = []
    ended = Fleet().run(lambda _: ["/bin/sh", "-c", script], dict(os.environ), job, limit,
                        lines.append, talks=True)
    return ended, lines


def test_a_job_is_the_same_after_its_file(job):
    assert load(job.results / "job.json") == job


def test_a_status_comes_back_by_file_and_lines_by_pipe(job):
    ended, lines = run(job, f"echo one; echo two; echo 3 >{job.results}/status")
    assert (ended.status, ended.reason, lines) == (3, "", ["one", "two"])
    assert (job.results / "console.log").read_text() == "one\ntwo\n"


@pytest.fixture
def soon(monkeypatch):
    """A run that stands still is seen at once."""
    monkeypatch.setattr(guest, "LOOK", 0.02)
    monkeypatch.setattr(pace, "STILL", 5)


@pytest.mark.req("T-113")
def test_a_run_in_which_nothing_moves_is_ended_with_its_children(job, soon):
    ended, _ = run(job, "echo the last words; tail -f /dev/null & wait")
    assert ended.status is None
    assert ended.reason.startswith("nothing in the run moves any more")
    assert ended.reason.endswith("its last words: the last words")


@pytest.mark.req("T-113")
def test_what_hangs_after_its_result_is_a_note_and_no_verdict(job, soon, monkeypatch):
    monkeypatch.setattr(pace, "AFTERWARDS", 0.1)
    ended, _ = run(job, f"echo 0 >{job.results}/status; tail -f /dev/null & wait")
    assert (ended.status, ended.reason) == (0, "")
    assert "power off" in ended.note


@pytest.mark.parametrize("said, meaning", [
    ("ptrace set fp regs failed, errno = 14", "XSAVE"),
    ("write: No space left on device", "the disk is full"),
    ("Oops", "its last words: Oops"),
    ("init: no such file\nKernel panic - not syncing\n[<60>] stack", "words: init: no such file"),
])
def test_a_guest_that_dies_says_why_in_words_of_the_user(job, said, meaning):
    ended, _ = run(job, f"printf '%s\\n' '{said}'")
    assert ended.status is None
    assert meaning in ended.reason


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


def test_guests_at_a_time_are_as_many_as_processors_and_room_allow(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 4})
    monkeypatch.setattr(guest.speed, "AIM_MEMORY", 1)
    assert guest.at_a_time() == 9
    monkeypatch.setattr(guest.speed, "AIM_MEMORY", 1 << 62)
    assert guest.at_a_time() == 1


def test_guests_are_spread_over_the_processors_and_each_stays_on_one(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {2, 5})
    fleet = Fleet()
    with fleet._one_processor() as first, fleet._one_processor() as second:
        assert {first[-1], second[-1]} == {"2", "5"}
        assert first[:-1] == ["taskset", "--cpu-list"]
    with fleet._one_processor() as third:
        assert third == first


def test_a_kernel_s_own_libraries_are_not_those_of_what_starts_it(tmp_path, monkeypatch):
    kernel = Kernel(tmp_path / "linux.uml", tmp_path, named=True)
    for folder in ("lib", "story"):
        (tmp_path / folder).mkdir()
    started = []

    def run(self, words, env, *more, **options):
        started.append((words(7), env))
    monkeypatch.setattr(Fleet, "run", run)
    monkeypatch.setattr(guest, "needs_preload", lambda preload: True)
    Fleet().start(Job("story", tmp_path, tmp_path / "story", tmp_path), 1.0, print, kernel)
    (words, env), = started
    assert words.index("env") < words.index(f"LD_LIBRARY_PATH={tmp_path}/lib")
    assert words.index("taskset") < words.index("env") < words.index(str(kernel.binary))
    assert "LD_LIBRARY_PATH" not in env


def test_native_without_root_says_so(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Unfit, match="--native needs root"):
        native.check()


def test_native_names_what_the_kernel_lacks(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(native, "_has", lambda name: name != "esp6")
    with pytest.raises(Unfit, match="lacks esp6: leave --native out"):
        native.check()
