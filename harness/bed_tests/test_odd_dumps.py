"""Strange but real dumps held against one another: what is one fact, what differs, what is unread.
"""

import random
import re
import time

import pytest

from harness.bed.check import compare, evidence, facts, given
from harness.bed.decode import xfrm
from harness.bed_tests import dumps_sample, iproute2_sample

KEYS = ("0x00112233445566778899aabbccddeeff01020304", "0x00112233445566778899aabbccddeeff")
S = f"""\
src 192.0.2.2 dst 192.0.2.1
\tproto esp spi 0xc0000652 reqid 1 mode tunnel
\treplay-window 32 flag af-unspec
\tauth-trunc hmac(sha1) {KEYS[0]} 96
\tenc cbc(aes) {KEYS[1]}
\tanti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000
\tsel src 0.0.0.0/0 dst 0.0.0.0/0 
"""
P = """\
src 198.51.100.0/24 dst 203.0.113.0/24 
\tdir out priority 383615 ptype main 
\ttmpl src 192.0.2.2 dst 192.0.2.1
\t\tproto esp spi 0xc0000652 reqid 1 mode tunnel
"""
HIDDEN = S.replace(KEYS[0], "<<Keys hidden>>").replace(KEYS[1], "<<Keys hidden>>")
NULL = S.replace(f"{KEYS[0]} ", " ").replace(f" {KEYS[1]}", " ")
PARTLY = S.replace(KEYS[0], "0x0011…0304").replace(KEYS[1], "0x0011...")
ESN = S.replace("32 flag af-unspec", "0 flag af-unspec esn").replace(
    "anti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000",
    "anti-replay esn context:\n\t seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x0\n"
    "\t replay_window 32, bitmap-length 1\n\t 00000000")
S_OFF = "crypto offload parameters: dev eth2 dir out"
TMPL = "\ttmpl src :: dst ::\n\t\tproto ah reqid 1 mode transport\n"
EQUAL, DIFFERENT, UNREAD = 0, 1, 2


def one(text: str, *changes: str) -> tuple[str, str]:
    """The text, and with each pair of words changed."""
    other = text
    for old, new in zip(changes[::2], changes[1::2]):
        assert old in other
        other = other.replace(old, new)
    return text, other


def more(text: str, line: str, other: str) -> tuple[str, str]:
    return f"{text}\t{line}\n", f"{text}\t{other}\n" if other else text


PAIRS = {
    # Numbers are numbers.
    "SPI in decimal": (EQUAL, one(S, "0xc0000652", "3221227090")),
    "SPI in capitals": (EQUAL, one(S, "0xc0000652", "0XC0000652")),
    "SPI": (DIFFERENT, one(S, "0xc0000652", "0xc0000653")),
    "key in capitals": (EQUAL, one(S, KEYS[1], KEYS[1].replace("aabbcc", "AABBCC"))),
    "key one nibble short": (DIFFERENT, one(S, KEYS[1], KEYS[1][:-1])),
    "reqid twice": (EQUAL, one(S, "reqid 1", "reqid 1(0x00000001)")),
    "reqid twice, not alike": (UNREAD, one(S, "reqid 1", "reqid 1(0x00000002)")),
    "SPI twice, not alike": (UNREAD, one(S, "0xc0000652", "0xc0000652(3221227091)")),
    "priority in hex": (EQUAL, one(P, "383615", hex(383615))),
    "flag as a bit": (EQUAL, one(S, "flag af-unspec", "flag 20")),
    "flag as a mask of 2006": (EQUAL, one(S, "flag af-unspec", "flag 0x00100000")),
    "another mask of 2006": (DIFFERENT, one(S, "flag af-unspec", "flag 0x00110000")),
    "policy flag of 2006": (EQUAL, one(P, "ptype main ", "ptype main share any flag 0x00000000 ")),
    "mark in decimal": (EQUAL, more(S, "mark 1018314240/0xff", "mark 0x3cb23e00/255")),
    "negative mark": (EQUAL, more(S, "mark -1/0xff", "mark 0xffffffff/0xff")),
    "mark of nothing": (DIFFERENT, more(S, "mark 0/0", "")),
    "output mark's mask": (DIFFERENT, more(S, "output-mark 0x6", "output-mark 0x6/0xff")),
    "if_id in decimal": (EQUAL, more(S, "if_id 0x2a", "if_id 42")),
    "protocol by number": (EQUAL, one(S.replace("0.0.0.0/0 \n", "0.0.0.0/0 proto 132 sport 1\n"),
                                      "proto 132", "proto sctp")),
    "direction by number": (EQUAL, more(S, "dir other (3)", "dir 3")),
    "level by number": (EQUAL, more(P, "\tlevel use ", "\tlevel 1")),
    "level of no name": (DIFFERENT, more(P, "\tlevel 16 ", "\tlevel 17 ")),
    "address at length": (EQUAL, more(S, "coa ::1", "coa 0:0:0:0:0:0:0:1")),
    # What an older print leaves unsaid.
    "no ptype": (EQUAL, one(P, "ptype main ", "")),
    "action allow": (EQUAL, one(P, "priority", "action allow priority")),
    "offload of 2018": (EQUAL, more(S, S_OFF, f"{S_OFF} mode crypto")),
    "offload of packets": (DIFFERENT, more(S, S_OFF, f"{S_OFF} mode packet")),
    "SA direction behind offload": (DIFFERENT, more(S, f"{S_OFF}\n\tdir out", S_OFF)),
    "window of what leaves": (EQUAL, one(S.replace("window 32", "window 0") + "\tdir out\n",
                                         "replay-window 0 ", "")),
    "template without SPI": (EQUAL, (P.replace("0xc0000652", "0x00000000"),
                                     P.replace("spi 0xc0000652 ", ""))),
    # One fact.
    "SA direction": (DIFFERENT, more(S, "dir in", "")),
    "CPU": (DIFFERENT, more(S, "pcpu-num 0", "")),
    "extra flag": (DIFFERENT, more(S, "extra_flag dont-encap-dscp", "extra_flag oseq-may-wrap")),
    "IP-TFS": (DIFFERENT, more(S, "iptfs-opts dont-frag", "iptfs-opts pkt-size 0 dont-frag")),
    "keepalive": (DIFFERENT, more(S, "nat-keepalive-interval 20", "nat-keepalive-interval 21")),
    "host bits of a selector": (DIFFERENT, one(S, "sel src 0.0.0.0", "sel src 0.0.0.1")),
    "no selector": (DIFFERENT, (S, S[:S.index("\tsel")])),
    "window of an ESN context": (DIFFERENT, one(ESN, "replay_window 32", "replay_window 31")),
    "counters": (EQUAL, one(S, "seq 0x0", "seq 0x9", "bitmap 0x00000000", "bitmap 0x000001ff")),
    "larval": (DIFFERENT, (S, re.sub(r"\t(auth|enc).*\n", "", S))),
    "twice the same": (DIFFERENT, (S, S + S)), "policy twice": (DIFFERENT, (P, P + P)),
    "templates in another order": (DIFFERENT, (P + TMPL, P.replace("\ttmpl", f"{TMPL}\ttmpl"))),
    "of a socket": (DIFFERENT, one(P, "dir out", "socket out")),
    "default": (DIFFERENT, one("Default policies:\n in:  accept\n fwd: accept\n out: accept\n",
                               "fwd: accept", "fwd: block")),
    # Keys that are not there.
    "hidden key": (EQUAL, (S, HIDDEN)),
    "one SPI and hidden keys": (DIFFERENT, one(HIDDEN, "0xc0000652", "0xc0000653")),
    "one SPI and no keys": (DIFFERENT, one(NULL, "0xc0000652", "0xc0000653")),
    "what is left of a key": (DIFFERENT, one(PARTLY, "0x0011...", "0x0012...")),
    "the end that is left of a key": (DIFFERENT, one(PARTLY, "…0304", "…0305")),
    "a part and the whole": (EQUAL, (S, PARTLY)),
    # What is no dump.
    "cut off by iproute2": (UNREAD, one(S, KEYS[1], "(ERROR truncated)")),
    "interrupted": (UNREAD, (S, S + "Dump was interrupted and may be inconsistent.\n")),
    "elided": (UNREAD, (S, f"{S}...\n")), "elided by words": (UNREAD, (S, f"{S}[snip]\n")),
    "remark behind a fact": (UNREAD, one(S, "mode tunnel", "mode tunnel <-- why?")),
    "digits of another script": (UNREAD, one(S, "reqid 1", "reqid \u0661")),
    "a digit that is none": (UNREAD, one(S, "0.0.0.0/0 \n", "0.0.0.0/\xb2 \n")),
    "a number of 5,000 digits": (UNREAD, one(P, "383615", "9" * 5000)),
    "invisible character": (UNREAD, one(S, "enc", "\u200benc")),
}


@pytest.mark.req("T-702")
@pytest.mark.parametrize("name", PAIRS)
def test_odd_dumps_are_told_apart_by_their_facts(name):
    status, texts = PAIRS[name]
    for a, b in (texts, texts[::-1]):
        try:
            found = compare.compare(given.given("a", a), given.given("b", b))
        except given.Unreadable:
            assert status == UNREAD
            continue
        assert found.status == status, (found.sentences(), found.one.unread, found.other.unread)
        assert status == UNREAD or len(found.differences) == status


def test_what_was_not_understood_is_why_there_is_nothing_to_compare():
    with pytest.raises(given.Unreadable, match="^b: line 1: '[?]{3}' is not an address"):
        compare.compare(given.given("a", P), given.given("b", P.replace("198.51.100.0", "???") + S))


PLACEHOLDERS = """\
<<Keys hidden>>|0x...|0x..|0xabcd...ef12|0x1234…|<removed>|<secret key removed>|[REDACTED]|(hidden)
[key has been removed]|(redacted)|redacted|REMOVED|***REDACTED***|--removed--|{{KEY}}|0x[redacted]
0x1122[...]|0xdeadbeef<snip>|xxxx|XXXXXXXX|0xXXXXXXXX|********|0x????|____|█████|‹removed›|…|[ key ]
0xENCAUTHKEY""".replace("\n", "|").split("|")


@pytest.mark.parametrize("word", PLACEHOLDERS)
@pytest.mark.parametrize("bits", ["", " (160 bits)"])
def test_a_key_that_somebody_took_out_is_hidden(word, bits):
    text = S.replace(KEYS[0], f"{word}{bits}").replace(KEYS[1], f"{word}{bits}")
    state, = xfrm.parse_dump(text).states
    assert [(alg.hidden, alg.bits) for alg in state.algorithms] == [(True, 96), (True, None)]


@pytest.mark.parametrize("word", ["0xkey", "0x0011zz", "K1", "00112233", "(ERROR truncated)"])
def test_what_is_neither_a_key_nor_taken_out_is_named(word):
    for key in KEYS:
        assert xfrm.read(S.replace(key, word)).unread


@pytest.mark.req("T-701")
@pytest.mark.parametrize("head", [
    P.splitlines()[0].replace("198.51.100.0", "???"), P.splitlines()[0].replace("24", "ninety"),
    P.splitlines()[0] + "proto gre key 0.0.0.42"])
def test_of_an_entry_that_is_not_understood_every_line_is_named_and_none_is_a_fact(head):
    found = xfrm.read("\n".join([head, *P.splitlines()[1:], P]))
    assert sorted({note.line for note in found.unread}) == [1, 2, 3, 4]
    assert xfrm.joined(found.parts) == xfrm.parse_dump(P)


@pytest.mark.parametrize("title", ["$ ip xfrm monitor", "moon# ip -s x m all"])
def test_what_a_monitor_tells_is_no_state_also_where_no_word_says_so(title):
    found = xfrm.read(f"{title}\n{S}{P}")
    assert not any(part.dump.states or part.dump.policies for part in found.parts)
    assert {note.line for note in found.unread} == set(range(2, 2 + (S + P).count("\n")))


WORDS = ["src", "dst", "proto", "spi", "mode", "\xb2", "\u0663", "0x", "-1", "9" * 5000, "<x",
         "[a]", "::/\xb2", "()", "(0x00000000)", "(12 bits)", "other (x)", "\\", "#", "$", ">",
         "level \xb2", "fe80::1%eth0/64", "0x1(1)", "1(0x)", "\x00", "\x1b[31m", "\ufeff",
         "--More--", "key:x/\u0663", "Default policies:", "in:", "Updated", "ip xfrm state", "\n"]


def spoiled(dice: random.Random, text: str) -> str:
    for _ in range(dice.randint(1, 4)):
        words = text.split(" ")
        at = dice.randrange(len(words))
        words[at:at + dice.randint(0, 2)] = dice.sample(WORDS, dice.randint(0, 1))
        text = " ".join(words)
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(["", chr(dice.randrange(0x3000))]) + text[at + 1:]
    return text[:dice.randint(1, 2 * len(text) + 1)]


@pytest.mark.req("T-701")
@pytest.mark.parametrize("seed", range(8))
def test_nothing_that_a_text_holds_ends_in_a_crash(seed):
    dice = random.Random(seed)
    texts = [path.read_text() for path in (evidence.GIVEN / "dumps").glob("*.txt")] + [
        iproute2_sample.text(dumps_sample.dump(seed, 2), style) for style in iproute2_sample.STYLES]
    for text in (spoiled(dice, dice.choice(texts)) for _ in range(60)):
        facts.document("x", xfrm.read(text))
        try:
            same = given.given("x", text)
        except given.Unreadable:
            continue
        assert not compare.compare(same, same).differences


def test_a_line_without_an_end_is_noted_in_short():
    found = xfrm.read("src ::1 dst ::2 " * 2000)
    assert len(found.unread) == 2000 and max(len(note.text) for note in found.unread) < 600


@pytest.mark.parametrize("text", [
    "ip " + "-a " * 60, " ip -x" * 30_000, "[" * 100_000, "a." * 100_000 + "%", "> " * 100_000,
    "a " * 50_000 + "src ::1 dst ::2", "\x1b]" * 50_000,
    S.rstrip().replace(KEYS[1], "<a" * 50_000), S.replace(KEYS[1], "abc" * 50_000 + "!")])
def test_work_grows_with_a_line_and_not_faster(text):
    """Processor time that a square would take a hundredfold."""
    before = time.process_time()
    xfrm.read(text)
    assert time.process_time() - before < 5
