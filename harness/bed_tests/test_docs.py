"""What a newcomer reads is true: links lead somewhere, commands can be typed, quotes are quotes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.bed import options
from harness.bed.engine import suite
from harness.bed.stage import prompt

TOP = Path(__file__).parents[2]
PAGES = sorted([*TOP.glob("*.md"), *TOP.glob("docs/*.md"), *TOP.glob("examples/*.md")])
WORDS = {"HoA": "home address", "CoA": "care-of address", "BU": "Binding Update",
         "MPS": "mobile prefix solicitation"}
# Commands of the front door that are no scenario and have options of their own.
APART = ("diff", "doctor", "elsewhere", "attach", "compare", "facts", "page")
EXAMPLES = {"README.md", "certs.sh", *(f"{end}/{name}" for end in ("home-agent", "mobile-node")
                                       for name in ("ipsec.conf", "ipsec.secrets", "mip6d.conf")),
            "home-agent/radvd.conf", "your-ci/conformance.yml", "your-ci/adapter.py"}


def targets() -> list[tuple[Path, str]]:
    return [(page, link) for page in PAGES
            for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
            if not re.match(r"[a-z]+:", link)]


def typed() -> list[str]:
    """Each line of a page that is ./run-tests.sh and something, without what is said of it."""
    found = (re.sub(r"\s+#.*|….*", "", line) for page in PAGES
             for line in re.findall(r"^    \./run-tests\.sh ?(.*)", page.read_text(), re.MULTILINE))
    return sorted({line for line in found if line.split(" ")[0] not in APART})


def test_every_link_leads_to_a_file():
    lost = [f"{page.name}: {link}" for page, link in targets()
            if not (page.parent / link).exists()]
    assert targets() and not lost


@pytest.mark.parametrize("line", typed())
def test_every_command_of_the_documents_can_be_typed(line, monkeypatch):
    monkeypatch.setattr(options.os, "access", lambda *_: True)
    found = options.parse(line.split())
    known = {*suite.TAKEN, *(one.name for one in suite.scenarios(TOP))}
    assert {name for name in found.names if name.islower()} <= known


@pytest.mark.parametrize("where, text", [
    ("README.md", (TOP / "README.md").read_text()),
    ("docs/TUTORIAL.md", (TOP / "docs/TUTORIAL.md").read_text()),
    ("--help", options.EPILOGUE)])
def test_the_short_words_are_spelled_out_where_a_newcomer_meets_them(where, text):
    for short, words in WORDS.items():
        assert short in text and words in " ".join(text.split())


def test_the_prompt_spells_out_the_addresses():
    assert "home address" in prompt.HELP and "care-of address" in prompt.HELP


def test_the_tutorial_quotes_what_coa_change_is_expected_to_show():
    text = (TOP / "docs/TUTORIAL.md").read_text()
    expected = TOP / "expected/coa-change"
    ladder = (expected / "ladder.txt").read_text().splitlines()
    delta = (expected / "carol.moved.delta").read_text().splitlines()
    quoted = [line.strip() for line in re.findall(r"^    (?!\./|xdg-open)(.*)$", text, re.M)]
    assert len(quoted) > 8
    assert [line for line in quoted if line not in {one.strip() for one in (*ladder, *delta)}] == []


@pytest.mark.req("T-109")
def test_every_file_of_the_examples_has_a_reader_that_tries_it():
    """ipsec.*: unit test ike/test_examples; mip6d.conf: mip/test_examples;
    your-ci: test_elsewhere, own-adapter; the rest here."""
    there = {str(path.relative_to(TOP / "examples")) for path in (TOP / "examples").rglob("*")
             if path.is_file() and path.parent.name != "__pycache__"}
    assert there == EXAMPLES


@pytest.mark.skipif(not shutil.which("radvd"), reason="radvd is not installed")
def test_radvd_takes_the_example():
    done = subprocess.run(["radvd", "-c", "-C", TOP / "examples/home-agent/radvd.conf"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_container_names_commands_that_are_there():
    text = (TOP / ".devcontainer/devcontainer.json").read_text()
    for command in ("harness/packages", "run-tests.sh"):
        assert command in text and (TOP / command).exists()
