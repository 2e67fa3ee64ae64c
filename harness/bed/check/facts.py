"""facts - what a file with dumps of `ip xfrm` says, as one JSON object.

    ./run-tests.sh facts FILE              - is standard input

docs/xfrm-facts.schema.json describes the object. Every line of the file is a fact, or stands in
`not_understood` or `left_out` (counters, clocks, prompts, other commands), each with its number.
A fact that the file does not show is not there; numbers are numbers whatever base they had.
Exit status: 0 all is understood, 1 not all of it is, 2 the file cannot be read.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from functools import cache

from harness.bed.check.given import reading
from harness.bed.check.named_file import octets, told
from harness.bed.decode.xfrm import Part, Reading

FORMAT = "perigee-xfrm-facts-1"
WHOLE, PARTLY, UNREADABLE = 0, 1, 2
USAGE = "run-tests.sh facts FILE: a file with what ip xfrm state or ip xfrm policy printed"


def document(name: str, found: Reading) -> dict:
    return {
        "format": FORMAT, "file": name,
        "dumps": [_dump(part) for part in found.parts],
        "not_understood": [note._asdict() for note in found.unread],
        "left_out": [note._asdict() for note in found.left_out],
    }


def _dump(part: Part) -> dict:
    return {"title": part.title, "line": part.line,
            "states": [plain(state) for state in part.dump.states],
            "policies": [plain(policy) for policy in part.dump.policies],
            "defaults": part.dump.defaults}


def plain(value: object) -> object:
    """A record as an object of what is there; seq and oseq are counters, not facts."""
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    names = _facts_of(type(value))
    if names is None:
        return value
    held = vars(value)
    return {name: part if type(part) in (str, int, bool) else plain(part) for name in names
            if (part := held[name]) is not None and part != ()}


@cache
def _facts_of(kind: type) -> tuple[str, ...] | None:
    """The names of a record's facts, None for what is no record."""
    return tuple(field.name for field in dataclasses.fields(kind)
                 if field.compare or field.name == "detailed"
                 ) if dataclasses.is_dataclass(kind) else None


def indented(value: object, margin: str = "\n") -> str:
    """What json.dumps(value, indent=1) says, which takes three times as long for it."""
    inner = margin + " "
    if isinstance(value, dict) and value:
        said = [f"{_word(key)}: "
                f"{_word(one) if isinstance(one, str) else indented(one, inner)}"
                for key, one in value.items()]
        return f"{{{inner}{f',{inner}'.join(said)}{margin}}}"
    if isinstance(value, list) and value:
        return f"[{inner}{f',{inner}'.join([indented(one, inner) for one in value])}{margin}]"
    return json.dumps(value)


_word = json.encoder.encode_basestring_ascii


def main(arguments: list[str]) -> int:
    return told("facts", UNREADABLE, lambda: _facts(arguments))


def _facts(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return WHOLE
    if len(arguments) != 1:
        print(USAGE, file=sys.stderr)
        return UNREADABLE
    name, = arguments
    data = octets(name)
    found = reading(name, data)
    if not data.strip():
        print(f"run-tests.sh facts: {name} is empty: taken as no state and no policy",
              file=sys.stderr)
    print(indented(document(name, found)))
    return PARTLY if found.unread else WHOLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
