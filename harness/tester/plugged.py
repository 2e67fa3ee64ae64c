"""plugged - the packet sockets of the tester's node, whose kernel says nothing by itself."""

from __future__ import annotations

import socket

from harness.bed.node.far_socket import FarSocket
from harness.bed.node.node import Node

ETH_P_IPV6 = 0x86DD
SILENT = {f"net.ipv6.conf.{one}.disable_ipv6": "1" for one in ("all", "default")}


def plugged(node: Node, device: str) -> FarSocket:
    """All IPv6 that the device hears; what is sent is a whole frame."""
    sock, index = node.socket(socket.AF_PACKET, socket.SOCK_RAW), node.links()[device]
    sock.bind((index, ETH_P_IPV6))
    sock.connect((index, ETH_P_IPV6))
    return sock
