"""umip_conf - a node's mip6d.conf as every UMIP reads it: 0.4 does not know `include`."""

from __future__ import annotations

import re
from collections.abc import Callable

INCLUDE = re.compile(r'^[ \t]*include\s+"([^"]+)"[ \t]*;?[ \t]*$', re.MULTILINE)
DEPTH = 5


def translate(conf: str, include: Callable[[str], str], depth: int = DEPTH) -> str:
    """The same settings in one file; `include` gives the text behind an include's pattern."""
    if not depth:
        return conf
    return INCLUDE.sub(lambda found: translate(include(found[1]), include, depth - 1), conf)
