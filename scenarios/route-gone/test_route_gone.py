import re

import pytest


@pytest.mark.req("A-155", "G-31")
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_iked_starts_while_there_is_no_route(bed, how):
    """The default route of carol is gone while her iked starts and asks in vain for SAs; once it
    is back, traffic has them again.
    """
    carol, moon = bed.nodes("carol", "moon")
    bed.start(moon, carol)
    bed.wait(carol.registered, within=10)
    via, = re.findall(r"^default via (\S+) dev eth0", carol.run("ip -6 route"), re.MULTILINE)
    if how == "killed":
        carol.signal("iked", "KILL")
        bed.wait(carol.stopped("iked"), within=3)
    else:
        carol.stop_ike()
    carol.typed("ip -6 route del default")
    carol.start_ike()
    with bed.traffic(carol.hoa, bed.cn) as ping:
        bed.hold(3, "nothing can leave")
        carol.typed(f"ip -6 route add default via {via} dev eth0")
        bed.wait(ping.answered(25), within=5)
    if how == "killed":  # else those of the BU come with the next one
        bed.checkpoint("route-back")
