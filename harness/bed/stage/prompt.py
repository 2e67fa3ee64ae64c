"""prompt - the shell that a person gets in a node: which one, what it knows, what `help` says.

bash or busybox ash, for both have line editing and a history; /bin/sh where neither is. Every
node's name is a command: `moon ip xfrm state` runs there, `moon` alone is a prompt there.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

# Each with what stands behind it; COMMANDS is the file that it reads when it starts.
COMMANDS = "@"
SHELLS = (
    ("/bin/bash", "--noprofile", "--rcfile", COMMANDS, "-i"),
    ("/bin/busybox", "ash", "-i"),
    ("/bin/sh", "-i"),
)
TEXT = """\
{functions}
help() {{
	cat <<'END'
{help}
END
}}
PS1="$NODE# "
unset HISTFILE
[ {columns} -eq 0 ] || stty columns {columns} rows {rows} 2>/dev/null
[ -n "${{WITHIN:-}}" ] ||
	echo "A prompt in $NODE: 'help' says what there is, 'exit' lets the story go on."
export WITHIN=yes
"""
HELP = """\
The story stands still: {why}.
  {names}  a node's name before a command runs it there; alone it is a prompt there
  ip xfrm state         this node's SAs; also ip xfrm policy, ip -6 addr, ip -6 route show table all
  ipsec statusall       what its IKE daemon knows
  ping -c 3 -I 2001:1::10 2001:9::9
                        on carol: from her home address, through the tunnel, to the correspondent
  ls {results}
                        what there is so far: NODE.iked.log, NODE.mip6d.log, dumps, captures
  exit                  (or Ctrl-D) the story goes on; in a prompt within a prompt: back
SA: security association. HoA: home address, it stays. CoA: care-of address, where it is."""


def words(commands: Path, there: Mapping[str, bool] | None = None) -> list[str]:
    """The first shell that is there; `there` tells it for tests."""
    found = next(shell for shell in SHELLS if shell is SHELLS[-1] or
                 (there.get(shell[0], False) if there is not None else Path(shell[0]).exists()))
    return [str(commands) if word == COMMANDS else word for word in found]


def environment(node: str, commands: Path) -> dict[str, str]:
    """What such a shell finds beside the node's own environment."""
    return {"NODE": node, "TERM": "xterm", "ENV": str(commands)}


def text(tids: Mapping[str, int], commands: Path, why: str, screen: Sequence[int] = (0, 0)
         ) -> str:
    """The file of commands; `tids` are the processes whose namespaces are the nodes'."""
    shell = shlex.join(words(commands))
    functions = "\n".join(
        f'{name}() {{ [ $# -gt 0 ] || set -- {shell}; '
        f'NODE={name} nsenter -t {tid} -m -n -u "$@"; }}' for name, tid in tids.items())
    told = HELP.format(why=why.splitlines()[0] if why else "", names=", ".join(tids).ljust(20),
                       results=commands.parent)
    return TEXT.format(functions=functions, help=told, columns=screen[0], rows=screen[1])
