"""What both daemons need of a kernel, asked of the one that the scenarios run on."""

import pytest

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
