"""The guest's preload: a short floating-point buffer is completed, what a process has stays."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.bed.base import places

TOP = Path(__file__).parents[2]
PRELOAD = places.build(TOP) / "guest/preload.so"
# A tracer that hands the kernel only the first 832 octets of its child's extended state.
TRACER = """
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
TRACEME, GETREGSET, SETREGSET, KILL, XSTATE = 0, 0x4204, 0x4205, 8, 0x202
class Iov(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
child = os.fork()
if not child:
    libc.ptrace(TRACEME, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
os.waitpid(child, 0)
state = ctypes.create_string_buffer(832)
iov = Iov(ctypes.addressof(state), len(state))
got = libc.ptrace(GETREGSET, child, XSTATE, ctypes.byref(iov))
XMM0 = 160
state[XMM0] = bytes([state.raw[XMM0] ^ 255])
put = libc.ptrace(SETREGSET, child, XSTATE, ctypes.byref(iov))
print(got, put, ctypes.get_errno() if put else 0)
os.kill(child, signal.SIGKILL)
"""


# A tracer that dies while its child would go on for ever.
DYING = """
import ctypes, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
TRACEME, CONT, GOOD = 0, 7, 1
child = os.fork()
if not child:
    libc.ptrace(TRACEME, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    signal.pause()
os.waitpid(child, 0)
assert libc.ptrace(int(sys.argv[1], 0), child, None, GOOD) == 0
libc.ptrace(CONT, child, None, None)
print(child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def preload() -> Path:
    subprocess.run(["make", "-s", "guest"], cwd=TOP, check=True)
    return PRELOAD


def trace(environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, "-c", TRACER], env=environment, capture_output=True,
                          text=True, check=True)
    return done.stdout.strip()


def test_a_short_buffer_is_refused_by_the_kernel_and_completed_by_the_preload(preload):
    if ctypes.CDLL(str(preload)).xstate_area() <= 832:
        pytest.skip("this processor's XSAVE area is no longer than the short buffer")
    assert trace({}) == "0 -1 14"
    assert trace({"LD_PRELOAD": str(preload)}) == "0 0 0"


@pytest.mark.req("T-221")
@pytest.mark.parametrize("word, found", [
    ("kept", "12"), ("changed", "52"), ("ran", "11"), ("another", "11")])
def test_a_process_has_what_it_was_given_last(preload, word, found):
    """Nothing is given where nothing has changed; where it ran meanwhile, or is another, it is."""
    done = subprocess.run([preload.parent / "try_xstate", word], capture_output=True, text=True,
                          env={"LD_PRELOAD": str(preload)}, check=True)
    assert done.stdout == f"{found}\n"


def test_the_area_is_asked_of_the_processor(preload):
    assert ctypes.CDLL(str(preload)).xstate_area() >= 576


def ends(child: int) -> bool:
    """Whether it is gone within a second."""
    try:
        gone = os.pidfd_open(child)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([gone], [], [], 1)[0])
    finally:
        os.close(gone)


@pytest.mark.req("T-143")
@pytest.mark.parametrize("request_", ["0x4200", "21"], ids=["new", "old"])
def test_what_a_dead_kernel_traced_does_not_go_on_as_processes_of_the_machine(preload, request_):
    def left(environment: dict[str, str]) -> int:
        # Its output is not waited for to its end, which the child holds.
        died = subprocess.Popen([sys.executable, "-c", DYING, request_], env=environment,
                                stdout=subprocess.PIPE, text=True)
        child = int(died.stdout.readline())
        died.wait()
        died.stdout.close()
        return child
    assert ends(left({"LD_PRELOAD": str(preload)}))
    free = left({})
    assert not ends(free)
    os.kill(free, signal.SIGKILL)
