"""The fixture of tests of a home agent."""

from __future__ import annotations

import pytest

from harness.bed.stage.bed import Bed
from harness.tester.home_agent import Tester


@pytest.fixture
def tn(bed: Bed) -> Tester:
    return Tester(bed)
