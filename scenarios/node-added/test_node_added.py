import pytest

CONF = "include /etc/ipsec.conf.d/dave.ipsec.conf"


@pytest.mark.req("B-090", "G-80")
def test_ipsec_update_adds_a_node(bed):
    """moon learns dave's connections by ipsec update; carol's SAs and reqids stay as they are."""
    carol, dave, moon = bed.nodes("carol", "dave", "moon")
    moon.typed("sed -i /dave/d /etc/ipsec.conf")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    bed.checkpoint("carol")
    moon.typed(f"sed -i '$ a {CONF}' /etc/ipsec.conf")
    moon.typed("ipsec update")
    bed.start(dave)
    bed.wait(dave.registered, within=10)
    bed.checkpoint("both")
    assert not [m for m in bed.ike_messages(since="carol") if carol.coa in (m.src, m.dst)]
    for node in (carol, dave):
        with bed.traffic(node.hoa, bed.cn) as ping:
            bed.wait(ping.answered(25), within=5)
