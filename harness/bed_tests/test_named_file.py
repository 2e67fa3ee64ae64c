"""A file that cannot be read is one sentence with its name, the reason and what to type instead."""

import gzip
import io
import os
import subprocess
import sys
import threading

import pytest

from harness.bed.check import facts, named_file
from harness.bed.check.given import Unreadable, octets, reading
from harness.bed_tests import samples
from harness.bed_tests.test_odd_dumps import S

FILTER = "| ./run-tests.sh facts -"


@pytest.mark.req("T-707")
@pytest.mark.parametrize("data, sentence", [
    (b"# Gru\xdf\n" + S.encode(),
     f"line 1: octet 0xdf is no UTF-8: iconv -f ISO-8859-1 -t UTF-8 NAME {FILTER}"),
    (S.encode().replace(b"reqid", b"req\xffid"), "line 2: octet 0xff is no UTF-8: iconv "),
    (S.encode().replace(b"enc", b"\xc3("), "line 5: octet 0xc3 is no UTF-8: iconv "),
    (S.encode("utf-16"), f"line 1: no text: iconv -f UTF-16 -t UTF-8 NAME {FILTER}"),
    (S.encode("utf-16-le"), "line 1: no text, and no netlink messages either: iconv -f UTF-16LE "),
    (S.encode("utf-16-be"), "line 1: no text, and no netlink messages either: iconv -f UTF-16BE "),
    (gzip.compress(S.encode()), f"line 1: no text: zcat NAME {FILTER}"),
    (bytes(100), "line 1: no text, and no netlink messages either: ip xfrm state "),
    (b"\x7fELF\x02\x01\x01\0\0\0\xff", "line 1: no text, and no netlink messages either: ip xfrm "),
    (S.encode() + b"\0", "line 8: no text, and no netlink messages either: ip xfrm "),
])
def test_what_is_no_text_is_named_by_line_with_the_command_that_makes_it_one(data, sentence):
    with pytest.raises(Unreadable) as caught:
        reading("NAME", data)
    assert str(caught.value).startswith(f"NAME: {sentence}")


@pytest.mark.req("T-707")
def test_what_is_no_file_is_named_with_what_to_type(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "carol.txt").write_text(S)
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(named_file, "WAIT", 0.1)
    for name, sentence in {
            "folder": "Is a directory: name a file", "": "Is a directory: name a file, as",
            "carl.txt": "No such file or directory; did you mean carol.txt?",
            "x": f"No such file or directory: ip xfrm state {FILTER}",
            "carol.txt/x": f"Not a directory: ip xfrm state {FILTER}",
            "fifo": f"a FIFO that nobody writes: ip xfrm state > {tmp_path}/fifo from another "
    }.items():
        with pytest.raises(Unreadable) as caught:
            octets(str(tmp_path / name))
        assert str(caught.value).startswith(f"{tmp_path / name}: {sentence}")


def test_a_file_of_somebody_else_is_read_by_sudo(monkeypatch):
    def refused(path, flags):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(named_file.os, "open", refused)
    with pytest.raises(Unreadable, match=r"^a: Permission denied: sudo cat a \| ./run-tests.sh"):
        octets("a")


def test_what_has_no_end_is_refused(monkeypatch):
    monkeypatch.setattr(named_file, "MOST", 1 << 20)
    with pytest.raises(Unreadable, match="^/dev/zero: more than 1 MB, no dump is that large: ip"):
        octets("/dev/zero")


@pytest.mark.parametrize("late", [0, 0.3])
def test_a_fifo_is_read_whoever_opens_it_first(tmp_path, late):
    os.mkfifo(tmp_path / "fifo")
    writer = threading.Timer(late, (tmp_path / "fifo").write_text, [S])
    writer.start()
    assert octets(str(tmp_path / "fifo")) == S.encode()
    writer.join()


def test_pipes_of_a_shell_are_files_too():
    script = f"{samples.TOP}/run-tests.sh diff <(cat {{0}}) <(cat {{0}})"
    done = subprocess.run(["bash", "-c", script.format(samples.TOP / "harness/bed_tests/data/dumps"
                                                       "/many.txt")],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "equal: 1 state, 0 policies")


def test_an_empty_file_is_said_to_be_empty(tmp_path, capsys):
    (tmp_path / "a").write_text("\n")
    assert facts.main([str(tmp_path / "a")]) == facts.WHOLE
    assert capsys.readouterr().err.endswith("a is empty: taken as no state and no policy\n")


@pytest.mark.req("T-707")
@pytest.mark.parametrize("word, shell, sentence", [
    ("facts", "{} >/dev/full", "standard output: No space left on device"),
    ("facts", "{} >&-", "standard output is closed: say where, as > FILE"),
    ("facts", "- <&-", f"-: standard input is closed: ip xfrm state {FILTER}"),
    ("diff", "{} {} >&-", "standard output is closed: say where, as > FILE"),
    ("diff", "- - <{}", "- is standard input, which is there once: name a file beside it"),
    ("facts", "{} | true", ""),
])
def test_what_cannot_be_told_is_one_sentence(tmp_path, word, shell, sentence):
    (tmp_path / "a").write_text(S * 400)
    script = f"{samples.TOP}/run-tests.sh {word} {shell}".replace("{}", str(tmp_path / "a"))
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == (f"run-tests.sh {word}: {sentence}\n" if sentence else "")
    assert done.returncode == (2 if sentence else 0)


def test_standard_input_is_read_as_octets(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(S.encode())))
    assert octets("-") == S.encode()


@pytest.mark.req("T-707")
@pytest.mark.parametrize("word", ["diff --json", "diff", "facts"])
def test_a_terminal_of_another_character_set_is_told_too(tmp_path, word):
    """Nor does a terminal obey what a file holds."""
    (tmp_path / "a").write_text(S + "\tfr\u00f6bnicate \u2026 \x9b31m\x07\n")
    files = " a" * (1 + word.startswith("diff"))
    done = subprocess.run([*f"{samples.TOP}/run-tests.sh {word}{files}".split()], cwd=tmp_path,
                          env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True,
                          check=False)
    assert done.returncode == (1 if word == "facts" else 2) and b"bnicate" in done.stdout
    assert not done.stderr and not {0x9b, 7, 0x1b} & set(done.stdout)
