"""named_file - the octets and the text of a file that a person names, or what to type instead.

Errors:  Unreadable, one sentence: the file, what is wrong with it and, where there is a way, the
         way. No file is waited for that nobody writes, and none is read without an end.
"""

from __future__ import annotations

import errno
import gc
import os
import select
import stat
import sys
from collections.abc import Callable
from io import TextIOWrapper
from itertools import islice
from pathlib import Path

from harness.bed.base.spelling import meant

STDIN = "-"
# A dump of 100,000 states has 80 MB.
MOST = 256 << 20
# So long somebody may take to open the other end of a FIFO.
WAIT = 2.0
FILTER = "| ./run-tests.sh facts -"
# What a file begins with that some program makes text of.
PACKED = {b"\x1f\x8b": "zcat {}", b"\xfd7zXZ": "xzcat {}", b"BZh": "bzcat {}",
          b"\x28\xb5\x2f\xfd": "zstdcat {}", b"\xff\xfe": "iconv -f UTF-16 -t UTF-8 {}",
          b"\xfe\xff": "iconv -f UTF-16 -t UTF-8 {}"}
CONTROLS = bytes({*range(32), 127} - set(b"\a\b\t\n\v\f\r\x1b"))


class Unreadable(Exception):
    """A file is not there or is no dump; the message is the sentence for the user."""


def octets(path: str) -> bytes:
    try:
        data = _standard_input() if path == STDIN else _file(path)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}{_remedy(path, error.errno)}") from error
    if len(data) > MOST:
        raise Unreadable(f"{path}: more than {MOST >> 20} MB, no dump is that large: "
                         f"ip xfrm state {FILTER}")
    return data


def text(path: str, data: bytes) -> str:
    """UTF-8 without a NUL."""
    for begin, command in PACKED.items():
        if data.startswith(begin):
            raise Unreadable(f"{path}: line 1: no text: {command.format(path)} {FILTER}")
    try:
        said = data.decode("utf-8-sig")
        bad = data.find(b"\0")
    except UnicodeDecodeError as error:
        said, bad = "", error.start
    if bad < 0:
        return said
    line = data[:bad].count(b"\n") + 1
    if data.translate(None, CONTROLS) != data:
        half = data[1::2].strip(b"\0") == b"" or data[::2].strip(b"\0") == b""
        way = f"iconv -f UTF-16{'LE' if data[1:2] == bytes(1) else 'BE'} -t UTF-8 {path} {FILTER}"
        raise Unreadable(f"{path}: line {line}: no text, and no netlink messages either: "
                         + (way if half and data.strip(b"\0") else f"ip xfrm state {FILTER}"))
    raise Unreadable(f"{path}: line {line}: octet 0x{data[bad]:02x} is no UTF-8: "
                     f"iconv -f ISO-8859-1 -t UTF-8 {path} {FILTER}")


def _remedy(path: str, number: int) -> str:
    """What to type, behind what is wrong."""
    here = Path(path)
    if number == errno.EISDIR:
        files = sorted(one for one in here.iterdir() if one.is_file())
        return f": name a file, as {files[0]}" if files else ": name a file"
    if number in (errno.EACCES, errno.EPERM):
        return f": sudo cat {path} {FILTER}"
    if number in (errno.ENOENT, errno.ENOTDIR):
        around = islice(here.parent.iterdir(), 1000) if here.parent.is_dir() else ()
        return meant(here.name, (one.name for one in around)) or f": ip xfrm state {FILTER}"
    return ""


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise Unreadable(f"-: standard input is closed: ip xfrm state {FILTER}")
    return sys.stdin.buffer.read(MOST + 1)


def _file(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(file, "rb") as opened:
        begin = b""
        if stat.S_ISFIFO(os.fstat(file).st_mode) and not _without_a_name(file):
            begin = _first(path, file)
        os.set_blocking(file, True)
        return begin + opened.read(MOST + 1)


def _without_a_name(file: int) -> bool:
    """The pipe of <(ip xfrm state): its writer is there, or was."""
    return os.readlink(f"/proc/self/fd/{file}").startswith("pipe:")


def _first(path: str, file: int) -> bytes:
    """The first octets of a FIFO, none as yet where somebody has opened its other end."""
    poll = select.poll()
    poll.register(file)
    seen = poll.poll(1000 * WAIT)
    try:
        begin = os.read(file, 1 << 16)
    except BlockingIOError:
        return b""
    if begin or seen:
        return begin
    raise Unreadable(f"{path}: a FIFO that nobody writes: ip xfrm state > {path} from another "
                     f"terminal, or ip xfrm state {FILTER}")


def told(word: str, failed: int, work: Callable[[], int]) -> int:
    """The status of a command; what cannot be read or written is its sentence."""
    gc.disable()  # a short life with many small objects, none of them in a circle
    try:
        if sys.stdout is None:
            raise Unreadable("standard output is closed: say where, as > FILE")
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        status = work()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        return _silent(failed)
    except OSError as error:
        print(f"run-tests.sh {word}: standard output: {error.strerror}", file=sys.stderr)
        return _silent(failed)
    except Unreadable as error:
        print(f"run-tests.sh {word}: {error}", file=sys.stderr)
        return failed


def _silent(status: int) -> int:
    """What is still to be written goes nowhere, or Python's last flush would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
