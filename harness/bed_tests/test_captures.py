"""Captures of others are read with the keys that are told, and nothing opens that does not fit."""

from pathlib import Path

import pytest

from harness.tester import captures
from harness.tester.ike import keys
from harness.tester.ike.keys import Pair
from harness.tester.ike.message import Message, build
from harness.tester.ike.numbers import Exchange
from harness.tester.ike.payloads import AUTH
from harness.tester.ike.suites import Forged, Suite

SPIS = bytes(range(8)), bytes(range(8, 16))
I, R = Pair(b"a" * 32, b"b" * 32), Pair(b"c" * 32, b"d" * 32)
ROW = (f"{SPIS[0].hex()},{SPIS[1].hex()},{I.encr.hex()},{R.encr.hex()},\"AES-CBC-256 [RFC3602]\","
       f"{I.auth.hex()},{R.auth.hex()},\"HMAC_SHA2_256_128 [RFC4868]\"")
KNOWN = captures.Known("aes256cbc", Suite(12, 256, 12), SPIS, I, R)


def sealed(pair, spis=SPIS, **header):
    one = Message(Exchange.IKE_AUTH, [AUTH(b"a proof")], *spis, id=1, **header)
    return keys.seal(one, KNOWN.suite, pair)


@pytest.mark.req("T-200")
def test_the_rows_of_suites_that_the_tester_has_are_read():
    text = f"# a comment\n{ROW}\n{ROW.replace('AES-CBC-256 [RFC3602]', '3DES [RFC2451]')}\n"
    assert list(captures.table(text)) == [KNOWN]


@pytest.mark.req("T-200")
def test_each_sealed_message_of_the_ike_sa_opens(monkeypatch):
    heard = [build(Message(Exchange.IKE_SA_INIT, [], *SPIS)), sealed(I),
             sealed(R, initiator=False, response=True), sealed(I, (SPIS[0], bytes(8)))]
    monkeypatch.setattr(captures, "datagrams", lambda path: heard)
    assert captures.opened(KNOWN, Path("x")) == (2, {b"a proof".hex()})


@pytest.mark.req("T-200!")
def test_what_other_keys_have_sealed_does_not_open(monkeypatch):
    monkeypatch.setattr(captures, "datagrams", lambda path: [sealed(R)])
    with pytest.raises(Forged):
        captures.opened(KNOWN, Path("x"))
