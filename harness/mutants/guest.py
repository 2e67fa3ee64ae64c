"""guest - what a guest's kernel and its programs are started with, broken."""

from __future__ import annotations

from harness.mutants.row import Mutant

BED = "harness/bed_tests"

GUEST = (
    Mutant("T-221", "harness/guest/xstate.c", "if (pid == held.pid && request !=",
           "if (!pid && request !=",
           f"{BED}/test_xstate.py::test_a_process_has_what_it_was_given_last"),
    Mutant("T-221", "harness/guest/xstate.c", "return held.pid == pid &&",
           "return held.pid &&",
           f"{BED}/test_xstate.py::test_a_process_has_what_it_was_given_last"),
    Mutant("T-222", "harness/bed/engine/nursery.py",
           "signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)",
           "signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)",
           f"{BED}/test_nursery.py::test_what_is_sent_before_a_child_is_itself_waits_for_it"),
    Mutant("T-223", "harness/guest/prefork.c", "if (setns(given[PREFORK_NET], CLONE_NEWNET) < 0 ||",
           "if (given[PREFORK_NET] < 0 ||",
           f"{BED}/test_prefork.py::test_one_that_waits_serves_every_node_and_is_of_none"),
    Mutant("T-223", "harness/guest/prefork.c", "CLONE_PARENT | SIGCHLD", "SIGCHLD",
           f"{BED}/test_prefork.py::test_a_run_is_as_one_that_was_started_anew"),
    Mutant("T-223", "harness/guest/agent_prefork.c", "return strcmp(it->path, path) ? -ENOENT :",
           "return !*path ? -ENOENT :",
           f"{BED}/test_prefork.py::test_what_cannot_be_a_copy_is_started"),
    Mutant("T-224", "harness/guest/remap.c", "page->offset == offset &&", "",
           f"{BED}/test_remap.py::test_whatever_is_asked_stands_there"),
    Mutant("T-224", "harness/guest/remap.c", "page->prot == prot && page->flags", "page->flags",
           f"{BED}/test_remap.py::test_what_something_else_was_done_to_is_put_anew"),
    Mutant("T-224", "harness/guest/remap.c", "leave();\n\tgot = ", "got = ",
           f"{BED}/test_remap.py::test_what_is_taken_away_is_gone_with_the_next_call"),
    Mutant("T-224", "harness/guest/remap.c", "leaving = NULL;\n\t\treturn at;", "leave();",
           f"{BED}/test_remap.py::test_what_is_taken_away_and_put_back_is_left_alone"),
    Mutant("T-225", "harness/guest/prefork.c",
           ": fchdir(given[PREFORK_FOLDER]) < 0)", ": given[PREFORK_FOLDER] < 0)",
           f"{BED}/test_waiting.py::"
           "test_from_the_second_time_on_runs_are_copies_each_in_its_folder"),
    Mutant("T-225", "harness/bed/report/wireshark.py", ": FOLDER}, KEYS[0])",
           ": FOLDER}, \"cfilters\")",
           f"{BED}/test_waiting.py::test_captures_are_read_by_a_copy_as_open_sh_opens_them"),
)
