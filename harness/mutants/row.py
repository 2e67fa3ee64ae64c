"""row - one change that breaks a behaviour, and the test that must turn red."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    id: str
    file: str
    old: str
    new: str
    test: str

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.id.split())
