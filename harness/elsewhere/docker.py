"""docker - run a program as Docker's defaults and --cap-drop=ALL would: seccomp, no capability.

Not Docker's profile, but what it refuses of the calls that exist here: those that want a
capability it does not give, new namespaces, and a personality that fixes addresses.
Source:  https://docs.docker.com/engine/security/seccomp/, seccomp_rule_add(3), prctl(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, CAPABILITIES = 38, 24, 41
EQ, MASKED_EQ = 4, 7
NEW_NAMESPACES = 0x7E020000
NO_RANDOMIZE = 0x40000
REFUSED = (
    "acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "create_module", "delete_module",
    "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "get_kernel_syms", "get_mempolicy",
    "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
    "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mbind", "mount",
    "mount_setattr", "move_mount", "move_pages", "nfsservctl", "open_by_handle_at", "open_tree",
    "perf_event_open", "pivot_root", "process_madvise", "quotactl", "reboot", "request_key",
    "set_mempolicy", "setns", "settimeofday", "swapoff", "swapon", "sysfs", "_sysctl", "umount",
    "umount2", "unshare", "uselib", "userfaultfd", "ustat", "vhangup", "vm86", "vm86old")


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64),
                ("b", ctypes.c_uint64)]


class Filter:
    """A filter of libseccomp that allows what no rule refuses."""

    def __init__(self) -> None:
        self.lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.lib.seccomp_init(ALLOW))

    def refuse(self, name: str, error: int, *when: Comparison) -> None:
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # a call that this processor does not have
        rules = (Comparison * len(when))(*when)
        done = self.lib.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(ERRNO | error), number, len(when), rules)
        if done:
            raise OSError(-done, f"seccomp rule for {name}")

    def load(self) -> None:
        if done := self.lib.seccomp_load(self.context):
            raise OSError(-done, "seccomp filter")


def confine() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    made = Filter()
    for name in REFUSED:
        made.refuse(name, errno.EPERM)
    for bit in (1 << shift for shift in range(32) if NEW_NAMESPACES >> shift & 1):
        made.refuse("clone", errno.EPERM, Comparison(0, MASKED_EQ, bit, bit))
    made.refuse("clone3", errno.ENOSYS)
    made.refuse("personality", errno.EPERM, Comparison(0, EQ, NO_RANDOMIZE, 0))
    made.load()


def main(words: list[str]) -> int:
    confine()
    os.execvp(words[0], words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
