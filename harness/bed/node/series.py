"""series - the same wait many times, told as statistics: for what chance decides.

One wait that takes too long is no verdict; a scenario asks which share came in time.
Units:   seconds.
"""

from __future__ import annotations

from harness.bed.base import wait
from harness.bed.base.story import Story
from harness.bed.base.wait import Fact, NotInTime


class Series:
    def __init__(self, name: str, story: Story, patience: float) -> None:
        self.name, self.story, self.patience = name, story, patience
        self.took: list[float | None] = []

    def add(self, fact: Fact, within: float) -> bool:
        """Wait once more; what does not come in time is counted as such. Whether it came."""
        self.story.waits(fact.says, within * self.patience)
        with wait.stopwatch(self.story.clock) as took:
            try:
                self.took.append(wait.until(fact, within * self.patience, self.story.clock))
            except NotInTime:
                self.took.append(None)
        self.story.note(self.summary(), took=took())
        return self.took[-1] is not None

    def share(self, within: float) -> float:
        """How many of all, from 0 to 1, took no longer than that."""
        limit = within * self.patience
        good = sum(one is not None and one <= limit for one in self.took)
        return good / len(self.took) if self.took else 0.0

    def summary(self) -> str:
        """moves: 7 of 8 came, in the median after 0.04 s, 90 % within 3.10 s, the last after …"""
        came = sorted(one for one in self.took if one is not None)
        text = f"{self.name}: {len(came)} of {len(self.took)} came"
        if not came:
            return text
        at = [came[min(len(came) * part // 100, len(came) - 1)] for part in (50, 90)]
        return (f"{text}, in the median after {at[0]:.2f} s, 90 % within {at[1]:.2f} s, "
                f"the slowest after {came[-1]:.2f} s")
