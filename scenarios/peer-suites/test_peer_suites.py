import pytest

PAGE = "aes128-sha1-modp2048"
# IKE proposal, ESP proposal, and what the kernel shall have.
SUITES = {
    "curve25519": ("aes256-sha256-curve25519", "aes256-sha256-curve25519",
                   {("cbc(aes)", 256), ("hmac(sha256)", 256)}),
    "ecp256": ("aes128-sha256-ecp256", "aes128-sha256-ecp256",
               {("cbc(aes)", 128), ("hmac(sha256)", 256)}),
}


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("side", ["moon", "carol"])
@pytest.mark.req("G-87", "A-047", "A-120")
def test_peer_suites(bed, side, suite):
    """Ours and strongSwan agree on the other groups and algorithms, whoever begins."""
    carol, moon = bed.nodes("carol", "moon")
    bed.give(bed.hosts[side], ike="strongswan")
    ike, esp, algorithms = SUITES[suite]
    for node in (carol, moon):
        node.typed(f"sed -i 's/ike={PAGE}/ike={ike}/; s/esp={PAGE}/esp={esp}/' /etc/ipsec.conf")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.wait(ping.answered(25), within=3)
    for state in carol.esp(1) + carol.esp(2):
        assert {(a.name, a.key_bits) for a in state.algorithms} == algorithms
