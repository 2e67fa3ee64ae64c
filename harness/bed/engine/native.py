"""native - a scenario on the host's own kernel, in private namespaces."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.bed.base.job import Job
from harness.bed.engine.kernel import Unfit

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


def command(job: Job, line: int) -> list[str]:
    """The agent in namespaces of its own, at a line that is a descriptor here."""
    return ["unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--mount-proc",
            "--kill-child", str(job.tools / "agent"), "--native", str(line)]
