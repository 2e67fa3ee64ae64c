"""Debian's strongSwan as a peer: how it is had, told and understood."""

from __future__ import annotations

import gzip
import hmac
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bed.check.evidence import GIVEN, reference_dump
from harness.bed.decode.ike_wire import Ike
from harness.bed.decode.xfrm import Dump, State, parse_dump
from harness.bed.peers import (
    ike_libreswan, ike_openiked, packages as peers, plain_conf, strongswan_conf, strongswan_dump,
    strongswan_keys, strongswan_status,
)
from harness.tester.ike.ends import Ends, Side, host
from harness.tester.subjects.conf import Conf

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
    with pytest.raises(peers.NoPeer, match="cannot be downloaded: Could not resolve "
                                           "deb.debian.org; .* build/peers keeps them$"):
        peers.unpack(top)
    assert not peers.folder(top, peers.STRONGSWAN).exists()


def test_lists_that_do_not_know_a_package_are_read_anew(debian):
    top, pretend = debian
    pretend("apt-get", """case "$*" in
*Dir::State=*update*) : >fresh ;;
*download*) test -e fresh && touch strongswan-charon_1_amd64.deb ;;
esac""")
    peers.unpack(top)
    assert peers.folder(top, peers.STRONGSWAN).is_dir()


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
    text = strongswan_conf.settings("/there/moon.charon.log", "/there/moon.keys.log")
    assert "path = /there/moon.charon.log\n" in text
    assert "path = /there/moon.keys.log\n" in text


def secret(name: str, octets: bytes) -> str:
    rows = [octets[i:i + 16] for i in range(0, len(octets), 16)]
    lines = [f"16[IKE] <mh|1> Sk_{name} secret => {len(octets)} bytes @ 0x50003510",
             *(f"16[IKE] <mh|1>   {16 * i:2}: {row.hex(' ').upper()}  {'.' * len(row)}"
               for i, row in enumerate(rows))]
    return "".join(f"{line}\n" for line in lines)


def test_keys_of_each_ike_sa_are_read_from_the_log():
    secrets = {"ai": bytes(range(20)), "ar": bytes(20), "ei": b"\xab" * 16, "er": bytes(16)}
    log = "16[IKE] <mh|1> received cert request\n" + "".join(
        secret(name, octets) for name, octets in {"d": bytes(20), **secrets}.items())
    wanted = strongswan_keys.IkeKeys(**{n: octets.hex() for n, octets in secrets.items()})
    assert strongswan_keys.read(log + log) == [wanted, wanted]
    assert strongswan_keys.read(log[:-80]) == []


SHORT = strongswan_keys.IkeKeys("aa" * 20, "bb" * 20, "cc" * 16, "dd" * 16)
WIDE = strongswan_keys.IkeKeys("aa" * 32, "bb" * 32, "cc" * 32, "dd" * 32)
CHECKSUM = {SHORT: ("sha1", 12), WIDE: ("sha256", 16)}


def message(spi_i: int, spi_r: int, keys: strongswan_keys.IkeKeys | None = None,
            answer: bool = False) -> Ike:
    """Whole by one of two integrity keys; without keys an IKE_SA_INIT."""
    spis = spi_i.to_bytes(8, "big"), spi_r.to_bytes(8, "big")
    octets, kind = b"".join(spis) + bytes(60), "IKE_AUTH" if keys else "IKE_SA_INIT"
    if keys:
        name, size = CHECKSUM[keys]
        key = bytes.fromhex(keys.ar if answer else keys.ai)
        octets += hmac.digest(key, octets, name)[:size]
    return Ike(0.0, "::1", "::2", kind, 1, answer, *spis, octets=octets)


def test_keys_and_ike_sas_meet_in_wiresharks_table():
    wire = [message(1, 0), message(1, 2), message(1, 2, SHORT), message(3, 4, WIDE, answer=True)]
    first, second = strongswan_keys.table([SHORT, WIDE], wire)
    assert first == (f'{1:016x},{2:016x},{"cc" * 16},{"dd" * 16},"AES-CBC-128 [RFC3602]",'
                     f'{"aa" * 20},{"bb" * 20},"HMAC_SHA1_96 [RFC2404]"\n')
    assert second.startswith(f"{3:016x},{4:016x},") and "HMAC_SHA2_256_128" in second


def test_keys_of_one_node_are_not_written_under_another_nodes_ike_sa():
    """dave's IKE_SA came first, and the node whose keys they are negotiated two at once."""
    dave = strongswan_keys.IkeKeys("11" * 20, "22" * 20, "cc" * 16, "dd" * 16)
    CHECKSUM[dave] = ("sha1", 12)
    wire = [message(1, 2, dave), message(3, 4, WIDE), message(5, 6, SHORT)]
    spis = {line[:33] for line in strongswan_keys.table([SHORT, WIDE], wire)}
    assert spis == {f"{3:016x},{4:016x}", f"{5:016x},{6:016x}"}
    assert strongswan_keys.table([SHORT], [message(7, 8, dave)]) == []


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
    wanted = strongswan_dump.theirs(Dump(states, []), ours, node, (5, 9, 8))
    assert sorted(wanted.states, key=str) == sorted(ours.states, key=str)


def directed(states: list[State], node: str) -> list[State]:
    """As strongSwan 6 has them on a kernel that knows directions."""
    leaves = {"moon": "out", "carol": "in"}[node], {"moon": "in", "carol": "out"}[node]
    return [replace(s, dir=leaves[s.src != "2001:1::1"]) if s.proto == "esp" else s
            for s in states]


@pytest.mark.parametrize("node", ["carol", "moon"])
@pytest.mark.req("T-140")
def test_the_direction_of_an_sa_passes_by_name_where_version_and_kernel_tell_it(node):
    ours = parse_dump(reference_dump(node, "established"))
    seen = Dump(directed(ours.states, node), [])
    states = [replace(s, replay_window=32, sel=None) if s.proto == "esp" else s
              for s in ours.states]

    def wanted(had: Dump, version: tuple[int, ...]) -> list[State]:
        return strongswan_dump.theirs(Dump(states, []), had, node, version).states
    assert wanted(seen, (6, 0, 1)) == seen.states
    assert wanted(ours, (6, 0, 1)) == ours.states  # Linux 6.1 keeps none
    assert wanted(seen, (5, 9, 8)) == ours.states  # which never tells one


@pytest.mark.parametrize("fault", ["in", "out", None])
@pytest.mark.req("T-140")
def test_one_wrong_or_missing_direction_among_right_ones_does_not_pass(fault):
    ours = parse_dump(reference_dump("moon", "established"))
    right = directed(ours.states, "moon")
    for i, state in enumerate(right):
        if state.proto == "esp" and state.dir != fault:
            seen = [*right[:i], replace(state, dir=fault), *right[i + 1:]]
            assert strongswan_dump.theirs(ours, Dump(seen, []), "moon", (6, 0, 1)).states != seen


def changelog(root: Path, name: str, text: str) -> None:
    file = root / "usr/share/doc" / peers.MAIN[name] / "changelog.Debian.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt") as out:
        out.write(text)


@pytest.mark.parametrize("name, headline, version", [
    (peers.STRONGSWAN, "strongswan (5.9.8-5+deb12u1) bookworm; urgency=medium", (5, 9, 8)),
    (peers.STRONGSWAN, "strongswan (6.0.1-6+deb13u7) trixie-security; urgency=high", (6, 0, 1)),
    (peers.LIBRESWAN, "libreswan (1:5.2~rc1-2.2) unstable; urgency=medium", (5, 2)),
    (peers.OPENIKED, "openiked (7.4-1) unstable; urgency=medium", (7, 4)),
])
@pytest.mark.req("T-140")
def test_a_peers_version_is_that_of_its_package(tmp_path, name, headline, version):
    root = peers.folder(tmp_path, name)
    changelog(root, name, f"{headline}\n\n  * More.\n")
    assert peers.version(root, name) == version
    assert peers.unpacked(tmp_path) == {name: ".".join(map(str, version))}


@pytest.mark.parametrize("text", [None, "", "something else\n"])
def test_a_peer_whose_version_cannot_be_told_says_what_to_type(tmp_path, text):
    if text is not None:
        changelog(tmp_path, peers.OPENIKED, text)
    with pytest.raises(peers.NoPeer, match=f"version of openiked.*type rm -r {tmp_path}"):
        peers.version(tmp_path, peers.OPENIKED)
    (peers.folder(tmp_path, peers.LIBRESWAN)).mkdir(parents=True)
    assert "type rm -r" in peers.unpacked(tmp_path)[peers.LIBRESWAN]


def test_every_peer_has_a_package_that_tells_its_version():
    assert set(peers.MAIN) == set(peers.NAMES)
    assert all(main in peers.packages(TOP, name) for name, main in peers.MAIN.items())


def test_no_version_is_asked_for(debian):
    """Any release's own will do."""
    top, pretend = debian
    pretend("apt-get", """case "$*" in
*=*[0-9]*) exit 1 ;;
*) touch strongswan-charon_1_amd64.deb ;;
esac""")
    peers.unpack(top)


NOT_EVERYWHERE = re.compile(r"\.(?:run|typed)\(\s*f?[\"'](mount|umount|ps|pgrep|ifconfig|route)\b")


def test_drivers_use_no_program_that_only_some_machines_have():
    """packages.txt asks for busybox, which has them all."""
    found = [f"{file.name}: {match[1]}" for file in Path(peers.__file__).parent.glob("*.py")
             for match in NOT_EVERYWHERE.finditer(file.read_text())]
    assert found == []


def test_a_peer_has_its_own_packages():
    assert peers.packages(TOP, peers.LIBRESWAN) == ["libnss3-tools", "libreswan"]
    assert peers.packages(TOP, peers.OPENIKED) == ["openiked"]
    assert not {"libreswan", "openiked"} & {*peers.packages(TOP)}


def test_libraries_that_the_machine_lacks_come_along(debian):
    top, pretend = debian
    (top / "packages.txt").write_text("peer\topeniked\t-\npeer\tstrongswan-charon\t-\n")
    pretend("apt-get", """case "$*" in
*"-s "*) echo "Inst libldns3 (1.8.3 Debian [amd64])"; echo "Inst iptables (1.8.9 Debian)" ;;
*) echo "$*" >>fetched; touch openiked_1_amd64.deb; cp fetched ../../../fetched ;;
esac""")
    peers.unpack(top, name=peers.OPENIKED)
    assert (top / "fetched").read_text().endswith(" download openiked libldns3\n")


PLAIN = plain_conf.read((TOP / "scenarios/peer-plain/carol/ipsec.conf").read_text(), included)


def test_a_plain_connection_is_told_to_libreswan_and_openiked():
    lines = ike_libreswan.conf(PLAIN).splitlines()
    assert lines[:3] == ["config setup", "\tddos-ike-threshold=32", "conn plain"]
    assert {"\tleftid=carol@strongswan.org", "\trightid=@moon.strongswan.org", "\tpfs=yes",
            "\tike=aes128-sha2_256-modp2048", "\tleftcert=carolCert"} <= {*lines}
    assert ike_openiked.conf(PLAIN, "plain") == (
        "set nomobike\nset dpd_check_interval 0\n"
        'ikev2 "plain" active tunnel esp from 2001::41a:a8ff:fe6f:c67 to 2001:1::1'
        " local 2001::41a:a8ff:fe6f:c67 peer 2001:1::1 ikesa enc aes-128 auth hmac-sha2-256"
        " prf hmac-sha2-256 group modp2048 childsa enc aes-128 auth hmac-sha1 group modp2048 noesn"
        ' srcid "carol@strongswan.org" dstid "moon.strongswan.org" ikelifetime 150 lifetime 3h'
        " bytes 50000\n")


@pytest.mark.req("T-181")
def test_all_that_a_subject_is_configured_with_reaches_libreswan_and_openiked():
    """Proposals and transforms in their order, groups for rekeys, the tester's further words."""
    between = Ends(Side("2001:db8::/64", "2001:db8::1"), host("2001:1::5"))
    ike, esp = "aes128-aes256-sha256-sha1-modp2048-ecp256", "aes256-sha1,aes128-sha1"
    more = {"dpddelay": "10s", "lifetime": "120s", "rightallowany": "yes"}
    plain = plain_conf.read(Conf(between, ike, esp, more=more).text("a", "b"), included)
    said = {*ike_libreswan.conf(plain).splitlines()}
    assert {"\tike=aes128+aes256-sha2_256+sha1-modp2048+dh19", "\tesp=aes256-sha1,aes128-sha1",
            "\tpfs=no", "\tright=%any", "\tdpddelay=10s", "\tdpdtimeout=120s", "\ttype=tunnel",
            "\tsalifetime=120s", "\trightsubnet=2001:db8::/64"} <= said
    wanted = ("dpd_check_interval 10\n", "from a to 2001:db8::/64", "peer any",
              "ikesa enc aes-128 enc aes-256 auth hmac-sha2-256 auth hmac-sha1 prf hmac-sha2-256"
              " prf hmac-sha1 group modp2048 group ecp256 childsa enc aes-256 auth hmac-sha1 noesn"
              " childsa enc aes-128 auth hmac-sha1 noesn ", "lifetime 120 bytes")
    text = ike_openiked.conf(plain)
    assert [one for one in wanted if one not in text] == []
    anybody = Conf(between, more={"left": "%any", "right": "%any"}).text("a", "b")
    assert " local any peer any " in ike_openiked.conf(plain_conf.read(anybody, included))


@pytest.mark.req("T-181")
def test_a_connection_for_datagrams_stands_beside_the_first():
    """Each has its name and selectors; what is begun is active, what is ignored not there."""
    between = Ends(host("2001::7"), host("2001:1::5"))
    plains = plain_conf.read(Conf(between, divided=True).text("a", "b"), included)
    assert [one.name for one in plains] == ["plain", "datagrams"]
    first, second = ike_libreswan.conf(plains).split("conn ")[1:]
    assert "leftprotoport" not in first and second.startswith("datagrams\n")
    assert "\tleftprotoport=17/0\n\trightprotoport=17/0\n" in second
    lines = ike_openiked.conf(plains, "plain").splitlines()[2:]
    assert lines[0].startswith('ikev2 "plain" active transport esp from')
    assert lines[1].startswith('ikev2 "datagrams" passive transport esp proto udp from')
    ignored = Conf(between, more={"auto": "ignore", "leftsendcert": "never"}).text("a", "b")
    (plain,) = plain_conf.read(ignored, included)
    assert plain.ignored and "ikev2" not in ike_openiked.conf([plain], "plain").split("\n", 1)[1]
    assert "\tleftsendcert=never\n" in ike_libreswan.conf([plain])


@pytest.mark.parametrize("name, found", [
    ("plain{7}", ("plain", "child")), ("plain{*}", ("plain", "child")),
    ("plain[1]", ("plain", "ike"))])
def test_libreswan_closes_and_replaces_by_the_kind_of_an_sa(name, found):
    assert ike_libreswan.which(name) == found


@pytest.mark.req("T-183")
def test_strongswan_6_is_that_of_a_root_of_debian_13(debian):
    """Without the root what to type is said; with it its lists and its release are asked."""
    top, pretend = debian
    pretend("apt-get", """echo "$*" >>../../../asked
case "$*" in *download*) touch strongswan-charon_6_amd64.deb ;; esac""")
    with pytest.raises(peers.NoPeer, match=r"type ./run-tests.sh elsewhere trixie doctor"):
        peers.unpack(top, name=peers.STRONGSWAN_6)
    assert not (top / "asked").exists()
    root = peers.release(top / "build")
    (root / "usr").mkdir(parents=True)
    peers.unpack(top, name=peers.STRONGSWAN_6)
    asked = (top / "asked").read_text().splitlines()
    assert all(f"Dir::Etc={root}/etc/apt" in one for one in asked) and len(asked) == 2
    assert f"Dir::State::status={root}/var/lib/dpkg/status" in asked[0]
    assert asked[1].endswith(" download strongswan-charon")
