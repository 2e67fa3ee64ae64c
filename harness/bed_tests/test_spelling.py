"""A mistyped name is refused with the one that was meant, whatever kind of name it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bed import matrix, options, run, sweep
from harness.bed.base.spelling import meant, near
from harness.bed.base.topology import T0
from harness.bed.engine import suite
from harness.bed.engine.kernel import Unfit

TOP = Path(__file__).parents[2]
SCENARIOS = [one.name for one in suite.scenarios(TOP)]
CHECKPOINTS = sorted({file.name.split(".")[1] for file in (TOP / "expected").glob("*/*.xfrm")})
HELP = (TOP / "harness/bed/options.py").read_text()
OPTIONS = sorted(set(re.findall(r"--[a-z][a-z0-9-]+", HELP)))


def slips(name: str) -> Iterator[str]:
    """The name with one letter missing, doubled, or changed places with the next one."""
    for at in range(2 if name.startswith("--") else 0, len(name)):
        yield name[:at] + name[at + 1:]
        yield name[:at] + 2 * name[at] + name[at + 1:]
        yield name[:at] + name[at + 1:at + 2] + name[at] + name[at + 2:]


@pytest.mark.req("T-101")
@pytest.mark.parametrize("known", [
    [*SCENARIOS, *suite.TAKEN], OPTIONS, CHECKPOINTS, [*T0.members, "rtr"]],
    ids=["scenarios", "options", "checkpoints", "nodes"])
def test_every_slip_of_a_letter_in_every_name_finds_the_name(known):
    lost = [(name, slip) for name in known for slip in slips(name)
            if slip not in known and name not in near(slip, known)]
    assert not lost


def test_a_word_that_is_like_nothing_suggests_nothing():
    assert meant("xyzzy", SCENARIOS) == ""
    assert meant("coa-chnage", SCENARIOS) == "; did you mean coa-change?"


@pytest.mark.parametrize("name", SCENARIOS)
def test_capitals_and_what_a_shell_completes_find_the_name(name):
    file = f"scenarios/{name}/test_{name.replace('-', '_')}.py"
    for typed in (name.upper(), f"scenarios/{name}", f"./scenarios/{name}/", file):
        assert near(typed, [*SCENARIOS, *suite.TAKEN])[0] == name


def test_every_command_of_the_front_door_is_a_name_that_may_be_meant():
    door = (TOP / "run-tests.sh").read_text()
    commands = {word for line in re.findall(r"^([a-z |]+)\)$", door, flags=re.MULTILINE)
                for word in line.split(" | ")} | set(re.findall(r'" = (\w+) \]', door))
    assert {"diff", "compare", "doctor"} <= commands <= set(suite.TAKEN)
    assert meant("compre", suite.TAKEN) == "; did you mean compare?"


@pytest.mark.parametrize("typed, sentence", [
    (["coa-chnage"], "there is no scenario coa-chnage; did you mean coa-change?"),
    (["docter"], "there is no scenario docter; did you mean doctor?"),
    (["xyzzy"], "there is no scenario xyzzy; --list names them all"),
    ([sweep.NAME, "late-migrat"], "there is no scenario late-migrat; did you mean late-migrate?"),
    (["--pause-at", "mvoed", "coa-change"], "; did you mean moved?"),
    (["--shell", "mooon", "coa-change"], "; did you mean moon?"),
    (["--gdb", "moon/ikd", "coa-change"], "; did you mean moon/iked?"),
])
def test_what_was_meant_ends_the_sentence(typed, sentence):
    with pytest.raises(Unfit) as refused:
        run.chosen(options.parse(typed))
    assert str(refused.value).endswith(sentence)


@pytest.mark.parametrize("typed, sentence", [
    ("--repat 3 coa-change", "there is no option --repat; did you mean --repeat?"),
    ("--only-faild", "there is no option --only-faild; did you mean --only-failed?"),
    ("--kernal=6.12 coa-change", "there is no option --kernal; did you mean --kernel?"),
    ("--xyzzy", "there is no option --xyzzy; --help names them all"),
])
def test_an_option_that_is_none_is_told_with_the_one_that_is(typed, sentence, capsys):
    with pytest.raises(SystemExit):
        options.parse(typed.split())
    assert sentence in capsys.readouterr().err.splitlines()[-1]


def test_names_may_stand_on_either_side_of_options():
    assert options.parse("coa-change --repeat 2 revoked".split()).names == ["coa-change", "revoked"]
    assert options.parse([matrix.NAME]).names == [matrix.NAME]
    assert options.parse(["--keep"]).names == []
