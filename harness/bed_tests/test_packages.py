"""packages.txt and who asks for it: by what a package does, on every release of Debian."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.bed.engine import probe

TOP = Path(__file__).parents[2]
ROWS = [line.split("\t") for line in (TOP / "packages.txt").read_text().splitlines()
        if line and not line.startswith("#")]
KINDS = {"program", "file", "pkg-config", "header", "python", "library"}


def asked(tmp_path: Path, *rows: str) -> list[str]:
    """What is said to be lacking of a list with these rows."""
    (tmp_path / "packages.txt").write_text("".join(f"test\tno-such-package\t{row}\n"
                                                   for row in rows))
    return [lacking for _, _, lacking in probe.missing(tmp_path)]


@pytest.mark.parametrize("fact, none", [
    ("program:sh", "program:no-such-program"), ("file:/etc/passwd", "file:/no/such"),
    ("program:no-such-program|sh", "program:no-such-program|nor-this"),
    ("header:stdio.h", "header:no/such.h"), ("python:json", "python:no_such_module"),
    ("pkg-config:libcrypto", "pkg-config:no-such-library"),
    ("library:libc.so.", "library:libnosuch.so.")])
def test_what_is_there_is_found_and_what_is_not_is_named(tmp_path, fact, none):
    assert asked(tmp_path, fact, none) == [none]


def test_what_only_root_has_in_its_path_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert asked(tmp_path, "program:modprobe") == []


def test_a_row_that_asks_nothing_is_never_missing_and_one_of_unknown_kind_is_refused(tmp_path):
    assert asked(tmp_path, "-") == []
    with pytest.raises(subprocess.CalledProcessError):
        asked(tmp_path, "colour:red")


def test_every_row_but_a_peer_s_says_how_it_is_asked():
    for role, _, facts in ROWS:
        kinds = {fact.partition(":")[0] for fact in facts.split()}
        assert kinds == {"-"} if role == "peer" else kinds <= KINDS and kinds, facts


def run(*words: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run([probe.PACKAGES, *words], capture_output=True, text=True, check=False,
                          env=os.environ | env)


def pretend(folder: Path, **programs: str) -> str:
    """A PATH whose first folder has these programs."""
    for name, script in programs.items():
        (folder / name.replace("_", "-")).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name.replace("_", "-")).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize("known, name", [("new", "new"), ("old", "old"), ("none", "new")])
def test_of_two_names_the_first_that_the_release_knows_is_installed(tmp_path, known, name):
    path = pretend(tmp_path, apt_cache=f'[ "$3" = {known} ] && echo "Package: $3"')
    (tmp_path / "list").write_text("build\tnew|old\tprogram:no-such-program\n")
    assert run("names", "build", PATH=path, LIST=str(tmp_path / "list")).stdout == f"{name}\n"


def test_without_apt_nobody_is_told_to_type_it(tmp_path):
    """A machine of another system: a PATH without it, made of links to what there is."""
    for tool in ("sh", "awk", "tr", "cut", "dirname", "id", "grep"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    (tmp_path / "list").write_text("build\tmake\tprogram:no-such-program\n")
    done = run("install", "build", PATH=str(tmp_path), LIST=str(tmp_path / "list"))
    assert done.returncode == 2
    assert "There is no apt-get" in done.stderr
    assert "program:no-such-program (Debian: make)" in done.stderr
