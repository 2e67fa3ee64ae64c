"""Carol's log and the page's: the same templates in the same order with the same values."""

import re

import pytest

from harness.bed.check import evidence, page_log
from harness.bed_tests import samples

LOG = evidence.page_log_text()
LINES = LOG.splitlines()


def test_every_line_of_the_page_is_of_a_template():
    assert len(page_log.items(LOG)) == len(LINES) == 172


def test_the_page_agrees_with_itself():
    assert page_log.compare(LOG, LOG).faults == []


def ours() -> str:
    """The page's log as our daemons write it: other SPIs, times, names and threads."""
    text = LOG.replace("charon:", "iked:").replace("charon (strongSwan Version 4.2.9)", "iked 0.1")
    text = text.replace("MIPL Mobile IPv6 for Linux v2.0.2-umip-0.4", "mip6d v0.1")
    text = re.sub(r"Nov 19 08:(\d\d):\d\d", r"Nov  2 18:\1:59", text)
    text = re.sub(r"\b(\d\d)\[", "01[", text)
    for old, new in (("ca64ae98", "c0000001"), ("c5959ac2", "c0000002"), ("c190d5ba", "c0000003"),
                     ("ce4db893", "c0000004"), ("3327s", "3000s"), ("3507s", "3180s"),
                     ("Dec 13 07:58:20 2008", "Dec 25 10:00:00 2026"), ("16 worker", "1 worker"),
                     ("IDr AUTH N(USE", "IDr N(INIT_CONTACT) AUTH N(USE")):
        text = text.replace(old, new)
    text = re.sub(r".*crl caching.*\n", "", text)
    text = re.sub(r"(loaded plugins:).*", r"\1 openssl", text)
    swap = {" in": " out", " out": " in"}
    text = re.sub(r"(?m)(?<=  policy: )(.*)( in| out)$", lambda m: m[1] + swap[m[2]], text)
    return text + "Nov  2 18:42:00 carol iked: 01[IKE] a line of no template\n"


def test_our_log_differs_only_where_a_row_says_so():
    evidence = page_log.compare(LOG, ours())
    assert evidence.faults == [] and evidence.unused == []


def test_an_address_that_the_kernel_tells_late_is_explained():
    """From 7.x on it often comes after the MIGRATEs; elsewhere the line must be in its place."""
    told = re.search(r".*2001:1::10 appeared on ip6tnl1\n", ours())[0]
    acquire = re.search(r".*received a XFRM_MSG_ACQUIRE\n", ours())[0]
    late = ours().replace(told, "", 1).replace(acquire, told + acquire, 1)
    found = page_log.compare(LOG, late)
    assert found.faults == []
    assert "moment of an address" in {name for name, _ in found.allowed}


MUTATIONS = [
    ("address", "sending packet: from 2001::41a:a8ff:fe6f:c67", "sending packet: from 2001::42"),
    ("port", "to 2001:1::1[500]", "to 2001:1::1[4500]"),
    ("kmaddress", "kmaddress: 2001::50...", "kmaddress: 2001::51..."),
    ("migrate", "migrate ESP %any...%any to 2001::50", "migrate ESP %any...%any to 2001::51"),
    ("migrate's old end", "migrate ESP 2001:1::10...", "migrate ESP 2001:1::11..."),
    ("reqid", "with reqid {2}", "with reqid {1}"),
    ("direction", "2001:1::1/128[135] out with", "2001:1::1/128[135] in with"),
    ("selector", "2001:1::10/128 === ::/0 out", "2001:1::10/64 === ::/0 out"),
    ("MH type", "[135/5]", "[135/6]"),
    ("identity", "authentication of 'moon.strongswan.org'", "authentication of 'sun.example'"),
    ("certificate", "OU=Research, CN=carol", "OU=Sales, CN=carol"),
    ("payloads", "[ SA No KE TSi TSr ]", "[ SA No TSi TSr ]"),
    ("message id", "CREATE_CHILD_SA request 2", "CREATE_CHILD_SA request 3"),
    ("algorithm", "encryption algorithm AES_CBC", "encryption algorithm AES_CTR"),
    ("key size", "key size 128", "key size 256"),
    ("status", "certificate status is good", "certificate status is unknown"),
    ("name", "IKE_SA mh[1] established", "IKE_SA tunnel[1] established"),
    ("interface", "appeared on ip6tnl1", "appeared on eth0"),
    ("file", "carolKey.pem", "daveKey.pem"),
    ("inbound SPI", "established with SPIs c5959ac2_i", "established with SPIs c5959ac3_i"),
    ("swapped SPIs", "c5959ac2_i ca64ae98_o", "ca64ae98_i c5959ac2_o"),
    ("SPI of the SAD", "adding SAD entry with SPI c5959ac2", "adding SAD entry with SPI c1959ac2"),
]


@pytest.mark.parametrize("field, found, put", MUTATIONS, ids=samples.ids(MUTATIONS))
def test_a_changed_value_is_a_fault(field, found, put):
    assert found in LOG
    for theirs, changed in ((LOG, LOG.replace(found, put, 1)), (LOG.replace(found, put, 1), LOG)):
        faults = page_log.compare(theirs, changed).faults
        assert faults and any("the page" in fault or "missing" in fault for fault in faults)


@pytest.mark.parametrize("number", range(0, len(LINES), 7))
def test_a_line_too_few_or_too_many_is_a_fault(number):
    if "crl caching" in LINES[number]:
        return
    short = "\n".join(LINES[:number] + LINES[number + 1:])
    assert page_log.compare(LOG, short).faults
    assert page_log.compare(short, LOG).faults


def test_two_lines_in_the_wrong_order_are_a_fault():
    at = next(n for n, line in enumerate(LINES) if "XFRMA_KMADDRESS" in line)
    swapped = LINES[:at] + [LINES[at + 2], LINES[at + 1], LINES[at]] + LINES[at + 3:]
    faults = page_log.compare(LOG, "\n".join(swapped)).faults
    assert any(fault.startswith("in another place") for fault in faults)


def test_the_logs_of_both_daemons_may_come_one_after_the_other():
    mobile = [line for line in LINES if "mip6d[" in line]
    others = [line for line in LINES if "mip6d[" not in line]
    assert len(mobile) == 1
    assert page_log.compare(LOG, "\n".join(others + mobile)).faults == []
    assert page_log.compare(LOG, "\n".join(others)).faults
