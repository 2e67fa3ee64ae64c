"""Where everything that is made goes: build/, or the folder that BUILD names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.bed.base import places
from harness.bed.base.job import Job
from harness.bed.engine import guest
from harness.bed.engine.kernel import Kernel

TOP = Path(__file__).parents[2]
# Where a file says that it reads a checkout's own build, or only tells a person of it.
OWN = re.compile(r"""/\s*["']build/|glob\(["']build/|f?["']\{(?:top|TOP|job\.top)\}/build/""")
# A test makes up checkouts, but of this one it knows no more than that.
OURS = re.compile(r"""\bTOP\s*/\s*["']build/""")


@pytest.mark.parametrize("said, folder", [
    ("", "/top/build"), ("out", "/top/out"), ("/var/tmp/x", "/var/tmp/x")])
def test_a_relative_folder_is_below_the_checkout(monkeypatch, said, folder):
    monkeypatch.setenv("BUILD", said)
    assert places.build(Path("/top")) == Path(folder)


def test_what_is_elsewhere_is_shown_with_its_whole_path():
    assert places.shown(Path("/top/build/x"), Path("/top")) == "build/x"
    assert places.shown(Path("/var/tmp/x"), Path("/top")) == "/var/tmp/x"


def test_nobody_but_places_knows_that_it_is_called_build():
    found = [f"{path.relative_to(TOP)}: {line.strip()}"
             for room, known in (("bed", OWN), ("bench", OWN), ("bed_tests", OURS))
             for path in (TOP / "harness" / room).rglob("*.py")
             for line in path.read_text().splitlines() if known.search(line)]
    assert found == []


def dry(*words: str, **said: str) -> subprocess.CompletedProcess:
    command = ["make", "-n", "--always-make", *words, "guest"]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True,
                          env=os.environ | said, check=False)


@pytest.mark.parametrize("name", ["x", "zażółć-à", "a~b,c+d@{e}!^.f_g"])
def test_make_takes_the_folder(name):
    assert f"/nowhere/{name}/guest/preload.so" in dry(BUILD=f"/nowhere/{name}").stdout
    assert f"/nowhere/{name}/guest/preload.so" in dry(f"BUILD=/nowhere/{name}").stdout


def test_an_empty_name_is_the_checkouts_own_folder():
    assert " build/guest/preload.so " in dry(BUILD="").stdout
    assert " build/guest/preload.so " in dry("BUILD=").stdout


@pytest.mark.parametrize("odd", " :%=*?[]'\"&;<>|`\\#$()")
def test_make_refuses_what_it_cannot_have_in_a_name(odd):
    done = dry(BUILD=f"/no{odd}where")
    words = "a blank" if odd == " " else odd
    assert done.returncode == 2 and (
        f"BUILD=/no{odd}where has {words}, which make cannot have in the name of a target: take "
        "another folder, such as BUILD=/var/tmp/perigee") in done.stderr


def test_a_folder_of_the_checkout_has_one_name_whatever_is_typed():
    """Else objects made by one name do not follow their headers by the other."""
    def made(said: str) -> str:
        return subprocess.run(["make", "-n", "--always-make", "guest"], cwd=TOP, check=True,
                              capture_output=True, text=True,
                              env=os.environ | {"BUILD": said}).stdout
    assert made(f"{TOP}/build") == made("build") == made("")


def test_the_front_door_gives_a_folder_of_the_checkout_one_name(tmp_path):
    top = tmp_path / "with a blank"
    (top / "harness").mkdir(parents=True)
    shutil.copy(TOP / "run-tests.sh", top)
    (top / "harness/packages").write_text('#!/bin/sh\necho "$BUILD" >&2\nexit 1\n')
    (top / "harness/packages").chmod(0o755)
    said = [subprocess.run([top / "run-tests.sh"], cwd=cwd, capture_output=True, text=True,
                           env=os.environ | {"BUILD": build}, check=False).stderr
            for cwd, build in ((top, "out"), (top, f"{top}/out"), (top / "harness", "../out"))]
    assert said == ["out\n"] * 3


@pytest.mark.parametrize("name", ["plain", "with a blank", "zażółć à", "a, b"])
def test_a_guest_s_command_line_keeps_every_name_whole(tmp_path, name):
    """The kernel parts words at blanks, also at octet 160, unless they are quoted."""
    job = Job("story", tmp_path / name, tmp_path / name / "results", Path("/bin"))
    words = guest.command(job, 4, 5, Kernel(Path("/k/linux.uml"), Path("/k/modules")))
    assert f'init="{tmp_path}/{name}/build/guest/agent"' in words
    assert f'RUN="{tmp_path}/{name}/results"' in words
