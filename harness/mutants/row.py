"""row - one change that breaks a behaviour, and the test that must turn red, or each of several."""

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


def of(room: str, **files: str) -> str:
    """Tests of the tester: of some files of a room, each named without its `test_`."""
    return " ".join(f"harness/tester/tests/{room}/test_{file}.py::test_{name}"
                    for file, names in files.items() for name in names.split())
