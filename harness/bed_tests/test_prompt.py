"""The shell of a prompt: line editing where there is any, `help`, nodes' names as commands."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.bed.stage import prompt

TIDS = {"carol": 71, "moon": 72, "rtr": 70}


@pytest.mark.parametrize("there, shell", [
    ({"/bin/bash": True, "/bin/busybox": True},
     ["/bin/bash", "--noprofile", "--rcfile", "f", "-i"]),
    ({"/bin/busybox": True}, ["/bin/busybox", "ash", "-i"]), ({}, ["/bin/sh", "-i"])])
def test_the_shell_is_the_best_for_a_person_that_is_there(there, shell):
    assert prompt.words(Path("f"), there) == shell


@pytest.mark.req("T-107")
@pytest.mark.parametrize("shell", ["bash", "busybox ash", "dash"])
def test_help_says_what_there_is_in_every_shell(shell, tmp_path):
    if not shutil.which(shell.split()[0]):
        pytest.skip(f"{shell} is not installed")
    file = tmp_path / "prompt.sh"
    file.write_text(prompt.text(TIDS, file, "it failed: moon's binding\nhas gone", (132, 40)))
    done = subprocess.run([*shell.split(), "-c", f". {file}; help; echo \"$PS1\""], text=True,
                          env={"PATH": "/usr/bin:/bin", **prompt.environment("carol", file)},
                          capture_output=True, check=True)
    said = done.stdout.splitlines()
    assert said[0].startswith("A prompt in carol: 'help' says")
    assert said[1] == "The story stands still: it failed: moon's binding."
    assert said[-1] == "carol# "
    for word in (*TIDS, "ip xfrm state", "ipsec statusall", "exit", str(tmp_path), "care-of"):
        assert word in done.stdout


def test_every_node_s_name_is_a_command_that_enters_it(tmp_path):
    (tmp_path / "nsenter").write_text("#!/bin/sh\necho entered \"$NODE\" \"$@\"\n")
    (tmp_path / "nsenter").chmod(0o755)
    file = tmp_path / "prompt.sh"
    file.write_text(prompt.text(TIDS, file, ""))
    done = subprocess.run(["/bin/sh", "-c", f". {file}; moon ip -6 addr; rtr"], text=True,
                          env={"PATH": f"{tmp_path}:/usr/bin:/bin", "NODE": "carol"},
                          capture_output=True, check=True)
    said = done.stdout.splitlines()
    assert said[1] == "entered moon -t 72 -m -n -u ip -6 addr"
    assert said[2].startswith("entered rtr -t 70 -m -n -u /bin/")


def test_a_prompt_within_a_prompt_greets_nobody(tmp_path):
    file = tmp_path / "prompt.sh"
    file.write_text(prompt.text(TIDS, file, ""))
    done = subprocess.run(["/bin/sh", "-c", f". {file}"], env={"NODE": "moon", "WITHIN": "yes"},
                          capture_output=True, text=True, check=True)
    assert done.stdout == ""
