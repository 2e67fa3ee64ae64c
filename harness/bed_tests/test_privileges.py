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


@pytest.mark.req("E-047")
@pytest.mark.parametrize("name", NEEDS)
@pytest.mark.parametrize("stay", [False, True])
def test_who_may_not_start_it_hears_the_capabilities(name: str, stay: bool, folder: Path) -> None:
    program = shutil.copy(places.build(TOP) / "bin" / name, folder)
    conf = folder / "conf"
    conf.write_text("config setup\n" if name == "iked" else "NodeConfig CN;\n")
    option = {"iked": ["--conf", str(conf)] + ["--nofork"] * stay,
              "mip6d": ["-c", str(conf)] + ["-d", "1"] * stay}[name]
    done = as_nobody(program, *option)
    said = (done.stdout + done.stderr).splitlines()
    assert len(said) == 1
    assert f"it needs the capabilities {NEEDS[name]}: run it as root" in said[0]
    assert done.returncode == 1
