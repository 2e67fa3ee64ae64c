import pytest

from harness.bed.faults import forge

COOKIE, NEW = bytes(range(1, 9)), "2001::50"
HOTI, HOT = forge.home_test_init(COOKIE), forge.home_test(1, COOKIE, bytes(8))


def arrives(sender, src, receiver, dst, message):
    """Another process of the sender's node sends it, and one of the receiver's node has it."""
    with forge.ear(receiver, dst) as heard:
        forge.send_protected(sender, src, dst, message)
        assert heard.recv(2048) == forge.checked(src, dst, message)


@pytest.mark.req("B-002", "B-015", "G-91")
def test_home_test(bed):
    """HoTI and HoT are in ESP between carol and moon; those that are not reach nobody."""
    carol, dave, moon = bed.nodes("carol", "dave", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    carol.add_address(f"{NEW}/128")
    bed.wait(carol.address_usable(NEW), within=3)
    carol.del_address(f"{carol.coa}/64")
    bed.wait(carol.registered_at(NEW), within=5)
    bed.checkpoint("moved")
    arrives(carol, carol.hoa, bed.rtr, bed.cn, HOTI)
    arrives(bed.rtr, bed.cn, carol, carol.hoa, HOT)
    bed.timeline.expect_order("^HoTI .*in ESP", "^HoT .*in ESP", since="moved")
    assert all("in ESP" in e.text for e in bed.timeline.find("^HoT", since="moved", who="f1"))
    bed.allow_cleartext("a plain tunnel with carol's addresses", dst=bed.cn)
    bed.allow_cleartext("a plain tunnel with moon's addresses", dst=carol.hoa)
    with bed.expect_refused(moon):
        forge.send_tunnelled(dave, (NEW, bed.home_agent), carol.hoa, bed.cn, HOTI)
    with bed.expect_refused(moon):
        forge.send(dave, NEW, bed.home_agent, HOTI, home_address=carol.hoa)
    with bed.expect_refused(carol):
        forge.send_tunnelled(dave, (bed.home_agent, NEW), bed.cn, carol.hoa, HOT)
    with bed.expect_refused(carol):
        forge.send(dave, bed.cn, NEW, HOT, routing=carol.hoa)
    bed.expect_unchanged("moved")
