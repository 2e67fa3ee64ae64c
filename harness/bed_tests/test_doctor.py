"""The doctor: every gap tells what it affects and what to type, and only serious ones count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.bed.engine import doctor, guest, probe, suite
from harness.bed.engine.doctor import Gap
from harness.bed.engine.probe import FEATURES, Machine
from harness.bed.peers import packages as peers

TOP = Path(__file__).parents[2]
ROOM = 100 << 30
WELL = Machine(
    scenarios=tuple(suite.scenarios(TOP)), root=False, python=(3, 11), missing=(), xsave=2432,
    preload=True, memory=ROOM, space=(("/dev/shm", ROOM, guest.DISK, "export TMPDIR=/var/tmp"),),
    unwritable=(), noexec="", kernel_fault="", release="6.1.176", boot_fault="", lacking=(),
    peers={"strongswan": "5.9.8", "strongswan-6": "6.0.1", "libreswan": "5.2", "openiked": "7.4"},
    kernels=("6.12.113",), native_fault="")


def gaps(**gap: object) -> list[Gap]:
    machine = replace(WELL, **gap)
    return [one for _, found in doctor.examine(machine) for one in found]


def feature(word: str) -> probe.Feature:
    return next(one for one in FEATURES if word in one.name)


def test_a_machine_with_everything_has_no_gap_and_is_told_what_was_found():
    examined = doctor.examine(WELL)
    said = list(doctor.lines(examined, WELL))
    assert gaps() == []
    assert len(said) == len(doctor.CHECKS) + 1
    assert said[-1] == "nothing is missing"
    assert "ok    guest: kernel 6.1.176 runs and does all" in "\n".join(said)
    assert ("ok    peers: strongswan 5.9.8, strongswan-6 6.0.1, libreswan 5.2, openiked 7.4"
            in said)


def test_a_peer_that_is_not_there_yet_is_fetched_by_a_scenario_that_runs_it():
    found = gaps(peers={})
    assert [one.type.split()[4].rstrip(",") for one in found] == [
        "peer-strongswan", "conformance", "peer-plain", "peer-plain"]
    assert "--carol-ike" in found[0].affects
    assert found[1].affects == "make conformance SUBJECT=strongswan-6"
    assert found[3].affects == "./run-tests.sh matrix, peer-plain"


@pytest.mark.parametrize("gap, what, affects, type_", [
    ({"missing": (("build", "libmnl-dev", "pkg-config:libmnl"),)},
     "there is no pkg-config libmnl (Debian: libmnl-dev)",
     "everything that is compiled", "sudo apt-get install --no-install-recommends libmnl-dev"),
    ({"missing": (("test", "radvd", "program:radvd"),), "root": True}, "no program radvd",
     "all scenarios", "apt-get install --no-install-recommends radvd"),
    ({"missing": (("test", "radvd", "program:radvd"),), "apt": False}, "no program radvd",
     "all scenarios", "there is no apt-get here: install what this system calls radvd"),
    ({"missing": (("test", "libcmocka-dev", "header:cmocka.h"),)}, "no header cmocka.h",
     "unit tests", "apt-get"),
    ({"missing": (("test", "tshark", "program:tshark"),)}, "tshark", "page", "apt-get"),
    ({"python": (3, 9)}, "/usr/bin/python3 is 3.9, not 3.11", "no test can run", "Debian 12"),
    ({"xsave": 11008, "preload": False}, "XSAVE area has 11008 octets", "all scenarios",
     "make guest"),
    ({"memory": 100 << 20}, "100 MB of memory are free", "all scenarios", "-j 1"),
    ({"space": (("/dev/shm", 64 << 20, guest.DISK, "export TMPDIR=/var/tmp"),)},
     "/dev/shm has 64 MB left, a guest needs 200", "all scenarios", "export TMPDIR"),
    ({"unwritable": ("/srv/build",)}, "/srv/build may not be written", "all scenarios", "chown"),
    ({"noexec": "/dev/shm"}, "/dev/shm is mounted noexec", "all scenarios", "export TMPDIR"),
    ({"kernel_fault": "linux.uml is missing: apt-get install user-mode-linux"},
     "the guest's kernel: linux.uml is missing", "all scenarios",
     "apt-get install user-mode-linux"),
    ({"boot_fault": guest.REASONS["PTRACE_TRACEME"]},
     "a guest on kernel 6.1.176 does not run: this machine forbids ptrace", "all scenarios",
     "allow it"),
    ({"lacking": (feature("veth"),)}, "kernel 6.1.176 cannot do veth pairs", "all scenarios",
     "--kernel PATH"),
    ({"lacking": (feature("nf_tables"),)}, "cannot do packet rules on bridges",
     "first-copy-lost", "--kernel PATH"),
])
def test_a_gap_that_stops_scenarios_says_which_and_what_to_type(gap, what, affects, type_):
    (found,) = gaps(**gap)
    assert what in found.what
    assert affects in found.affects
    assert type_ in found.type
    assert found.serious


@pytest.mark.parametrize("gap, what", [
    ({"missing": (("optional", "valgrind", "program:valgrind"),)}, "valgrind"),
    ({"missing": (("root", "uidmap", "program:newuidmap"),)}, "newuidmap"),
    *(({"peers": WELL.peers.keys() - {name}}, f"{name} is not yet unpacked")
      for name in peers.NAMES),
    ({"kernels": ()}, "no newer kernels"),
    ({"native_fault": "--native needs root: type sudo"}, "--native needs root"),
])
def test_what_only_an_optional_part_wants_is_a_note(gap, what):
    (found,) = gaps(**gap)
    assert what in found.what
    assert not found.serious


def test_a_shorter_list_of_scenarios_stands_where_not_all_are_affected():
    (found,) = gaps(lacking=(feature("nf_tables"),))
    assert "establishment" not in found.affects


def test_gaps_and_notes_are_counted_in_the_last_line():
    machine = replace(WELL, peers={}, memory=0, noexec="/dev/shm")
    assert list(doctor.lines(doctor.examine(machine), machine))[-1] == "2 gaps, 4 notes"


def test_each_use_is_of_a_listed_package():
    listed = {name for line in (TOP / "packages.txt").read_text().splitlines()
              if "\t" in line and not line.startswith("#")
              for name in line.split("\t")[1].split("|")}
    assert [use.packages for use in doctor.USES if use.packages not in listed] == []
