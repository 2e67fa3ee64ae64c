"""The learner finds what a table does not say, by a shortest word; a toy stands for the daemons."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.bed.base import places
from harness.lint import reasons

TOP = Path(__file__).parents[2]
TOY = places.build(TOP) / "learn/learn-toy"
DOCUMENT = """\
<!-- machine turnstile -->
    locked --> open : coin (paid)
<!-- end of turnstile -->
"""


def learn(*words: str) -> tuple[int, list[str]]:
    if not TOY.exists():
        pytest.skip("no learn-toy; type make check")
    done = subprocess.run([TOY, *words], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def reason_file(folder: Path, text: str) -> str:
    path = folder / "reasons"
    path.write_text(text)
    return f"--reasons={path}"


@pytest.mark.req("T-190")
def test_an_honest_machine_is_learned_whole(tmp_path):
    code, lines = learn("nothing", "--depth=4", reason_file(tmp_path, ""))
    assert code == 0 and lines[-1] == "turnstile: 4 of 4 transitions were seen"


@pytest.mark.req("T-190")
@pytest.mark.parametrize("wrong, fault", [
    ("beside", 'FAULT turnstile: open --> locked by "coin" is not in the table'),
    ("crash", "FAULT the daemon ended: it crashed, hung, or the stage did not hold"),
])
def test_what_the_table_does_not_say_is_found_by_the_shortest_word(wrong, fault):
    code, lines = learn(wrong, "--depth=6")
    assert code == 1
    assert lines[1:] == [fault, "  the word: a new turnstile, coin, coin"]


@pytest.mark.req("T-190")
def test_a_word_that_leads_elsewhere_each_time_is_found():
    code, lines = learn("chance", "--depth=3")
    assert code == 1
    assert lines[1] == "FAULT the same word did not lead to the same state once more"


@pytest.mark.req("T-190")
def test_what_is_never_seen_must_have_a_reason(tmp_path):
    code, lines = learn("stuck", "--depth=4", reason_file(tmp_path, ""))
    assert code == 1
    assert [line for line in lines if "locked --> open" in line] == [
        f"FAULT never seen, and {tmp_path}/reasons has no reason: "
        "turnstile: locked --> open : coin (paid)"]


@pytest.mark.req("T-190")
@pytest.mark.parametrize("text, word", [
    ("turnstile: locked --> open : coin (paid)\n\tno coins\n", "was seen: it needs no reason"),
    ("turnstile: open --> flying : coin (paid)\n\tno wings\n",
     "expected a transition of docs/machines.md"),
])
def test_a_reason_for_what_was_seen_or_is_not_there_is_a_fault(tmp_path, text, word):
    code, lines = learn("nothing", "--depth=4", reason_file(tmp_path, text))
    assert code == 1 and any(word in line for line in lines)


@pytest.mark.req("T-190")
@pytest.mark.parametrize("option", ["--depth=0", "--depth=x", "--budget=", "--deep"])
def test_a_bad_option_is_told_with_what_was_expected(option):
    code, lines = learn("nothing", option)
    assert code == 2 and f"'{option}': expected --depth=NUMBER" in lines[0]


@pytest.mark.req("T-190")
@pytest.mark.parametrize("text, fault", [
    ("# why\n\nturnstile: locked --> open : coin (paid)\n\tno coins\n", None),
    ("turnstile: open --> locked : coin (paid)\n\tno coins\n",
     ":1: 'turnstile: open --> locked : coin (paid)' is no transition of docs/machines.md"),
    ("turnstile: locked --> open : coin (paid)\n",
     ":1: 'turnstile: locked --> open : coin (paid)': expected its reason behind a tab"),
    ("turnstile: locked --> open : coin (paid)\n\ta\n" * 2,
     ":3: 'turnstile: locked --> open : coin (paid)' has a reason already"),
])
def test_lint_holds_the_reasons_against_the_document(tmp_path, text, fault):
    for path, content in ((reasons.REASONS, text), (reasons.DOCUMENT, DOCUMENT)):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(content)
    found = [str(one) for one in reasons.check(tmp_path)]
    assert found == ([reasons.REASONS + fault] if fault else [])
