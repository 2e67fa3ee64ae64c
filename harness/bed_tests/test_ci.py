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
