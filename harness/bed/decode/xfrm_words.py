"""xfrm_words - the words of a dump one after the other, each with the line it stands on.

What is printed on one line may come wrapped or joined, so lines play no part in what is read, only
in what is said of it: an error names its line, and what an error leaves unread ends with the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from socket import AF_INET6, inet_ntop, inet_pton

# What C and Python do not read alike in an address: a scope, an IPv4 address at its end.
NOT_PLAIN = frozenset("%.\0")
# What `ip -o` prints in place of a line's end.
LINE_BREAK = "\\"
# So much of a line stands in an error, and in what is noted of it.
SHOWN, KEPT = 60, 500
# Larger than any number of the kernel's is no number.
DIGITS = "(?:0[xX][0-9a-fA-F]{1,32}|[0-9]{1,32})"
NUMBER = re.compile(rf"(-?{DIGITS})(?:\(({DIGITS})\))?,?$")
# What people and tools put where a value was: 0x..., 0xabcd…ef, <removed>, REQID, [redacted],
# XXXX, (hidden), ***REDACTED***.
GONE = "redacted|removed|hidden|omitted|snip|snipped|masked|secret|censored|stripped|deleted"
PLACEHOLDER = re.compile(
    r"(?:0x)?[0-9a-f]*(?:\.{2,}|…|[xX*?#•█]{3,}|__+|--+)[0-9a-f]*$|(?:0x)?[A-Z][A-Z_]{2,}$"
    r"|(?:0x[0-9a-f]*)?(?:<[^<>]*>|<<.*>>|\[.*\]|\{.*\}|‹.*›|«.*»)$|\((?!ERROR).*\)$"
    rf"|[-*_.\"']*(?i:{GONE})[-*_.\"']*$")


class DumpError(ValueError):
    """The dump holds something this reader does not know; the message names the line."""

    def __init__(self, line: int, why: str, text: str, at: int = 0) -> None:
        why = why if len(why) <= 3 * SHOWN else f"{why[:3 * SHOWN]} …"
        super().__init__(f"line {line}: {why}: {text[:SHOWN]}".rstrip(": "))
        self.line, self.why, self.text, self.at = line, why, text, at


@lru_cache(maxsize=1 << 16)
def address(text: str) -> str | None:
    """An address as everybody writes it, None for what is none."""
    if text.isascii() and ":" in text and not NOT_PLAIN & set(text):
        # Ten times as fast as Python's own.
        try:
            found = inet_ntop(AF_INET6, inet_pton(AF_INET6, text))
        except OSError:
            return None
        if "." not in found:
            return found
    try:
        return str(ip_address(text))
    except ValueError:
        return None


@lru_cache(maxsize=1 << 16)
def number(text: str) -> int | None:
    """A number, also with its other base behind it as -s prints it: 1(0x00000001)."""
    found = NUMBER.match(text)
    if not found:
        return None
    value = _int(found[1])
    return value if found[2] is None or _int(found[2]) == value else None


def _int(text: str) -> int:
    """Decimal or hexadecimal; zeros in front mean nothing."""
    return int(text, 16) if "x" in text or "X" in text else int(text)


def whole(text: str) -> int | None:
    """Decimal digits and nothing else; what other scripts have for digits are none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 32 else None


@lru_cache(maxsize=1 << 12)
def shown(text: str) -> str:
    """A line as a note has it: not endless, and nothing that a terminal obeys."""
    text = text[:4 * KEPT].strip()
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in "\t\xa0" else repr(c)[1:-1] for c in text)
    return text if len(text) <= KEPT else f"{text[:KEPT]} …"


class Words:
    """A cursor over the words of numbered lines; every method that reads moves it on."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self.texts = dict(lines)
        self.words: list[str] = []
        self.lines: list[int] = []
        self.pieces: list[int] = []
        self.at = 0
        piece = 0
        for line, text in self.texts.items():
            for printed in text.split(LINE_BREAK) if LINE_BREAK in text else (text,):
                found = printed.split()
                self.words += found
                self.lines += [line] * len(found)
                self.pieces += [piece] * len(found)
                piece += 1
        self.end = len(self.words)
        self.words += [""] * 4

    def peek(self, ahead: int = 0) -> str:
        return self.words[self.at + ahead] if self.at + ahead < self.end else ""

    def next(self) -> str:
        word = self.words[self.at]
        if not word:
            raise self.error("the dump ends in the middle of an entry")
        self.at += 1
        return word

    def take(self, word: str) -> bool:
        if self.words[self.at] != word:
            return False
        self.at += 1
        return True

    def expect(self, word: str) -> None:
        if self.words[self.at] != word:
            raise self.error(f"'{word}' expected, '{self.peek()}' found" if self.peek() else
                             "the dump ends in the middle of an entry")
        self.at += 1

    def value(self, word: str) -> str:
        self.expect(word)
        return self.next()

    def number(self) -> int:
        found = number(self.next())
        if found is None:
            raise self.last(f"'{self.words[self.at - 1]}' is not a number")
        return found

    def address(self) -> str:
        found = address(self.next())
        if found is None:
            raise self.last(f"'{self.words[self.at - 1]}' is not an address")
        return found

    def prefix(self) -> str:
        text, _, said = self.next().partition("/")
        length, found = whole(said), address(text)
        if length is None:
            raise self.last(f"'{self.words[self.at - 1]}' is not a prefix")
        if found is None:
            raise self.last(f"'{text}' is not an address")
        if length > (128 if ":" in found else 32):
            raise self.last(f"'{text}/{said}' is not a prefix")
        return f"{found}/{length}"

    def rest(self) -> list[str]:
        """The words up to the end of the printed line that the last word stands on."""
        start, piece = self.at, self.pieces[self.at - 1]
        while self.at < self.end and self.pieces[self.at] == piece:
            self.at += 1
        return self.words[start:self.at]

    def new_line(self, ahead: int = 0) -> bool:
        """Whether the word at the cursor stands on another printed line than the one before."""
        at = self.at + ahead
        return at >= self.end or self.pieces[at] != self.pieces[at - 1]

    def text(self, line: int) -> str:
        """What a note says of a line."""
        return shown(self.texts[line])

    def error(self, why: str) -> DumpError:
        """At the word that comes next."""
        if not self.end:
            return DumpError(1, why, "")
        at = min(self.at, self.end - 1)
        return DumpError(self.lines[at], why, self.text(self.lines[at]), self.at)

    def last(self, why: str) -> DumpError:
        """At the word that was read last."""
        self.at -= 1
        return self.error(why)

    def skip(self, error: DumpError, start: int) -> None:
        """Past what an error leaves unread: its printed line, unless the fault is what is missing
        in the one before; `start` is where the reader was before."""
        self.at = max(error.at, start)
        if start < self.at and self.entry():
            return
        if start < self.at < self.end and self.pieces[self.at] != self.pieces[self.at - 1]:
            return
        self.at = min(self.at + 1, self.end)
        while self.at < self.end and self.pieces[self.at] == self.pieces[self.at - 1] \
                and not self.entry():
            self.at += 1

    def entry(self) -> bool:
        """Whether an entry begins here: src A dst B, but not that of a template or selector."""
        return (self.words[self.at] == "src" and self.peek(2) == "dst"
                and (not self.at or self.words[self.at - 1] not in ("tmpl", "sel")))
