"""Any two dumps of ip xfrm are compared by their facts; bad input is one sentence."""

import io
import os
import pty
import re
import subprocess
import sys

import pytest

from harness.bed.check import diff, evidence
from harness.bed_tests import samples

PAGE = evidence.GIVEN / "page"
STATISTICS = evidence.GIVEN / "statistics"
MOVED = "tunnel SA out spi:tunnel.to-ha#1 was moved: outer source 2001::41a:a8ff:fe6f:c67"


def shown(one: str, other: str) -> tuple[int, str]:
    out = io.StringIO()
    status = diff.show(diff.given("a.txt", one), diff.given("b.txt", other), out, False, 160)
    return status, out.getvalue()


def established(node: str = "carol") -> str:
    return evidence.reference_dump(node, "established")


def test_a_dump_equals_itself():
    status, text = shown(established(), established())
    assert (status, text.splitlines()[0]) == (0, "equal: 7 states, 24 policies")
    assert "left out on purpose of a.txt: counters (7 lines), a clock (1 line)" in text


def test_order_and_counters_are_no_difference():
    one, other = ((STATISTICS / name).read_text() for name in ("plain.txt", "full.txt"))
    status, text = shown(one, other)
    assert status == 0 and text.startswith("equal")


def test_two_runs_with_other_spis_and_keys_are_equal():
    other = re.sub(r"0x([0-9a-f])([0-9a-f]{7,})",
                   lambda f: f"0x{int(f[1], 16) ^ 1:x}{f[2]}", established())
    assert not diff.one_run(diff.given("a", established()).dump, diff.given("b", other).dump)
    assert shown(established(), other)[0] == 0


def test_two_moments_of_one_run_read_as_a_change_in_time():
    status, text = shown(established(), evidence.reference_dump("carol", "moved"))
    assert status == 1
    assert "5 differences:" in text and MOVED in text


def test_the_page_of_2008_and_a_run_of_today_are_compared_fact_by_fact():
    status, text = shown((PAGE / "carol.established.txt").read_text(), established())
    assert status == 1
    assert "state esp spi:tunnel.to-ha#1: replay window 32 in A, 0 in B" in text
    assert "state hao wildcard: only in B" in text


def test_one_line_of_the_page_is_what_its_lines_are():
    one, other = ((PAGE / f"carol.moved{kind}.txt").read_text() for kind in ("", ".one-line"))
    assert shown(one, other)[0] == 0


@pytest.mark.parametrize("name", ["plain.txt", "full.txt"])
def test_ip_o_prints_the_same_with_a_backslash_for_the_end_of_a_line(name):
    text = (STATISTICS / name).read_text()
    one_line = re.sub(r"\n(?!src )", lambda _: "\\", text)
    assert "\\\tproto esp" in one_line and len(one_line.splitlines()) < len(text.splitlines()) / 3
    assert shown(text, one_line)[1].startswith("equal")


def test_states_alone_are_compared_with_states():
    states = evidence.reference_sections("carol", "established")["ip xfrm state"]
    status, text = shown(states, established())
    assert status == 0
    assert text.startswith("a.txt shows no policy: left out of the comparison\nequal: 7 states, 0")


def test_an_empty_answer_of_the_kernel_is_an_answer():
    status, text = shown("carol# ip xfrm state\ncarol# ip xfrm policy\n", established())
    assert status == 1 and "31 differences" in text


def test_an_empty_file_is_said_to_be_empty():
    for text in ("", "\n\n"):
        status, said = shown(text, established())
        assert (status, said.splitlines()[0]) == (
            1, "a.txt is empty: taken as no state and no policy")


def test_a_terminal_is_read_with_its_prompts_and_what_stands_between():
    pasted = ("carol# uptime\n 10:45 up 1 day\ncarol# ip -s xfrm state\n"
              + evidence.reference_sections("carol", "established")["ip xfrm state"]
              + "carol# date\nThu\ncarol# ip x policy\n"
              + evidence.reference_sections("carol", "established")["ip xfrm policy"])
    status, text = shown(pasted, established())
    assert (status, text.splitlines()[0]) == (0, "equal: 7 states, 24 policies")
    assert "of a.txt: command (4 lines), belongs to 'carol# uptime' (1 line)" in text


def test_a_canonical_text_is_a_dump_too():
    text = samples.canonicals(samples.reference_texts())["carol"]
    without = re.sub(r"src \S+ dst \S+ *\n\tsocket.*\n", "", established())
    assert shown(text, without)[0] == 0


def test_of_two_dumps_in_a_file_one_is_chosen():
    two = f"## ip xfrm state\n{established()}\n## ip xfrm state\n"
    assert diff.given("x", two, 1).dump.states and not diff.given("x", two, 2).dump.states
    with pytest.raises(diff.Unreadable, match="say which: x#1 to x#2"):
        diff.given("x", two)


@pytest.mark.parametrize("text, sentence", [
    ("hello world\n", "a.txt: line 1: 'src' expected, 'hello' found: hello world"),
    ("src ::1 dst ::2\n\tproto esp spi zero\n",
     "a.txt: line 2: 'zero' is not a number: proto esp spi zero"),
    ("src ::1 dst\n", "a.txt: line 1: the dump ends in the middle of an entry: src ::1 dst"),
    ("# a remark\n", "a.txt: line 1: no dump of ip xfrm: # a remark"),
])
def test_what_cannot_be_read_is_one_sentence_with_file_and_line(text, sentence):
    with pytest.raises(diff.Unreadable) as caught:
        diff.given("a.txt", text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("text, sentence", [
    (established().replace("reqid 2 mode", "reqid 2 moody", 1), "line 3: 'mode' expected, 'moody'"),
    (established() + "\tfrobnicate 7\n", "unknown word 'frobnicate': frobnicate 7"),
    (established()[:710], "line 17: "),
], ids=["changed", "added", "cut"])
def test_what_is_not_understood_is_named_and_never_equal(text, sentence):
    status, said = shown(established(), text)
    assert status == 2 and "equal:" not in said
    assert any(line.startswith("not understood: b.txt: line ") and sentence in line
               for line in said.splitlines())


def run(*arguments: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run([samples.TOP / "run-tests.sh", "diff", *arguments], text=True,
                          capture_output=True, check=False, **more)


def test_the_front_door_compares_files_of_any_folder(tmp_path):
    (tmp_path / "a").write_text(established())
    (tmp_path / "b").write_text(evidence.reference_dump("carol", "moved"))
    assert run("a", "a", cwd=tmp_path).returncode == 0
    assert run("a", "b", cwd=tmp_path).returncode == 1
    (tmp_path / "marked").write_text(established(), encoding="utf-8-sig")
    assert run("a", "marked", cwd=tmp_path).returncode == 0
    missing = run("a", "c", cwd=tmp_path)
    assert missing.returncode == 2
    assert missing.stderr == ("run-tests.sh diff: c: No such file or directory: "
                              "ip xfrm state | ./run-tests.sh facts -\n")
    alone = run("a", cwd=tmp_path)
    assert alone.returncode == 2
    assert alone.stderr == ("run-tests.sh diff: a#2: a has 1 dump of a kind; name two files, or "
                            "one with two dumps\n")


@pytest.mark.parametrize("octets, reason", [
    (b"\x7fELF\x02\xff\xfe", "line 1: no text, and no netlink messages either"),
    (established().encode("utf-16"), "line 1: no text"), (None, "Is a directory"),
], ids=["program", "utf-16", "folder"])
def test_what_is_no_dump_is_one_sentence_at_the_front_door(tmp_path, octets, reason):
    (tmp_path / "a").write_text(established())
    if octets is None:
        (tmp_path / "odd").mkdir()
    else:
        (tmp_path / "odd").write_bytes(octets)
    done = run("odd", "a", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"run-tests.sh diff: odd: {reason}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("no_color, coloured", [("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_the_user_wants_none(tmp_path, no_color, coloured):
    (tmp_path / "a").write_text(established())
    (tmp_path / "b").write_text(evidence.reference_dump("carol", "moved"))
    ours, theirs = pty.openpty()
    env = os.environ | {"NO_COLOR": no_color, "PYTHONPATH": str(samples.TOP)}
    process = subprocess.Popen([sys.executable, "-m", "harness.bed.check.diff", "a", "b"],
                               cwd=tmp_path, stdout=theirs, env=env)
    os.close(theirs)
    said = b""
    try:
        while data := os.read(ours, 4096):
            said += data
    except OSError:
        pass
    assert process.wait() == 1
    assert (b"\033[36m" in said) == coloured
