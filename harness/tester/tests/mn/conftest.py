"""The fixture of tests of a mobile node."""

from __future__ import annotations

import pytest

from harness.bed.stage.bed import Bed
from harness.tester.mobile_node import Tester


@pytest.fixture
def tn(bed: Bed) -> Tester:
    return Tester(bed)
