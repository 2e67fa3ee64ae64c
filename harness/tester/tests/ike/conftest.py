"""The fixture of tests of an IKE daemon."""

from __future__ import annotations

import pytest

from harness.bed.stage.bed import Bed
from harness.tester import kinds, rows
from harness.tester.stage import Tester


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs with a subject of each kind that the lists ask for whose rows it decides."""
    if "tn" in metafunc.fixturenames:
        known = {row.id: row for found in rows.lists().values() for row in found}
        marks = metafunc.definition.iter_markers(rows.MARKER)
        asked = {known[ident].kind for mark in marks for ident in rows.expanded(mark.args[0])}
        metafunc.parametrize("tn", [kind for kind in kinds.KINDS if kind in asked], indirect=True)


@pytest.fixture
def tn(bed: Bed, request: pytest.FixtureRequest) -> Tester:
    return Tester(bed, request.param)
