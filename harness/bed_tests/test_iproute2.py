"""What any iproute2 prints, and what becomes of it on its way through terminals, logs and mails."""

import random
import re
import textwrap

import pytest

from harness.bed.check import compare, given
from harness.bed.decode import facts as known
from harness.bed.decode import xfrm
from harness.bed_tests import dumps_sample, iproute2_sample
from harness.bed_tests.iproute2_sample import STYLES, Style, visible
from harness.bed_tests.test_facts import changed

PLAIN = Style(2022)


@pytest.mark.req("T-701")
@pytest.mark.parametrize("style", STYLES, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_every_generation_of_iproute2_is_read_whole(style, seed):
    dump = dumps_sample.dump(seed)
    again = xfrm.parse_dump(iproute2_sample.text(dump, style))
    assert again == visible(dump, style)
    assert all(one.detailed == style.stats for one in (*again.states, *again.policies))


@pytest.mark.req("T-702")
@pytest.mark.parametrize("style", STYLES, ids=str)
@pytest.mark.parametrize("kind", ["state", "policy"])
def test_of_any_print_a_fact_changed_is_reported_and_only_that(style, kind):
    for name, before, after in changed(len(str(style)), kind):
        one, other = (given.given(letter, iproute2_sample.text(dump, style))
                      for letter, dump in (("a", before), ("b", after)))
        found = compare.compare(one, other)
        differs = visible(before, style) != visible(after, style)
        assert found.status == differs and len(found.differences) == differs, (name, found)


def fronted(front: str):
    """`front` before each line, its %d the number of the line."""
    return lambda text: "".join(
        f"{front % number if '%' in front else front}{line}\n"
        for number, line in enumerate(text.splitlines(), start=1))


def one_line(text: str) -> str:
    return re.sub(r"\n(?!src )", lambda _: "\\", text)


# What becomes of a print before somebody gives it to us: none of it changes a fact.
PASTED = {
    "crlf": lambda text: text.replace("\n", "\r\n"), "bom": "\ufeff{}".format,
    "blanks": str.expandtabs, "no tabs at all": lambda text: text.replace("\t", ""),
    "nbsp": lambda text: text.replace(" ", "\xa0"), "indented": fronted("    "),
    "blank lines": lambda text: text.replace("\n", "\n\n"), "ip -o": one_line, "flat": str.split,
    "trailing blanks": lambda text: text.replace("\n", "   \n"), "no last end": str.rstrip,
    "coloured": lambda text: text.replace("src ", "\x1b[32msrc\x1b[0m "),
    "fenced": "```text\n{}```\n".format, "html": "<pre>\n{}</pre>\n".format,
    "quoted": fronted("> "), "quoted twice": fronted("> > "), "quoted in outlook": fronted(" | "),
    "quoted by name": fronted("me> "), "attributed": lambda text: (
        "On Mon, 30 Nov 2026 at 10:00, Joe <joe@example.org> wrote:\n" + fronted("> ")(text)),
    "journal": fronted("Nov 30 10:00:%02d moon dump[%%d]: ".replace("%%d", "812")),
    "iso": fronted("2026-11-30T10:00:%02d.123456+00:00 "),
    "zulu": fronted("2026-11-30T10:00:00Z\t"),
    "bracketed": fronted("[2026-11-30 10:00:%02d] "), "dmesg": fronted("[  %d.331] "),
    "leveled": fronted("2026-11-30 10:00:00,%03d INFO "), "epoch": fronted("17644968%02d.001 "),
    "clock": fronted("10:00:%02d "), "cat -n": fronted("%6d\t"), "grep -n": fronted("%d:"),
    "pdsh": fronted("moon: "), "compose": fronted("moon-1  | "), "added": fronted("+"),
}


@pytest.mark.req("T-701")
@pytest.mark.parametrize("way", PASTED)
@pytest.mark.parametrize("style", [Style(2022), Style(2025, True)], ids=str)
def test_a_print_says_the_same_whatever_became_of_it(way, style):
    dump = dumps_sample.dump(7, 3)
    text = PASTED[way](iproute2_sample.text(dump, style))
    text = " ".join(text) if way == "flat" else text
    found = xfrm.read(text)
    assert not found.unread, found.unread[0]
    assert xfrm.joined(found.parts) == visible(dump, style)


@pytest.mark.req("T-701")
@pytest.mark.parametrize("way", [way for way in PASTED if way not in ("flat", "ip -o", "fenced")])
def test_what_is_not_known_is_named_whatever_became_of_it(way):
    """A line more, deep in the paste, is never taken for what was pasted around it."""
    lines = iproute2_sample.text(dumps_sample.dump(7, 3), PLAIN).splitlines(True)
    at = random.Random(way).randrange(2, len(lines))
    text = PASTED[way]("".join([*lines[:at], "\tfrobnicate 7\n", *lines[at:]]))
    assert any("frobnicate 7" in re.sub(r"\s+", " ", note.text) for note in xfrm.read(text).unread)


@pytest.mark.parametrize("width", [48, 72, 76])
@pytest.mark.parametrize("mark", ["", "> "])
@pytest.mark.parametrize("style", [Style(2019), Style(2025, True)], ids=str)
def test_lines_that_a_mail_has_wrapped_are_read(width, mark, style):
    dump = dumps_sample.dump(3)
    wrapped = [piece for line in iproute2_sample.text(dump, style).splitlines()
               for piece in textwrap.wrap(line.strip(), width, break_on_hyphens=False)]
    assert xfrm.parse_dump("".join(f"{mark}{line}\n" for line in wrapped)) == visible(dump, style)


def test_a_front_is_one_only_where_every_entry_has_it():
    text = iproute2_sample.text(dumps_sample.dump(1, 2), PLAIN)
    stray = fronted("12:00:%02d ")(text).replace("12:00:01 src", "src", 1)
    assert xfrm.read(stray).unread
    lines = text.splitlines(True)
    assert xfrm.read("".join(["twelve " + lines[0], *lines[1:]])).unread
    kernel = "[  512.331] IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready\n"
    noted = xfrm.read(text + kernel).unread
    assert [note.text for note in noted] == [kernel.strip()]


PROMPTS = """\
$ ip xfrm state
# ip xfrm state
% ip xfrm state
root@moon:~# ip x s
root@moon:~# ip -s xfrm st
root@moon:~# ip -s -d -6 xfrm state list
root@moon:~# ip -f inet6 xfrm state
root@moon:~# ip -n xray x s
root@moon:~# ip netns exec moon ip xfrm state
root@moon:~# ip xfrm sa
root@moon:~# ip xfrm state list nokeys
root@moon:~# ip xfrm state list src 192.0.2.2 dst 192.0.2.1 proto esp
root@moon:~# ip xfrm state get src 192.0.2.2 dst 192.0.2.1 proto esp spi 0xc0000652
root@moon:~# ip xfrm state show reqid 1 mode tunnel
root@moon:~# date; /sbin/ip xfrm state | tee x
root@moon:/etc/ipsec.d# sudo -E ip xfrm state
[root@gw ~]$ ssh moon 'ip xfrm state'
(venv) me@host:~$ docker exec -it moon ip xfrm state
moon ~ # nsenter -t 1234 -n ip xfrm state
[12:00:00] root@moon:~# ip xfrm state
12:00:00 root@moon:~# ip xfrm state
➜  ~ ip xfrm state
❯ ip xfrm state
me@host ~> ip xfrm state
bash-5.1# ip xfrm state
┌──(root㉿kali)-[~]|└─# ip xfrm state
[sudo] password for me: |$ sudo ip xfrm state
+ ip xfrm state
+ _________________________ ip-xfrm-state|+ ip xfrm state
Every 2.0s: ip xfrm state          moon: Mon Nov 30 12:00:00 2026
## ip xfrm state
=== ip xfrm state ===
Output of `ip xfrm state` on moon:
**ip xfrm state**
<pre>ip xfrm state
ip xfrm state:"""
ENTRY = """\
src 192.0.2.2 dst 192.0.2.1
\tproto esp spi 0xc0000652 reqid 1 mode tunnel
\treplay-window 32 flag af-unspec
\taead rfc4106(gcm(aes)) 0x00112233445566778899aabbccddeeff01020304 128
"""


@pytest.mark.parametrize("prompt", PROMPTS.splitlines())
def test_a_command_is_known_by_whatever_prompt(prompt):
    found = xfrm.read(re.sub(r"\|(?=[└$+])", "\n", prompt) + f"\n{ENTRY}")
    assert not found.unread, found.unread[0]
    part, = found.parts
    assert part.kind == "state" and part.dump == xfrm.parse_dump(ENTRY)


def test_a_dump_behind_its_command_is_read_also_behind_list():
    flat = " ".join(ENTRY.split())
    for command in ("ip xfrm state", "ip xfrm state list"):
        assert xfrm.parse_dump(f"moon# {command} {flat}\n") == xfrm.parse_dump(ENTRY)


def test_defaults_stand_behind_policies_without_a_title():
    policies = iproute2_sample.text(known.Dump([], dumps_sample.dump(1).policies), PLAIN)
    defaults = "Default policies:\n in:  accept\n fwd: block\n out: accept\n"
    dump = xfrm.parse_dump(policies + defaults + policies)
    assert dump.defaults == {"in": "accept", "fwd": "block", "out": "accept"}
    assert len(dump.policies) == 2 * len(xfrm.parse_dump(policies).policies)
