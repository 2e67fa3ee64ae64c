"""The workflow of continuous integration types only what the front door knows."""

from __future__ import annotations

import re
from pathlib import Path

from harness.bed import options

TOP = Path(__file__).parents[2]
WORKFLOW = (TOP / ".github/workflows/ci.yml").read_text()


def test_the_shards_of_the_matrix_are_all_parts_of_the_suite():
    numbers = re.search(r"shard: \[(.*)\]", WORKFLOW)[1].split(", ")
    of = re.search(r"--shard \$\{\{ matrix\.shard \}\}/(\d+)", WORKFLOW)[1]
    assert numbers == [str(number) for number in range(1, int(of) + 1)]


def test_every_command_of_the_workflow_can_be_typed():
    for line in re.findall(r"run: .*?(?:\./run-tests\.sh|\.ci/run) (?!doctor)(.*)", WORKFLOW):
        options.parse(re.sub(r"\$\{\{.*?\}\}", "1", line).split())


def test_nothing_in_it_belongs_to_one_machine():
    assert not re.search(r"self-hosted|/home/|/root|/work", WORKFLOW)


def test_what_a_run_leaves_is_kept_whatever_came_out():
    uploads = re.findall(r"- uses: actions/upload-artifact@.*\n(.*)", WORKFLOW)
    assert uploads and {line.strip() for line in uploads} == {"if: always()"}


def test_a_guest_may_execute_its_memory_and_has_room_for_it():
    """A container's own /dev/shm has 64 MB and is mounted noexec."""
    options = re.findall(r"options: (.*)", WORKFLOW)
    assert len(options) == WORKFLOW.count("container:")
    assert all(re.search(r"--tmpfs /dev/shm:rw,exec,size=\dg", one) for one in options)


def test_both_releases_run_the_whole_suite():
    (images,) = re.findall(r"image: \[(.*)\]\n\s*shard:", WORKFLOW)
    assert images == '"debian:12", "debian:13"'


def test_packages_are_installed_by_who_knows_their_names_on_every_release():
    assert "awk" not in WORKFLOW
    assert WORKFLOW.count("harness/packages install build test run") == 3
