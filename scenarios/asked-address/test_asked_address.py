import socket
import struct

import pytest

HEADER = struct.Struct("!QQBBBBII")
VERSION_3, IKE_SA_INIT, INITIATOR, RESPONSE = 0x30, 34, 0x08, 0x20
OTHER = "2001:1::99"


@pytest.mark.req("A-001", "A-005", "B-027", "D-053")
def test_asked_address(bed):
    """moon has two addresses; iked answers from the one that was asked, on IPv6 only."""
    carol, moon = bed.nodes("carol", "moon")
    moon.add_address(f"{OTHER}/64")
    bed.wait(moon.address_usable(OTHER), within=5)
    moon.start_ike()
    bed.wait(moon.ike_running, within=5)
    policies = moon.run("ip xfrm policy")
    for way in ("in", "out"):
        assert f"socket {way} priority 0" in policies
    ipv4 = moon.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ipv4.bind(("0.0.0.0", 500))
    ipv4.close()
    for spi, address in enumerate((bed.home_agent, OTHER), start=1):
        asking = carol.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        asking.settimeout(1)
        asking.connect((address, 500))
        asking.send(HEADER.pack(spi, 0, 33, VERSION_3, IKE_SA_INIT, INITIATOR, 0, HEADER.size))
        answer = HEADER.unpack_from(asking.recv(2048))
        assert answer[0] == spi and answer[5] & RESPONSE
        asking.close()
    moon.del_address(f"{OTHER}/64")
