"""kernel_log - what the kernel complained about since the log was opened.

A MIGRATE that hits a larval or a duplicate state makes the kernel warn with a backtrace: that
never happens silently here.
"""

from __future__ import annotations

import os
from collections.abc import Collection

WORDS = ("WARNING:", "BUG:", "Oops")


class KernelLog:
    def __init__(self, whole: bool = False) -> None:
        try:
            self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self.file, 0, os.SEEK_SET if whole else os.SEEK_END)
        except OSError:
            self.file = -1

    def complaints(self, allowed: Collection[str] = ()) -> list[str]:
        """One sentence for each warning without a word of `allowed`; none without a log."""
        found = []
        for record in self._records():
            text = record.partition(";")[2].splitlines()[0] if ";" in record else ""
            if any(word in text for word in WORDS) and not any(w in text for w in allowed):
                found.append(f"the kernel says: {text}")
        return found

    @staticmethod
    def find(word: str) -> str:
        """The newest line of the whole log that holds `word`, or nothing."""
        log = KernelLog(whole=True)
        lines = [r.partition(";")[2].splitlines()[0] for r in log._records() if ";" in r]
        return next((line for line in reversed(lines) if word in line), "")

    def _records(self) -> list[str]:
        records: list[str] = []
        while self.file >= 0:
            try:
                records.append(os.read(self.file, 8192).decode(errors="replace"))
            except OSError:
                break
        return records
