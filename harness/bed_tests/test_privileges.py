"""A daemon that is started by somebody who may not says which capabilities it needs, first."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bed.base import places

TOP = Path(__file__).parents[2]
NOBODY = 65534
NEEDS = {
    "iked": "CAP_NET_ADMIN, CAP_NET_BIND_SERVICE",
    "mip6d": "CAP_NET_ADMIN, CAP_NET_RAW",
}


def as_nobody(*words: str) -> subprocess.CompletedProcess:
    """As that user when we are root; who is not root has no capabilities anyway."""
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=20, **who)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where nobody may look: pytest's own folders are closed."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    subprocess.run(["make", "-s", "all"], cwd=TOP, check=True)


CONFS = {
    "iked": ("iked", "config setup\n"),
    "correspondent": ("mip6d", "NodeConfig CN;\n"),
    "home agent": ("mip6d", 'NodeConfig HA;\nInterface "lo";\nUseMnHaIPsec disabled;\n'),
    "mobile node": ("mip6d", 'NodeConfig MN;\nUseMnHaIPsec disabled;\nMnHomeLink "lo" {\n'
                     "\tHomeAddress 2001:1::10/64;\n\tHomeAgentAddress 2001:1::1;\n}\n"),
}


@pytest.mark.req("E-047")
@pytest.mark.parametrize("who", CONFS)
@pytest.mark.parametrize("stay", [False, True])
def test_who_may_not_start_it_hears_the_capabilities(who: str, stay: bool, folder: Path) -> None:
    name, text = CONFS[who]
    program = shutil.copy(places.programs(TOP) / name, folder)
    conf = folder / "conf"
    conf.write_text(text)
    option = {"iked": ["--conf", str(conf)] + ["--nofork"] * stay,
              "mip6d": ["-c", str(conf)] + ["-d", "1"] * stay}[name]
    done = as_nobody(program, *option)
    said = (done.stdout + done.stderr).splitlines()
    assert len(said) == 1
    assert f"it needs the capabilities {NEEDS[name]}: run it as root" in said[0]
    assert done.returncode == 1
