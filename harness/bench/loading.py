"""loading - how long iked needs until it runs with a thousand connections, and with ten thousand.

Every connection has a peer and an identity of its own. The daemon is started in namespaces of its
own, as root of them, and asked how many connections it has; beside it stands what `iked --check`
takes of a processor for the same file.
Units:   seconds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from pathlib import Path

from harness.bed.base import places
from harness.bench.table import Figure

TOP = Path(__file__).resolve().parents[2]
SIZES = (1_000, 10_000)
AIM_S = {10_000: 1.0}
ALONE = ["unshare", "--net", "--pid", "--fork", "--mount-proc", "--kill-child",
         *(["--user", "--map-root-user"] if os.geteuid() else [])]
# What the shell's clock saw of the start alone, and the first column of each connection's line.
START = ('date +%s.%N; "$0/iked" "$@" --log log --ctl ctl --pid pid || exit; date +%s.%N\n'
         '"$0/ipsec" --ctl ctl --pid pid statusall\n')


class NotLoaded(RuntimeError):
    """The daemon did not take what it was given; the message says what it said."""


def text(size: int) -> str:
    """ipsec.conf with so many connections."""
    common = "conn %default\n\tleft=2001:1::1\n\tinstallpolicy=no\n\tauto=add\n"
    return common + "".join(
        f"conn c{number}\n\tright=2001:2::{number + 2:x}\n\trightid=n{number}@example.org\n"
        f"\trightsubnet=2001:1::{number + 2:x}/128\n" for number in range(size))


def _options(folder: Path, size: int) -> list[str]:
    conf, secrets = folder / f"{size}.conf", folder / "ipsec.secrets"
    conf.write_text(text(size))
    secrets.touch(mode=0o600)
    return ["--conf", str(conf), "--secrets", str(secrets), "--dir", str(folder),
            "--strongswan-conf", str(secrets)]


def _run(folder: Path, *words: str) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotLoaded((done.stdout + done.stderr).strip() or f"{words[0]}: {done.returncode}")
    return done.stdout


def started(programs: Path, folder: Path, size: int) -> float:
    """Until the daemon runs and the program that started it is back."""
    said = _run(folder, *ALONE, "sh", "-c", START, str(programs), *_options(folder, size))
    before, after, *lines = said.splitlines()
    there = sum(line.split(":")[0].strip()[:1] == "c" and "..." in line for line in lines)
    if there != size:
        raise NotLoaded(f"of {size} connections iked has {there}")
    return float(after) - float(before)


def checked(programs: Path, folder: Path, size: int) -> float:
    """Processor time, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(folder, str(programs / "iked"), "--check", *_options(folder, size))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def figures(sizes: tuple[int, ...] = SIZES) -> list[Figure]:
    programs = places.programs(TOP).resolve()
    found = []
    with tempfile.TemporaryDirectory(prefix="perigee-load-") as name:
        for size in sizes:
            at = f"{size:,} connections"
            found += [
                Figure(f"{at} loaded, iked runs", started(programs, Path(name), size), "s",
                       AIM_S.get(size)),
                Figure(f"{at} checked, processor", checked(programs, Path(name), size), "s",
                       AIM_S.get(size))]
    return found
