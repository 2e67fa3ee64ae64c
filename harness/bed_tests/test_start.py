"""`ipsec start` tells a start that lost connections apart from a whole one and from none."""

from __future__ import annotations

import os
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.bed.base import places
from harness.bed_tests.agents import alone

TOP = Path(__file__).parents[2]
IPSEC = places.programs(TOP) / "ipsec"
GOOD = "conn good\n\tleft=2001:1::1\n\tright=2001:1::2\n\tauto=add\n"
BAD = "conn bad\n\tleft=2001:1::1\n\tright=2001:1::3\n\tesp=sideways\n\tauto=add\n"


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    subprocess.run(["make", "-s", "all"], cwd=TOP, check=True)


@dataclass
class Begun:
    """What the verb gave, what it said, and what `ipsec statusall` gives and says after it."""

    status: int
    said: str
    status_after: int
    shown: str


def begin(folder: Path, verb: str, conf: str | None) -> Begun:
    """In namespaces of its own, which end what was started."""
    words = alone()
    assert words, "who may not have a network namespace of their own cannot start a daemon"
    if conf is not None:
        (folder / "ipsec.conf").write_text(conf)
    script = ('"$0" --ctl ctl --pid pid "$1" --conf ipsec.conf --log log 2>said; echo $? >status\n'
              '"$0" --ctl ctl --pid pid statusall >shown 2>&1; echo $? >status_after\n')
    subprocess.run([*words, "sh", "-c", script, str(IPSEC), verb], cwd=folder, timeout=60,
                   check=True)
    text = {name: (folder / name).read_text()
            for name in ("status", "said", "status_after", "shown")}
    return Begun(int(text["status"]), text["said"], int(text["status_after"]), text["shown"])


@pytest.mark.req("E-046")
@pytest.mark.parametrize("verb", ["start", "restart"])
def test_a_fault_in_one_connection_costs_that_one_and_is_4(tmp_path: Path, verb: str) -> None:
    begun = begin(tmp_path, verb, GOOD + BAD)
    assert begun.status == 4
    assert f"{tmp_path}/ipsec.conf:8: esp=sideways" in begun.said
    assert "iked: running, without what the 1 errors above stand in\n" in begun.said
    assert begun.status_after == 0
    assert "good:  2001:1::1" in begun.shown and "bad:" not in begun.shown


@pytest.mark.req("E-046")
@pytest.mark.parametrize("conf, status, status_after", [
    (GOOD, 0, 0),
    (BAD, 4, 0),
    (None, 1, 3),
])
def test_a_whole_start_is_0_and_none_is_1(tmp_path: Path, conf: str | None, status: int,
                                          status_after: int) -> None:
    begun = begin(tmp_path, "start", conf)
    assert (begun.status, begun.status_after) == (status, status_after)
    assert ("iked: running, without" in begun.said) == (status == 4)


# Whoever removes a file by its name says so, and waits until he may.
HELD = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int unlink(const char *path)
{
	char octet;

	close(open(getenv("SAYS"), O_WRONLY));
	if (read(open(getenv("WAITS"), O_RDONLY), &octet, 1) < 0)
		return -1;
	return unlinkat(AT_FDCWD, path, 0);
}
"""


HERE = [str(IPSEC), "--ctl", "ctl", "--pid", "pid"]
ALONE_CONF = TOP / "harness/unit/mip/data/moon-alone.mip6d.conf"


@pytest.mark.req("E-056")
@pytest.mark.parametrize("begin, ask, held, over", [
    ([*HERE, "start", "--conf", "none", "--log", "log"], [*HERE, "statusall"], 4, 3),
    ([str(IPSEC.with_name("mip6d")), "-c", str(ALONE_CONF), "-d", "0", "-l", "log",
      "--ctl", "none/ctl", "--pid", "pid"], ["test", "-e", "pid"], 0, 1),
], ids=["iked", "mip6d"])
def test_a_start_that_fails_is_over_when_that_is_told(
        tmp_path: Path, begin: list[str], ask: list[str], held: int, over: int) -> None:
    """However long the daemon takes to end: who asks next finds nothing of it."""
    library, says, waits = (tmp_path / name for name in ("held.so", "says", "waits"))
    subprocess.run(["cc", "-shared", "-o", library, "-x", "c", "-"], input=HELD, text=True,
                   check=True)
    os.mkfifo(says)
    os.mkfifo(waits)

    def asked() -> int:
        return subprocess.run(ask, cwd=tmp_path, check=False, capture_output=True).returncode

    settings = (f"LD_PRELOAD={library}", f"SAYS={says}", f"WAITS={waits}",
                "ASAN_OPTIONS=verify_asan_link_order=0")
    with subprocess.Popen([*alone(), "env", *settings, *begin], cwd=tmp_path,
                          stderr=subprocess.DEVNULL) as process:
        heard = os.open(says, os.O_RDONLY | os.O_NONBLOCK)
        assert select.select([heard], [], [], 60)[0]
        assert asked() == held
        assert process.poll() is None
        waits.write_text("!")
        assert process.wait(60) == 1
    os.close(heard)
    assert asked() == over
