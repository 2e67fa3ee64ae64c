"""Every octet of a dump is a fact, or it is named: by dice, and line by line of known dumps."""

import dataclasses
import io
import ipaddress
import json
import random
import re
from dataclasses import replace

import pytest

from harness.bed.check import canon_text, compare, diff, evidence, facts, given
from harness.bed.decode import facts as known
from harness.bed.decode import xfrm, xfrm_words
from harness.bed_tests import dumps_sample, samples

DUMPS = sorted((evidence.GIVEN / "dumps").glob("*.txt"))
REAL = [evidence.GIVEN / "statistics/full.txt", evidence.GIVEN / "statistics/plain.txt",
        evidence.GIVEN / "reference/carol.moved.txt"]
SEEDS = range(12)


def text_of(name: str) -> str:
    return (evidence.GIVEN / f"dumps/{name}.txt").read_text()


def held(one: known.Dump, other: known.Dump, **more) -> compare.Comparison:
    kinds = frozenset(given.ENTRIES)
    return compare.compare(given.Given("a", one, kinds), given.Given("b", other, kinds), **more)


def shown(one: str, other: str, **more) -> tuple[int, str]:
    out = io.StringIO()
    status = diff.show(diff.given("a", one), diff.given("b", other), out, False, 160, **more)
    return status, out.getvalue()


@pytest.mark.parametrize("kind, table", [
    (known.State, dumps_sample.STATE), (known.Policy, dumps_sample.POLICY),
    (known.Template, dumps_sample.TEMPLATE), (known.Selector, dumps_sample.SELECTOR)])
def test_every_fact_has_a_change(kind, table):
    assert set(table) == {field.name for field in dataclasses.fields(kind) if field.compare}


@pytest.mark.parametrize("seed", SEEDS)
def test_reading_undoes_writing(seed):
    dump = dumps_sample.dump(seed)
    again = xfrm.parse_dump(canon_text.text(dump, "carol"))
    assert again == dump
    assert [s.detailed for s in again.states] == [s.detailed for s in dump.states]
    words = " ".join(canon_text.text(dump, "carol").replace("# carol state", "").replace(
        "# carol policy", "").split())
    assert xfrm.parse_dump(words) == dump
    assert xfrm.parse_dump(words.replace(" ", "\n")) == dump


@pytest.mark.req("T-702")
@pytest.mark.parametrize("seed", SEEDS)
def test_order_and_counters_are_no_difference(seed):
    dump = dumps_sample.dump(seed)
    mixed = known.Dump([replace(s, seq=9, oseq=8) for s in dump.states], list(dump.policies))
    for entries in (mixed.states, mixed.policies):
        random.Random(seed).shuffle(entries)
    assert held(dump, mixed).status == compare.EQUAL


def changed(seed: int, kind: str) -> list[tuple[str, known.Dump, known.Dump]]:
    """Each fact of one entry of a dump by dice, changed."""
    dice = random.Random(seed)
    dump = dumps_sample.dump(seed)
    found = []
    if kind == "state":
        at = dice.randrange(len(dump.states))
        for name, entry in one_changed(dice, dump.states[at], dumps_sample.STATE):
            states = [*dump.states[:at], entry, *dump.states[at + 1:]]
            found.append((name, dump, known.Dump(states, dump.policies)))
        return found
    at = dice.randrange(len(dump.policies))
    old = dump.policies[at]
    news = list(one_changed(dice, old, dumps_sample.POLICY))
    news += [(f"selector {n}", replace(old, sel=s))
             for n, s in one_changed(dice, old.sel, dumps_sample.SELECTOR)]
    for number, tmpl in enumerate(old.tmpls):
        news += [(f"template {n}", replace(old, tmpls=(*old.tmpls[:number], t,
                                                       *old.tmpls[number + 1:])))
                 for n, t in one_changed(dice, tmpl, dumps_sample.TEMPLATE)]
    return [(name, dump, known.Dump(dump.states, [*dump.policies[:at], new,
                                                  *dump.policies[at + 1:]]))
            for name, new in news]


def one_changed(dice, entry, table):
    for name, change in table.items():
        new = change(dice, getattr(entry, name))
        if new is not None and new != () and new != getattr(entry, name):
            yield name, replace(entry, **{name: new})


@pytest.mark.req("T-702")
@pytest.mark.parametrize("kind", ["state", "policy"])
@pytest.mark.parametrize("seed", SEEDS)
def test_any_fact_changed_is_reported_and_only_that(seed, kind):
    for name, before, after in changed(seed, kind):
        found = held(before, after)
        assert found.status == compare.DIFFERENT, name
        assert len(found.differences) == 1, (name, found.sentences())
        said = found.differences[0].facts
        most = 3 if name in ("mark", "output_mark", "encap", "offload", "iptfs") else 1
        assert 1 <= len(said) <= most and said[0].fact != "existence", (name, said)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_entry_gone_or_come_is_reported_and_only_that(seed):
    dump = dumps_sample.dump(seed)
    for fewer in (known.Dump(dump.states[1:], dump.policies),
                  known.Dump(dump.states, dump.policies[1:])):
        for one, other in ((dump, fewer), (fewer, dump)):
            difference, = held(one, other).differences
            assert [fact.fact for fact in difference.facts] == ["existence"]


def noticed(before: str, after: str) -> bool:
    """A difference, a sentence about what was not understood, or a line left out on purpose."""
    try:
        one, other = given.given("a", before), given.given("b", after)
        found = compare.compare(one, other)
    except given.Unreadable:
        return True
    counted = [sorted((note.why, note.text) for note in side.left_out) for side in (one, other)]
    return (found.status != compare.EQUAL or counted[0] != counted[1] or bool(found.uncompared)
            or not found.same_run)


# A new iproute2 leaves this line out of a state that only sends.
SAME_WITHOUT = re.compile(r"replay-window 0\b(?! *flag)")
# The window of an ESN state is said in its context; before it the same may be said once more.
SAME_WITH = re.compile(r"replay-window 1 flag .*esn")
OTHERS = {"esp": "ah", "hao": "route2", "transport": "tunnel", "tunnel": "transport", "in": "fwd",
          "out": "in", "fwd": "in", "main": "sub", "sub": "main", "use": "required"}


def altered(line: str):
    """The line with one of its words made another."""
    for found in re.finditer(r"\S+", line):
        word = found[0]
        if word in OTHERS or re.fullmatch(r"0x[0-9a-f]+|\d+|[a-z][a-z0-9_-]{2,}", word):
            new = OTHERS.get(word) or (word[:-1] + ("1" if word[-1] != "1" else "2"))
            yield line[:found.start()] + new + line[found.end():]


@pytest.mark.req("T-701")
@pytest.mark.parametrize("path", [*DUMPS, *REAL], ids=lambda path: path.stem)
def test_every_line_deleted_added_or_altered_is_noticed(path):
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        # Titles and prompts are named as left out.
        if SAME_WITHOUT.search(line) or not line.strip() or "#" in line or line[0] in "$[":
            continue
        texts = {"deleted": lines[:number] + lines[number + 1:],
                 "added": lines[:number] + ["\tfrobnicate 7"] + lines[number:]}
        texts |= {f"altered to {new}": lines[:number] + [new] + lines[number + 1:]
                  for new in altered(line) if not SAME_WITH.search(new)}
        for what, changed_lines in texts.items():
            assert noticed("\n".join(lines), "\n".join(changed_lines)), (number + 1, what, line)


@pytest.mark.req("T-701")
@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_every_known_dump_is_read_whole_or_says_what_it_is(path):
    found = xfrm.read(path.read_text())
    events = path.stem == "monitor"
    stray = path.stem.startswith("stray")
    assert bool(found.unread) == (events or stray), found.unread
    lines = {number for number, line in enumerate(path.read_text().split("\n"), 1) if line.strip()}
    assert {note.line for note in (*found.unread, *found.left_out)} <= lines
    assert events or path.stem == "empty" or any(
        part.dump.states or part.dump.policies or part.dump.defaults for part in found.parts)


@pytest.mark.parametrize("one, other, status", [
    ("dir-in", "dir-out", 1), ("dir-in", "dir-none", 1), ("pcpu0", "pcpu3", 1),
    ("mark-dec", "mark-hex", 0), ("mark-dec", "mark-other", 1), ("mark-hex", "quoted", 0),
    ("mixed-A", "mixed-B", 1), ("stray-A", "stray-B", 2), ("stray-A", "stray-A", 2),
    ("flat-A", "flat-B", 1), ("flat-A", "flat-untitled", 0), ("nat-moved", "nat-two", 1),
    ("nullkey", "nullkey-quoted", 0), ("default", "default", 0),
])
def test_pairs_are_told_apart_by_their_facts(one, other, status):
    assert shown(text_of(one), text_of(other))[0] == status


@pytest.mark.parametrize("width", [60, 72])
def test_lines_that_a_narrow_terminal_has_wrapped_are_read(width):
    text = text_of("many")
    key = re.search(r"0xab+\w+", text)[0]
    cut = "\n".join(key[at:at + width] for at in range(0, len(key), width))
    wrapped = re.sub(r" (sport|dst|bitmap|oseq-may)", r"\n\1", text.replace(key, cut))
    assert xfrm.parse_dump(wrapped) == xfrm.parse_dump(text)


def test_a_hidden_key_is_never_said_to_be_the_same():
    status, text = shown(text_of("nokeys"), text_of("nokeys"))
    assert status == 0 and "not compared: keys that a hides" in text


def test_what_only_s_prints_is_compared_where_both_show_it():
    full, bare = ((evidence.GIVEN / f"statistics/{name}.txt").read_text()
                  for name in ("full", "plain"))
    status, text = shown(full, bare)
    assert status == 0 and "hard lifetime, printed with -s only" in text
    status, text = shown(full, full.replace("hard 30(sec)", "hard 31(sec)"))
    assert status == 1 and "hard lifetime 30 -> 31" in text


def test_two_runs_are_said_to_be_two_and_values_can_be_asked_for():
    one, other = text_of("dir-in"), text_of("dir-in").replace("0x11110001", "0x11110002").replace(
        "0x0001", "0x1111")
    status, text = shown(one, other)
    assert status == 0 and text.startswith("no SPI and no key in common: taken as two runs")
    assert shown(one, other, values=True)[0] == 1


@pytest.mark.req("T-705")
def test_sentences_stand_first_then_the_lines_around_what_differs():
    lines = shown(text_of("pcpu0"), text_of("pcpu3"))[1].splitlines()
    assert lines[0] == "1 difference:" and "CPU 0 -> 3" in lines[1]
    assert lines[-1].split() == ["pcpu-num", "0", "|", "pcpu-num", "3"]
    unified = shown(text_of("pcpu0"), text_of("pcpu3"), unified=True)[1].splitlines()
    assert unified[-2:] == ["-    pcpu-num 0", "+    pcpu-num 3"]


def test_json_has_what_the_text_says(capsys):
    paths = [str(evidence.GIVEN / f"dumps/{name}.txt") for name in ("stray-A", "stray-B")]
    assert diff.main(["--json", *paths]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "not understood" and len(found["differences"]) == 1
    assert found["a"]["not_understood"][0]["line"] == 7


def test_work_grows_with_the_number_of_states(monkeypatch):
    """Counts, not seconds: twice the states are twice the words and comparisons."""
    counts = []
    for size in (200, 400):
        asked = 0
        different = compare.different_facts

        def count(one, other):
            nonlocal asked
            asked += 1
            return different(one, other)

        monkeypatch.setattr(compare, "different_facts", count)
        monkeypatch.setattr("harness.bed.check.things.different_facts", count)
        before = dumps_sample.dump(1, size)
        after = known.Dump([replace(s, reqid=s.reqid ^ 1) for s in before.states], before.policies)
        assert len(held(before, after).differences) == size
        counts.append(asked)
        monkeypatch.undo()
    assert counts[1] <= 2.2 * counts[0]


# What a reader of the schema may rely on: a small reading of JSON Schema, enough for ours.
def faults(value: object, schema: dict, whole: dict, where: str = "") -> list[str]:
    if "$ref" in schema:
        return faults(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, where)
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{where}: {value!r} is no {schema['type']}"]
    found = [f"{where}: {value!r}"] * (
        "enum" in schema and value not in schema["enum"]
        or "const" in schema and value != schema["const"]
        or "pattern" in schema and not re.search(schema["pattern"], value))
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += faults(item, schema["items"], whole, f"{where}[{number}]")
    if isinstance(value, dict):
        found += [f"{where}: no {name}" for name in schema.get("required", ()) if name not in value]
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            found += faults(item, inner, whole, f"{where}.{name}") if inner else [
                f"{where}.{name} is not described"]
    return found


SCHEMA = json.loads((samples.TOP / "docs/xfrm-facts.schema.json").read_text())


@pytest.mark.req("T-704")
@pytest.mark.parametrize("path", [*DUMPS, *REAL], ids=lambda path: path.stem)
def test_the_facts_of_a_file_are_as_the_schema_says(path, capsys):
    assert facts.main([str(path)]) in (0, 1)
    assert faults(json.loads(capsys.readouterr().out), SCHEMA, SCHEMA) == []


def test_the_schema_describes_every_fact():
    kinds = {"selector": known.Selector, "algorithm": known.Algorithm, "mark": known.Mark,
             "encap": known.Encap, "offload": known.Offload, "iptfs": known.Iptfs,
             "limits": known.Limits, "state": known.State, "template": known.Template,
             "policy": known.Policy}
    for name, kind in kinds.items():
        described = set(SCHEMA["$defs"][name]["properties"])
        assert described == {field.name for field in dataclasses.fields(kind)} - {"seq", "oseq"}


@pytest.mark.parametrize("word, value", [
    ("1(0x00000001)", 1), ("1(0x00000002)", None), ("0x10(16)", 16), ("-1", -1), ("0755", 755),
    ("0x", None), ("12a", None)])
def test_a_number_printed_twice_must_be_one_number(word, value):
    assert xfrm_words.number(word) == value


@pytest.mark.parametrize("seed", SEEDS)
def test_the_quick_writer_says_what_json_says(seed):
    dice = random.Random(seed)
    words = ["", "a", "\u00e9\u2026\n\"\\", 0, -7, 1.5, True, False, None, [], {}]

    def value(depth: int) -> object:
        kind = dice.randrange(4) if depth else 0
        if kind == 1:
            return [value(depth - 1) for _ in range(dice.randrange(4))]
        if kind == 2:
            return {str(dice.choice(words)): value(depth - 1) for _ in range(dice.randrange(4))}
        return dice.choice(words)

    for _ in range(50):
        made = value(4)
        assert facts.indented(made) == json.dumps(made, indent=1)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_address_is_read_as_python_reads_it(seed):
    dice = random.Random(seed)
    pieces = ["", "0", "0000", "00ff", "F", "7F0", "g", "12345", "1.2.3.4", "%e", " ", "\u0661"]
    for _ in range(500):
        said = ":".join(dice.choice(pieces[:7] if dice.random() < .8 else pieces)
                        for _ in range(dice.randint(1, 10)))
        try:
            right = str(ipaddress.ip_address(said))
        except ValueError:
            right = None
        assert xfrm_words.address(said) == right, said


@pytest.mark.parametrize("dump", REAL, ids=lambda path: path.stem)
def test_a_changed_entry_is_one_made_anew(dump):
    for state in xfrm.parse_dump(dump.read_text()).states:
        assert known.changed(state, spi="0x1") == replace(state, spi="0x1")
        assert hash(known.changed(state, spi="0x1")) == hash(replace(state, spi="0x1"))
