"""limits - a limit that somebody can meet stands in a manual page, or here with its reason.

The tables of harness/unit/*/test_manual.c hold the pages against the code; what has the name of a
limit and stands in none of them is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.lint.tree import Fault, files, name, text

TABLES = "harness/unit/*/test_manual.c"
ROW = re.compile(r'(?:LIMIT|OCTETS)\("[^"]*",\s*(\w+)\)')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
ENUM = re.compile(r"\benum\b[^{};]*\{([^}]*)\}")
LIMIT = re.compile(r"\b(?=[A-Z])(\w*(?<![A-Z0-9])(?:MAX|DEPTH|CAP)(?![A-Z0-9])\w*)\s*=")
INNER = {
    "given by the protocol, a format or the kernel": (
        "DH_PUBLIC_MAX MH_LIFETIME_MAX MH_MAX MID_MAX NONCE_MAX PORT_MAX PRF_MAX SK_KEY_MAX "
        "SPI_MAX TUNNEL_MAX XE_MIGRATE_MAX XFRM_KEY_MAX XFRM_TMPL_MAX COOKIE_MAX EXPONENT_BITS_MAX "
        "RSA_BITS_MAX BUL_MAX_DELAY_MS SOLICIT_MAX_MS DEBUG_MAX"),
    "a buffer for what we write or the kernel hands us": (
        "ANSWER_MAX CONTROL_MAX EVENT_MAX FRAME_MAX ISSUERS_MAX KEYS_MAX MSG_CAP NL_REQ_MAX "
        "PACKET_MAX PATH_CAP RECEIVE_MAX SEED_MAX VALUE_MAX"),
    "a text for people is cut there": (
        "DN_TEXT_MAX IDENT_STR_MAX LINE_MAX_TEXT NAME_MAX_ SAFE_MAX STORY_MAX TEXT_MAX WORD_MAX "
        "WORD_MAX_ XE_ATTRS_MAX KEPT_MAX"),
    "how often we try": "COOKIES_MAX LATER_MAX RESYNCS_MAX ROAM_MAX",
    "another limit or a grammar keeps within it": "BUILD_MAX DELETED_MAX SCOPE_MAX WORDS_MAX",
    "a batch, what is left comes next": "LARVAL_MAX OLD_MAX",
}


def check(root: Path) -> Iterator[Fault]:
    told = {word for path in root.glob(TABLES) for word in ROW.findall(text(path))}
    inner = {word for words in INNER.values() for word in words.split()}
    for path in files(root, ".c", ".h", under="src"):
        source = COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text(path))
        for enum in ENUM.finditer(source):
            for found in LIMIT.finditer(enum[1]):
                if found[1] not in told | inner:
                    line = source.count("\n", 0, enum.start(1) + found.start()) + 1
                    yield Fault(name(root, path), line, f"{found[1]} stands in no {TABLES}, nor "
                                "with a reason in harness/lint/limits.py")
