"""rooms - inside a C module: a room sees the rooms below it, and no file comes back to itself.

Of what a file includes, and of what it uses by name: a function or table is found where it is
defined, whatever header declares it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.lint.layers import INCLUDE, circles
from harness.lint.tree import Fault, files, name, text

BESIDE = "the files beside them"
ESSAY, ESSAY_LINES = "README.md", 20


def _floors(order: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(floor.split()) for floor in order.split("<"))


# Left to right: what stands further right may see what stands further left. Rooms of one floor
# do not see each other. In a module without folders a header and the source of its name are a room.
FLAT = {
    "base": _floors("addr loop mem names version < bytes run < cksum file log rd table wr"
                    " < conf ctl nl rate run_seccomp < conf_value ctl_ask lex < lex_read"
                    " < lex_lines lex_tokens"),
    "crypto": _floors("alg dn ossl rand < dh ident mac prf < sk x509 < cert_int < pem sig < cert"
                      " < crl < trust_int < trust_store < trust"),
    "kernel": _floors("neigh sysctl wire < neigh_packet rt_addr rt_link rt_route xfrm_types"
                      " < rt_event rt_source tunnel xfrm_policy xfrm_sa < xfrm_migrate xfrm_move"
                      " < xfrm_event xfrm_heard"),
    "cli": _floors("out < cli < ask daemon < ipsec < main"),
}
ROOMS = FLAT | {
    "ike": (("message",), ("conf",), ("sa",), ("machine",), ("auth",), ("lifecycle",),
            ("exchange", "events"), ("control",), (BESIDE,)),
    "mip": (("message",), ("conf",), ("net",), ("binding",), ("policy",), ("movement",),
            ("mn", "ha"), (BESIDE,)),
}
QUIET = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
# A function with its body, or a table with its rows, that other files may use.
DEFINED = re.compile(
    r"^(?!static\b|typedef\b|extern\b)[a-z][\w \t*]*?\b(\w+)(?:\([^;{}]*\)\s*\{|(?:\[\w*\])?\s*=)",
    re.MULTILINE)
WORD = re.compile(r"(?<![\w.>])[a-z]\w+\b")


def check(root: Path) -> Iterator[Fault]:
    for module, floors in ROOMS.items():
        floor = {room: at for at, rooms in enumerate(floors) for room in rooms}
        paths = {name(root, path): path for path in files(root, ".c", ".h", under=f"src/{module}")}
        yield from (Fault(where, 0, f"{_room(where)} is no room of {module}: {', '.join(floor)}")
                    for where in paths if _room(where) not in floor)
        yield from _essays(root, sorted({Path(where).parent for where in paths}))
        known = {where: path for where, path in paths.items() if _room(where) in floor}
        for verb, sees in (("include", _includes(known)), ("use", _uses(known))):
            yield from _upwards(floor, verb, sees)
            plain = {where: list(dict.fromkeys(other for _, other, _ in found))
                     for where, found in sees.items()}
            yield from (Fault(circle[0], 0, f"{verb}s in a circle: {' > '.join(circle)}")
                        for circle in circles(plain))


Sees = dict[str, list[tuple[int, str, str]]]  # of each file: line, the other file, by what word


def _room(where: str) -> str:
    parts = Path(where).parts
    if len(parts) > 3:
        return parts[2]
    return Path(where).stem if parts[1] in FLAT else BESIDE


def _essays(root: Path, folders: list[Path]) -> Iterator[Fault]:
    """What lives here, what never does, where a packet comes in and leaves."""
    for folder in folders:
        essay = root / folder / ESSAY
        lines = len(text(essay).splitlines()) if essay.exists() else 0
        if not 1 <= lines <= ESSAY_LINES:
            yield Fault(name(root, essay), 0, f"an essay of {lines} lines, 1 to {ESSAY_LINES} "
                        "open a folder")


def _upwards(floor: dict[str, int], verb: str, sees: Sees) -> Iterator[Fault]:
    for where, found in sees.items():
        room = _room(where)
        for number, other, word in found:
            if _room(other) != room and floor[_room(other)] >= floor[room]:
                yield Fault(where, number, f"{room} may not {verb} {_room(other)} ({word})")


def _includes(paths: dict[str, Path]) -> Sees:
    sees: Sees = {}
    for where, path in paths.items():
        lines = enumerate(text(path).splitlines(), start=1)
        found = ((number, INCLUDE.match(line)) for number, line in lines)
        sees[where] = [(number, f"src/{header[1]}", header[1]) for number, header in found
                       if header and f"src/{header[1]}" in paths]
    return sees


def _uses(paths: dict[str, Path]) -> Sees:
    sources = {where: _quiet(text(path)) for where, path in paths.items() if path.suffix == ".c"}
    home = {found[1]: where for where, source in sources.items()
            for found in DEFINED.finditer(source)}
    sees: Sees = {}
    for where, source in sources.items():
        words = {found[0]: found.start() for found in reversed(list(WORD.finditer(source)))}
        sees[where] = [(source.count("\n", 0, at) + 1, home[word], word)
                       for word, at in words.items() if home.get(word, where) != where]
    return sees


def _quiet(source: str) -> str:
    """Without comments and strings, line by line as long as before."""
    return QUIET.sub(lambda found: "\n" * found[0].count("\n"), source)
