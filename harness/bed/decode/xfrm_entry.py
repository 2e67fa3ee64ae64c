"""xfrm_entry - the statements of a state or a policy: a word, and what is read behind it.

Two tables, one for states and one for policies, are all that a dump may say. A reader stores facts
in a dict whose keys are the fields of State and Policy; counters and clocks it only notes. What -s
shows sets `detailed`. What is said twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from harness.bed.decode import facts as known
from harness.bed.decode.facts import (
    EXTRA_FLAG_BITS, FLAG_BITS, HIDDEN, IPSEC, POLICY_FLAG_BITS, Algorithm, Encap, Iptfs, Limits,
    Mark, Offload, Selector, Template, flag_names, named,
)
from harness.bed.decode.xfrm_words import PLACEHOLDER, DumpError, Words, number, whole

Facts = dict[str, object]
Reader = Callable[[Words, Facts], None]

# What the kernel truncates to where an old iproute2 prints `auth` without a length.
TRUNCATION = {"hmac(sha384)": 192, "hmac(sha512)": 256}
TRUNCATION_ELSE = 96
SELECTOR_NUMBERS = ("type", "code", "sport", "dport", "key")
COUNTERS, CLOCK, IDENTITY = "counters", "a clock", "a number that the kernel gives"
# Where a reader notes lines that are left out on purpose, and what makes an entry a -s print.
LEFT_OUT, DETAILED = "left out", "detailed"


def left_out(why: str) -> Callable[[Reader], Reader]:
    """For readers of statements that are no fact: every line of theirs is noted."""
    def wrap(read: Reader) -> Reader:
        def noting(words: Words, facts: Facts) -> None:
            start = words.at - 1
            read(words, facts)
            lines = words.lines
            facts[LEFT_OUT] += [(line, why) for line in range(lines[start], lines[words.at - 1] + 1)
                                if line in words.texts]
        return noting
    return wrap


def word_of(words: Words, names: dict[int, str]) -> str:
    """A name, or a number with a name, or a number without."""
    word = words.next()
    value = whole(word)
    if value is not None:
        return named(value, names)
    if word not in names.values():
        raise words.last(f"'{word}' is none of {', '.join(names.values())}")
    return word


def protocol(words: Words) -> str:
    """The protocol of a state: esp, ah, …, or a number as iproute2 prints 4 for IP in IP."""
    return word_of(words, known.XFRM_PROTOCOLS)


def upper_protocol(words: Words) -> str:
    """What a selector asks for: a name of /etc/protocols or a number."""
    word = words.next()
    value = whole(word)
    if value is not None:
        return named(value, known.PROTOCOLS)
    word = known.PROTOCOL_ALIASES.get(word, word)
    if not re.match(r"[a-z][a-z0-9.+-]*$", word):
        raise words.last(f"'{word}' is not a protocol")
    return word


def selector(words: Words) -> Selector:
    words.expect("src")
    src = words.prefix()
    words.expect("dst")
    dst = words.prefix()
    found: Facts = {}
    if words.take("proto"):
        found["proto"] = upper_protocol(words)
    while words.words[words.at] in SELECTOR_NUMBERS and words.words[words.at] not in found:
        word = words.next()
        found[word] = words.number()
    if words.take("(dport)"):
        found["mh_dport"] = words.number()
    if words.take("dev"):
        found["dev"] = words.next()
    if words.take("uid"):
        found["uid"] = words.number()
    return Selector(src, dst, **found)


def state_selector(words: Words, facts: Facts) -> None:
    facts["sel"] = selector(words)
    facts[DETAILED] |= facts["sel"].uid is not None


def _spi(words: Words, facts: Facts) -> str | None:
    word = words.words[words.at]
    if word.startswith("spi:"):
        return words.next()
    if word != "spi":
        return None
    words.at += 1
    word = words.next()
    value = number(word)
    if value is None and PLACEHOLDER.match(word):
        facts["hidden"] += ("spi",)
        return None
    if value is None:
        raise words.last(f"'{word}' is not a number")
    facts[DETAILED] |= "(" in word
    return f"0x{value:08x}"


def _reqid(words: Words, facts: Facts) -> int:
    words.expect("reqid")
    word = words.words[words.at]
    if number(word) is None and PLACEHOLDER.match(word):
        words.at += 1
        facts["hidden"] += ("reqid",)
        return 0
    return words.number()


def identity(words: Words, facts: Facts) -> Facts:
    """proto esp spi 0x… reqid 1(0x00000001) mode transport"""
    words.expect("proto")
    proto = protocol(words)
    spi = _spi(words, facts)
    reqid = _reqid(words, facts)
    words.expect("mode")
    return {"proto": proto, "spi": spi if proto in IPSEC or spi != "0x00000000" else None,
            "reqid": reqid, "mode": word_of(words, known.MODES)}


# The iproute2 of 2006 prints no names with -s: flag 0x00100000.
OLD_MASK = re.compile(r"0x([01]{8})$")


def _bits(words: Words, table: dict[int, str], statements: dict[str, Reader]) -> tuple[str, ...]:
    """Names of flags, and bits that an iproute2 has no name for."""
    bits, seen = 0, False
    values = {name: bit for bit, name in table.items()}
    while True:
        word = words.words[words.at]
        if word in values:
            bits |= values[word]
        elif not seen and OLD_MASK.match(word):
            bits = int(word[2:], 2)
        elif re.match(r"[0-9a-f]{1,8}$", word) and word not in statements:
            bits |= int(word, 16)
        else:
            break
        words.at += 1
        seen = True
    if not seen and not words.peek().startswith("(0x") and words.peek() != "extra_flag":
        raise words.last("a flag expected")
    return flag_names(bits, table)


def flags(words: Words, facts: Facts) -> None:
    facts["flags"] = _bits(words, FLAG_BITS, STATE_TABLE)


def extra_flags(words: Words, facts: Facts) -> None:
    facts["extra_flags"] = _bits(words, EXTRA_FLAG_BITS, STATE_TABLE) or None


def policy_flags(words: Words, facts: Facts) -> None:
    facts["flags"] = _bits(words, POLICY_FLAG_BITS, POLICY_TABLE)


def flag_mask(words: Words, facts: Facts) -> None:
    """Behind the names of all flags -s prints their eight bits: (0x00100000)."""
    word = words.words[words.at - 1]
    found = re.match(r"\(0x([01]{8})\)$", word)
    table = POLICY_FLAG_BITS if "sel" in facts and "proto" not in facts else FLAG_BITS
    if not found or flag_names(int(found[1], 2), table) != facts.get("flags", ()):
        raise words.last(f"'{word}' is not the mask of the flags before it")
    facts[DETAILED] = True


def algorithm(kind: str, with_bits: bool) -> Reader:
    def read(words: Words, facts: Facts) -> None:
        name = words.next()
        key = _key(words, with_bits)
        if words.peek(1) == "bits)" and words.peek().startswith("("):
            _check_key_bits(words, key)
            facts[DETAILED] = True
        bits = words.number() if with_bits else None
        if kind == "auth" and not with_bits:
            bits = TRUNCATION.get(name, TRUNCATION_ELSE)
        facts["algorithms"] += (Algorithm(kind, name, key, bits),)
    return read


def _key(words: Words, with_bits: bool) -> str:
    """Hex, our name for it, nothing, or the words of whoever hid it."""
    word = words.peek()
    if KEY.match(word):
        return words.next().lower() + _wrapped(words, with_bits).lower()
    if NAMED_KEY.match(word):
        return words.next()
    if word == '""':
        words.at += 1
        return "0x"
    for length in range(1, 6):
        said = " ".join(words.words[words.at:words.at + length])
        if words.new_line(length - 1) or said.endswith(" bits)"):
            break
        if PLACEHOLDER.match(said):
            words.at += length
            return f"{HIDDEN}:{said}"
    if word[:2] in ("0x", "0X"):
        raise words.error(f"'{word}' is not a key")
    return "0x"


KEY, NAMED_KEY = re.compile(r"0[xX][0-9a-fA-F]*$"), re.compile(r"key:.*/[0-9]{1,6}$")


def _wrapped(words: Words, with_bits: bool) -> str:
    """The rest of a key that a narrow terminal has cut: hex on the next lines, then the bits."""
    rest = ""
    while words.new_line() and _is_hex(words.peek()):
        behind = words.peek(1)
        if with_bits and number(behind) is None and not _is_hex(behind) and behind[:1] != "(":
            break
        rest += words.next()
    return rest


def _is_hex(word: str) -> bool:
    return re.match(r"[0-9a-fA-F]+$", word) is not None and word not in STATE_TABLE


def _check_key_bits(words: Words, key: str) -> None:
    bits = whole(words.next()[1:])
    words.at += 1
    printed = None if key.startswith((HIDDEN, "key:")) else (len(key) - 2) // 2
    if bits is None or printed not in (None, bits // 8):
        words.at -= 1
        raise words.last(f"'{words.peek(-1)} bits)' is not the length of the key before it")


@left_out(COUNTERS)
def replay_context(words: Words, facts: Facts) -> None:
    """Counters: kept for those who ask, no part of a state's identity; but the window is."""
    words.take("esn")
    words.expect("context:")
    seen = set()
    length = 0
    while words.peek() in REPLAY_NAMES and words.peek() not in seen:
        word = words.next()
        seen.add(word)
        value = words.number()
        if word in ("seq", "oseq"):
            facts[word] = value
        if word == "replay_window" and value:
            if facts.get("replay_window") not in (None, 0, value):
                raise words.last(f"{value} is not the replay-window of the line above")
            facts["replay_window"] = value
        if word == "bitmap-length":
            length = value
    for _ in range(length):
        if not re.match(r"[0-9a-f]{8}$", words.peek()):
            raise words.error(f"one of {length} words of the bitmap expected, "
                              f"'{words.peek()}' found")
        words.at += 1


REPLAY_NAMES = {"seq", "oseq", "seq-hi", "oseq-hi", "bitmap", "replay_window", "bitmap-length"}
DATE, TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}$"), re.compile(r"[0-9]{2}(:[0-9]{2}){2}$")


def _moment(words: Words) -> None:
    """2026-11-23 10:46:06, or - for never."""
    if words.take("-"):
        return
    if not DATE.match(words.next()) or not TIME.match(words.next()):
        raise words.last("a date and a time expected")


@left_out(CLOCK)
def last_used(words: Words, facts: Facts) -> None:
    _moment(words)


def lifetime(words: Words, facts: Facts) -> None:
    facts[DETAILED] = True
    if words.take("config:"):
        _once(words, facts, "limits")
        facts["limits"] = _limits(words)
        return
    _used(words, facts)


USED = {unit: re.compile(rf"[0-9]+{re.escape(unit)}$") for unit in ("(bytes),", "(packets)")}


@left_out(COUNTERS)
def _used(words: Words, facts: Facts) -> None:
    words.expect("current:")
    for unit, amount in USED.items():
        if not amount.match(words.next()):
            raise words.last(f"a number of {unit} expected")
    for word in ("add", "use"):
        words.expect(word)
        _moment(words)


LIMITS = (
    (("limit:",), "(bytes)"), (("limit:",), "(packets)"),
    (("expire", "add:"), "(sec)"), (("expire", "use:"), "(sec)"),
)


WHOLE_LIMITS = 22


@lru_cache(maxsize=1 << 10)
def _known_limits(said: tuple[str, ...]) -> Limits:
    """Most entries of a dump have the same."""
    return _read_limits(Words([(1, " ".join(said))]))


def _limits(words: Words) -> Limits:
    try:
        found = _known_limits(tuple(words.words[words.at:words.at + WHOLE_LIMITS]))
    except DumpError:
        return _read_limits(words)
    words.at += WHOLE_LIMITS
    return found


def _read_limits(words: Words) -> Limits:
    found: list[int | None] = []
    for head, unit in LIMITS:
        for word in head:
            words.expect(word)
        for word, comma in (("soft", ","), ("hard", "")):
            words.expect(word)
            text = words.next()
            value = re.match(r"(\(INF\)|[0-9]{1,32})" + re.escape(unit + comma) + "$", text)
            if not value or value[1] == "(INF)" and unit == "(sec)":
                raise words.last(f"'{text}' is not a limit in {unit}")
            found.append(None if value[1] == "(INF)" else int(value[1]))
    return Limits(*found)


@left_out(COUNTERS)
def stats(words: Words, facts: Facts) -> None:
    facts[DETAILED] = True
    for word in ("replay-window", "replay", "failed"):
        words.expect(word)
        words.number()


def _once(words: Words, facts: Facts, name: str) -> None:
    if facts.get(name) is not None:
        raise words.last(f"'{words.peek(-1)}' is said twice")


def _mark(words: Words) -> Mark:
    """Value and mask in any base; an old iproute2 prints a value over 2^31 as negative."""
    text, slash, mask = words.next().partition("/")
    values = [number(text), number(mask) if slash else None]
    if values[0] is None or slash and values[1] is None:
        raise words.last(f"'{text}{slash}{mask}' is not a mark")
    return Mark(*(None if v is None else v & 0xffffffff for v in values))


def encap(words: Words, facts: Facts) -> None:
    words.expect("type")
    kind = word_of(words, known.ENCAPS)
    values = []
    for word in ("sport", "dport"):
        words.expect(word)
        values.append(words.number())
    words.expect("addr")
    facts["encap"] = Encap(kind, *values, words.address())


def offload(words: Words, facts: Facts) -> None:
    """crypto offload parameters: dev eth2 dir out mode packet"""
    words.expect("offload")
    words.expect("parameters:")
    found = {"dev": words.value("dev")}
    for word in ("dir", "mode"):
        if words.peek() == word and words.new_line() <= words.new_line(-1):
            found[word] = words.value(word)
    facts["offload"] = Offload(**found)


def iptfs(words: Words, facts: Facts) -> None:
    found: dict[str, int | bool] = {}
    while words.peek() in IPTFS and IPTFS[words.peek()] not in found:
        name = IPTFS[words.next()]
        found[name] = True if name == "dont_frag" else words.number()
    if not found:
        raise words.last("an option of IP-TFS expected")
    facts["iptfs"] = Iptfs(**found)


IPTFS = {"pkt-size": "pkt_size", "max-queue-size": "max_queue_size", "drop-time": "drop_time",
         "reorder-window": "reorder_window", "init-delay": "init_delay", "dont-frag": "dont_frag"}


def security(words: Words, facts: Facts) -> None:
    words.expect("context")
    facts["security"] = words.next()


def replay_window(words: Words, facts: Facts) -> None:
    facts["replay_window"] = words.number()


def state_direction(words: Words, facts: Facts) -> None:
    """in, out, or a number: other (7)"""
    word = words.next()
    if word == "other":
        word = words.next().strip("()")
    if word not in ("in", "out") and whole(word) is None:
        raise words.last(f"'{word}' is not a direction")
    facts["dir"] = word


@left_out(IDENTITY)
def _left_number(words: Words, facts: Facts) -> None:
    """The sequence number of an ACQUIRE, the index of a policy."""
    facts[DETAILED] = True
    words.number()


def _set(name: str, read: Callable[[Words], object]) -> Reader:
    def store(words: Words, facts: Facts) -> None:
        facts[name] = read(words)
    return store


COMMON: dict[str, Reader] = {
    "lifetime": lifetime,
    "mark": _set("mark", _mark),
    "if_id": _set("if_id", Words.number),
    "crypto": offload,
    "security": security,
}
STATE_TABLE: dict[str, Reader] = COMMON | {
    "replay-window": replay_window,
    "seq": _left_number,
    "flag": flags,
    "extra_flag": extra_flags,
    "auth": algorithm("auth", False),
    "auth-trunc": algorithm("auth", True),
    "enc": algorithm("enc", False),
    "comp": algorithm("comp", False),
    "aead": algorithm("aead", True),
    "coa": _set("coa", Words.address),
    "lastused": last_used,
    "anti-replay": replay_context,
    "sel": state_selector,
    "dir": state_direction,
    "stats:": stats,
    "encap": encap,
    "output-mark": _set("output_mark", _mark),
    "tfcpad": _set("tfcpad", Words.number),
    "pcpu-num": _set("pcpu", Words.number),
    "nat-keepalive-interval": _set("nat_keepalive", Words.number),
    "mtimer-thresh": _set("mtimer", Words.number),
    "iptfs-opts": iptfs,
}
TEMPLATE_WORDS = {"level": "level", "share": "share", "enc-mask": "enc_mask",
                  "auth-mask": "auth_mask", "comp-mask": "comp_mask"}


def template(words: Words, facts: Facts) -> None:
    words.expect("src")
    src = words.address()
    words.expect("dst")
    found = {"src": src, "dst": words.address()} | identity(words, facts)
    if found["spi"] == "0x00000000":
        found["spi"] = None
    while (name := TEMPLATE_WORDS.get(words.peek())) and name not in found:
        words.at += 1
        found[name] = _template_word(words, name)
    facts[DETAILED] |= "share" in found
    facts["tmpls"] += (Template(**found),)


def _template_word(words: Words, name: str) -> object:
    if not name.endswith("mask"):
        return word_of(words, known.LEVELS if name == "level" else known.SHARES)
    word = words.next()
    if not re.match(r"[0-9a-f]{8}$", word):
        raise words.last(f"'{word}' is not a mask")
    return int(word, 16)


def policy_direction(words: Words) -> str:
    return word_of(words, known.DIRS)


def _socket(words: Words, facts: Facts) -> None:
    facts["socket"] = True
    facts["dir"] = policy_direction(words)


def _share(words: Words, facts: Facts) -> None:
    facts[DETAILED] = True
    facts["share"] = word_of(words, known.SHARES)


POLICY_TABLE: dict[str, Reader] = COMMON | {
    "dir": _set("dir", policy_direction),
    "socket": _socket,
    "action": _set("action", lambda words: word_of(words, {0: "allow", 1: "block"})),
    "index": _left_number,
    "priority": _set("priority", Words.number),
    "ptype": _set("ptype", lambda words: word_of(words, known.PTYPES)),
    "share": _share,
    "flag": policy_flags,
    "tmpl": template,
}
# What may be said more than once in an entry.
REPEATED = {"tmpl", "auth", "auth-trunc", "enc", "aead", "comp", "lifetime"}


# What `ip xfrm monitor` opens a message with: it ends an entry.
EVENTS = {"Updated", "Deleted", "Flushed", "acquire", "expired", "Expired", "Async", "report",
          "Mapping"}
# What ends an entry: the next one, an event, the answer of `ip xfrm policy getdefault`.
OPENING = EVENTS | {"src", "Default"}


def body(words: Words, table: dict[str, Reader], facts: Facts,
         unread: list[DumpError]) -> None:
    """Every statement of one entry, up to the `src` that opens the next."""
    seen = set()
    while (word := words.words[words.at]) and word not in OPENING:
        start = words.at
        try:
            read = table.get(word) or (flag_mask if word.startswith("(0x") else None)
            if not read:
                raise words.error(f"unknown word '{word}'")
            if word in seen and word not in REPEATED:
                raise words.error(f"'{word}' is said twice")
            seen.add(word)
            words.at += 1
            read(words, facts)
        except DumpError as error:
            unread.append(error)
            words.skip(error, start)
