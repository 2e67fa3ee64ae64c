"""story - what a scenario does, told line by line while it happens.

A line is a command typed in a node, a wait with what it took, or a checkpoint with what moved.
Everything goes to one stream, and so into the console log of the run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TextIO


class Story:
    def __init__(self, out: TextIO = sys.__stdout__) -> None:
        self.out = out
        self.start = time.monotonic()

    def _line(self, text: str) -> None:
        print(f"{time.monotonic() - self.start:7.2f}  {text}", file=self.out, flush=True)

    def title(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    def command(self, node: str, typed: str) -> None:
        self._line(f"{node}# {typed}")

    def waited(self, says: str, took: float) -> None:
        self._line(f"waited {took:.2f} s until {says}")

    def note(self, text: str) -> None:
        self._line(text)

    def details(self, lines: Iterable[str]) -> None:
        for line in lines:
            print(f"           {line}", file=self.out, flush=True)
