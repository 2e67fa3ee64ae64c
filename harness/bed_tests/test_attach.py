"""Attaching to the terminal of a prompt: what cannot be is one sentence."""

from __future__ import annotations

import pytest

from harness.bed.engine import attach


@pytest.mark.parametrize("arguments", [[], ["/dev/pts/1", "/dev/pts/2"]])
def test_it_says_what_it_wants(arguments, capsys):
    assert attach.main(arguments) == 2
    assert capsys.readouterr().err.startswith("run-tests.sh attach TERMINAL: ")


def test_a_terminal_that_is_not_there_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(attach.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(attach.sys.stdin, "fileno", lambda: 0, raising=False)
    gone = str(tmp_path / "gone")
    assert attach.main([gone]) == 2
    assert capsys.readouterr().err == f"run-tests.sh attach: {gone}: No such file or directory\n"
