"""One word of a real dump changed: it is said in one sentence, unless it counts or tells time."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from harness.bed.check import golden
from harness.bed.decode.xfrm import DumpError
from harness.bed_tests import samples

# Counters, clocks, and the policies of the daemons' own sockets.
NO_FACTS = re.compile(r"anti-replay|lastused|socket ")
OTHER = {"esp": "ah", "hao": "route2", "route2": "hao", "transport": "tunnel", "in": "out",
         "tunnel": "transport", "out": "fwd", "fwd": "in", "main": "sub", "sub": "main",
         "use": "required", "wildrecv": "icmp", "af-unspec": "icmp", "hmac(sha1)": "hmac(md5)",
         "cbc(aes)": "cbc(des3_ede)", "135": "58", "block": "allow", "icmpv6": "tcp"}


def other(word: str) -> list[str]:
    """What else could stand there."""
    if word in OTHER:
        return [OTHER[word]]
    if re.fullmatch(r"0x[0-9a-f]+", word):
        return [word[:-1] + ("1" if word.endswith("0") else "0")]
    if word.isdecimal():
        return [str(int(word) + 1)]
    address, slash, length = word.partition("/")
    if "::" not in address:
        return []
    longer = [f"{address}/{(int(length) or 2) - 1}"] if slash else []
    return [f"2001:db8::77{slash}{length}", *longer]


def changed(text: str) -> Iterator[tuple[str, str, str]]:
    """The line, the words that change, and the whole text with them."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        near = line + " ".join(lines[number + 1:number + 2])
        if line.startswith("#") or NO_FACTS.search(line) or "socket " in near:
            continue
        for found in re.finditer(r"\S+", line):
            for word in other(found[0]):
                new = line[:found.start()] + word + line[found.end():]
                yield (line.strip(), f"{found[0]} -> {word}",
                       "\n".join([*lines[:number], new, *lines[number + 1:]]))


@pytest.mark.parametrize("checkpoint", ["established", "moved"])
@pytest.mark.parametrize("node", samples.NODES)
def test_every_word_is_said_and_nothing_else_is(node, checkpoint):
    texts = samples.reference_texts(checkpoint)
    before = samples.canonicals(texts)
    count = 0
    for line, words, text in changed(texts[node]):
        try:
            after = samples.canonicals({**texts, node: text})
        except DumpError:
            continue
        said = [str(one) for name in before for one in golden.compare(before[name], after[name])]
        # Of two nodes with two values for one SA it is the mobile node's that has the name.
        where = samples.NODES if words.startswith("0x") else (node,)
        assert len(said) == 1 and said[0].startswith(where), f"{line}: {words}: {said}"
        count += 1
    assert count > 150


def test_a_policy_s_flags_are_facts_and_bits_alone_are_none():
    plain = "src ::/0 dst ::/0 \n\tdir out priority 1 ptype main \n"
    texts = [f"{plain}\tflag {words}\n" for words in ("localok icmp", "localok", " (0x00000000)")]
    one, other_, none = (samples.canonicals({"carol": text})["carol"] for text in texts)
    assert [str(d) for d in golden.compare(one, other_)] == [
        "carol policy main out src ::/0 dst ::/0: flags localok, expected icmp localok"]
    assert none == samples.canonicals({"carol": plain})["carol"]
