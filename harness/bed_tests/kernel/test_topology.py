"""The testbed's own nodes on a real kernel, without any daemon."""

from harness.bed.base.topology import T0


def test_carol_has_the_care_of_address_of_the_page(bed):
    """Topology T0: advertisements give carol the page's address, and she reaches cn."""
    carol, moon = bed.nodes("carol", "moon")
    assert carol.run("hostname").strip() == "carol"
    carol.typed(f"ping -c 1 -W 2 {T0.correspondent}")
    carol.typed("ping -c 1 -W 2 2001:1::1")
    moon.typed(f"ping -c 1 -W 2 {T0.correspondent}")
