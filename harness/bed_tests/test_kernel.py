"""The kernel of a guest: the installed one, or one that a person names."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.bed.base.job import Job
from harness.bed.engine import guest, kernel
from harness.bed.engine.kernel import Kernel, Unfit


def binary(folder: Path, says: str = "echo 9.9.1") -> Path:
    path = folder / "linux.uml"
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    return path


def modules(folder: Path) -> Path:
    (folder / "9.9.1").mkdir(parents=True)
    (folder / "9.9.1/modules.dep").touch()
    return folder


def test_a_named_kernel_has_its_modules_beside_it(tmp_path):
    modules(tmp_path / "modules")
    found = kernel.at(binary(tmp_path), None)
    kernel.check(found)
    assert (found.release, found.modules) == ("9.9.1", tmp_path / "modules")
    assert found.options == [f"--kernel={tmp_path}/linux.uml"]


def test_modules_may_lie_elsewhere_and_belong_to_the_command_that_reproduces(tmp_path):
    found = kernel.at(binary(tmp_path), modules(tmp_path / "else"))
    kernel.check(found)
    assert found.options == [f"--kernel={tmp_path}/linux.uml", f"--modules={tmp_path}/else"]


def test_modules_of_another_release_do_not_do(tmp_path):
    found = kernel.at(binary(tmp_path, "echo 9.9.2"), modules(tmp_path / "modules"))
    with pytest.raises(Unfit, match=r"no modules of kernel 9\.9\.2 in .*: give their folder"):
        kernel.check(found)


def test_a_path_without_a_binary_is_told(tmp_path):
    with pytest.raises(Unfit, match="there is no User Mode Linux binary"):
        kernel.at(tmp_path / "nothing", None)


def test_a_binary_that_does_not_start_says_why(tmp_path):
    found = kernel.at(binary(tmp_path, "echo 'libc: version GLIBC_2.38 not found' >&2; exit 1"),
                      None)
    with pytest.raises(Unfit, match="does not start: libc: version GLIBC_2.38 not found"):
        kernel.check(found)


def test_a_c_library_beside_a_named_kernel_is_its_own(tmp_path):
    (tmp_path / "lib").mkdir()
    path = binary(tmp_path)
    assert kernel.at(path, None).environment == {"LD_LIBRARY_PATH": f"{tmp_path}/lib"}
    assert Kernel(path, tmp_path).environment == {}


def test_the_guest_is_told_where_the_modules_are(tmp_path):
    words = guest.command(Job("story", Path("/top"), tmp_path, Path("/bin")), 5, 6,
                          Kernel(Path("/k/linux.uml"), Path("/k/modules"), named=True))
    assert words[0] == "/k/linux.uml"
    assert 'MODULES="/k/modules"' in words


@pytest.mark.req("D-003")
def test_what_no_netlink_request_loads_is_loaded_beforehand():
    files = Path(guest.__file__).parents[2] / "guest"
    loaded = {name for file in ("modules", "modules.either")
              for name in (files / file).read_text().split()}
    assert loaded >= {"xfrm_user", "esp6", "xfrm6_tunnel", "tunnel6", "ip6_tunnel", "authenc",
                      "echainiv", "seqiv", "cbc", "hmac", "sha1_generic", "crypto_null"}


@pytest.mark.parametrize("folder", ["plain", "with a blank", "zażółć à"])
def test_a_preload_is_found_whatever_its_folder_is_called(tmp_path, folder):
    """A library that ends its program with 7, before a program of the machine begins."""
    library = tmp_path / folder / "seven.so"
    library.parent.mkdir()
    subprocess.run(["cc", "-shared", "-o", library, "-x", "c", "-"], text=True, check=True,
                   input="#include <unistd.h>\n__attribute__((constructor)) void f(void)"
                         "{ _exit(7); }\n")
    done = subprocess.run(["/bin/true"], env=kernel.preloaded(library), check=False)
    assert done.returncode == 7
