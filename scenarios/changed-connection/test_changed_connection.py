import pytest

NEW = "2001::50"
MH, TUNNEL = 1, 2
PAGE, STRONG = "aes128-sha1-modp2048", "aes256-sha256-modp2048"


def change(node, line):
    node.typed(f"sed -i '{line}' /etc/ipsec.conf")


def move(bed, carol):
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=5)


def pings_pass(bed, carol):
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=5)


@pytest.mark.req("A-257")
@pytest.mark.parametrize("word", ["esp", "ike"])
def test_a_changed_connection_goes_on_and_is_made_anew(bed, word):
    """Both ends have other algorithms after ipsec update; payload goes on, and carol moves."""
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    before = carol.spis(MH), carol.spis(TUNNEL)
    for node in (carol, moon):
        change(node, f"s/{word}={PAGE}!/{word}={STRONG}!/")
        node.typed("ipsec update")
    bed.wait(carol.rekeyed(MH, before[0]) & carol.rekeyed(TUNNEL, before[1]), within=5)
    bed.wait(carol.pairs(MH, 1) & carol.pairs(TUNNEL, 1), within=10)
    bed.wait(moon.pairs(MH, 1) & moon.pairs(TUNNEL, 1), within=10)
    pings_pass(bed, carol)
    move(bed, carol)
    pings_pass(bed, carol)
    carol.rekey(f"tunnel{{{TUNNEL}}}")
    bed.wait(carol.pairs(TUNNEL, 1) & moon.pairs(TUNNEL, 1), within=10)
    pings_pass(bed, carol)


@pytest.mark.req("A-258")
def test_two_sets_of_ike_parameters_live_side_by_side(bed):
    """carol's tunnel has IKE parameters of its own: two IKE_SAs, and one move takes both along."""
    carol, moon = bed.nodes("carol", "moon")
    change(moon, f"s/ike={PAGE}!/ike={PAGE},{STRONG}!/")
    change(carol, f"/^conn tunnel/a\\\\tike={STRONG}!")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    pings_pass(bed, carol)
    bed.wait(carol.pairs(MH, 1) & carol.pairs(TUNNEL, 1), within=5)
    move(bed, carol)
    pings_pass(bed, carol)
    bed.wait(moon.pairs(MH, 1) & moon.pairs(TUNNEL, 1), within=5)
