"""The guest's agent on this machine's kernel: what it is asked it does, or refuses in words."""

from __future__ import annotations

import errno
import os
import random
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from harness.bed.node import frames
from harness.bed.node.frames import Event, Gone, Refused, Request
from harness.bed_tests.agents import ENV, GUEST, PATIENCE, TOP, node_of, run, serving
from harness.bed_tests.channel import Channel

# A program that does not end by itself.
STAYS = ["tail", "-f", "/dev/null"]
RTM_GETLINK, RTM_DELLINK, NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 18, 17, 1, 4, 0x300
AF_NETLINK_ROUTE = 0


@pytest.fixture(scope="module")
def program() -> Path:
    subprocess.run(["make", "-s", "guest"], cwd=TOP, check=True)
    return GUEST / "agent"


@pytest.fixture
def line(program: Path) -> Iterator[Channel]:
    with serving() as one:
        yield one


@pytest.fixture
def node(line: Channel) -> str:
    return node_of(line)


def refused(line: Channel, *request) -> OSError:
    with pytest.raises(Refused) as found:
        line.request(*request)
    return found.value


def up(line: Channel, where: str) -> None:
    assert run(line, where, "ip", "link", "set", "lo", "up") == (0, b"")


# --- the protocol ---

def test_the_driver_has_the_codes_of_the_agents_table(program):
    rows = [row.split("\t") for row in subprocess.run(
        [program, "--table"], capture_output=True, text=True, check=True).stdout.splitlines()]
    table = {(kind, int(code), name) for kind, code, name, *_ in rows}
    assert table == {*(("request", one.value, one.name) for one in Request),
                     *(("event", one.value, one.name) for one in Event)}


def test_a_request_is_packed_as_the_agents_header_says():
    assert frames.pack(7, Request.PASS, [258, 0]) == bytes.fromhex(
        "0000001d 00000007 19 00000008 0000000000000102 00000008 0000000000000000")
    assert frames.octets(["a", b"bc"]) == b"a\0bc\0" and frames.octets(-1) == b"\xff" * 8


@pytest.mark.parametrize("cut", range(1, 25))
def test_a_frame_that_is_cut_is_no_frame(cut):
    body = struct.pack("!IBQQI", 1, 0, 2, 3, 4) + b"abcd"
    assert frames.unpack(body).fields == (b"abcd",)
    if len(body) - cut != 21:  # cut before its only field it is one without fields
        with pytest.raises(Gone):
            frames.unpack(body[:-cut])


# Hostile frames, and a word of the sentence that answers.
HOSTILE = {
    "no octets": (b"\0\0\0\0", "no id and code"),
    "four octets": (b"\0\0\0\4abcd", "no id and code"),
    "an unknown code": (struct.pack("!IIB", 5, 9, 200), "no code 200"),
    "code zero": (struct.pack("!IIB", 5, 9, 0), "no code 0"),
    "an event's code": (struct.pack("!IIB", 5, 9, 64), "no code 64"),
    "a field missing": (frames.pack(9, Request.READ, ["carol"]), "before the field path"),
    "all fields missing": (frames.pack(9, Request.SPAWN, []), "before the field node"),
    "a field too much": (frames.pack(9, Request.SYNC, ["more"]), "8 octets follow"),
    "a field beyond the frame": (struct.pack("!IIBI", 9, 9, 8, 1), "before the field node"),
    "a field of 4 GB": (struct.pack("!IIBI", 9, 9, 8, 0xFFFFFFFF), "before the field node"),
    "a number of one octet": (frames.pack(9, Request.PASS, [b"1", 0]), "ms is not a number"),
    "a string with NUL": (frames.pack(9, Request.NODE, [b"a\0b"]), "name is not a string"),
    "a list without end": (frames.pack(9, Request.COPY, ["", b"a\0b"]), "files is not a list"),
    "no node": (frames.pack(9, Request.PIDS, ["nobody"]), "no node nobody"),
    "no name": (frames.pack(9, Request.NODE, [""]), "no name for a node"),
    "a name with a slash": (frames.pack(9, Request.NODE, ["a/b"]), "no name for a node"),
    "no command": (frames.pack(9, Request.RUN, ["", 1, b"", [], []]), "no command"),
    "the guest's end": (frames.pack(9, Request.END, [""]), "OFF"),
    "everybody's end": (frames.pack(9, Request.KILL, [-1, 9]), "not one to be killed"),
    "the agent's end": (frames.pack(9, Request.KILL, [1, 9]), "not one to be killed"),
    "half of a copy": (frames.pack(9, Request.COPY, ["", ["a", "b"]]), "source, target and mode"),
    "no message": (frames.pack(9, Request.ASK, ["", 0, b"short"]), "no netlink message"),
    "a message beyond itself": (frames.pack(9, Request.ASK, [
        "", 0, struct.pack("=IHHII", 99, 18, 1, 1, 0)]), "no netlink message"),
    "no netlink family": (frames.pack(9, Request.PORT, ["", 1 << 40]), "netlink family"),
    "no device": (frames.pack(9, Request.HEAR, ["", "none", "/dev/null", 1]), "device none"),
    "no linktype": (frames.pack(9, Request.HEAR, ["", "lo", "/dev/null", 2]), "linktype 2"),
    "no socket": (frames.pack(9, Request.SEND, [1, b"", b"", 0]), "no socket 1"),
    "a stream": (frames.pack(9, Request.SOCKET, ["", socket.AF_INET, 1, 0]), "streams"),
    "a pattern without root": (frames.pack(9, Request.GLOB, ["", "*"]), "begin with /"),
    "a device's octets": (frames.pack(9, Request.READ, ["", "/dev/zero"]), "no file"),
    "no file of a request": (frames.pack(9, Request.LOAD, ["/no/such"]), "/no/such"),
    "a request in no file": (frames.pack(9, Request.LOAD, ["/dev/zero"]), "/dev/zero"),
    "a folder's octets": (frames.pack(9, Request.READ, ["", "/etc"]), "Is a directory"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_request_is_refused_in_words_and_the_next_one_is_done(line, name):
    octets, words = HOSTILE[name]
    line.sock.sendall(octets)
    line.request(Request.SYNC)
    frame = line.events[0] if line.events else line._answers[9]
    assert words in frame.text(0 if line.events else 1)


@pytest.mark.parametrize("size", [(16 << 20) + 1, 40 << 20])
def test_a_frame_that_is_too_long_is_refused_and_passed_over(line, size):
    line.sock.sendall(struct.pack("!IIB", size, 9, Request.READ))
    assert refused_answer(line, 9).errno == errno.EMSGSIZE
    line.sock.sendall(bytes(size - 5))
    line.request(Request.SYNC)


def refused_answer(line: Channel, identifier: int) -> OSError:
    with pytest.raises(Refused) as found:
        line.answer(identifier)
    return found.value


def test_the_longest_frame_is_taken(line, tmp_path):
    data = os.urandom((16 << 20) - 200)
    line.request(Request.WRITE, "", str(tmp_path / "long"), data, 0)
    assert (tmp_path / "long").read_bytes() == data
    assert line.request(Request.READ, "", str(tmp_path / "long")).fields == (data,)


def test_a_long_request_goes_through_a_file(line, tmp_path):
    line.folder = tmp_path
    for size in (10, 3400, 3600, 1 << 20):
        line.request(Request.WRITE, "", str(tmp_path / "target"), bytes(size), 0)
        assert (tmp_path / "target").read_bytes() == bytes(size)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


@pytest.mark.parametrize("octets", [b"", bytes([Request.LOAD]), bytes([Request.READ]), b"\xff"])
def test_what_is_no_request_is_refused_in_a_file_too(line, tmp_path, octets):
    (tmp_path / "request").write_bytes(octets)
    assert refused(line, Request.LOAD, str(tmp_path / "request")).errno in (
        errno.EBADMSG, errno.EPROTO)


def test_more_than_a_guests_line_holds_is_never_under_way(line, tmp_path):
    """Each request is read before the one that would be too much is sent."""
    line.folder, sizes = tmp_path, []
    write = line.sock.sendall
    line.sock = Mock(wraps=line.sock, sendall=lambda frame: (
        sizes.append(sum(size for _, size in line._unread)), write(frame)))
    asked = [line.send(Request.READ, "", "/etc/hostname" + "/" * i) for i in range(0, 3000, 100)]
    for _ in range(300):
        line.tell(Request.SYNC)
    for one in asked[1:]:
        refused_answer(line, one)
    assert max(sizes) <= frames.WINDOW + 9


def test_a_file_that_is_longer_than_a_frame_is_refused(line, tmp_path):
    (tmp_path / "long").write_bytes(bytes(16 << 20))
    assert refused(line, Request.READ, "", str(tmp_path / "long")).errno == errno.EMSGSIZE


def test_octets_come_in_pieces_of_any_size(line):
    requests = b"".join(frames.pack(i, Request.SYNC, []) for i in range(1, 200))
    for octet in requests[:200]:
        line.sock.sendall(bytes([octet]))
    line.sock.sendall(requests[200:])
    for i in range(1, 200):
        line.answer(i)


def test_a_request_without_id_is_not_answered_and_its_error_is_an_event(line):
    line.tell(Request.SYNC)
    line.tell(Request.PIDS, "nobody")
    line.request(Request.SYNC)
    assert [frame.code for frame in line.events] == [Event.FAULT] and not line._answers
    assert "no node nobody" in line.events[0].text()


@pytest.mark.parametrize("seed", range(20))
def test_octets_by_chance_do_not_end_the_agent(line, seed):
    """Frames whose length is right and whose rest is anything, and fields of any kind."""
    chance = random.Random(seed)
    harmless = [one for one in Request if one not in (Request.OFF, Request.KILL, Request.WRITE,
                                                      Request.COPY, Request.HEAR)]
    values = [0, 1, -1, 1 << 63, "", "carol", "/etc/hosts", b"\0", b"x" * 5000, ["a", "b"]]
    for i in range(1, 200):
        if i % 2:
            body = struct.pack("!IB", i, chance.choice(harmless)) + chance.randbytes(
                chance.randrange(60))
            line.sock.sendall(struct.pack("!I", len(body)) + body)
        else:
            fields = [chance.choice(values) for _ in range(chance.randrange(8))]
            line.sock.sendall(frames.pack(i, chance.choice(harmless), fields))
    line._last = 1000
    line.request(Request.SYNC)


def test_a_driver_that_does_not_read_is_waited_for(line, tmp_path):
    """Nothing is lost and nothing more is taken in than a little."""
    (tmp_path / "some").write_bytes(bytes(1 << 20))
    asked = [line.send(Request.READ, "", str(tmp_path / "some")) for _ in range(40)]
    for one in asked:
        assert len(line.answer(one).fields[0]) == 1 << 20


# --- programs ---

def test_a_command_gives_its_status_and_what_it_printed(line):
    frame = line.request(Request.RUN, "", PATIENCE, b"given",
                         ["sh", "-c", "cat; echo no >&2; exit 3"], ENV)
    assert (os.waitstatus_to_exitcode(frame.number()), *frame.fields[1:]) == (3, b"given", b"no\n")


def test_a_command_by_default_has_nothing_to_read_and_no_descriptor_of_the_agents(line):
    assert run(line, "", "cat") == (0, b"")
    assert run(line, "", "sh", "-c", "echo /proc/self/fd/*")[1].split() == [
        b"/proc/self/fd/0", b"/proc/self/fd/1", b"/proc/self/fd/2", b"/proc/self/fd/3"]


@pytest.mark.parametrize("program_name, error", [
    ("no-such-program", errno.ENOENT), ("/no/such", errno.ENOENT), ("/etc/passwd", errno.EACCES)])
def test_a_program_that_cannot_be_run_is_the_requests_error(line, program_name, error):
    assert refused(line, Request.RUN, "", PATIENCE, b"", [program_name], ENV).errno == error
    assert refused(line, Request.SPAWN, "", "", "", [program_name], ENV, 0).errno == error


def test_a_command_that_is_late_is_killed_and_others_go_on(line):
    late = line.send(Request.RUN, "", 50, b"", STAYS, ENV)
    assert run(line, "", "echo", "meanwhile") == (0, b"meanwhile\n")
    error = refused_answer(line, late)
    assert error.errno == errno.ETIMEDOUT and "50 ms" in str(error)


def test_a_command_that_prints_without_end_is_stopped_by_the_room_for_it(line):
    error = refused(line, Request.RUN, "", PATIENCE, b"", ["sh", "-c", "yes || :"], ENV)
    assert error.errno == errno.EMSGSIZE


def test_a_daemon_that_keeps_its_output_open_holds_nothing_up(line):
    assert run(line, "", "sh", "-c", f"{' '.join(STAYS)} & echo started") == (0, b"started\n")


def test_a_program_that_stays_is_told_when_it_ends(line, tmp_path):
    log = tmp_path / "log"
    words = ["sh", "-c", f"echo $0; exec {' '.join(STAYS)}"]
    pid = line.request(Request.SPAWN, "", "", str(log), words, ENV, 0).number()
    line.request(Request.KILL, pid, signal.SIGTERM)
    event = line.event()
    assert (event.code, event.number(0), event.number(1)) == (Event.EXIT, pid, signal.SIGTERM)


def test_a_program_gets_the_environment_that_was_given_and_signals_as_usual(line):
    status, out = run(line, "", "sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status; env")
    assert status == 0 and set(out.split()[1::2][:2]) == {b"0" * 16}
    assert b"LC_ALL=C" in out and b"HOME" not in out


# --- time ---

def test_time_passes_and_what_happens_wakes_whoever_wants_to_be_woken(line):
    before = line.request(Request.SYNC).monotonic
    frame = line.request(Request.PASS, 30, 0)
    assert frame.number() == 0 and frame.monotonic - before >= 30_000_000
    line.request(Request.SPAWN, "", "", "", ["sleep", "0.05"], ENV, 0)
    assert line.request(Request.PASS, PATIENCE, 1).number() == 1
    assert line.request(Request.PASS, 1, 1).number() == 0


def test_what_happens_while_nobody_wants_to_be_woken_wakes_nobody(line):
    line.request(Request.SPAWN, "", "", "", ["true"], ENV, 0)
    assert line.event().code == Event.EXIT
    before = line.request(Request.SYNC).monotonic
    frame = line.request(Request.PASS, 60, 30)
    assert frame.number() == 0 and frame.monotonic - before >= 60_000_000


# --- nodes ---

def test_a_node_has_its_own_name_files_and_links(line, node, tmp_path):
    line.request(Request.NODE, "moon")
    assert run(line, node, "hostname") == (0, b"carol\n")
    assert run(line, node, "ip", "-o", "link")[1].count(b"\n") == 1
    line.request(Request.WRITE, node, "/run/deep/er/file", b"here", 0o600)
    line.request(Request.WRITE, node, "/etc/of-carol", b"here", 0)
    assert run(line, node, "stat", "-c", "%a", "/run/deep/er/file") == (0, b"600\n")
    assert refused(line, Request.READ, "moon", "/etc/of-carol").errno == errno.ENOENT
    assert not Path("/etc/of-carol").exists()
    assert line.request(Request.GLOB, node, "/etc/of-*").names() == ["/etc/of-carol"]
    (tmp_path / "source").write_text("copied")
    line.request(Request.COPY, node, [str(tmp_path / "source"), "/etc/new/target", "640"])
    assert line.request(Request.READ, node, "/etc/new/target").fields == (b"copied",)


def test_a_node_s_switches_are_its_own(line, node):
    name = "/proc/sys/net/ipv6/conf/all/hop_limit"
    line.request(Request.NODE, "moon")
    line.request(Request.WRITE, node, name, b"11", 0)
    assert line.request(Request.READ, node, name).fields == (b"11\n",)
    assert line.request(Request.READ, "moon", name).fields != (b"11\n",)
    assert refused(line, Request.WRITE, node, "/proc/sys/no/such", b"1", 0).errno == errno.ENOENT


def test_a_node_s_processes_are_listed_and_end_with_it(line, node):
    pid = line.request(Request.SPAWN, node, "", "", STAYS, ENV, 0).number()
    run(line, node, "sh", "-c", f"{' '.join(STAYS)} &")
    words = b"tail\0-f\0/dev/null\0"
    while (frame := line.request(Request.PIDS, node)).fields[2::3] != (words,) * 2:
        line.request(Request.PASS, 5, 0)  # the second one is still the shell's copy
    assert frame.number(0) == pid and frame.fields[1::3] == (b"tail",) * 2
    line.request(Request.END, node)
    assert [event.number(0) for event in line.events] == [pid]
    assert refused(line, Request.PIDS, node).errno == errno.ENODEV
    assert run(line, "", "pgrep", "-x", "tail")[0] == 1 or not alone()
    line.request(Request.NODE, node)
    assert line.request(Request.PIDS, node).fields == ()


def test_a_second_node_of_a_name_is_refused(line, node):
    assert refused(line, Request.NODE, node).errno == errno.EEXIST


def message(kind: int, flags: int, seq: int, body: bytes = bytes(16)) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags | NLM_F_REQUEST, seq, 0) + body


def kinds(answer: bytes) -> list[int]:
    found = []
    while answer:
        size, kind = struct.unpack_from("=IH", answer)
        found.append(kind)
        answer = answer[(size + 3) & ~3:]
    return found


def test_the_kernel_s_answers_come_whole_and_its_errors_are_answers(line, node):
    for i in range(40):
        run(line, node, "ip", "link", "add", f"d{i}", "type", "veth")
    ask = (Request.ASK, node, AF_NETLINK_ROUTE)
    for _ in range(2):
        found = kinds(line.request(*ask, message(RTM_GETLINK, NLM_F_DUMP, 7)).fields[0])
        assert found == [16] * (len(found) - 1) + [3] and len(found) > 2
        nothing = struct.pack("=BBHiII", 0, 0, 0, 12345, 0, 0)
        refusal = line.request(*ask, message(RTM_DELLINK, NLM_F_ACK, 8, nothing)).fields[0]
        assert struct.unpack_from("=i", refusal, 16) == (-errno.ENODEV,)
        loopback = struct.pack("=BBHiII", 0, 0, 0, 1, 0, 0)
        assert kinds(line.request(*ask, message(RTM_GETLINK, 0, 9, loopback)).fields[0]) == [16]
        with_ack = line.request(*ask, message(RTM_GETLINK, NLM_F_ACK, 9, loopback)).fields[0]
        assert kinds(with_ack) == [16, 2]


# --- packets ---

def address(port: int) -> bytes:
    return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + \
        socket.inet_pton(socket.AF_INET6, "::1") + bytes(4)


@pytest.fixture
def port(line: Channel, node: str) -> int:
    """A socket of the node's that hears what it sends."""
    up(line, node)
    handle = line.request(Request.SOCKET, node, socket.AF_INET6, socket.SOCK_DGRAM, 0).number()
    line.request(Request.BIND, handle, address(5000))
    return handle


def test_what_is_sent_comes_with_the_kernel_s_time(line, port):
    before = line.request(Request.SEND, port, b"one", address(5000), 0).realtime
    frame = line.request(Request.RECV, port, PATIENCE)
    assert frame.fields[:2] == (b"one", address(5000))
    assert before - 1_000_000_000 < frame.number(2) <= frame.realtime
    assert refused(line, Request.RECV, port, 0).errno == errno.ETIMEDOUT
    line.request(Request.CLOSE, port)
    assert refused(line, Request.RECV, port, 0).errno == errno.EBADF


def test_what_is_sent_later_leaves_in_the_order_of_its_times(line, port):
    before = line.request(Request.SEND, port, b"third", address(5000), 60_000).monotonic
    for words, delay in ((b"first", 0), (b"second", 20_000)):
        line.request(Request.SEND, port, words, address(5000), delay)
    line.request(Request.WATCH, port)
    events = [line.event() for _ in range(3)]
    assert [event.fields[1] for event in events] == [b"first", b"second", b"third"]
    assert events[2].monotonic - before >= 59_000_000


def records(path: Path) -> list[bytes]:
    data, at, found = path.read_bytes(), 24, []
    while at < len(data):
        size = struct.unpack_from("=I", data, at + 8)[0]
        found.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return found


def times(path: Path) -> list[int]:
    """When each packet came, in nanoseconds since 1970."""
    data, at, found = path.read_bytes(), 24, []
    while at < len(data):
        seconds, micros, size = struct.unpack_from("=III", data, at)
        found.append(seconds * 10**9 + micros * 1000)
        at += 16 + size
    return found


def test_a_tap_has_every_packet_in_its_file_once_it_has_settled(line, node, port, tmp_path):
    file = tmp_path / "lo.pcap"
    line.request(Request.HEAR, node, "lo", str(file), 1)
    for i in range(100):
        line.request(Request.SEND, port, b"number %d" % i, address(5000), 0)
    line.request(Request.SETTLE)
    assert struct.unpack("=IHHiIII", file.read_bytes()[:24]) == (
        0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)
    # On the loopback device each packet is heard when it leaves and when it comes.
    assert [one[62:] for one in records(file)][::2] == [b"number %d" % i for i in range(100)]


def test_what_a_tap_hears_wakes_once_that_is_wanted_and_has_the_time_at_which_it_came(
        line, node, port, tmp_path):
    file = tmp_path / "lo.pcap"
    line.request(Request.HEAR, node, "lo", str(file), 1)
    sent = line.request(Request.SEND, port, b"early", address(5000), 0)
    line.request(Request.SEND, port, b"late", address(5000), 90_000)
    frame = line.request(Request.PASS, PATIENCE, 30)
    assert frame.number() == 1 and frame.monotonic - sent.monotonic >= 89_000_000
    early, late = times(file)[::2]
    assert early <= sent.realtime + 1000 < late


def test_a_tap_that_is_asked_for_again_begins_its_file_anew(line, node, port, tmp_path):
    file = tmp_path / "lo.pcap"
    for text in (b"before", b"after"):
        line.request(Request.HEAR, node, "lo", str(file), 1)
        line.request(Request.SEND, port, text, address(5000), 0)
    line.request(Request.SETTLE)
    assert [one[62:] for one in records(file)][::2] == [b"after"]


def test_a_tap_on_netlink_leaves_out_what_the_agent_asks(line, node, tmp_path):
    if run(line, node, "ip", "link", "add", "nlmon0", "up", "type", "nlmon")[0]:
        pytest.skip("this kernel has no nlmon")
    file = tmp_path / "netlink.pcap"
    line.request(Request.HEAR, node, "nlmon0", str(file), 253)
    line.request(Request.ASK, node, AF_NETLINK_ROUTE, message(RTM_GETLINK, NLM_F_DUMP, 7))
    line.request(Request.SETTLE)
    assert records(file) == []
    run(line, node, "ip", "link")
    line.request(Request.SETTLE)
    found = records(file)
    assert found and all(one[2:4] == struct.pack("!H", 824) for one in found)


def test_a_file_that_cannot_be_written_is_told_once(line, node, port):
    line.request(Request.HEAR, node, "lo", "/dev/null", 1)
    assert refused(line, Request.HEAR, node, "lo", "/dev/full", 1).errno == errno.EIO


def test_whoever_listens_to_a_group_hears_it(line, node):
    handle = line.request(Request.LISTEN, node, AF_NETLINK_ROUTE, 1).number()
    line.request(Request.WATCH, handle)
    up(line, node)
    event = line.event()
    assert (event.code, event.number()) == (Event.FRAME, handle)
    assert kinds(event.fields[1])[0] == 16


def test_an_ioctl_gives_what_the_kernel_wrote(line, port):
    frame = line.request(Request.IOCTL, port, 0x8933, b"lo".ljust(40, b"\0"), -1, b"")
    assert struct.unpack_from("=16si", frame.fields[0]) == (b"lo".ljust(16, b"\0"), 1)
    assert refused(line, Request.IOCTL, port, 0x8946, b"lo".ljust(24, b"\0"), 17, b"").errno == \
        errno.EINVAL


def test_pings_are_told_as_sent_and_answered(line, node, tmp_path):
    up(line, node)
    file = tmp_path / "pings"
    pid = line.request(Request.SPAWN, node, "", "", [
        str(GUEST / "agent"), "ping", "::1", "::1", "2000", "77", str(file)], ENV, 0).number()
    event = struct.Struct("=B3xIQiI")
    while not file.exists() or file.stat().st_size < 20 * event.size:
        line.request(Request.PASS, 5, 0)
    line.request(Request.KILL, pid, signal.SIGTERM)
    assert [frame.number(1) for frame in (line.event(),) if frame.code == Event.EXIT] == [0]
    told = list(event.iter_unpack(file.read_bytes()))
    sent, answered = ({one[1] for one in told if one[0] == kind} for kind in (0, 1))
    assert sent == answered == set(range(len(sent)))
