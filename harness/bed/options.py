"""options - what can be typed after ./run-tests.sh, and what --help says about it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.bed.base.spelling import meant
from harness.bed.peers import packages as peers
from harness.bed.selection import Shard, shard

EPILOGUE = """\
Without names everything runs: lint, unit tests, fuzz corpora, the testbed's own tests and all
scenarios, one line a test. With names those scenarios run and tell what they do.
With the name matrix some scenarios run with ours and strongSwan as IKE daemon on either end.
With the name kernels six scenarios run on this kernel and on those of newer Debian releases.
With sweep NAME that scenario runs once for every message of it and every fault on that message, and
a table tells where the final dumps were not the same.
SAN=1 in the environment runs unit tests and corpora under address and UB sanitizers.
doctor says what this machine lacks, which scenarios that affects, and what to type.
diff A B compares any two files that ip xfrm printed, facts FILE says what one means as JSON.
compare RUN RUN compares two runs (names in build/results, or last) as a page.
Results: build/results/last/index.html is the page of the run; beside it SCENARIO/ with story, time
line, ladder, dumps, deltas, daemon logs and open.sh, which opens the captures decrypted.
Words: HoA is the home address, which stays; CoA the care-of address, where the node is now; BU and
BA are Binding Update and Binding Acknowledgement, MPS and MPA mobile prefix solicitation and
advertisement. docs/TUTORIAL.md follows a change of care-of address beside the page of your run."""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run-tests.sh", usage="%(prog)s [OPTION ...] [NAME ...]", epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Run Perigee's tests and scenarios.")
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="scenarios to run; see --list")
    add("--list", action="store_true", help="name the scenarios and end")
    add("--bless", action="store_true", help="review what scenarios show, write it as expected/; "
        "the exit status is 1 while a change is not taken over")
    add("--yes", action="store_true", help="with --bless: take all changes over")
    add("--only-failed", action="store_true", help="what failed in the last run")
    add("--shard", type=_shard, default=Shard(), metavar="I/N",
        help="the I-th of N parts of what would run")
    _desk(parser.add_argument_group("at the desk").add_argument)
    add("--repeat", type=_positive, default=1, metavar="N",
        help="run each scenario N times, and tell how the results and the waits spread")
    add("--real-time", action="store_true",
        help="guests have the machine's clock, not one of their own that leaves idle time out "
             "(prompts, gdb and --native always do)")
    add("--native", action="store_true", help="use the host's kernel instead of a guest")
    _kernel(add)
    add("--valgrind", action="store_true", help="run the daemons under valgrind")
    for node in ("carol", "moon"):
        add(f"--{node}-ike", choices=("ours", peers.STRONGSWAN), default="ours",
            help=f"whose IKE daemon {node} runs")
        add(f"--{node}-mip6", type=_program, metavar="PATH",
            help=f"the mip6d that {node} runs, with UMIP's command line")
    add("--fault", action="append", metavar="FAULT",
        help="with sweep: only this one, as its table names it (IKE_AUTH-request.carol.1.drop)")
    add("-j", dest="jobs", type=_positive, metavar="N",
        help="guests at a time (as many as find a processor and memory beside other work; "
             "1 where the story is told)")
    add("--junit", type=Path, metavar="FILE", help="write the results as JUnit XML too")
    add("--coverage", action="store_true",
        help="daemons count their lines into the results; make coverage does it all")
    add("--json", action="store_true",
        help="print each result and the sums as JSON lines; all else goes to standard error")
    return _together(parser, _known(parser, arguments))


def _known(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """What was typed; of an option that is none, the one that may have been meant."""
    found, rest = parser.parse_known_intermixed_args(arguments)
    if rest:
        words = [word for action in parser._actions for word in action.option_strings]
        option = rest[0].partition("=")[0]
        parser.error(f"there is no option {option}"
                     f"{meant(option, words) or '; --help names them all'}")
    return found


def _together(parser: argparse.ArgumentParser, found: argparse.Namespace) -> argparse.Namespace:
    """What was typed, unless an option lacks the one that it goes with."""
    for word, other in (("yes", "bless"), ("modules", "kernel")):
        if getattr(found, word) and not getattr(found, other):
            parser.error(f"--{word} goes with --{other}")
    return found


def _kernel(add: Callable[..., object]) -> None:
    add("--kernel", metavar="KERNEL", help="what guests run: 6.1, 6.12, 7.2, installed, fastest "
        "or the path of a User Mode Linux binary (the fastest that has been fetched)")
    add("--modules", type=Path, metavar="FOLDER",
        help="with --kernel: its modules by release (the folder modules beside it)")


def _desk(add: Callable[..., object]) -> None:
    """What holds a scenario so that a person may look at it."""
    add("--shell", metavar="NODE", help="open a prompt in NODE when the scenario is "
        "through; with the next two: open theirs in NODE")
    add("--pause-at", metavar="CHECKPOINT", help="open a prompt at that checkpoint")
    add("--shell-on-failure", action="store_true", help="open a prompt where a scenario fails")
    add("--keep", action="store_true",
        help="leave nodes and daemons as they are at the end until you release them, and "
             "never throw the results away")
    add("--gdb", metavar="[NODE/]PROGRAM",
        help="attach gdb to PROGRAM as soon as it runs (on the first NODE that starts it)")


def interactive(options: argparse.Namespace) -> bool:
    """Somebody wants to look at a scenario while it stands."""
    return bool(options.shell or options.pause_at or options.shell_on_failure or options.keep
                or options.gdb)


# What commands that run scenarios on several grounds do not look at.
ONE_GROUND = ("bless", "repeat", "shell", "pause_at", "shell_on_failure", "keep", "gdb")


def beside(options: argparse.Namespace, others: Sequence[str]) -> list[str]:
    """The options of those that were typed, as they are typed."""
    default = parse([])
    return [f"--{name.replace('_', '-')}" for name in (*ONE_GROUND, *others)
            if getattr(options, name) != getattr(default, name)]


def only_shell(options: argparse.Namespace) -> bool:
    """--shell by itself is a prompt at the end, else it names the node of the others."""
    return bool(options.shell) and not (options.pause_at or options.shell_on_failure)


def _shard(text: str) -> Shard:
    try:
        return shard(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _program(text: str) -> str:
    path = Path(text).resolve()
    if not os.access(path, os.X_OK) or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a program")
    return str(path)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return int(text)
