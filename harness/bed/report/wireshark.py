"""wireshark - a folder of settings with which Wireshark and tshark open a run's captures decrypted.

WIRESHARK_CONFIG_DIR names the folder; open.sh does. ESP keys come from the kernels' own messages,
keys of IKE_SAs from files `*ike.keys` that a daemon in test mode has left, already in the form of
Wireshark's table. Keys of test SAs are no secret: they protect nothing but pings of a testbed.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.bed.base import tool
from harness.bed.base.waiting import OFTEN
from harness.bed.check import wire
from harness.bed.decode.xfrm import State

FOLDER, CAPTURE, OPEN = "wireshark", "capture.pcapng", "open.sh"
# Tables of keys; tshark looks for its tables when it knows all protocols, for this one first.
KEYS = ("esp_sa", "ikev2_decryption_table")
IKE_KEYS = "*ike.keys"
PREFERENCES = """\
esp.enable_encryption_decode: TRUE
esp.enable_authentication_check: TRUE
gui.packet_list_show_related: TRUE
gui.column.format: "No.", "%m", "Time", "%t", "Link", "%Cus:frame.interface_name:0:R", \
"Source", "%s", "Destination", "%d", "Protocol", "%p", "Info", "%i"
"""
COLOURS = """\
@Binding@mipv6@[57311,52942,65535][0,0,0]
@IKE@isakmp@[65535,61680,49344][0,0,0]
@Netlink@netlink@[59367,59367,59367][0,0,0]
@Step@frame.comment@[53970,62965,53970][0,0,0]
"""
SCRIPT = """\
#!/bin/sh
# Opens the captures of this run decrypted: in Wireshark, or with -t as text by tshark.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export WIRESHARK_CONFIG_DIR="$here/wireshark"
if [ "${1:-}" = -t ] || ! command -v wireshark >/dev/null; then
	[ "${1:-}" = -t ] && shift
	exec tshark -n -r "$here/capture.pcapng" "$@"
fi
exec wireshark "$here/capture.pcapng" "$@"
"""


def ike_keys(folder: Path) -> list[str]:
    """Lines of Wireshark's table of IKE keys that the daemons have left."""
    lines = {line.strip() for path in folder.glob(IKE_KEYS)
             for line in path.read_text(errors="replace").splitlines()}
    return sorted(line for line in lines if line and not line.startswith("#"))


def write(folder: Path, states: Iterable[State]) -> None:
    """The settings and open.sh, beside the capture."""
    profile = folder / FOLDER
    profile.mkdir(exist_ok=True)
    files = {
        "preferences": PREFERENCES,
        "colorfilters": COLOURS,
        KEYS[0]: "".join(f"{line}\n" for line in sorted(esp_table(states))),
        KEYS[1]: "".join(f"{line}\n" for line in ike_keys(folder)),
    }
    for name, text in files.items():
        (profile / name).write_text(text)
    script = folder / OPEN
    script.write_text(SCRIPT)
    script.chmod(0o755)


def read(folder: Path, wanted: str, fields: Sequence[str]) -> list[dict[str, str]]:
    """The fields of the packets that a display filter wants, read as open.sh opens them."""
    words = ["-Y", wanted, "-T", "fields", *(word for field in fields for word in ("-e", field))]
    copy = OFTEN.run(folder, ["tshark", "-n", "-r", CAPTURE, *words],
                     {"WIRESHARK_CONFIG_DIR": FOLDER}, KEYS[0])
    try:
        said = tool.said("tshark", copy, [CAPTURE]) if copy else \
            tool.output("tshark", [str(folder / OPEN), "-t", *words], [CAPTURE])
    except tool.Refused as error:
        raise wire.WireError(f"{OPEN} -t: {error}") from error
    return wire.rows(said, fields)


def as_text(folder: Path, wanted: str) -> list[str]:
    """The command that shows the packets of a run that a display filter wants."""
    return [str(folder / OPEN), "-t", "-Y", wanted]


def not_judged(folder: Path, what: str, wanted: str, broke: tool.Broke) -> str:
    """The sentence on a reader that broke: no verdict, for nothing has been read."""
    return (f"{folder.name}: {what} not judged: {broke}; "
            f"to repeat: {shlex.join(as_text(folder, wanted))}")


def esp_table(states: Iterable[State]) -> set[str]:
    """Lines of Wireshark's table of ESP SAs; an SA whose algorithms it does not know has none."""
    return {line for line in map(wire.esp_sa, states) if line}
