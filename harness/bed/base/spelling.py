"""spelling - what somebody who typed a name that is not there may have meant.

A path, as a shell completes it, is looked at by its folder and by its file; capitals are no slip.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# How like a name must be to be named at all, and how far a second one may be behind the first.
LIKE, BEHIND = 0.6, 0.05


def near(word: str, known: Iterable[str]) -> list[str]:
    """The known names that are most like `word`, the best first."""
    forms = [part for part in (word, *word.split("/")) if part]
    likeness = {name: max((_like(form, name) for form in forms), default=0.0) for name in known}
    least = max(LIKE, max(likeness.values(), default=0.0) - BEHIND)
    return sorted((name for name, ratio in likeness.items() if ratio >= least),
                  key=lambda name: -likeness[name])


def _like(word: str, name: str) -> float:
    return difflib.SequenceMatcher(None, word.lower(), name.lower()).ratio()


def meant(word: str, known: Iterable[str]) -> str:
    """Ends a sentence that refuses `word`; nothing where no known name is like it."""
    found = near(word, known)
    return f"; did you mean {' or '.join(found)}?" if found else ""
