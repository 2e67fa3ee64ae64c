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
        "not_understood": [dataclasses.asdict(note) for note in found.unread],
        "left_out": [dataclasses.asdict(note) for note in found.left_out],
    }


def _dump(part: Part) -> dict:
    return {"title": part.title, "line": part.line,
            "states": [plain(state) for state in part.dump.states],
            "policies": [plain(policy) for policy in part.dump.policies],
            "defaults": part.dump.defaults}


def plain(value: object) -> object:
    """A record as an object of what is there; seq and oseq are counters, not facts."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(part) for field in dataclasses.fields(value)
                if field.compare or field.name == "detailed"
                if (part := getattr(value, field.name)) not in (None, ())}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


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
    print(json.dumps(document(name, found), indent=1))
    return PARTLY if found.unread else WHOLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
