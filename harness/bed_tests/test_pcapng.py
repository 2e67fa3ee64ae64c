"""All captures of a run in one file: packets kept, interfaces named, steps as comments."""

import shutil
import subprocess

import pytest

from harness.bed.decode import esp, pcap, pcapng
from harness.bed.report import artefacts, wireshark
from harness.bed_tests.run_sample import NEW, RUN

CAPTURES = {path.name.removesuffix(".pcap"): path for path in sorted(RUN.glob("*.pcap"))}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The sample run with its artefacts."""
    folder = tmp_path_factory.mktemp("run") / "coa-change"
    shutil.copytree(RUN, folder)
    assert artefacts.make(folder) == []
    return folder


def tshark(folder, *words: str) -> list[str]:
    done = subprocess.run([folder / "open.sh", "-t", *words], capture_output=True, text=True,
                          check=True)
    return done.stdout.splitlines()


def test_every_packet_of_every_capture_is_in_the_file_in_order(tmp_path):
    path = tmp_path / "all.pcapng"
    path.write_bytes(pcapng.merge(CAPTURES, [], "title"))
    found = list(pcap.frames(path))
    wanted = [frame for source in CAPTURES.values() for frame in pcap.frames(source)]
    assert sorted((round(f.time, 6), f.link, f.octets) for f in found) == \
        sorted((round(f.time, 6), f.link, f.octets) for f in wanted)
    assert [f.time for f in found] == sorted(f.time for f in found)


def test_an_empty_capture_is_an_interface_without_packets(tmp_path):
    empty = tmp_path / "f2.pcap"
    empty.write_bytes(CAPTURES["f1"].read_bytes()[:24])
    path = tmp_path / "all.pcapng"
    path.write_bytes(pcapng.merge({"f2": empty}, [], "title"))
    assert list(pcap.frames(path)) == []


def test_what_is_no_capture_is_named(tmp_path):
    (tmp_path / "f1.pcap").write_text("hello, this is no capture at all")
    with pytest.raises(pcap.CaptureError, match="f1.pcap"):
        pcapng.merge({"f1": tmp_path / "f1.pcap"}, [], "title")


def test_interfaces_have_the_names_of_links_and_nodes(made):
    lines = tshark(made, "-T", "fields", "-e", "frame.interface_name")
    assert set(lines) == {"f1", "hl", "carol.netlink", "moon.netlink"}


def test_steps_and_checkpoints_are_comments_of_packets(made):
    lines = tshark(made, "-Y", "frame.comment", "-T", "fields", "-e", "frame.comment")
    text = "\n".join(lines)
    assert f"carol# ip addr add {NEW}/128 dev eth0" in text and "s: established" in text


def test_bu_and_ba_are_read_with_the_profile_and_authentic(made):
    lines = tshark(made, "-Y", "mip6.mhtype == 5 || mip6.mhtype == 6", "-T", "fields",
                   "-e", "mip6.mhtype", "-e", "esp.icv_good")
    assert len(lines) == 12 and {line.split("\t")[1] for line in lines} <= {"1", "True"}


def test_ike_keys_of_the_daemons_go_into_the_table(tmp_path):
    line = '0011223344556677,8899aabbccddeeff,00,00,"AES-CBC-128 [RFC3602]",00,00,"NONE [RFC4306]"'
    (tmp_path / "carol.ike.keys").write_text(f"# keys of test SAs\n{line}\n")
    (tmp_path / "moon.ike.keys").write_text(f"{line}\n")
    wireshark.write(tmp_path, [])
    assert (tmp_path / "wireshark/ikev2_decryption_table").read_text() == f"{line}\n"


def test_every_sa_of_the_run_has_a_line_of_keys():
    assert len(wireshark.esp_table(esp.sas(RUN.glob("*.netlink.pcap")).values())) == 4


def test_a_capture_cut_short_still_gives_the_rest(tmp_path):
    folder = tmp_path / "coa-change"
    shutil.copytree(RUN, folder)
    data = (folder / "f1.pcap").read_bytes()
    (folder / "f1.pcap").write_bytes(data[:len(data) // 2])
    assert artefacts.make(folder) == []
    (folder / "f1.pcap").write_bytes(b"no capture" * 10)
    sentence, = artefacts.make(folder)
    assert sentence.startswith("coa-change: no time line: ") and "f1.pcap" in sentence
