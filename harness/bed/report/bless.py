"""bless - the questions of a review put to a person at a terminal, or answered by --yes.

y takes a change over, n leaves it, a takes it and all that follow, q leaves the rest. What was
typed before a question stood there is no answer to it. Without a terminal and without --yes nothing
is written: the questions are printed.
"""

from __future__ import annotations

import os
import shutil
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.bed.check import columns
from harness.bed.report import review
from harness.bed.report.review import Question, Shown

ANSWERS = {"y": "yes", "n": "no", "a": "all", "q": "quit"}
PLACES = 6
Tell = Callable[[str], None]


def ask(shown: Sequence[Shown], expected: Path, known: Sequence[str], yes: bool,
        tell: Tell = print, answer: Callable[[str], str] | None = None) -> bool:
    """Put all questions, then write; true if nothing is left open."""
    found = review.questions(shown, expected, known)
    if answer is None and not yes and sys.stdin and sys.stdin.isatty():
        answer = fresh
    mute = found and answer is None and not yes
    accepted = _answers(found, yes, tell, answer)
    outcome = review.Outcome() if mute else review.apply(shown, accepted, expected)
    for word, names in (("wrote", outcome.written), ("removed", outcome.removed)):
        for name in names:
            tell(f"bless: {word} expected/{name}")
    for sentence in outcome.refused:
        tell(f"bless: refused, an invariant would break: {sentence}")
    if mute:
        tell(f"bless: nothing written: {_many(len(found), 'change')} to ask about and no terminal "
             "to ask at: --yes answers all with yes")
    elif not outcome.written and not outcome.removed:
        tell("bless: expected/ stays as it is")
    return len(accepted) == len(found) and not outcome.refused


def _answers(found: list[Question], yes: bool, tell: Tell,
             answer: Callable[[str], str] | None) -> list[Question]:
    accepted: list[Question] = []
    for number, question in enumerate(found, start=1):
        tell(f"\n[{number}/{len(found)}] {question.words}")
        _tell_places(question, tell)
        if not yes:
            tell(_pages(question))
        said = "y" if yes else _one(answer) if answer else "n"
        if said == "q":
            break
        if said == "a":
            return accepted + found[number - 1:]
        if said == "y":
            accepted.append(question)
    return accepted


def _tell_places(question: Question, tell: Tell) -> None:
    places = question.places
    tell(f"    in {_many(len(question.changes), 'place')} of {_many(len(places), 'file')}: "
         + ", ".join(places[:PLACES]) + (", …" if len(places) > PLACES else ""))


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _pages(question: Question) -> str:
    heads = ("expected", "now")
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return columns.coloured(question.old, question.new, heads,
                                shutil.get_terminal_size().columns)
    return columns.side_by_side(question.old, question.new, heads)


def fresh(prompt: str) -> str:
    """The answer that a person types at the terminal after having seen the prompt."""
    sys.stdout.flush()
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    return input(prompt)


def _one(answer: Callable[[str], str]) -> str:
    while True:
        try:
            said = answer("take it over? [y]es [n]o [a]ll [q]uit: ").strip().lower()[:1]
        except EOFError:
            return "q"
        if said in ANSWERS:
            return said
