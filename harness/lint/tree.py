"""tree - the files that the house rules look at, and how a fault is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SKIPPED = {".git", "build", "__pycache__", "corpus", "data", ".pytest_cache", ".hypothesis"}


@dataclass(frozen=True)
class Fault:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


def files(root: Path, *suffixes: str, under: str = ".") -> Iterator[Path]:
    """Files with one of the suffixes, sorted; build results and test data are nobody's source."""
    for path in sorted((root / under).rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and path.suffix in suffixes and not SKIPPED & set(parts):
            yield path


def scripts(root: Path) -> Iterator[Path]:
    """Shell scripts by their first line, whatever their name."""
    for path in files(root, "", ".sh"):
        with path.open("rb") as script:
            if script.readline().rstrip() in (b"#!/bin/sh", b"#!/bin/sh -eu", b"#!/bin/sh -e"):
                yield path


def name(root: Path, path: Path) -> str:
    return str(path.relative_to(root))


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
