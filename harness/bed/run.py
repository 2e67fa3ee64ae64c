"""run - the front door: what to run, on which kernel, how it is told."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from harness.bed import again, matrix, selection, sweep
from harness.bed.base import places, room
from harness.bed.base.command import Tell, quietly
from harness.bed.base.job import OWN, REAL, Job
from harness.bed.base.spelling import meant
from harness.bed.base.story import rows
from harness.bed.base.topology import T0
from harness.bed.check import ladder_check
from harness.bed.check.timeline import DAEMONS
from harness.bed.engine import (
    attach, build, choice, clock, coverage, guest, hosted, kernels, native, pace, suite,
)
from harness.bed.engine.crowd import Crowd
from harness.bed.engine.kernel import Kernel, Unfit
from harness.bed.engine.play import Ended, Fleet
from harness.bed.engine.results import KEPT, drop, new_folder
from harness.bed.engine.suite import Scenario
from harness.bed.options import beside, interactive, only_shell, parse
from harness.bed.peers import mip6_umip, packages as peers, strongswan_dump
from harness.bed.report import artefacts, cut_short, html, speed
from harness.bed.report.page_facts import USED
from harness.bed.report.report import Outcome, Report

TOP = Path(__file__).resolve().parents[2]
RESULTS = places.results(TOP)
# pytest's exit status where it has found none.
NO_TESTS = 5
LIST = "; --list names them all"
UNDER_VALGRIND = ("establishment", "coa-change")


@dataclass(frozen=True)
class Run:
    """One invocation: its options, its folder, and the programs under test."""

    options: argparse.Namespace
    folder: Path
    programs: Path
    fleet: Fleet
    report: Report
    kernel: Kernel | None = None
    column: str = ""
    clock: str = REAL
    crowd: Crowd = field(default_factory=lambda: Crowd(REAL))
    only: selection.Failed | None = None

    @property
    def ground(self) -> str:
        """Where its scenarios run, if that is not where they always do."""
        return self.column or (str(self.pair) if self.pair.ikes else "")

    def cases(self, scenario: Scenario) -> list[str] | None:
        """The tests of `scenario` that are wanted, an empty list for all; None for none."""
        return [] if self.only is None else self.only.cases(
            selection.Title(scenario.name, self.ground, "", self.options.valgrind))

    @property
    def pair(self) -> matrix.Pair:
        return matrix.Pair(self.options.carol_ike, self.options.moon_ike)

    @property
    def mip6s(self) -> dict[str, str]:
        """The path of each mip6d that is not ours."""
        paths = {"carol": self.options.carol_mip6, "moon": self.options.moon_mip6}
        return {node: path for node, path in paths.items() if path}

    def limit(self, job: Job, scenario: Scenario) -> float | None:
        """How long a run may be, as its pace counts it: none where a person looks on."""
        if job.interactive:
            return None
        return scenario.limit * job.patience if job.clock == OWN \
            else max(scenario.limit, pace.QUIET)

    def with_pair(self, pair: matrix.Pair) -> Run:
        """The same run with these IKE daemons, in a folder of its own."""
        options = argparse.Namespace(**vars(self.options) | {
            "carol_ike": pair.carol, "moon_ike": pair.moon})
        return replace(self, options=options, folder=self.folder / f"{pair.carol}-{pair.moon}")


def chosen(options: argparse.Namespace, last: selection.Failed | None = None) -> list[Scenario]:
    # The longest comes first, so that no guest runs alone at the end.
    known = suite.names(TOP)
    refuse_beside(options)
    alone = next((name for name in options.names if (name,) in TABLES), None)
    if alone and len(options.names) > 1:
        raise Unfit(f"{alone} runs scenarios of its own: ./run-tests.sh {alone}")
    if alone:
        return options.shard.part(suite.named(TOP, [
            name for name in TABLES[tuple(options.names)][0]
            if last is None or name in last.names]))
    sweeps = options.names[:1] == [sweep.NAME]
    if sweeps and len(options.names) != 2 or options.fault and not sweeps:
        raise Unfit(f"{sweep.NAME} takes one scenario: ./run-tests.sh {sweep.NAME} coa-change")
    names = options.names[sweeps:] or (
        ["establishment"] if interactive(options) and last is None else
        [one.name for one in suite.named(TOP, known) if not one.by_name])
    if last is not None and not (sweeps and options.fault):
        names = [name for name in names if name in last.names]
    there = [name for name in names if name in known]
    if names and not there:
        raise Unfit(misfits(options)[0].sentence)
    check_prompts(options, there)
    return options.shard.part(suite.named(TOP, there))


def refuse_beside(options: argparse.Namespace) -> None:
    """Raise Unfit where a command with grounds of its own would not look at an option."""
    own = {matrix.NAME: ("carol_ike", "moon_ike"), kernels.NAME: ("kernel", "modules", "native")}
    command = next((name for name in options.names if name in again.COMMANDS), "")
    if command and (typed := beside(options, own.get(command, ()))):
        raise Unfit(f"{command} does not go with {' and '.join(typed)}: leave that out")


def misfits(options: argparse.Namespace) -> list[Outcome]:
    """What cannot run because of its name: it fails, the other scenarios go on."""
    if tuple(options.names) in TABLES:
        return []
    faults = suite.faults(TOP)
    known = suite.names(TOP)
    typed = [*known, *suite.TAKEN]
    return [Outcome(name, "failed", sentence=faults.get(
                name, f"there is no scenario {name}{meant(name, typed) or LIST}"))
            for name in options.names[options.names[:1] == [sweep.NAME]:] or faults
            if name not in known]


def hosts_tests(options: argparse.Namespace, last: selection.Failed | None = None
                ) -> list[str] | None:
    """The names of what runs without a guest, an empty list for all of it; None for nothing."""
    if options.names or interactive(options) or not options.shard.hosts:
        return None
    return [] if last is None else hosted.known(map(str, last.titles)) or None


def check_prompts(options: argparse.Namespace, names: Sequence[str]) -> None:
    """Raise Unfit where nobody would ever come by what the options ask for."""
    there = sorted({file.name.split(".")[1] for name in names
                    for file in (TOP / "expected" / name).glob("*.xfrm")})
    if options.pause_at and options.pause_at not in there:
        raise Unfit(f"no checkpoint {options.pause_at} in {', '.join(names)}: there are "
                    f"{', '.join(there) or 'none'}{meant(options.pause_at, there)}")
    nodes = [*T0.members, "rtr"]
    if options.shell and options.shell not in nodes:
        raise Unfit(f"there is no node {options.shell}: there are {', '.join(nodes)}"
                    f"{meant(options.shell, nodes)}")
    if options.gdb:
        check_debugger(options)
    if options.gdb and options.valgrind:
        raise Unfit("--gdb and --valgrind both want to hold the daemon: leave one out")


def check_debugger(options: argparse.Namespace) -> None:
    """Raise Unfit unless gdb is there and something that it may be attached to."""
    node, _, program = options.gdb.rpartition("/")
    if program not in DAEMONS or node not in ("", *T0.members):
        typed = [*DAEMONS, *(f"{one}/{daemon}" for one in T0.members for daemon in DAEMONS)]
        raise Unfit(f"--gdb takes [NODE/]PROGRAM, not {options.gdb}: nodes are "
                    f"{', '.join(T0.members)}, programs {', '.join(DAEMONS)}"
                    f"{meant(options.gdb, typed)}")
    if not shutil.which("gdb"):
        raise Unfit("gdb is missing: apt-get install gdb")


def need_peers(options: argparse.Namespace, report: Report) -> None:
    """Have what the options ask for by name: there it is no reason to skip, but an error."""
    wanted = peers.STRONGSWAN in (options.carol_ike, options.moon_ike)
    programs = {*filter(None, (options.carol_mip6, options.moon_mip6))}
    if (wanted or programs) and options.bless:
        raise Unfit("expected/ is written with our own daemons: --bless without a peer")
    if wanted or options.names == [matrix.NAME]:
        with report.step("downloads what peers need") as tell:
            build.peers_unpacked(TOP, tell)
    for program in programs:
        mip6_umip.product(program)


def job_of(run: Run, scenario: Scenario, number: int) -> Job:
    options = run.options
    folder = run.folder / (scenario.name if options.repeat == 1 else f"{scenario.name}.{number}")
    named = run.kernel if run.kernel and run.kernel.named else None
    job = Job(scenario.name, TOP, folder, run.programs, options.bless, options.valgrind,
              run.pair.ikes, run.mip6s, prompt=options.shell, pause=options.pause_at,
              keep=options.keep or only_shell(options), on_failure=options.shell_on_failure,
              gdb=options.gdb, coverage=options.coverage, only=run.cases(scenario) or [],
              clock=run.clock, kernel=named and named.binary, modules=named and named.modules,
              native=options.native,
              screen=attach.screen() if interactive(options) else [0, 0])
    return replace(job, limit=run.limit(job, scenario))


def play(run: Run, job: Job, scenario: Scenario,
         tell: Callable[[str], None] = lambda line: None) -> Ended:
    """Run the scenario's tests as the job says."""
    if job.coverage:
        job = replace(job, settings=coverage.prepare(TOP, job.results))
    return run.fleet.play(job, scenario.tests, tell)


def run_once(run: Run, scenario: Scenario, number: int, tell: Callable[[str], None]
             ) -> list[Outcome]:
    """One scenario in one kernel: an outcome for each of its tests, or one for the lack of any."""
    options, job = run.options, job_of(run, scenario, number)

    def note(sentence: str) -> None:
        run.report.say(f"        note: {sentence}")

    with run.crowd.place(), run.report.progress.guest(job.results.name, job.results):
        ended = play(run, job, scenario, tell)
        closed: list[str] = []
        faults = artefacts.make(job.results, note, closed.append)
    for sentence in faults:
        run.report.say(f"        {sentence}")
    faults += closed
    others = options.bless or options.valgrind or run.pair.ikes or run.mip6s
    if not others:
        faults += ladder_check.held(TOP / "expected" / job.scenario, job.results)
    return held_against(faults, read_results(job, scenario, ended, run))


def held_against(faults: list[str], outcomes: list[Outcome]) -> list[Outcome]:
    """A scenario that passed fails all the same if its captures are cut short or stay closed, or
    its ladder is not the expected one."""
    return [replace(one, outcome="failed", sentence=faults[0])
            if faults and one.outcome == "passed" else one for one in outcomes]


def read_results(job: Job, scenario: Scenario, ended: Ended, run: Run) -> list[Outcome]:
    words = " ".join(w for w in ("--native" * run.options.native,
                                 "--real-time" * run.options.real_time,
                                 "--valgrind" * run.options.valgrind,
                                 *(run.kernel.options if run.kernel else ()),
                                 *(f"--{n}-ike={v}" for n, v in run.pair.ikes.items()),
                                 *(f"--{n}-mip6={v}" for n, v in run.mip6s.items())) if w)
    reproduce = " ".join(filter(None, ["./run-tests.sh", words, scenario.name]))
    results = places.shown(job.results, TOP)
    place = selection.Title(scenario.name, run.ground, "", run.options.valgrind)
    found: dict[str, Outcome] = {}
    for row in rows(job.results / "results.jsonl"):
        name = str(replace(place, case=row["test"].partition("::")[2]))
        if found.get(name) and found[name].outcome == "failed":
            continue
        found[name] = Outcome(name, row["outcome"], row["seconds"], row["sentence"],
                              reproduce, results, tuple(row["req"]))
    outcomes = list(found.values())
    broken = ended.reason
    if ended.status:
        broken = f"{scenario.tests.relative_to(TOP)} has no test" if ended.status == NO_TESTS \
            else f"pytest ended with status {ended.status}"
    if broken and not any(one.outcome == "failed" for one in outcomes):
        outcomes.append(Outcome(str(place), "failed", ended.seconds, broken, reproduce, results))
    if not outcomes:
        outcomes = [Outcome(str(place), "failed", ended.seconds, "no test ran", reproduce, results)]
    return outcomes


def bless_run(run: Run, scenarios: list[Scenario]) -> None:
    """Ask for each change of expected/ that the passed scenarios have shown."""
    from harness.bed.report import bless, review

    shown = []
    for one in scenarios:
        mine = run.report.of(one.name)
        failed = [outcome for outcome in mine if outcome.outcome != "passed"]
        for outcome in failed:
            run.report.say(f"bless: not {one.name}: {outcome.sentence or outcome.outcome}")
        if mine and not failed:
            folder = one.name if run.options.repeat == 1 else f"{one.name}.1"
            shown.append(review.read(one.name, run.folder / folder))
    if not bless.ask(shown, TOP / "expected", suite.names(TOP), run.options.yes, run.report.say):
        again = shlex.join(["./run-tests.sh", *sys.argv[1:], "--yes"])
        run.report.left_open = "bless: expected/ is not yet what was shown" + (
            "" if run.options.yes else f"; to take all over: {again}")


@contextmanager
def guests(run: Run, jobs: int, total: int) -> Iterator[ThreadPoolExecutor]:
    """So many at a time; whatever ends us early ends those that run and starts no more."""
    pool = ThreadPoolExecutor(jobs)
    drawn = nullcontext() if interactive(run.options) else run.report.progress.shown(total)
    try:
        with drawn:
            yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        run.crowd.close()
        run.fleet.end()
        raise
    finally:
        pool.shutdown()


def run_scenarios(run: Run, scenarios: list[Scenario], told: bool) -> None:
    jobs = 1 if told and not run.options.jobs else run.crowd.seats
    tell = run.report.say if told and jobs == 1 else lambda line: None
    desk = attach.attaching(tell) if interactive(run.options) else nullcontext(tell)
    work = [(one, number) for one in scenarios if run.cases(one) is not None
            for number in range(1, run.options.repeat + 1)]
    with desk as tell, guests(run, jobs, len(work)) as pool:
        futures = {pool.submit(_guarded, run, one, number, tell): one for one, number in work}
        for future in as_completed(futures):
            run.report.add(future.result())
    if run.options.repeat > 1:
        tally(run, scenarios)


Key = TypeVar("Key")


def in_cells(run: Run, grounds: dict[Key, Run], scenarios: list[Scenario],
             judged: Callable[[Key, list[Outcome]], list[Outcome]] = lambda key, found: found
             ) -> dict[tuple[str, Key], list[Outcome]]:
    """Every scenario on every ground; the report has them as `judged`."""
    work = [(one, key) for one in scenarios for key, ground in grounds.items()
            if ground.cases(one) is not None]
    with guests(run, run.crowd.seats, len(work)) as pool:
        futures = {pool.submit(_guarded, grounds[key], one, 1, lambda line: None): (one.name, key)
                   for one, key in work}
        cells: dict[tuple[str, Key], list[Outcome]] = {cell: [] for cell in futures.values()}
        for future in as_completed(futures):
            name, key = futures[future]
            cells[name, key] = future.result()
            run.report.add(judged(key, future.result()))
    return cells


def run_matrix(run: Run, scenarios: list[Scenario]) -> int:
    """Every scenario with every pair of IKE daemons; gives the exit status."""
    cells = in_cells(run, {pair: run.with_pair(pair) for pair in matrix.PAIRS}, scenarios,
                     matrix.judged)
    plain = next(one for one in suite.scenarios(TOP) if one.name == peers.PLAIN)
    found = _guarded(run, plain, 1, lambda line: None)
    run.report.add(found)
    cells |= matrix.plain_cells(peers.PLAIN, found)
    version = peers.version(peers.folder(TOP, peers.STRONGSWAN), peers.STRONGSWAN)
    matrix.tell(cells, {peers.STRONGSWAN: strongswan_dump.known(version)}, run.report.say)
    return 1 if matrix.failed(cells) else 0


def run_kernels(run: Run, scenarios: list[Scenario]) -> int:
    """Every scenario on the installed kernel and on newer ones; gives the exit status."""
    with run.report.step("downloads newer kernels") as tell:
        used, missing = kernels.all_had(TOP, tell)
    grounds = {one.release: replace(run, kernel=one, column=one.release,
                                    folder=run.folder / one.release) for one in used}
    cells = in_cells(run, grounds, scenarios)
    with run.report.step("asks whether there are newer ones") as tell:
        newer = choice.newer(TOP, tell)
    for text in ("", *kernels.table(cells, missing), *newer):
        run.report.say(text)
    return 1 if any(kernels.verdict(found) == "FAIL" for found in cells.values()) else 0


def run_sweep(run: Run, scenario: Scenario) -> None:
    """First without a fault, then once for each fault on each message."""
    run_scenarios(run, [scenario], told=False)
    if run.report.count("failed"):
        return

    def shown(job: Job) -> Ended:
        with run.crowd.place(), run.report.progress.guest(job.results.name, job.results):
            return play(run, job, scenario)

    one = sweep.Sweep(scenario, job_of(run, scenario, 1), shown, run.report,
                      run.options.fault or [])
    batches = one.batches()
    with guests(run, run.crowd.seats, len(batches)) as pool:
        one.run(pool, batches)


# Names that stand for several scenarios, each on several grounds, with a table at the end.
TABLES: dict[tuple[str, ...], tuple[tuple[str, ...], Callable[[Run, list[Scenario]], int]]] = {
    (matrix.NAME,): (matrix.SCENARIOS, run_matrix),
    (kernels.NAME,): (kernels.SCENARIOS, run_kernels),
}


def _guarded(run: Run, scenario: Scenario, number: int, tell: Callable[[str], None]
             ) -> list[Outcome]:
    try:
        if needed := peers.needed_by(scenario.name):
            build.peers_unpacked(TOP, run.report.say, needed)
        return run_once(run, scenario, number, tell)
    except peers.NoPeer as error:
        return [Outcome(scenario.name, "skipped", sentence=str(error))]
    except OSError as error:
        return [Outcome(scenario.name, "failed", sentence=refusal(error),
                        reproduce=f"./run-tests.sh {scenario.name}")]


def tally(run: Run, scenarios: list[Scenario]) -> None:
    """How the results and the waits of repetitions spread."""
    from harness.bed.report import flakes

    found = {}
    for scenario in scenarios:
        mine = run.report.of(scenario.name)
        folders = [run.folder / f"{scenario.name}.{number}"
                   for number in range(1, run.options.repeat + 1)]
        for text in flakes.tell(scenario.name, mine, folders):
            run.report.say(text)
        found[scenario.name] = flakes.facts(mine, folders)
    (run.folder / flakes.FILE).write_text(json.dumps(found, indent=1) + "\n")


def titles(tests: Iterable[str]) -> dict[str, str]:
    """Of the scenarios that these tests belong to."""
    told = {selection.title(test).name for test in tests} & {*suite.names(TOP)}
    return {one.name: one.title for one in suite.named(TOP, told)}


def keep(run: Run, arguments: list[str]) -> None:
    """What stays of a run beside its scenarios' results: outcomes and the page."""
    run.report.write(run.folder)
    with run.report.step("writes the page"):
        page = html.write(run.folder, titles(one.test for one in run.report.outcomes),
                          shlex.join(["./run-tests.sh", *arguments]), run.report.seconds)
    run.report.say(f"page: {places.shown(page, TOP)}")


def keep_cut_short(report: Report, arguments: list[str], why: str) -> None:
    """The page of a run that was ended before its time, if it had begun."""
    if report.folder:
        page = cut_short.keep(report.folder, TOP, report, titles(suite.names(TOP)),
                              shlex.join(["./run-tests.sh", *arguments]), why)
        report.say(f"page: {places.shown(page, TOP)}")


def refuse(report: Report, arguments: list[str], sentence: str) -> int:
    """What cannot go on says why; what it had stays, and where it had nothing the run before."""
    print(f"run-tests.sh: {sentence}", file=sys.stderr)
    with suppress(OSError):
        if report.outcomes:
            keep_cut_short(report, arguments, sentence.partition("\n")[0].rstrip(":"))
        elif report.folder:
            drop(report.folder)
    return 2


def once_more_under_valgrind(run: Run, scenarios: list[Scenario]) -> None:
    """What SAN=1 adds in the guest, where the address sanitizer cannot run."""
    chosen_few = [one for one in scenarios if one.name in UNDER_VALGRIND]
    if not shutil.which("valgrind"):
        run.report.add([Outcome(f"{one.name} under valgrind", "skipped",
                                sentence="valgrind is not installed") for one in chosen_few])
        return
    options = argparse.Namespace(**vars(run.options) | {"valgrind": True})
    programs = build.programs(TOP, plain=True, needed=True, tell=run.report.say)
    slowly = replace(run, options=options, folder=run.folder / "valgrind", programs=programs)
    run_scenarios(slowly, chosen_few, told=False)


def refusal(error: OSError) -> str:
    return room.refused(error, places.build(TOP), guest.memory_folder())


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def check_kernel(options: argparse.Namespace, tell: Tell = quietly) -> Kernel | None:
    """The guest's kernel, none where the host's is asked for; Unfit where that cannot be had."""
    if options.native and options.kernel:
        raise Unfit("--native runs on the host's kernel, --kernel in a guest: leave one out")
    if options.native and interactive(options):
        raise Unfit("prompts and gdb want a guest's console: leave --native out")
    if options.native:
        native.check()
        return None
    chosen_one = choice.chosen(TOP, options.kernel, options.modules, tell)
    guest.check(clock.preload(TOP), chosen_one)
    return chosen_one


def name_kernel(folder: Path, used: Kernel | None, report: Report) -> None:
    """Which one a run uses and what package it is, on the terminal and in its results."""
    said = f"{used.release}, {choice.origin(used)}" if used else f"{os.uname().release}, the host's"
    (folder / USED).write_text(f"{said}\n")
    report.say(f"kernel: {said.splitlines()[0]}")


def clock_of(options: argparse.Namespace, used: Kernel | None, report: Report) -> str:
    """Whose clock guests have: their own, unless a person, an option or the kernel says no."""
    if not used or options.real_time or interactive(options):
        return REAL
    if why := clock.refusal(used, clock.preload(TOP)):
        report.say(f"note: guests have the real clock: {why}")
        return REAL
    return OWN


def execute(options: argparse.Namespace, report: Report, fleet: Fleet) -> int:
    """What the options ask for; gives the exit status."""
    last = None
    if options.only_failed:
        options, last = again.taken_over(options, RESULTS)
    scenarios, on_host = chosen(options, last), hosts_tests(options, last)
    if not scenarios and on_host is None:
        report.say("nothing failed in the last run" if options.only_failed else "an empty part")
        return 0
    if options.junit:
        # At once, so that a place where it cannot be written is told before anything runs.
        report.write_junit(options.junit)
    need_peers(options, report)
    folder = report.folder = new_folder(RESULTS)
    if options.keep:
        (folder / KEPT).touch()
    with report.step("builds what a guest is started with") as tell:
        build.surroundings(TOP, tell)
        used = check_kernel(options, tell)
        name_kernel(folder, used, report)
    report.add(misfits(options))
    again.leave(folder, options, sys.argv[1:])
    if on_host is not None:
        hosted.run(report, TOP, on_host)
    needed = any(one.name != suite.KERNEL_TESTS for one in scenarios)
    with report.step("builds the daemons") as tell:
        programs = build.programs(TOP, options.valgrind, needed, options.coverage, tell)
    whose = clock_of(options, used, report)
    run = Run(options, folder, programs, fleet, report, used, clock=whose,
              crowd=Crowd(whose, options.jobs or 0), only=None if options.fault else last)
    status, taken = work(run, scenarios)
    keep(run, sys.argv[1:])
    if options.junit:
        report.write_junit(options.junit)
    for text in taken:
        report.say(text)
    if status is None:
        return report.summary()
    report.tell_sums()
    return status


def work(run: Run, scenarios: list[Scenario]) -> tuple[int | None, list[str]]:
    """Run them as the options say: the exit status where a table gives it, and the speed."""
    options = run.options
    if tuple(options.names) in TABLES:
        return TABLES[tuple(options.names)][1](run, scenarios), []
    if options.names[:1] == [sweep.NAME]:
        run_sweep(run, scenarios[0])
        return None, []
    start = time.monotonic()
    run_scenarios(run, scenarios, interactive(options) or bool(options.names)
                  and options.repeat == 1)
    taken = [*speed.lines(speed.read(run.folder), time.monotonic() - start, again.whole(options)),
             speed.clocks(run.folder)]
    if build.sanitized() and not options.names:
        once_more_under_valgrind(run, scenarios)
    if options.bless:
        bless_run(run, scenarios)
    return None, taken


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.list:
        for scenario in suite.scenarios(TOP):
            print(f"{scenario.name:24} {scenario.title}{suite.ONLY * scenario.by_name}")
        return 0
    fleet = Fleet()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    report = Report(sys.stderr, sys.stdout) if options.json else Report()
    try:
        return execute(options, report, fleet)
    except (Unfit, build.Broken, peers.NoPeer) as error:
        return refuse(report, arguments, str(error))
    except OSError as error:
        return refuse(report, arguments, refusal(error))
    except KeyboardInterrupt:
        fleet.end()
        keep_cut_short(report, arguments, "ended by hand")
        print("run-tests.sh: ended by hand", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
