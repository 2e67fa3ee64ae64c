"""What both daemons need of a kernel, asked of the one that the scenarios run on."""

import pytest

from harness.bed.decode.facts import plain
from harness.bed.decode.xfrm import parse_dump

HOA, HA, COA = "2001:db8::10", "2001:db8::1", "2001:db8:1::50"
# Feature, what makes it, where it shows and how, what removes it.
FEATURES = (
    ("a home address option with a care-of address",
     f"ip xfrm state add src {HOA} dst {HA} proto hao mode ro coa {COA}",
     "ip xfrm state", f"coa {COA}", "ip xfrm state flush"),
    ("a type 2 routing header with a care-of address",
     f"ip xfrm state add src {HA} dst {HOA} proto route2 mode ro coa {COA}",
     "ip xfrm state", "proto route2", "ip xfrm state flush"),
    ("ESP with the page's algorithms",
     f"ip xfrm state add src {COA} dst {HA} proto esp spi 0xc0000001 mode tunnel"
     f" auth 'hmac(sha1)' 0x{'11' * 20} enc 'cbc(aes)' 0x{'22' * 16}",
     "ip xfrm state", "cbc(aes)", "ip xfrm state flush"),
    ("a sub policy with an optional template",
     f"ip xfrm policy add src {HA} dst {HOA} proto 135 dir in ptype sub priority 2"
     " tmpl proto route2 mode ro level use",
     "ip xfrm policy", "ptype sub", "ip xfrm policy flush ptype sub"),
    ("an IPv6 in IPv6 tunnel",
     f"ip link add t0 type ip6tnl local {HA} remote {COA} encaplimit none",
     "ip link", " t0@", "ip link del t0"),
    ("a home address that is marked as one", f"ip -6 addr add {HOA}/128 dev eth0 home nodad",
     "ip -6 addr", " home ", f"ip -6 addr del {HOA}/128 dev eth0"),
    ("rules by source, into tables of their own",
     f"ip -6 rule add from {HOA} lookup 252 priority 1001",
     "ip -6 rule", "1001:", f"ip -6 rule del from {HOA} lookup 252 priority 1001"),
)


@pytest.mark.req("D-001")
def test_the_kernel_has_what_the_daemons_build_on(bed):
    """Each feature is made, shown by the kernel itself and removed: none of it is played."""
    carol, _ = bed.nodes("carol", "moon")
    for feature, makes, shows, shown, removes in FEATURES:
        carol.run(makes)
        assert shown in carol.run(shows), feature
        carol.run(removes)
        assert shown not in carol.run(shows), feature


ALGORITHMS = f"auth-trunc 'hmac(sha256)' 0x{'11' * 32} 128 enc 'cbc(aes)' 0x{'22' * 16}"
MADE = (
    f"state add src {COA} dst {HA} proto esp spi 0xc1 reqid 7 mode tunnel replay-window 32"
    f" flag af-unspec {ALGORITHMS} limit time-hard 90 mark 7 mask 0xff output-mark 9",
    f"state add src {HA} dst {COA} proto esp spi 0xc2 mode transport flag esn replay-window 64"
    f" aead 'rfc4106(gcm(aes))' 0x{'33' * 20} 128 sel src {HA}/128 dst {COA}/128 proto udp dport 9",
    f"state add src {HOA} dst {HA} proto hao mode ro coa {COA}",
    f"state add src {COA} dst {HOA} proto esp spi 0xc3 mode tunnel if_id 5 {ALGORITHMS}"
    " extra-flag oseq-may-wrap tfcpad 128",
    f"policy add src {HOA}/128 dst {HA}/128 proto 135 type 5 dir out priority 3"
    " limit byte-soft 1000 tmpl proto esp reqid 7 mode transport level use",
    f"policy add src {HA}/128 dst ::/0 proto ipv6-icmp type 3 code 1 dir fwd action block",
    f"policy add src {HA}/128 dst ::/0 proto gre key 7 dir out priority 9 if_id 6 flag icmp",
    f"state add src {HA} dst {COA} proto esp spi 0xffffffff reqid 4294967295 mode tunnel"
    f" flag nopmtudisc noecn decap-dscp icmp align4 {ALGORITHMS} encap espinudp 4500 61000 {HOA}"
    f" sel src {HA}/127 dst ::/0 proto ipv6-icmp type 8",
    f"state add src {HOA} dst {COA} proto esp spi 4 mode transport {ALGORITHMS}"
    " mark 0x80000001 mask 0xf0000001 limit byte-hard 9 limit packet-soft 8",
    f"state add src {HA} dst {HOA} proto esp spi 0xc4 mode transport flag esn replay-window 2000"
    f" aead 'rfc4106(gcm(aes))' 0x{'55' * 36} 64",
    f"state allocspi src {COA} dst {HA} proto esp reqid 9 mode tunnel min 0x700 max 0x7ff",
    "policy add src 198.51.100.0/24 dst 203.0.113.0/24 proto tcp sport 22 dport 65535 dir"
    " in ptype sub priority 4294967295 tmpl src 192.0.2.1 dst 192.0.2.2 proto comp spi 9 mode"
    " tunnel level use tmpl proto esp reqid 5 mode transport",
    "policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd action block mark 5 limit time-use-hard 70",
)


@pytest.mark.req("T-703")
def test_netlink_and_text_of_one_kernel_are_the_same_facts(bed):
    """What iproute2 prints with -s of made states and policies is what the kernel answers."""
    carol, _ = bed.nodes("carol", "moon")
    for made in MADE:
        carol.run(f"ip xfrm {made}")
    answer = carol.xfrm()
    for words, wanted in (("-s", answer), ("-o -s", answer), ("", plain(answer)),
                          ("-o -d", plain(answer))):
        text = parse_dump("".join(carol.run(f"ip {words} xfrm {kind}")
                                  for kind in ("state", "policy")))
        assert set(text.states) == set(wanted.states) and len(text.states) == 8
        assert set(text.policies) == set(wanted.policies)
    carol.run("ip xfrm state flush")
    carol.run("ip xfrm policy flush")
    carol.run("ip xfrm policy flush ptype sub")
