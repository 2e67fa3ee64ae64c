"""nl - netlink as octets: messages, attributes, and the few dumps that the testbed asks itself.

A fact of a node's kernel costs a question and no process. Addresses are text, numbers are host
order, a malformed message ends the list.
Source: linux/netlink.h, linux/rtnetlink.h.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

HEADER = struct.Struct("=IHHII")
ATTRIBUTE = struct.Struct("=HH")
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
TYPE_MASK = 0x3FFF

RTM_NEWADDR, RTM_GETADDR = 20, 22
IFADDRMSG = struct.Struct("=BBBBI")
IFA_ADDRESS, IFA_FLAGS = 1, 8
IFA_F = {"temporary": 0x01, "home": 0x10, "deprecated": 0x20, "tentative": 0x40, "dadfailed": 0x08}


class Message(NamedTuple):
    type: int
    flags: int
    seq: int
    pid: int
    body: bytes


@dataclass(frozen=True)
class Address:
    """One address of a node; `flags` are the names of IFA_F."""

    address: str
    prefix: int
    index: int
    flags: frozenset[str]

    @property
    def usable(self) -> bool:
        return not self.flags & {"tentative", "dadfailed", "deprecated"}


def messages(data: bytes) -> Iterator[Message]:
    at, end, head = 0, len(data), HEADER.size
    while at + head <= end:
        length, kind, flags, seq, pid = HEADER.unpack_from(data, at)
        if length < head or at + length > end:
            return
        yield Message(kind, flags, seq, pid, data[at + head:at + length])
        at += (length + 3) & ~3


def attributes(data: bytes) -> list[tuple[int, bytes]]:
    """Type and value of each attribute, in the order of the message."""
    found, at = [], 0
    while at + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, at)
        if length < ATTRIBUTE.size or at + length > len(data):
            break
        found.append((kind & TYPE_MASK, data[at + ATTRIBUTE.size:at + length]))
        at += (length + 3) & ~3
    return found


def attribute(kind: int, value: bytes) -> bytes:
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def ip(octets: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6 if len(octets) == 16 else socket.AF_INET, octets)


class Asker:
    """Questions to one netlink family of a node.

    `carry` takes a request to its kernel and brings all octets of the answer.
    """

    def __init__(self, carry: Callable[[bytes], bytes]) -> None:
        self.carry = carry
        self.seq = 0

    def dump(self, kind: int, body: bytes) -> list[Message]:
        return self._answered(self.message(kind, NLM_F_REQUEST | NLM_F_DUMP, body))

    def ask(self, kind: int, body: bytes) -> None:
        """A request that the kernel carries out, or an OSError with its reason."""
        self._answered(self.message(kind, NLM_F_REQUEST | NLM_F_ACK, body))

    def message(self, kind: int, flags: int, body: bytes) -> bytes:
        self.seq += 1
        return HEADER.pack(HEADER.size + len(body), kind, flags, self.seq, 0) + body

    def _answered(self, request: bytes) -> list[Message]:
        found = []
        for message in messages(self.carry(request)):
            if message.seq != self.seq:
                continue
            if message.type == NLMSG_DONE:
                return found
            if message.type == NLMSG_ERROR:
                error = -struct.unpack_from("=i", message.body)[0]
                if not error:
                    return found
                raise OSError(error, os.strerror(error))
            found.append(message)
        return found


def addresses(asker: Asker) -> list[Address]:
    """Every IPv6 address of the node that is asked."""
    body = IFADDRMSG.pack(socket.AF_INET6, 0, 0, 0, 0)
    return [_address(message) for message in asker.dump(RTM_GETADDR, body)]


def _address(message: Message) -> Address:
    _, prefix, flags, _, index = IFADDRMSG.unpack_from(message.body)
    found = dict(attributes(message.body[IFADDRMSG.size:]))
    if IFA_FLAGS in found:
        flags = struct.unpack("=I", found[IFA_FLAGS])[0]
    names = frozenset(name for name, bit in IFA_F.items() if flags & bit)
    return Address(ip(found[IFA_ADDRESS]), prefix, index, names)
