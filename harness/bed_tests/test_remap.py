"""The guest's preload: a page that is taken away and put back at once stays; all else is done."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bed.base import places

TOP = Path(__file__).parents[2]
PRELOAD = places.build(TOP) / "guest/preload.so"
PAGE, PAGES = 4096, 12
ALL = mmap.PROT_READ | mmap.PROT_WRITE
FIXED, FAILED = 0x10, ctypes.c_void_p(-1).value
SHARED, ALONE = mmap.MAP_SHARED | FIXED, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | FIXED
MAP = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]


def calls(library: ctypes.CDLL) -> ctypes.CDLL:
    library.mmap.argtypes, library.mmap.restype = MAP, ctypes.c_void_p
    for call in (library.munmap, library.mprotect):
        call.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    library.mprotect.argtypes.append(ctypes.c_int)
    return library


class Memory:
    """A file of numbered pages, and a range of addresses in which the preload's calls put them."""

    def __init__(self) -> None:
        subprocess.run(["make", "-s", "guest"], cwd=TOP, check=True)
        self.libc = calls(ctypes.CDLL(None, use_errno=True))
        self.ours = calls(ctypes.CDLL(str(PRELOAD)))
        self.file = os.memfd_create("pages")
        os.write(self.file, b"".join(bytes([at + 1]) * PAGE for at in range(PAGES)))
        self.start = self.libc.mmap(None, PAGES * PAGE, 0, ALONE & ~FIXED, -1, 0)

    def at(self, page: int) -> int:
        return self.start + page * PAGE

    def put(self, page: int, number: int, size: int = 1, prot: int = ALL) -> None:
        at = self.at(page)
        assert self.ours.mmap(at, size * PAGE, prot, SHARED, self.file, number * PAGE) == at

    def take(self, page: int, size: int = 1) -> None:
        assert self.ours.munmap(self.at(page), size * PAGE) == 0

    def number(self, page: int) -> int | None:
        """Which page of the file stands there; None where there is nothing."""
        seen = ctypes.create_string_buffer(1)
        if self.libc.mincore(ctypes.c_void_p(self.at(page)), PAGE, seen) < 0:
            assert ctypes.get_errno() == errno.ENOMEM
            return None
        return ctypes.string_at(self.at(page), 1)[0] - 1

    def settle(self) -> None:
        """Any further call, of nothing that is known."""
        self.ours.munmap(None, 0)

    def changed_beneath(self, page: int) -> None:
        """Zeroes, which a page shows as long as nothing is put there."""
        assert self.libc.mmap(self.at(page), PAGE, ALL, ALONE, -1, 0) == self.at(page)


@pytest.fixture
def memory() -> Iterator[Memory]:
    one = Memory()
    yield one
    one.settle()
    one.libc.munmap(one.start, PAGES * PAGE)
    os.close(one.file)


NOTHING = -1


@pytest.mark.req("T-224")
def test_what_is_taken_away_and_put_back_is_left_alone(memory):
    memory.put(3, 5)
    memory.changed_beneath(3)
    memory.take(3)
    memory.put(3, 5)
    assert memory.number(3) == NOTHING


@pytest.mark.req("T-224")
@pytest.mark.parametrize("between", [
    lambda memory: memory.put(3, 6), lambda memory: memory.put(3, 5, prot=mmap.PROT_READ),
    lambda memory: memory.put(3, 5, size=2), lambda memory: memory.put(2, 1, size=3),
    lambda memory: memory.take(2, size=3), lambda memory: memory.take(3, size=2),
    lambda memory: memory.ours.mprotect(memory.at(3), PAGE, mmap.PROT_READ),
    lambda memory: memory.ours.mprotect(memory.at(2), 3 * PAGE, mmap.PROT_READ),
], ids=["another", "to-read", "two-pages", "three-pages", "taken", "taken-by-its-first", "closed",
        "closed-among-others"])
def test_what_something_else_was_done_to_is_put_anew(memory, between):
    memory.put(3, 5)
    between(memory)
    memory.changed_beneath(3)
    memory.take(3)
    memory.put(3, 5)
    assert memory.number(3) == 5


@pytest.mark.req("T-224")
def test_what_is_taken_away_is_gone_with_the_next_call(memory):
    for further in (memory.settle, lambda: memory.take(4), lambda: memory.put(4, 1),
                    lambda: memory.ours.mprotect(memory.at(5), PAGE, ALL)):
        memory.put(3, 5)
        memory.take(3)
        further()
        assert memory.number(3) is None


@pytest.mark.req("T-224")
@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_asked_stands_there(memory, seed):
    random_ = random.Random(seed)
    expected: dict[int, int | None] = {}
    for _ in range(400):
        size = random_.choice((1, 1, 1, 2, 3))
        page, number = (random_.randrange(PAGES - size + 1) for _ in range(2))
        if random_.random() < 0.4:
            memory.take(page, size)
            expected |= dict.fromkeys(range(page, page + size))
        elif random_.random() < 0.6 and (known := expected.get(page)) is not None:
            memory.take(page)
            memory.put(page, known)
        else:
            memory.put(page, number, size)
            expected |= {page + at: number + at for at in range(size)}
        there = {page: number for page, number in expected.items() if number is not None}
        assert {page: memory.number(page) for page in there} == there
    memory.settle()
    assert {page: memory.number(page) for page in expected} == expected
