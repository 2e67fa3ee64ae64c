"""secrets - a local that holds a key is overwritten before its function ends.

What holds one is told by its type, or by a size that is a key's. What src/kernel reads of an SA has
no keys in it: struct xfrm_sa has views, for the way in only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.lint.sizes import c_functions
from harness.lint.tree import Fault, files, name, text

TYPES = ("child_keys", "ike_keys", "sk_keys", "whole")
SIZES = ("SK_KEY_MAX", "XFRM_KEY_MAX", "PRF_MAX", "KEYS_MAX")
OF_TYPE = re.compile(rf"^\t+struct (?:{'|'.join(TYPES)}) ([^*()]*);")
ARRAYS = re.compile(r"^\t+uint8_t ([^()]*(?:\([^()]*\)[^()]*)*);")
ONE = re.compile(r"(\w+)\s*(?:\[([^\]]*)\])?\s*(?:=.*)?$")
# A struct that is read only, or what an octet string is made of: names of values, not of keys.
BORROWED = re.compile(r"^\t+const ")


def check(root: Path) -> Iterator[Fault]:
    for path in files(root, ".c", under="src"):
        lines = text(path).splitlines()
        for function, start, size in c_functions(lines):
            yield from _function(name(root, path), function, start, lines[start:start + size - 1])


def _function(where: str, function: str, start: int, body: list[str]) -> Iterator[Fault]:
    for offset, line in enumerate(body, start=1):
        for secret in _secrets(line):
            wipe = rf"\b(?:mem_wipe|\w+_wipe)\(&?{secret}\b"
            if not any(re.search(wipe, later) for later in body[offset:]):
                yield Fault(where, start + offset, f"{function} leaves the secret {secret} behind: "
                            f"mem_wipe({secret}, sizeof({secret})) before it returns")


def _secrets(line: str) -> Iterator[str]:
    typed, arrays = OF_TYPE.match(line), ARRAYS.match(line)
    if BORROWED.match(line) or not (typed or arrays):
        return
    for word in _split((typed or arrays)[1]):
        found = ONE.match(word.strip())
        if found and (typed or any(size in (found[2] or "") for size in SIZES)):
            yield found[1]


def _split(declared: str) -> Iterator[str]:
    """At the commas outside of brackets."""
    depth, word = 0, ""
    for char in declared:
        depth += (char in "[({") - (char in "])}")
        if char == "," and not depth:
            yield word
            word = ""
        else:
            word += char
    yield word
