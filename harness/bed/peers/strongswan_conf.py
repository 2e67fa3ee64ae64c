"""strongswan_conf - a node's configuration as strongSwan 5.9.8 and 6.0.1 want it.

The page's ipsec.conf stays word for word, less two settings that they only call deprecated, and
with the reqid that the node's policies ask for in each connection that is loaded: they would count
reqids in the order of negotiation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

DEPRECATED = ("crlcheckinterval", "plutostart")
PLUGINS = ("random nonce aes sha1 sha2 md5 pem pkcs1 pkcs8 gmp x509 revocation constraints pubkey "
           "hmac kdf xcbc openssl kernel-netlink socket-default stroke")
SET = re.compile(r"HomeAddress\s+([0-9a-f:.]+)/\d+;\s*"
                 r"IPsecPolicy\s+Mh\s+UseESP\s+(\d+);\s*"
                 r"IPsecPolicy\s+TunnelPayload\s+UseESP\s+(\d+);")
SECTION = re.compile(r"(config|conn|ca)\s+(\S+)")
SETTING = re.compile(r"\s+([\w-]+)\s*=\s*(.*)")

# ignore_routing_tables: else the home address becomes IKE's source, by the tunnel's default route.
# delete_rekeyed_delay: a rekeyed SA goes 1 s after its successor is in use, instead of 5 s.
# roam_events: else a MIGRATE that comes late makes charon negotiate everything anew.
SETTINGS = """\
charon {{
	load = {plugins}
	ignore_routing_tables = 252
	delete_rekeyed_delay = 1
	filelog {{
		all {{
			path = {log}
			append = yes
			flush_line = yes
			time_format = %b %e %H:%M:%S
			ike_name = yes
			default = 1
			knl = 2
		}}
		keys {{
			path = {keys}
			flush_line = yes
			ike_name = yes
			default = -1
			ike = 4
		}}
	}}
	plugins {{
		kernel-netlink {{
			roam_events = no
		}}
	}}
}}
starter {{
	load_warning = no
}}
"""


def settings(log: str, keys: str) -> str:
    """strongswan.conf; charon's log goes to the file `log`, the keys of its IKE_SAs to `keys`."""
    return SETTINGS.format(plugins=PLUGINS, log=log, keys=keys)


def reqids(mip6d_conf: str) -> dict[tuple[str, bool], int]:
    """{(home address, for mobility headers): reqid}, from the IPsec policies of mip6d.conf."""
    found = {}
    for home, signalling, payload in SET.findall(mip6d_conf):
        found[home, True] = int(signalling)
        found[home, False] = int(payload)
    return found


def translate(conf: str, include: Callable[[str], str],
              wanted: dict[tuple[str, bool], int]) -> str:
    """ipsec.conf for strongSwan; `include` gives the text behind an include's pattern."""
    lines = [line for line in inlined(conf, include)
             if not (setting := SETTING.match(line)) or setting[1] not in DEPRECATED]
    found = sections(lines)
    out = []
    for line in lines:
        out.append(line)
        section = SECTION.match(line)
        if section and section[1] == "conn":
            out += _reqid(found, section[2], wanted)
    return "\n".join(out) + "\n"


def loaded(conf: str) -> int:
    """How many connections are loaded."""
    return len(re.findall(r"^\s+auto\s*=\s*(?:add|route|start)\s*$", conf, flags=re.MULTILINE))


def inlined(conf: str, include: Callable[[str], str]) -> Iterator[str]:
    for line in conf.splitlines():
        if line.startswith("include "):
            yield from inlined(include(line.split()[1]), include)
        else:
            yield line


def sections(lines: list[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] = []
    for line in lines:
        if section := SECTION.match(line):
            current = found.setdefault(section[2], [])
        elif setting := SETTING.match(line):
            current.append((setting[1], setting[2].strip()))
    return found


def resolved(parts: dict[str, list[tuple[str, str]]], name: str) -> dict[str, str]:
    """A section's settings with those of its also= behind them: the first one counts."""
    found: dict[str, str] = {}
    for key, value in parts.get(name, []):
        if key == "also":
            found = resolved(parts, value) | found
        else:
            found[key] = value
    return found


def _reqid(parts: dict[str, list[tuple[str, str]]], name: str,
           wanted: dict[tuple[str, bool], int]) -> list[str]:
    """The reqid line of a connection that is loaded, unless it has one."""
    conn = resolved(parts, name)
    if "auto" not in conn or "reqid" in conn:
        return []
    homes = (conn.get(side, "").removesuffix("/128") for side in ("leftsubnet", "rightsubnet"))
    signalling = conn.get("type") == "transport_proxy"
    reqid = next((wanted[home, signalling] for home in homes if (home, signalling) in wanted), None)
    return [f"\treqid={reqid}"] if reqid else []
