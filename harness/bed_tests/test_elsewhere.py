"""The front door on other grounds: which there are, and what a container refuses."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.tester import rows

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


def test_a_release_that_cannot_be_had_says_why(tmp_path):
    """What apt says must be seen: a mirror that has expired looks like none at all without it."""
    for name, text in {"newuidmap": "", "mmdebstrap": (
            'case " $* " in *" --quiet "*) ;; *) echo "E: Release file is expired" >&2 ;; esac\n'
            "exit 1\n")}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [TOP / "run-tests.sh", "elsewhere", "forky"], capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "BUILD": str(tmp_path / "b")})
    assert done.returncode == 2
    *_, why, sentence = done.stderr.splitlines()
    assert why == "E: Release file is expired"
    assert sentence.startswith("run-tests.sh elsewhere: Debian forky cannot be had, apt says above")
    assert "a mirror that is up to date (here http" in sentence
    assert not list((tmp_path / "b/elsewhere").iterdir())


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


WORKFLOW, GUIDE = TOP / "examples/your-ci/conformance.yml", TOP / "docs/USE-IN-YOUR-CI.md"


@pytest.mark.req("T-192")
def test_the_workflow_for_others_is_ours_in_ten_lines():
    steps = re.findall(r"^      - (.+)$", WORKFLOW.read_text(), flags=re.MULTILINE)
    assert len(steps) <= 10
    ours = (TOP / ".github/workflows/ci.yml").read_text()
    for common in ("actions/checkout@v4", "actions/upload-artifact@v4", "--tmpfs /dev/shm:rw,exec,",
                   "harness/packages install build test run", "debian:13"):
        assert common in WORKFLOW.read_text() and common in ours


@pytest.mark.req("T-192")
def test_the_guide_and_the_workflow_name_lists_rows_and_options_that_there_are():
    text = WORKFLOW.read_text() + GUIDE.read_text()
    lists = rows.lists()
    known = {*lists, *(row.id for found in lists.values() for row in found)}
    named = {word for found in re.findall(r"LIST=([\w.,-]+\w)", text) for word in found.split(",")}
    assert named and named <= known
    assert 'f"--{node}-mip6"' in (TOP / "harness/bed/options.py").read_text()
    assert set(re.findall(r"--(\w+)-mip6", text)) <= {"carol", "moon"}
    for scenario in re.findall(r"-mip6=[\w/.]+ ([\w-]+)", text):
        assert (TOP / "scenarios" / scenario).is_dir()


@pytest.mark.req("T-192")
def test_make_may_be_what_is_done_elsewhere(tmp_path):
    """On the ground `container`, whose door is the same; what make makes is of no account."""
    done = subprocess.run([TOP / "run-tests.sh", "elsewhere", "container", "make", "-n", "lint"],
                          capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "BUILD": str(tmp_path)})
    for lacks in ("gives an ordinary user no namespaces", "mount is missing"):
        if lacks in done.stderr:
            pytest.skip(done.stderr)
    assert done.returncode == 0 and "harness/lint/lint.py" in done.stdout
