"""Debian's strongSwan as a peer: how it is had, told and understood."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bed import peers, strongswan_conf, strongswan_dump, strongswan_status
from harness.bed.evidence import GIVEN, reference_dump
from harness.bed.xfrm import Dump, parse_dump

TOP = Path(__file__).resolve().parents[2]
COMMON = TOP / "scenarios/common"
MIP6D = "".join(path.read_text() for path in sorted((COMMON / "moon").glob("mip6d.conf.d/*")))
REQIDS = {("2001:1::10", True): 1, ("2001:1::10", False): 2,
          ("2001:1::20", True): 3, ("2001:1::20", False): 4}


@pytest.fixture
def debian(tmp_path, monkeypatch):
    """A folder with a list of packages, and programs that only pretend."""
    (tmp_path / "packages.txt").write_text("build\tgcc\npeer\tstrongswan-charon\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")

    def pretend(name: str, script: str) -> None:
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    pretend("dpkg-deb", 'mkdir -p "$3/usr/sbin"; touch "$3/usr/sbin/ipsec"')
    return tmp_path, pretend


def test_packages_are_those_of_the_list():
    assert "strongswan-charon" in peers.packages(TOP)


def test_a_peer_is_fetched_once(debian):
    top, pretend = debian
    pretend("apt-get", "touch strongswan-charon_1_amd64.deb")
    peers.unpack(top)
    pretend("apt-get", "exit 1")
    peers.unpack(top)
    unpacked = peers.folder(top, peers.STRONGSWAN)
    assert (unpacked / "usr/sbin/ipsec").exists()
    assert list(unpacked.parent.iterdir()) == [unpacked]


def test_a_peer_that_cannot_be_reached_is_one_sentence(debian):
    top, pretend = debian
    pretend("apt-get", "echo 'E: Could not resolve deb.debian.org' >&2; exit 100")
    with pytest.raises(peers.NoPeer, match=r"cannot be downloaded \(Could not resolve .*\); "
                                           r"with a network .* type: apt-get .*strongswan-charon"):
        peers.unpack(top)
    assert not peers.folder(top, peers.STRONGSWAN).exists()


def test_a_broken_package_leaves_nothing_behind(debian):
    top, pretend = debian
    pretend("apt-get", "touch strongswan-charon_1_amd64.deb")
    pretend("dpkg-deb", "echo 'dpkg-deb: error: not a Debian archive' >&2; exit 2")
    with pytest.raises(peers.NoPeer, match="strongswan-charon_1_amd64.deb cannot be unpacked"):
        peers.unpack(top)
    assert list((top / "build/peers").iterdir()) == []


@pytest.mark.req("B-114")
def test_reqids_are_those_of_the_policies():
    assert strongswan_conf.reqids(MIP6D) == REQIDS


def included(pattern: str) -> str:
    return (COMMON / "moon" / pattern.removeprefix("/etc/")).read_text()


@pytest.mark.req("B-114")
def test_the_home_agents_connections_get_reqids():
    conf = strongswan_conf.translate((COMMON / "moon/ipsec.conf").read_text(), included, REQIDS)
    lines = conf.splitlines()
    given = {lines[i - 1]: line.strip() for i, line in enumerate(lines) if "reqid=" in line}
    assert given == {"conn carol-mh": "reqid=1", "conn carol-tunnel": "reqid=2",
                     "conn dave-mh": "reqid=3", "conn dave-tunnel": "reqid=4"}
    assert strongswan_conf.loaded(conf) == 4


def test_only_deprecated_settings_go():
    page = (COMMON / "carol/ipsec.conf").read_text()
    conf = strongswan_conf.translate(page, included, REQIDS)
    kept = [line for line in conf.splitlines() if "reqid=" not in line]
    gone = [line.strip() for line in page.splitlines() if line not in kept]
    assert gone == ["crlcheckinterval=180", "plutostart=no"]
    assert strongswan_conf.translate(conf, included, REQIDS) == conf


def test_settings_name_the_log():
    assert "path = /somewhere/moon.charon.log" in strongswan_conf.settings(
        "/somewhere/moon.charon.log")


@pytest.mark.req("B-112")
def test_status_tells_the_sas_of_the_reference_run():
    status = strongswan_status.read(
        (GIVEN / "reference/carol.moved.statusall.txt").read_text())
    (ike,) = status.ike
    assert (ike.name, ike.unique, ike.local, ike.remote) == ("mh", 1, "2001::50", "2001:1::1")
    assert ike.spis == ("434ff6438e99ced1", "065f5c77838b56ac")
    assert [(c.name, c.unique, c.reqid) for c in status.children] == [
        ("mh", 3, 1), ("tunnel", 4, 2)]
    assert status.child(2).spi_in == "c7376bbb"
    assert status.child(3) is None


@pytest.mark.parametrize("node", ["carol", "moon"])
def test_known_differences_of_a_dump_are_all_there_is(node):
    ours = parse_dump(reference_dump(node, "established"))
    states = [replace(s, replay_window=32, sel=None) if s.proto == "esp" else s
              for s in ours.states]
    assert sorted(strongswan_dump.theirs(Dump(states, []), node).states, key=str) == sorted(
        ours.states, key=str)
