"""progress - one line at the foot of a terminal: what goes on, for how long, what it waits for.

Each running scenario leaves the words of its current wait in a file of its results; a thread reads
them and draws the line again. It goes before anything else is said, and for good at the end.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from harness.bed.base.story import NOW

INTERVAL = 0.25
CLEAR = "\r\x1b[2K"


class Progress:
    """`total` guests are to run; on anything but a terminal nothing is ever drawn."""

    def __init__(self, out: TextIO, lock: threading.Lock, total: int = 0) -> None:
        self.out = out
        self.lock = lock
        self.total = total
        self.done = 0
        self.running: dict[Path, tuple[str, float]] = {}
        self.words: dict[Path, str] = {}
        self.steps: list[tuple[str, float]] = []
        self.drawn = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def shown(self, total: int) -> Iterator[None]:
        """Draw what the guests do while the body runs."""
        self.total, self.done = total, 0
        with self._drawing():
            yield

    @contextmanager
    def doing(self, words: str) -> Iterator[None]:
        """Draw `words` while the body runs and no guest does."""
        self.steps.append((words, time.monotonic()))
        try:
            with self._drawing():
                yield
        finally:
            self.steps.pop()

    @contextmanager
    def _drawing(self) -> Iterator[None]:
        if self._thread or not self.out.isatty():
            yield
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._loop, name="progress", daemon=True)
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()
            self._thread = None
            with self.lock:
                self.clear()

    @contextmanager
    def guest(self, name: str, results: Path) -> Iterator[None]:
        """The scenario `name` runs meanwhile and writes to `results`."""
        self.running[results] = (name, time.monotonic())
        self.words[results] = "the guest starts"
        try:
            yield
        finally:
            del self.running[results], self.words[results]
            self.done += 1

    def clear(self) -> None:
        """Take the line away; the caller holds the lock."""
        if self.drawn:
            self.out.write(CLEAR)
            self.drawn = False

    def _loop(self) -> None:
        while not self._stop.wait(INTERVAL):
            with self.lock:
                self.out.write(CLEAR + self.text(shutil.get_terminal_size().columns - 1))
                self.out.flush()
                self.drawn = True

    def text(self, width: int) -> str:
        """The line itself, never longer than the terminal is wide."""
        running = list(self.running.items())
        if self.steps and not running:
            words, start = self.steps[-1]
            return f"{words}: {time.monotonic() - start:.0f} s"[:width]
        parts = [f"{name} {time.monotonic() - start:.0f} s: {self._now(results)}"
                 for results, (name, start) in running]
        return f"[{self.done}/{self.total}] {' | '.join(parts)}"[:width]

    def _now(self, results: Path) -> str:
        """The newest words of an act; the last ones while it writes others."""
        files = sorted(results.rglob(NOW), key=lambda file: file.stat().st_mtime)
        text = files[-1].read_text().strip() if files else ""
        last = self.words.get(results, "")
        if text and results in self.words:
            self.words[results] = text
        return text or last
