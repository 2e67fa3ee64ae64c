"""native - a scenario on the host's own kernel, in private namespaces."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from harness.bed.base.job import Job
from harness.bed.engine import guest
from harness.bed.engine.guest import Ended, Fleet, Unfit

NEEDED = ("esp6", "mip6", "ip6_tunnel", "xfrm_user", "veth", "bridge", "nlmon", "overlay")


def check() -> None:
    """Raise Unfit unless this kernel and this user can."""
    if os.geteuid() != 0:
        raise Unfit("--native needs root: type sudo ./run-tests.sh --native, or leave it out")
    release = os.uname().release
    lacking = [name for name in NEEDED if not _has(name)]
    if lacking:
        raise Unfit(f"the host's kernel {release} lacks {', '.join(lacking)}: "
                    "leave --native out, the guest has them all")


def _has(module: str) -> bool:
    if Path("/sys/module", module).exists():
        return True
    found = subprocess.run(["modprobe", module], capture_output=True, check=False)
    return found.returncode == 0


def run(fleet: Fleet, job: Job, tests: Path, limit: float, tell: Callable[[str], None]) -> Ended:
    guest.prepare(job, tests)
    ending = f"/bin/sh {job.results}/guest.sh; echo $? >{job.results}/status"
    command = ["unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--mount-proc",
               "--kill-child", "/bin/sh", "-c", ending]
    return fleet.run(lambda _: command, dict(os.environ), job, limit, tell, talks=True)
