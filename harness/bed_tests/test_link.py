"""How the daemons of a guest are linked: with the libraries in them that are there as archives."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


def linked(folder: Path, *words: str) -> list[str]:
    """What a guest's daemons are linked with."""
    subprocess.run(["make", "-s", f"BUILD={folder}", "SAN=", "UBSAN=1", *words,
                    f"{folder}/ubsan/link"], cwd=TOP, check=True)
    return (folder / "ubsan/link").read_text().split()


@pytest.mark.req("T-220")
def test_a_library_without_an_archive_stays_outside(tmp_path):
    # libc6-dev has librt.a, and no compiler has an archive of libgcc_s.
    words = linked(tmp_path, "WITHIN=-O1", "ALL_PARTS=-lrt -lgcc_s")
    assert words[0] == "-O1" and words[-1] == "-lgcc_s"
    assert words[-2].startswith("/") and words[-2].endswith("/librt.a")
    assert "-pie" not in words and "-fsanitize=undefined" in words


@pytest.mark.req("T-220")
def test_what_does_not_link_so_is_linked_as_any_other(tmp_path):
    words = linked(tmp_path, "ALL_PARTS=-lperigee-has-no-such-library")
    assert "-lperigee-has-no-such-library" not in words and "-lcrypto" in words
    assert words[0] == "-pie" and "-fsanitize=undefined" in words
    assert "perigee-has-no-such-library" in (tmp_path / "ubsan/link.why").read_text()
