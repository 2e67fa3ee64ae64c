"""What a rogue program asks for is a MIGRATE as the daemons ask for it."""

from harness.bed.decode import nl, nlmon
from harness.bed.faults import rogue


def test_its_migrate_names_policy_template_and_key_management():
    body = rogue.Move("2001:1::10", "2001:1::1", reqid=1, local="2001::66").body()
    head = nl.HEADER.pack(nl.HEADER.size + len(body), rogue.MIGRATE, 5, 7, 0)
    assert nlmon.line(next(nl.messages(head + body))) == (
        "pid 0 seq 7 fl 0x5 MIGRATE sel(2001:1::10/128 -> 2001:1::1/128 proto mobility-header) "
        "dir out index 0 KMADDRESS(local 2001::66 remote 2001:1::1) "
        "MIGRATE(esp transport reqid 1 old :: -> :: new 2001::66 -> 2001:1::1)")
