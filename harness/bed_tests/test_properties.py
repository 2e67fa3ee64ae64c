"""What holds for every dump: reading undoes writing, order and values change nothing."""

import random
from dataclasses import replace
from ipaddress import IPv6Address

import pytest

hypothesis = pytest.importorskip("hypothesis", reason="python3-hypothesis is not installed")

from hypothesis import HealthCheck, given, settings, strategies as some  # noqa: E402

from harness.bed.check import canon, golden
from harness.bed.decode.facts import (  # noqa: E402
    Algorithm, Dump, Policy, Selector, State, Template)
from harness.bed.decode.xfrm import parse_dump  # noqa: E402
from harness.bed_tests import samples  # noqa: E402

addresses = some.sampled_from(["::", "2001:1::1", "2001:1::10", "2001::50", "fec0::1"]) | (
    some.integers(0, 2 ** 128 - 1).map(lambda number: str(IPv6Address(number))))
prefixes = some.builds(lambda a, n: f"{a}/{n}", addresses, some.integers(0, 128))
numbers = some.integers(0, 2 ** 32 - 1)
spis = some.integers(0x100, 2 ** 32 - 1).map(lambda number: f"0x{number:08x}")


def keys(bits: int) -> some.SearchStrategy[str]:
    return some.integers(0, 2 ** bits - 1).map(lambda number: f"0x{number:0{bits // 4}x}")


selectors = some.builds(Selector, prefixes, prefixes) | some.builds(
    Selector, prefixes, prefixes, some.just("mobility-header"), some.none() | some.integers(0, 255)
) | some.builds(
    Selector, prefixes, prefixes, some.just("ipv6-icmp"), some.integers(0, 255),
    some.none() | some.integers(0, 255), dev=some.none() | some.just("eth0"))
flags = some.sets(some.sampled_from(["af-unspec", "esn", "wildrecv", "nopmtudisc"])).map(
    lambda found: tuple(sorted(found)))
algorithms = some.one_of(
    some.tuples(some.builds(Algorithm, some.just("auth"), some.just("hmac(sha1)"), keys(160),
                            some.just(96)),
                some.builds(Algorithm, some.just("enc"), some.just("cbc(aes)"), keys(128))),
    some.tuples(some.builds(Algorithm, some.just("aead"), some.just("rfc4106(gcm(aes))"),
                            keys(160), some.just(128))))
esp_states = some.builds(
    State, addresses, addresses, some.just("esp"), spis, numbers,
    some.sampled_from(["transport", "tunnel"]), some.integers(0, 255), flags, algorithms,
    sel=some.none() | selectors)
ro_states = some.builds(
    State, addresses, addresses, some.sampled_from(["hao", "route2"]), some.none(), some.just(0),
    some.just("ro"), some.just(0), flags, coa=addresses, sel=selectors)
templates = some.builds(
    Template, addresses, addresses, some.sampled_from(["esp", "hao", "route2"]), numbers,
    some.sampled_from(["transport", "tunnel", "ro"]), some.sampled_from(["required", "use"]))
policies = some.builds(
    Policy, selectors, some.sampled_from(["in", "out", "fwd"]), numbers,
    some.sampled_from(["main", "sub"]), some.sampled_from(["allow", "block"]),
    some.lists(templates, max_size=2).map(tuple))
dumps = some.builds(
    Dump, some.lists(esp_states | ro_states, max_size=4, unique_by=lambda s: (s.spi, s.proto)),
    some.lists(policies, max_size=4, unique_by=lambda p: (p.sel, p.dir, p.ptype)))

quick = settings(
    max_examples=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])


def canonical(dump: Dump) -> str:
    names = canon.Names(samples.ROLES)
    names.learn({"carol": dump})
    return canon.canonical(dump, names, "carol")


@quick
@given(dumps)
def test_reading_undoes_writing(dump):
    assert parse_dump(canon.text(dump, "carol")) == dump


@quick
@given(dumps)
def test_reading_does_not_depend_on_lines(dump):
    words = "\n".join(line for line in canon.text(dump, "carol").splitlines() if line[0] != "#")
    assert parse_dump(" ".join(words.split())) == dump
    assert parse_dump("\n".join(words.split())) == dump


@quick
@given(dumps, some.integers(0))
def test_order_changes_nothing(dump, seed):
    mixed = Dump(list(dump.states), list(dump.policies))
    for entries in (mixed.states, mixed.policies):
        random.Random(seed).shuffle(entries)
    assert canonical(mixed) == canonical(dump)


@quick
@given(dumps)
def test_a_dump_has_no_difference_to_itself(dump):
    assert golden.compare(canonical(dump), canonical(dump)) == []


@quick
@given(dumps.filter(lambda d: d.states), some.integers(0))
def test_one_state_too_few_is_always_said(dump, seed):
    gone = random.Random(seed).choice(dump.states)
    fewer = Dump([s for s in dump.states if s is not gone], dump.policies)
    names = canon.Names(samples.ROLES)
    names.learn({"carol": dump})
    found = golden.compare(
        canon.canonical(dump, names, "carol"), canon.canonical(fewer, names, "carol"))
    assert [d.fact for d in found] == ["existence"]


@quick
@given(dumps.filter(lambda d: d.policies), some.integers(0), numbers)
def test_one_priority_changed_is_always_said(dump, seed, priority):
    old = random.Random(seed).choice(dump.policies)
    new = replace(old, priority=priority)
    changed = Dump(dump.states, [new if p is old else p for p in dump.policies])
    found = golden.compare(canonical(dump), canonical(changed))
    assert [d.fact for d in found] == ([] if old.priority == priority else ["priority"])
