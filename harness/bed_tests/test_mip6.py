"""A mip6d with UMIP's command line: what it is, what it is told, what its dumps look like."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.bed.check import canon, expected, golden
from harness.bed.decode.xfrm import Dump, parse_dump
from harness.bed.peers import mip6_umip, strongswan_dump, umip_conf, umip_dump
from harness.bed.peers.packages import NoPeer
from harness.bed_tests import samples

EXPECTED = samples.TOP / "expected"
COMMON = samples.TOP / "scenarios/common"
LIKE = samples.TOP / "harness/bed/peers/umip-like"


def program(folder: Path, script: str) -> str:
    path = folder / "mip6d"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("said, name", [
    ("echo 'mipv6-daemon-umip (MIPL Mobile IPv6 for Linux) 2.0.2-umip-0.4' >&2; exit 1",
     ("MIPL Mobile IPv6 for Linux", (0, 4))),
    ("echo 'mip6d (perigee v0.1)'", ("perigee v0.1", ())),
    ("echo 'mip6d (UMIP) 1.0'", ("UMIP", (1, 0))),
])
def test_a_mip6d_says_what_it_is_on_either_channel_and_with_any_status(tmp_path, said, name):
    assert mip6_umip.product(program(tmp_path, said)) == name


@pytest.mark.parametrize("said, sentence", [
    ("true", 'mip6d is no mip6d: -V says ""$'),
    ("echo GNU coreutils 9.1", 'is no mip6d: -V says "GNU coreutils 9.1"$'),
    ('echo "$0: error while loading shared libraries: libfl.so.2" >&2; exit 127',
     "error while loading shared libraries: libfl.so.2"),
    ("printf '\\377\\376'", 'is no mip6d: -V says "\ufffd\ufffd"$'),
])
def test_an_unfit_program_is_one_sentence(tmp_path, said, sentence):
    with pytest.raises(NoPeer, match=sentence):
        mip6_umip.product(program(tmp_path, said))


def test_a_program_that_does_not_answer_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(mip6_umip, "PATIENCE", 0.1)
    with pytest.raises(NoPeer, match="-V does not end in 0.1 s"):
        mip6_umip.product(program(tmp_path, "exec tail -f /dev/null"))


def test_a_file_that_cannot_be_run_is_one_sentence(tmp_path):
    (tmp_path / "mip6d").write_bytes(b"\x7fELF of another machine")
    (tmp_path / "mip6d").chmod(0o755)
    with pytest.raises(NoPeer, match="mip6d cannot be run: Exec format error"):
        mip6_umip.product(str(tmp_path / "mip6d"))


@pytest.mark.parametrize("option, sentence", [
    ("--moon-mip6=/nowhere/mip6d", "/nowhere/mip6d is not a program"),
    ("--carol-mip6=/bin/true", '/usr/bin/true is no mip6d: -V says ""'),
])
def test_the_front_door_refuses_what_is_no_mip6d_before_anything_runs(option, sentence):
    done = subprocess.run([samples.TOP / "run-tests.sh", option, "establishment"], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2
    assert sentence in done.stderr and "Traceback" not in done.stderr


def included(pattern: str) -> str:
    return (COMMON / "moon" / pattern.removeprefix("/etc/")).read_text()


def test_a_configuration_without_include_says_the_same():
    """UMIP 0.4 does not know the word."""
    page = (COMMON / "moon/mip6d.conf").read_text()
    conf = umip_conf.translate(page, included)
    assert "include" not in conf
    kept = [line for line in page.splitlines() if line and "include" not in line]
    assert [line for line in conf.splitlines() if line in kept] == kept
    assert conf.count("IPsecPolicySet {") == 2
    assert umip_conf.translate(conf, included) == conf


def test_an_include_in_itself_ends():
    assert umip_conf.translate('include "me"', lambda _: 'include "me"') == 'include "me"'


def without(dump: Dump, address: str) -> Dump:
    return Dump(dump.states, [p for p in dump.policies
                              if f"{address}/128" not in (p.sel.src, p.sel.dst)])


@pytest.mark.req("G-87")
@pytest.mark.parametrize("checkpoint", ["established", "moved"])
@pytest.mark.parametrize("node", samples.NODES)
def test_known_differences_are_all_that_ours_and_umips_dumps_have(node, checkpoint):
    """The reference run was UMIP with strongSwan; its moon knew nothing of dave."""
    ours = parse_dump(expected.text(EXPECTED / f"coa-change/{node}.{checkpoint}.xfrm"))
    theirs = strongswan_dump.theirs(without(ours, "2001:1::20"), ours, node, (5, 9, 8))
    wanted = umip_dump.theirs(theirs)
    roles = canon.Roles("2001:1::1", {"2001:1::10": "carol", "2001:1::20": "dave"})
    seen = samples.canonicals(samples.reference_texts(checkpoint), canon.Names(roles))[node]
    assert golden.compare(canon.text(wanted, node), seen) == []


def test_each_known_difference_is_needed():
    policies = [p for name in ("expired/carol.refused", "return-home/carol.home")
                for p in parse_dump(expected.text(EXPECTED / f"{name}.xfrm")).policies]
    for difference in umip_dump.DIFFERENCES + umip_dump.NEWER:
        assert any(difference.applies(p) and difference.change(p) != p for p in policies)


def test_at_home_umip_has_no_policies_for_signalling_that_add_nothing():
    ours = parse_dump(expected.text(EXPECTED / "return-home/carol.home.xfrm"))
    theirs = umip_dump.theirs(ours).policies
    assert len(ours.policies) - len(theirs) == 2
    assert not any(p.sel.type == 5 for p in theirs if p.ptype == "sub" and p.dir == "out")


def test_of_umip_1_0_only_policies_for_neighbour_discovery_are_let_pass():
    ours = parse_dump(expected.text(EXPECTED / "coa-change/carol.moved.xfrm"))
    found = [replace(p, ptype="main") for p in ours.policies if p.sel.proto == "ipv6-icmp"]
    seen = [*ours.policies, *found]
    more = umip_dump.theirs(ours, True, seen).policies[len(ours.policies):]
    assert [p.sel.type for p in found] == [136, 0, 135] and [p.sel.type for p in more] == [136, 135]
    assert umip_dump.theirs(ours, False, seen) == umip_dump.theirs(ours)


def refused_by(folder: Path, conf: str) -> str:
    (folder / "conf").write_text(conf)
    done = subprocess.run([LIKE, "-c", folder / "conf", "-d", "1"], text=True, capture_output=True,
                          check=False)
    assert done.returncode
    return done.stderr


def test_the_stand_in_refuses_an_interface_that_is_not_there(tmp_path):
    """UMIP's home agent does; ours waits for it."""
    assert refused_by(tmp_path, 'NodeConfig HA;\nInterface "lo";\nInterface "eth77";\n') == (
        "HA interface eth77 unavailable\n")


def test_a_home_agent_of_a_scenario_names_interfaces_that_it_has():
    for path in samples.TOP.glob("scenarios/**/moon/mip6d.conf*/**/*"):
        assert {*re.findall(r'^Interface "(.*?)"', path.read_text(), re.MULTILINE)} <= {"eth0"}
    for path in samples.TOP.glob("scenarios/**/moon/mip6d.conf"):
        assert {*re.findall(r'^Interface "(.*?)"', path.read_text(), re.MULTILINE)} <= {"eth0"}


@pytest.mark.parametrize("name, changed, allowed, late", [
    ("MIPL Mobile IPv6 for Linux", True, ["ff02::/16"], True), ("perigee v0.1", False, [], False)])
def test_a_program_is_held_against_its_own_layout(tmp_path, name, changed, allowed, late):
    ours = parse_dump(expected.text(EXPECTED / "coa-change/carol.moved.xfrm"))
    driver = mip6_umip.Umip(program(tmp_path, f"echo 'mip6d ({name})'"), SimpleNamespace())
    assert driver.expected(ours, ours) == (umip_dump.theirs(ours) if changed else ours)
    assert [rule.dst for rule in driver.allowed()] == allowed
    assert bool(driver.grace) == late


def test_the_stand_in_reads_no_more_than_umip(tmp_path):
    said = refused_by(tmp_path, 'NodeConfig HA;\ninclude "/etc/other"\n')
    assert said.endswith("conf: line 2: syntax error\n")
    assert subprocess.run([LIKE, "--status"], capture_output=True, check=False).returncode == 1
