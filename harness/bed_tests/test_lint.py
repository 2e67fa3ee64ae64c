"""The house rules find what they forbid in small bad trees, and nothing in good ones."""

import shutil

import pytest

from harness.bed.check import canon, delta, evidence
from harness.bed.engine import doctor
from harness.bed_tests import samples
from harness.lint import (
    goldens, ids, layers, limits, lint, markers, patience, rooms, secrets, sizes, tools, waits,
    writers,
)

NAP = "sle" + "ep"


def faults(rule, root, path: str, text: str) -> list[str]:
    """What a rule says about a tree of one file."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    return [str(fault) for fault in rule(root)]


@pytest.mark.parametrize("path, header, sentence", [
    ("src/base/rd.c", "kernel/nl.h", "base may not include kernel (kernel/nl.h)"),
    ("src/crypto/alg.c", "kernel/nl.h", "crypto may not include kernel (kernel/nl.h)"),
    ("src/kernel/nl.h", "crypto/alg.h", "kernel may not include crypto (crypto/alg.h)"),
    ("src/ike/sa/sa.c", "mip/mn/mn.h", "ike may not include mip (mip/mn/mn.h)"),
    ("src/mip/mn/mn.c", "ike/sa/sa.h", "mip may not include ike (ike/sa/sa.h)"),
    ("src/cli/main.c", "kernel/nl.h", "cli may not include kernel (kernel/nl.h)"),
    ("src/ike/sa/sa.c", "sa.h", 'include "sa.h" does not name a module'),
])
def test_an_include_in_the_wrong_direction_is_refused(tmp_path, path, header, sentence):
    found = faults(layers.check, tmp_path, path, f'/* head */\n#include "{header}"\n')
    assert found == [f"{path}:2: {sentence}"]


@pytest.mark.req("A-193")
@pytest.mark.parametrize("declared, name", [
    ("struct child_keys keys;", "keys"), ("struct ike_keys k = { .prf = p };", "k"),
    ("uint8_t seed[9], key[PRF_MAX];", "key"), ("uint8_t buf[sizeof(a) + XFRM_KEY_MAX] = { 0 };",
                                                "buf"),
])
def test_a_key_that_stays_on_the_stack_is_found(tmp_path, declared, name):
    head = f"static int f(void)\n{{\n\t{declared}\n\n"
    assert faults(secrets.check, tmp_path, "src/ike/a.c", head + "\treturn 0;\n}\n") == [
        f"src/ike/a.c:3: f leaves the secret {name} behind: mem_wipe({name}, sizeof({name})) "
        "before it returns"]
    for wipe in (f"mem_wipe(&{name}, sizeof({name}));", f"child_keys_wipe(&{name});"):
        assert not faults(secrets.check, tmp_path, "src/ike/a.c",
                          f"{head}\t{wipe}\n\treturn 0;\n}}\n")


@pytest.mark.parametrize("declared", [
    "const struct sk_keys *k = &sa->keys.i;", "struct xfrm_sa sa;", "uint8_t buf[MSG_CAP];",
    "const struct whole none = { 0 };", "struct ike_keys *k;",
])
def test_what_holds_no_key_may_stay(tmp_path, declared):
    assert not faults(secrets.check, tmp_path, "src/ike/a.c",
                      f"static int f(void)\n{{\n\t{declared}\n}}\n")


@pytest.mark.parametrize("path, header", [
    ("src/ike/sa/sa.c", '"kernel/nl.h"'), ("src/mip/mn/mn.c", '"crypto/mac.h"'),
    ("src/cli/main.c", '"base/ctl.h"'), ("src/base/rd.c", "<kernel/nl.h>"),
])
def test_an_include_in_the_right_direction_is_fine(tmp_path, path, header):
    assert faults(layers.check, tmp_path, path, f"#include {header}\n") == []


IMPORT = "from __future__ import annotations\n\nfrom harness.bed.{} import Thing\n"
FLOORS = (("base",), ("decode",), ("check",), ("node",), ("peers", "faults"), ("stage",),
          ("report",), ("engine",), ("",))
PLACES = [(room, floor) for floor, rooms in enumerate(FLOORS) for room in rooms]


def told(root, room: str, other: str) -> list[str]:
    """What is said of a module in one room that imports one of another."""
    def path(room: str, name: str) -> str:
        return "/".join(filter(None, ("harness/bed", room, f"{name}.py")))
    faults(layers.check, root, path(other, "b"), "")
    return faults(layers.check, root, path(room, "a"), IMPORT.format(f"{other}.b".strip(".")))


@pytest.mark.parametrize("room, floor", PLACES)
@pytest.mark.parametrize("other, below", PLACES)
def test_a_room_of_the_testbed_sees_itself_and_those_further_left(
        tmp_path, room, floor, other, below):
    fine = room == other or below < floor
    assert [f"({'.'.join(filter(None, ('harness.bed', other, 'b')))})" in one
            for one in told(tmp_path, room, other)] == ([] if fine else [True])


def test_an_import_in_a_function_or_for_types_alone_counts(tmp_path):
    path, line = "harness/bed/faults/a.py", "from harness.bed.stage.bed import Bed"
    for text in (f"def f():\n    {line}\n", f"if TYPE_CHECKING:\n    {line}\n",
                 "if True:\n    import harness.bed.stage.bed\n"):
        assert faults(layers.check, tmp_path, path, text) == [
            f"{path}:2: faults may not import stage (harness.bed.stage.bed)"]


def test_modules_that_import_each_other_are_a_fault_told_once(tmp_path):
    for name, other in ("ab", "bc", "cb"):
        found = faults(layers.check, tmp_path, f"harness/bed/node/{name}.py",
                       f"from harness.bed.node import {other}\n")
    assert found == ["harness/bed/node/b.py: imports in a circle: harness.bed.node.b > "
                     "harness.bed.node.c > harness.bed.node.b"]


def test_a_folder_that_is_no_room_is_a_fault(tmp_path):
    (found,) = faults(layers.check, tmp_path, "harness/bed/attic/a.py", "")
    assert found.startswith("harness/bed/attic/a.py: attic is no room of the testbed: base, ")


def told_of_c(root, sources: dict[str, str]) -> list[str]:
    return told_of_module(root, {f"ike/{path}": text for path, text in sources.items()})


def told_of_module(root, sources: dict[str, str]) -> list[str]:
    for path in sources:
        essay = root / "src" / path.rpartition("/")[0] / rooms.ESSAY
        essay.parent.mkdir(parents=True, exist_ok=True)
        essay.write_text("# a room\n")
    for path, text in sources.items():
        found = faults(rooms.check, root, f"src/{path}", text)
    return found


@pytest.mark.parametrize("header, sentence", [
    ("ike/conf/conf.h", None), ("ike/message/msg.h", None), ("ike/sa/sa.h", None),
    ("ike/machine/row.h", "sa may not include machine (ike/machine/row.h)"),
    ("ike/daemon.h", "sa may not include the files beside them (ike/daemon.h)"),
])
def test_a_room_of_a_c_module_includes_itself_and_those_further_left(tmp_path, header, sentence):
    found = told_of_c(tmp_path, {header.removeprefix("ike/"): "",
                                 "sa/a.c": f'/* head */\n#include "{header}"\n'})
    assert found == ([f"src/ike/sa/a.c:2: {sentence}"] if sentence else [])


@pytest.mark.parametrize("defined, use", [
    ("int far_off(int a,\n\tint b)\n{\n}\n", "\treturn far_off(1, 2);\n"),
    ("struct x *far_off(void)\n{\n}\n", "\tfn = far_off;\n"),
    ("const struct row far_off[] = {\n};\n", "\treturn &far_off[1];\n"),
])
def test_a_name_is_found_where_it_is_defined_whatever_header_declares_it(tmp_path, defined, use):
    sources = {"exchange/b.c": defined, "machine/a.c": f"int f(void)\n{{\n{use}}}\n"}
    assert told_of_c(tmp_path, sources) == [
        "src/ike/machine/a.c:3: machine may not use exchange (far_off)"]


@pytest.mark.parametrize("use", ["/* far_off */", 'log("far_off");', "x->far_off = 1;",
                                 "nearer_than_far_off();"])
def test_a_word_in_a_comment_a_string_or_a_field_is_no_use(tmp_path, use):
    assert told_of_c(tmp_path, {"exchange/b.c": "void far_off(void)\n{\n}\n",
                                "machine/a.c": f"void f(void)\n{{\n\t{use}\n}}\n"}) == []


def test_c_files_that_use_each_other_are_a_fault_told_once(tmp_path):
    sources = {f"sa/{name}.c": f"void of_{name}(void)\n{{\n\tof_{other}();\n}}\n"
               for name, other in ("ab", "bc", "cb")}
    assert told_of_c(tmp_path, sources) == ["src/ike/sa/b.c: uses in a circle: "
                                            "src/ike/sa/b.c > src/ike/sa/c.c > src/ike/sa/b.c"]


def test_headers_that_include_each_other_are_a_fault(tmp_path):
    sources = {"sa/a.h": '#include "ike/sa/b.h"\n', "sa/b.h": '#include "ike/sa/a.h"\n'}
    assert told_of_c(tmp_path, sources) == ["src/ike/sa/a.h: includes in a circle: "
                                            "src/ike/sa/a.h > src/ike/sa/b.h > src/ike/sa/a.h"]


def test_a_folder_of_a_c_module_that_is_no_room_is_a_fault(tmp_path):
    (found,) = told_of_c(tmp_path, {"attic/a.c": ""})
    assert found.startswith("src/ike/attic/a.c: attic is no room of ike: message, ")


@pytest.mark.parametrize("lines, fine", [(None, False), (0, False), (1, True), (20, True),
                                         (21, False)])
def test_an_essay_of_twenty_lines_at_most_opens_a_room(tmp_path, lines, fine):
    if lines is not None:
        faults(rooms.check, tmp_path, f"src/ike/sa/{rooms.ESSAY}", "words\n" * lines)
    assert faults(rooms.check, tmp_path, "src/ike/sa/a.c", "") == ([] if fine else [
        f"src/ike/sa/README.md: an essay of {lines or 0} lines, 1 to 20 open a folder"])


@pytest.mark.parametrize("module", ["base", "crypto", "kernel", "cli", "ike", "mip"])
def test_an_essay_opens_each_module(tmp_path, module):
    first = rooms.ROOMS[module][0][0] if module in rooms.FLAT else "main"
    assert faults(rooms.check, tmp_path, f"src/{module}/{first}.c", "") == [
        f"src/{module}/README.md: an essay of 0 lines, 1 to 20 open a folder"]


@pytest.mark.parametrize("path, text, sentence", [
    ("kernel/wire.c", '#include "kernel/xfrm_types.h"\n',
     "1: wire may not include xfrm_types (kernel/xfrm_types.h)"),
    ("kernel/wire.c", "void f(void)\n{\n\tsel_from_kernel(0, 0);\n}\n",
     "3: wire may not use xfrm_types (sel_from_kernel)"),
    ("kernel/rt_addr.c", '#include "kernel/xfrm_types.h"\n',
     "1: rt_addr may not include xfrm_types (kernel/xfrm_types.h)"),
    ("kernel/xfrm_types.h", '#include "kernel/wire.h"\n', None),
    ("kernel/xfrm_event.c", '#include "kernel/xfrm_types.h"\n', None),
])
def test_in_a_module_without_folders_a_file_sees_those_further_left(
        tmp_path, path, text, sentence):
    sources = {"kernel/xfrm_types.h": "", "kernel/wire.h": "",
               "kernel/xfrm_types.c": "void sel_from_kernel(int a, int b)\n{\n}\n"}
    assert told_of_module(tmp_path, sources | {path: text}) == (
        [f"src/{path}:{sentence}"] if sentence else [])


@pytest.mark.parametrize("module", sorted(rooms.FLAT))
def test_a_file_without_its_place_in_the_order_is_a_fault(tmp_path, module):
    (found,) = told_of_module(tmp_path, {f"{module}/attic.c": ""})
    assert found.startswith(f"src/{module}/attic.c: attic is no room of {module}: ")


@pytest.mark.parametrize("comment, word", [
    ("/* A-001: as it should be */", None), ("/* B-999 */", "B-999"), ("/* P1, P2 */", "P2"),
    ("/*\n * Template 12.\n */", "Template 12"), ("/* spec C.4 */", "spec"), ("// I66", "I66"),
    ("/* spec of it */", "spec"), ('"B-999"', None),
    ("/* SHA-1, X.509, the template of a policy */", None),
])
def test_what_a_comment_cites_stands_in_docs(tmp_path, comment, word):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/requirements.md").write_text("| A-001 | S | | one |\n")
    (tmp_path / "docs/DESIGN.md").write_text("| P1 | a fact |\n")
    assert [one.partition(" ")[2] for one in faults(ids.check, tmp_path, "src/ike/a.c", comment)
            ] == ([f"{word} stands nowhere in docs/"] if word else [])


@pytest.mark.req("A-272")
@pytest.mark.parametrize("line, what, may", [
    ("\tsa->state = SA_UP;", "moves a state", "src/ike/machine/state.c"),
    ("\tc->state = next;", "moves a state", "src/ike/sa/child_state.c"),
    ("\td->seams.send(d->seams.arg, p);", "sends", "src/ike/machine/send.c"),
    ("\tx_transmit_sa(sa, octets);", "sends", "src/ike/machine/ask.c"),
    ("\tx_move(sa, SA_REKEYED);", "moves an IKE_SA", "src/ike/machine/xchg.c"),
    ("\ttimer_set(&sa->t_dpd, 5);", "arms a timer", "src/ike/lifecycle/lifetime.c"),
])
def test_a_handler_sends_nothing_arms_nothing_and_moves_nothing(tmp_path, line, what, may):
    (found,) = faults(writers.check, tmp_path, "src/ike/exchange/a.c", f"{line}\n")
    assert found.startswith(f"src/ike/exchange/a.c:1: {what}, as only ")
    (tmp_path / "src/ike/exchange/a.c").unlink()
    assert not faults(writers.check, tmp_path, may, f"{line}\n")


def c_function(lines: int) -> str:
    head = "/* one */\nstatic int *long_one(int a,\n\tint b)\n"
    return head + "{\n" + "\ta++;\n" * (lines - 2) + "}\n"


def python_function(lines: int) -> str:
    return "def long_one():\n" + "    a = 1\n" * (lines - 1)


@pytest.mark.parametrize("path, good, bad, sentence", [
    ("src/base/a.c", c_function(60), c_function(61),
     "src/base/a.c:4: function long_one has 61 lines, 60 at most"),
    ("harness/a.py", python_function(40), python_function(41),
     "harness/a.py:1: function long_one has 41 lines, 40 at most"),
    ("src/base/a.h", "int a;\n" * 600, "int a;\n" * 601,
     "src/base/a.h: file has 601 lines, 600 at most"),
    ("scenarios/move/test_move.py", "a = 1\n" * 60, "a = 1\n" * 61,
     "scenarios/move/test_move.py: scenario file has 61 lines, 60 at most"),
    ("src/base/a.c", "\t" + "a" * 92 + "\n", "\t" + "a" * 93 + "\n",
     "src/base/a.c:1: line has 101 columns, 100 at most"),
])
def test_what_is_too_long_is_refused_and_the_limit_itself_is_fine(
        tmp_path, path, good, bad, sentence):
    assert faults(sizes.check, tmp_path, path, good) == []
    assert faults(sizes.check, tmp_path, path, bad) == [sentence]


def test_a_python_file_that_cannot_be_read_is_a_fault(tmp_path):
    assert "unreadable" in faults(sizes.check, tmp_path, "harness/a.py", "def f(:\n")[0]


@pytest.mark.parametrize("path, line", [
    ("harness/a.py", f"time.{NAP}(1)"),
    ("harness/a.py", f"node.run('{NAP} 2')"),
    ("src/base/a.c", f"\tu{NAP}(100);"),
    ("src/base/a.c", f"\tnano{NAP}(&ts, NULL);"),
    ("run-tests.sh", f"wait; {NAP} 0.5"),
])
def test_a_wait_for_time_is_refused(tmp_path, path, line):
    assert faults(waits.check, tmp_path, path, f"\n{line}\n") == [
        f"{path}:2: a {NAP}; wait for a fact instead"]


@pytest.mark.parametrize("line", [
    f"a {NAP}er holds the namespace", f"asyncio_{NAP}_count = 1", f"# no {NAP} here"])
def test_the_mere_word_is_fine(tmp_path, line):
    assert faults(waits.check, tmp_path, "harness/a.py", line) == []


def test_a_script_is_known_by_its_first_line(tmp_path):
    assert faults(waits.check, tmp_path, "harness/guest/init", f"#!/bin/sh\n{NAP} 1\n") == [
        f"harness/guest/init:2: a {NAP}; wait for a fact instead"]


def test_build_results_are_nobody_s_source(tmp_path):
    assert faults(waits.check, tmp_path, "build/a.py", f"time.{NAP}(1)") == []


def test_an_expected_dump_must_be_canonical_and_used(tmp_path):
    golden = samples.canonicals(samples.reference_texts())["carol"]
    path = "expected/coa-change/carol.established.xfrm"
    assert faults(goldens.check, tmp_path, path, golden) == [
        f"{path}: no scenario coa-change uses this file"]
    (tmp_path / "scenarios/coa-change").mkdir(parents=True)
    assert faults(goldens.check, tmp_path, path, golden) == []
    for changed in (golden.replace("reqid 1", "reqid one"), golden.replace("\t", "    "),
                    golden.replace("# carol", "# moon")):
        assert len(faults(goldens.check, tmp_path, path, changed)) == 1


def test_a_delta_that_is_not_that_of_its_dumps_is_a_fault(tmp_path):
    (tmp_path / "scenarios/coa-change").mkdir(parents=True)
    folder = tmp_path / "expected/coa-change"
    names = canon.Names(samples.ROLES)
    texts = [samples.canonicals(samples.reference_texts(c), names)["carol"]
             for c in evidence.CHECKPOINTS]
    folder.mkdir(parents=True)
    for checkpoint, text in zip(evidence.CHECKPOINTS, texts):
        (folder / f"carol.{checkpoint}.xfrm").write_text(text)
    right = delta.text("carol", evidence.CHECKPOINTS, *texts)
    path = "expected/coa-change/carol.moved.delta"
    assert faults(goldens.check, tmp_path, path, right) == []
    for wrong in (right.replace("3 moved", "2 moved"), right.replace("established", "later"), ""):
        assert len(faults(goldens.check, tmp_path, path, wrong)) == 1


@pytest.mark.parametrize("line", ["time.monotonic()", "time.time()", "threading.Event()"])
def test_a_scenario_and_its_rooms_have_no_time_but_the_guest_s(tmp_path, line):
    sentence = "the machine's clock; bed.clock has the guest's time"
    for path in ("scenarios/one/test_one.py", "harness/bed/stage/stage.py"):
        assert faults(waits.check, tmp_path, path, line) == [f"{path}:1: {sentence}"]
        (tmp_path / path).unlink()
    for path in ("harness/bed/engine/play.py", "harness/bed/node/line.py"):
        assert faults(waits.check, tmp_path, path, line) == []


@pytest.mark.req("T-115")
@pytest.mark.parametrize("scenario, wait, longest", [
    ("coa-change", "carol.registered", 10), ("coa-change", "a.rekeyed(1, b) & c.stopped('d')", 5),
    ("coa-change", "carol.registered_at(NEW) & ping.answered(25)", 10),
    ("first-copy-lost", "carol.registered", 30), ("coa-change", "their_own & carol.registered", 99),
])
def test_a_wait_is_as_long_as_the_protocols_make_it(tmp_path, scenario, wait, longest):
    path = f"scenarios/{scenario}/test_it.py"
    assert faults(patience.check, tmp_path, path, f"bed.wait({wait}, within={longest})") == []
    found = faults(patience.check, tmp_path, path, f"\nbed.wait({wait}, within={longest + 1})")
    if longest < 99:
        assert found[0].startswith(f"{path}:2: waits {longest + 1} s for ")
        assert f"takes {longest} s at most" in found[0] and "MORE of" in found[0]
    else:
        assert found == []


def test_every_longer_wait_is_one_that_a_scenario_has():
    root = lint.ROOT
    for scenario, fact in patience.MORE:
        text = (root / "scenarios" / scenario).glob("test_*.py")
        assert any(fact in file.read_text() for file in text), f"{scenario} has no {fact}"


@pytest.mark.parametrize("path, line", [
    ("scenarios/move/test_move.py", '@pytest.mark.req({})'),
    ("harness/unit/ike/test_ts.c", '\tUNIT_MAIN(T(a_test, {}));'),
])
def test_a_marker_names_at_most_five_ids_of_the_list(tmp_path, path, line):
    def ids(*names: str) -> str:
        separate = path.endswith(".py")
        return ", ".join(f'"{n}"' for n in names) if separate else f'"{" ".join(names)}"'

    (tmp_path / "docs").mkdir()
    known = [f"A-00{n}" for n in range(1, 7)]
    (tmp_path / "docs/requirements.md").write_text(
        "".join(f"| {one} | S | | IKE on port 500 |\n" for one in known))
    assert faults(markers.check, tmp_path, path, line.format(ids("A-001", "A-002!"))) == []
    assert faults(markers.check, tmp_path, path, line.format(ids("A-001", "A-001!"))) == [
        f"{path}:1: A-001 twice: a test shows it, or its refusal (A-001!)"]
    assert faults(markers.check, tmp_path, path, line.format(ids("A-001", "A-999"))) == [
        f"{path}:1: unknown requirement A-999"]
    assert faults(markers.check, tmp_path, path, line.format(ids(*known))) == [
        f"{path}:1: 6 requirements of one test, 5 at most"]


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_s_findings_are_faults(tmp_path):
    found = faults(tools.check, tmp_path, "run-tests.sh", "#!/bin/sh\nrm $1\n")
    assert found and found[0].startswith("run-tests.sh:2: ")


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_mandoc_s_warnings_are_faults(tmp_path):
    found = faults(tools.check, tmp_path, "docs/man/iked.8", ".TH iked 8\n.nonsense\n")
    assert found and all(one.startswith("docs/man/iked.8:") for one in found)


@pytest.mark.req("T-103")
def test_what_no_tool_could_look_at_is_noted_with_what_to_type(tmp_path, monkeypatch, capsys):
    for path, text in (("run-tests.sh", "#!/bin/sh\n"), ("src/base/rd.c", ""),
                       ("src/base/README.md", "# base\n"), ("docs/man/iked.8", "")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lint.main(tmp_path) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == ("note: 1 shell scripts were not looked at: shellcheck is missing, "
                       "type: apt-get install shellcheck")
    assert [line.split()[-1] for line in said[:-1]] == [one.package for one in tools.TOOLS]


def test_the_doctor_names_for_lint_exactly_what_lint_uses():
    named = {use.packages for use in doctor.USES if use.words.startswith("make lint")}
    assert named == {one.package for one in tools.TOOLS}
    optional = {line.split("\t")[1] for line in
                (lint.ROOT / "packages.txt").read_text().splitlines() if line.startswith("opt")}
    assert named <= optional


@pytest.mark.skipif(not shutil.which("clang-format"), reason="clang-format is not installed")
def test_a_file_that_clang_format_would_change_is_noted_once(tmp_path):
    (tmp_path / ".clang-format").write_text("BasedOnStyle: LLVM\n")
    assert len(faults(tools.unformatted, tmp_path, "src/base/a.c", "int  a;\nint  b;\n")) == 1


def test_the_exit_status_says_whether_there_is_a_fault(tmp_path, capsys):
    assert lint.main(tmp_path) == 0
    (tmp_path / "run-tests.sh").write_text(f"{NAP} 1\n")
    assert lint.main(tmp_path) == 1
    assert capsys.readouterr().out.endswith("lint: 1 faults, 0 notes\n")


def test_what_is_read_of_a_scenario_before_it_runs_is_a_plain_value(tmp_path):
    path = "scenarios/a/test_a.py"
    assert faults(patience.check, tmp_path, path, "LIMIT = 900\nBY_NAME = True\n") == []
    assert faults(patience.check, tmp_path, path, "LIMIT = 15 * 60\n") == [
        f"{path}:1: LIMIT is read without running the file: a plain value such as LIMIT = 900 is "
        "expected"]


def test_an_id_of_two_requirements_is_a_fault(tmp_path):
    row = "| A-001 | S | | {} |\n"
    assert faults(markers.check, tmp_path, "docs/requirements.md",
                  row.format("one") + row.replace("001", "002").format("two")) == []
    assert faults(markers.check, tmp_path, "docs/requirements.md",
                  row.format("one") + row.format("two")) == [
        "docs/requirements.md:2: A-001 is the id of line 1 already"]


@pytest.mark.req("F-036")
@pytest.mark.parametrize("declared, word", [
    ("enum { QUEUE_MAX = 9 };", "QUEUE_MAX"),
    ("enum {\tA = 1,\tMSG_MAX_THING = 4,\t};", "MSG_MAX_THING"),
    ("enum { NEST_DEPTH = 3 };", "NEST_DEPTH"), ("enum { TOLD_MAX = 7 };", None),
    ("enum { NONCE_MAX = 256 };", None), ("enum { MAXIMAL = 1, DEEP = 2 };", None),
    ("/* enum { QUEUE_MAX = 9 }; */", None),
])
def test_a_limit_stands_in_a_manual_page_or_has_a_reason(tmp_path, declared, word):
    faults(limits.check, tmp_path, "harness/unit/ike/test_manual.c", 'LIMIT("x", TOLD_MAX),\n')
    found = faults(limits.check, tmp_path, "src/ike/sa/a.c", f"\n{declared}\n")
    reason = f"{word} stands in no {limits.TABLES}, nor with a reason in harness/lint/limits.py"
    assert found == ([f"src/ike/sa/a.c:2: {reason}"] if word else [])


def test_a_reason_is_given_for_what_is_there():
    words = [word for words in limits.INNER.values() for word in words.split()]
    assert len(words) == len(set(words))
    source = "".join(path.read_text() for path in lint.ROOT.glob("src/**/*.[ch]"))
    assert [word for word in words if word not in source] == []
