"""The marker that says which rows of which lists a test decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.tester.subjects import ended


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "conforms(id, clause): the row of a list that the test "
                                       "decides, and the clause that it holds the subject to")


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Whatever a test has shown, the subject must still be there at its end, and go in order."""
    outcome = yield
    tester = pyfuncitem.funcargs.get("tn")
    if tester and outcome.excinfo is None:
        tester.end()
    elif tester:
        ended.look_back(tester.bed, outcome.excinfo[1])
