"""sa - one IKE_SA of the tester's in either role, message by message.

Nothing happens by itself: a test sends what it wants to, looks at what comes, and takes it. What
the RFC lets an end say next is offered as a list of payloads, to be sent as it is or changed.
Nothing is repeated and nothing answered unless a test does it.
Source: RFC 7296 sections 1.2 to 1.4, 2.14, 2.15, 2.17, 2.18 and 2.23.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import struct
from dataclasses import dataclass, field

from harness.tester.ike import creds, keys, message
from harness.tester.ike.creds import Creds
from harness.tester.ike.ends import Ends
from harness.tester.ike.message import Message
from harness.tester.ike.numbers import PORT, Exchange, Note, Protocol
from harness.tester.ike.payloads import (
    AUTH, ID, KE, SA, Cert, IDi, IDr, Nonce, Notify, Payload, Proposal, TSi, TSr,
)
from harness.tester.ike.suites import ESP, IKE, Group, Suite, chosen
from harness.tester.ike.wire import Wire

NONCE = 32


@dataclass
class Child:
    """One CHILD_SA: what comes in by `spi`, what goes out by `other`, each with its keys.

    Without a suite it has that of its IKE_SA's CHILD_SAs.
    """

    spi: bytes = field(default_factory=lambda: b"\x0c" + os.urandom(3))
    other: bytes = b""
    suite: Suite | None = None
    mine: keys.Pair | None = None
    theirs: keys.Pair | None = None
    transport: bool = True
    group: Group | None = None
    nonce: bytes = b""


class Sa:
    """`mine` says that the tester began it; its CHILD_SAs are of the suite `esp`."""

    def __init__(self, wire: Wire, who: Creds, ends: Ends, mine: bool = True,
                 suite: Suite = IKE, esp: Suite = ESP) -> None:
        self.wire, self.who, self.ends, self.mine = wire, who, ends, mine
        self.suite, self.esp = suite, esp
        self.spi, self.other = os.urandom(8), bytes(8)
        self.group = Group(suite.group)
        self.nonce, self.other_nonce = os.urandom(NONCE), b""
        self.id, self.heard_id = 0, 0
        self.keys: keys.IkeKeys | None = None
        self.sent_init = self.heard_init = b""
        self.child = Child()
        self.sealed = False

    @property
    def spis(self) -> tuple[bytes, bytes]:
        """The initiator's and the responder's."""
        return (self.spi, self.other) if self.mine else (self.other, self.spi)

    def own(self, send: bool = True) -> keys.Pair:
        """What this end seals with, or what it opens with."""
        return self.keys.i if send == self.mine else self.keys.r

    # --- messages ---

    def message(self, exchange: int, *payloads: Payload, **header: object) -> Message:
        """The next request, or what `header` says beside."""
        spi_i, spi_r = self.spis
        fields = {"spi_i": spi_i, "spi_r": spi_r, "id": self.id, "initiator": self.mine}
        return Message(exchange, list(payloads), **fields | header)

    def octets(self, one: Message, spoilt: keys.Spoilt = keys.Spoilt()) -> bytes:
        sealed = self.sealed and one.exchange != Exchange.IKE_SA_INIT
        return keys.seal(one, self.suite, self.own(), spoilt) if sealed else message.build(one)

    def send(self, exchange: int, *payloads: Payload, spoilt: keys.Spoilt = keys.Spoilt(),
             **header: object) -> bytes:
        """The next request; what went out, to be sent again."""
        octets = self.octets(self.message(exchange, *payloads, **header), spoilt)
        if exchange == Exchange.IKE_SA_INIT:
            self.sent_init = octets
        self.wire.send(octets)
        return octets

    def ask(self, exchange: int, *payloads: Payload, within: float = 2.0, **header: object
            ) -> Message:
        """The next request and its answer."""
        self.send(exchange, *payloads, **header)
        return self.answered(within)

    def answered(self, within: float = 2.0) -> Message:
        """The answer to the request that is out; the next one has the next number."""
        found = self.heard(response=True, id=self.id, within=within)
        self.id += 1
        return found

    def heard(self, within: float = 2.0, **wanted: object) -> Message:
        """The next message of this IKE_SA; NotHeard where none comes in time."""
        return self.open(self.wire.hear(lambda one: self.is_ours(one, wanted), within,
                                        f"a message of the IKE_SA with {wanted}"))

    def silent(self, within: float = 2.0, **wanted: object) -> None:
        """No message of this IKE_SA comes."""
        self.wire.silent(lambda one: self.is_ours(one, wanted), within)

    def is_ours(self, one: Message, wanted: dict) -> bool:
        mine = one.spi_i if self.mine else one.spi_r
        begun = not self.mine and one.spi_r == bytes(8) and one.spi_i == self.other
        return (mine == self.spi or begun) and one.initiator != self.mine and all(
            getattr(one, name) == value for name, value in wanted.items())

    def open(self, one: Message) -> Message:
        if one.exchange == Exchange.IKE_SA_INIT:
            return one
        return keys.unseal(one.octets, self.suite, self.own(send=False))

    def request(self, exchange: int, within: float = 2.0) -> Message:
        """The peer's next request."""
        return self.heard(within, response=False, exchange=exchange)

    def answer(self, request: Message, *payloads: Payload, spoilt: keys.Spoilt = keys.Spoilt(),
               **header: object) -> bytes:
        fields = {"id": request.id, "response": True} | header
        octets = self.octets(self.message(request.exchange, *payloads, **fields), spoilt)
        if request.exchange == Exchange.IKE_SA_INIT:
            self.sent_init = octets
        self.wire.send(octets)
        return octets

    # --- IKE_SA_INIT ---

    def init(self, suite: Suite | None = None) -> list[Payload]:
        """SA, KE, Ni and both ends' addresses; of an answer, what was chosen."""
        suite = suite or self.suite
        spis = self.spis[0] + (bytes(8) if self.mine else self.spi)
        return [SA([Proposal(1, Protocol.IKE, b"", suite.transforms())]),
                KE(self.group.number, self.group.public), Nonce(self.nonce),
                Notify(Note.NAT_DETECTION_SOURCE_IP, nat_hash(spis, self.wire.own)),
                Notify(Note.NAT_DETECTION_DESTINATION_IP, nat_hash(spis, self.wire.peer))]

    def take_init(self, one: Message) -> None:
        """The peer's half: keys stand afterwards."""
        self.heard_init = one.octets
        self.other = one.spi_r if self.mine else one.spi_i
        self.other_nonce = one.one(Nonce).data
        if self.mine:
            self.suite = chosen(one.one(SA).proposals[0].chosen())
        self.derive(self.group.shared(one.one(KE).public))

    def derive(self, shared: bytes) -> None:
        ni, nr = self.nonces()
        seed = keys.skeyseed(self.suite, ni, nr, shared)
        self.keys = keys.ike_keys(self.suite, seed, ni + nr, b"".join(self.spis))
        self.sealed = True

    def nonces(self) -> tuple[bytes, bytes]:
        return (self.nonce, self.other_nonce) if self.mine else (self.other_nonce, self.nonce)

    # --- IKE_AUTH ---

    def ident(self) -> ID:
        kind = IDi if self.mine else IDr
        return kind(self.who.ident.type, self.who.ident.data)

    def proof(self, ident: ID | None = None) -> AUTH:
        key = self.keys.pi if self.mine else self.keys.pr
        return self.who.sign(creds.octets(self.sent_init, self.other_nonce, self.suite.prfs, key,
                                          ident or self.ident()))

    def auth(self, suite: Suite | None = None) -> list[Payload]:
        """Identity, certificate, proof and the first CHILD_SA; a request asks for one too."""
        ident = self.ident()
        wanted = [self.who.request()] if self.mine else []
        return [ident, self.who.certs(), *wanted, self.proof(ident),
                *self.asks_child(suite)]

    def asks_child(self, suite: Suite | None = None) -> list[Payload]:
        """SAi2, TSi, TSr; in transport mode what asks for it."""
        suite = self.child.suite = suite or self.esp
        proposal = Proposal(1, Protocol.ESP, self.child.spi, suite.transforms())
        return [*self.mode(self.child), SA([proposal]), *self.selectors(self.mine)]

    def mode(self, child: Child) -> list[Payload]:
        """The mode is that of the ends."""
        child.transport = self.ends.transport
        return [Notify(Note.USE_TRANSPORT_MODE)] if child.transport else []

    def selectors(self, begun: bool = True) -> list[Payload]:
        """TSi and TSr; `begun` says that the tester asks."""
        own, peer = self.ends.own.selector, self.ends.peer.selector
        ends = (own, peer) if begun else (peer, own)
        return [TSi([ends[0]]), TSr([ends[1]])]

    def take_auth(self, one: Message) -> None:
        """The peer's proof must hold; its half of the first CHILD_SA is taken."""
        ident = one.one(IDr if self.mine else IDi)
        key = self.keys.pr if self.mine else self.keys.pi
        text = creds.octets(self.heard_init, self.nonce, self.suite.prfs, key, ident)
        creds.verify(one.all(Cert)[0].data, one.one(AUTH), text)
        if self.mine:
            self.take_child(self.child, one, b"".join(self.nonces()))

    # --- CREATE_CHILD_SA ---

    def child_request(self, child: Child, rekeys: Child | None = None) -> list[Payload]:
        """For one more CHILD_SA, or for one that replaces another; with KE if its suite has a
        group."""
        child.nonce, child.group = os.urandom(NONCE), None
        child.suite = child.suite or self.esp
        replaced = [rekey_of(rekeys)] if rekeys else []
        proposal = Proposal(1, Protocol.ESP, child.spi, child.suite.transforms())
        exchange: list[Payload] = []
        if child.suite.group:
            child.group = Group(child.suite.group)
            exchange = [KE(child.group.number, child.group.public)]
        return [*replaced, *self.mode(child), SA([proposal]), Nonce(child.nonce), *exchange,
                *self.selectors()]

    def take_child_answer(self, child: Child, one: Message) -> None:
        shared = child.group.shared(one.one(KE).public) if child.group else b""
        self.take_child(child, one, shared + child.nonce + one.one(Nonce).data)

    def another_child(self, rekeys: Child | None = None, suite: Suite | None = None) -> Child:
        """CREATE_CHILD_SA for a CHILD_SA like the first, asked for and taken."""
        child = Child(suite=suite)
        self.take_child_answer(child, self.ask(Exchange.CREATE_CHILD_SA,
                                               *self.child_request(child, rekeys)))
        return child

    def child_answer(self, child: Child, request: Message) -> list[Payload]:
        """What agrees to the peer's CREATE_CHILD_SA; its keys are taken."""
        child.nonce, offered = os.urandom(NONCE), request.one(SA).proposals[0]
        child.suite = chosen(offered.first())
        child.transport = Note.USE_TRANSPORT_MODE in request.notes()
        mode = [Notify(Note.USE_TRANSPORT_MODE)] if child.transport else []
        exchange: list[Payload] = []
        shared = b""
        if request.all(KE):
            child.group = Group(request.one(KE).group)
            shared = child.group.shared(request.one(KE).public)
            exchange = [KE(child.group.number, child.group.public)]
        self.take_child(child, request, shared + request.one(Nonce).data + child.nonce,
                        begun=False)
        return [*mode, SA([Proposal(offered.number, Protocol.ESP, child.spi,
                                    child.suite.transforms())]), Nonce(child.nonce), *exchange,
                request.one(TSi), request.one(TSr)]

    def successor(self, suite: Suite | None = None, mine: bool = True) -> Sa:
        """The IKE_SA that replaces this one, not agreed yet; `mine` says that the tester asks."""
        return Sa(self.wire, self.who, self.ends, mine, suite or self.suite, self.esp)

    def rekey_request(self, new: Sa) -> list[Payload]:
        return [SA([Proposal(1, Protocol.IKE, new.spi, new.suite.transforms())]),
                Nonce(new.nonce), KE(new.group.number, new.group.public)]

    def take_rekey(self, new: Sa, one: Message) -> None:
        """The peer's half of a new IKE_SA; the old one's SK_d and PRF make its keys."""
        new.other_nonce, new.other = one.one(Nonce).data, one.one(SA).proposals[0].spi
        if new.mine:
            new.suite = chosen(one.one(SA).proposals[0].chosen())
        ni, nr = new.nonces()
        seed = self.suite.prfs(self.keys.d, new.group.shared(one.one(KE).public) + ni + nr)
        new.keys = keys.ike_keys(new.suite, seed, ni + nr, b"".join(new.spis))
        new.sealed, new.child = True, self.child

    def rekeyed(self, suite: Suite | None = None) -> Sa:
        """The IKE_SA that has replaced this one, which still stands."""
        new = self.successor(suite)
        self.take_rekey(new, self.ask(Exchange.CREATE_CHILD_SA, *self.rekey_request(new)))
        return new

    def take_child(self, child: Child, one: Message, seed: bytes, begun: bool = True) -> None:
        """`begun` says that the tester asked for it, and so has the first keys."""
        proposal = one.one(SA).proposals[0]
        child.other = proposal.spi
        child.suite = chosen(proposal.chosen() if begun else proposal.first())
        first, second = keys.child_keys(child.suite, self.suite.prfs, self.keys.d, seed)
        child.mine, child.theirs = (first, second) if begun else (second, first)


def nat_hash(spis: bytes, address: str, port: int = PORT) -> bytes:
    """Section 2.23."""
    packed = ipaddress.ip_address(address).packed
    return hashlib.sha1(spis + packed + struct.pack("!H", port)).digest()


def rekey_of(child: Child) -> Notify:
    """Names the CHILD_SA by the SPI that the sender receives with."""
    return Notify(Note.REKEY_SA, b"", Protocol.ESP, child.spi)
