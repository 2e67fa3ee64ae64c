"""The front door on other grounds: which there are, and what a container refuses."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
SCRIPT = TOP / "harness/elsewhere/run"
CONFINED = ["/usr/bin/python3", "-B", "-m", "harness.elsewhere.docker"]


def test_a_ground_that_there_is_not_is_answered_with_those_that_there_are():
    done = subprocess.run([TOP / "run-tests.sh", "elsewhere", "mars"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2
    told = set(re.findall(r"^  ([a-z-]+(?: [a-z]+)*)  ", done.stderr, flags=re.MULTILINE))
    told = {word for words in told for word in words.split()}
    wanted = set(re.findall(r"[a-z-]+", re.search(
        r"case \$ground in\n(.*?)--make\)", SCRIPT.read_text(), flags=re.DOTALL)[1]))
    assert told == {"bookworm", "trixie", "forky", "sid", "blanks", "read-only", "stranger",
                    "small", "container"}
    assert told <= wanted


@pytest.mark.parametrize("words, status", [
    (["true"], 0), (["unshare", "--user", "true"], 1),
    (["setarch", "--addr-no-randomize", "true"], 1),
    (["python3", "-c", "import subprocess; subprocess.run(['true'], check=True)"], 0)])
def test_a_container_refuses_what_docker_refuses_and_nothing_else(words, status):
    done = subprocess.run([*CONFINED, *words], cwd=TOP, capture_output=True, check=False)
    assert done.returncode == status


def test_a_container_has_no_capability():
    done = subprocess.run([*CONFINED, "cat", "/proc/self/status"], cwd=TOP, capture_output=True,
                          text=True, check=True)
    assert re.search(r"^CapEff:\t0+$", done.stdout, flags=re.MULTILINE)
    assert re.search(r"^Seccomp:\t2$", done.stdout, flags=re.MULTILINE)
