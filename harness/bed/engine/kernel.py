"""kernel - which User Mode Linux binary runs a guest, and what lies beside it.

A binary that a person names may have a folder `modules` beside it, and a folder `lib` with the C
library that it wants where the system's is too old. It runs with its own folder as working folder,
so that its ELF interpreter may be a name in there.
Errors:  Unfit says what is missing and what to type.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "linux.uml"
MODULES = Path("/usr/lib/uml/modules")
BETWEEN = " :"
PACKAGE = "apt-get install user-mode-linux"


class Unfit(RuntimeError):
    """This machine cannot run the guest; the message says why and what to type."""


@dataclass(frozen=True)
class Kernel:
    """A binary and the folder that holds its modules by release."""

    binary: Path
    modules: Path
    named: bool = False

    @property
    def folder(self) -> Path:
        return self.binary.parent

    @property
    def environment(self) -> dict[str, str]:
        """What the binary needs beside the machine's environment."""
        libraries = self.folder / "lib"
        wanted = self.named and libraries.is_dir()
        return {"LD_LIBRARY_PATH": str(libraries)} if wanted else {}

    @property
    def release(self) -> str:
        """What it calls itself, such as 6.1.176."""
        try:
            done = subprocess.run([str(self.binary), "--version"], capture_output=True, text=True,
                                  env=os.environ | self.environment, cwd=self.folder, check=False)
        except OSError as error:
            raise Unfit(f"{self.binary} does not start: {error.strerror}") from None
        lines = (done.stdout or done.stderr).strip().splitlines()
        if done.returncode or not lines:
            raise Unfit(f"{self.binary} does not start: {(lines or ['it says nothing'])[-1]}")
        if not re.fullmatch(r"\d+\.\d+\S*", lines[-1]):
            raise Unfit(f"{self.binary} is no User Mode Linux binary: asked for its version it "
                        f"says '{lines[-1][:60]}'")
        return lines[-1]

    @property
    def options(self) -> list[str]:
        """The words of a command line that reproduces a run on it."""
        if not self.named:
            return []
        beside = self.modules == self.folder / "modules"
        return [f"--kernel={self.binary}", *([] if beside else [f"--modules={self.modules}"])]


def preloaded(library: Path) -> dict[str, str]:
    """The environment of a kernel that starts with `library`, whatever its folder is called.

    LD_PRELOAD parts names at blanks, LD_LIBRARY_PATH does not. A kernel starts in its own folder,
    so that `lib` is the one beside it.
    """
    if not any(sign in BETWEEN for sign in str(library)):
        return {"LD_PRELOAD": str(library)}
    return {"LD_PRELOAD": library.name, "LD_LIBRARY_PATH": f"{library.parent}:lib"}


def installed() -> Kernel:
    """Debian's, as its package puts it."""
    found = shutil.which(NAME)
    if not found:
        raise Unfit(f"{NAME} is missing: {PACKAGE}")
    return Kernel(Path(found), MODULES)


def at(binary: Path, modules: Path | None) -> Kernel:
    """The one at `binary`; without `modules` theirs are beside it."""
    if not os.access(binary, os.X_OK) or binary.is_dir():
        raise Unfit(f"--kernel {binary}: there is no User Mode Linux binary")
    return Kernel(binary.resolve(), (modules or binary.parent / "modules").resolve(), named=True)


def check(kernel: Kernel) -> None:
    """Raise Unfit unless it starts and has its modules."""
    release = kernel.release
    if (kernel.modules / release / "modules.dep").exists():
        return
    what = f"give their folder by --modules, or have them in {kernel.folder}/modules/{release}" \
        if kernel.named else f"{PACKAGE} --reinstall"
    raise Unfit(f"no modules of kernel {release} in {kernel.modules}: {what}")
