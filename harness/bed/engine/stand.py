"""stand - brings a machine up for a job: a guest on some kernel, or a namespace of this machine."""

from __future__ import annotations

from harness.bed.base.job import Job
from harness.bed.engine import guest, native
from harness.bed.engine import kernel as kernels
from harness.bed.engine.machine import Machine


def up(job: Job) -> Machine:
    """One whose agent has said hello; Gone or Unfit say why there is none."""
    if job.native:
        return Machine(job, lambda line, _: native.command(job, line)).await_hello()
    kernel = kernels.at(job.kernel, job.modules) if job.kernel else kernels.installed()
    return Machine(job, lambda line, console: [*guest.settings(job, kernel, line),
                                               *guest.command(job, line, console, kernel)],
                   kernel.folder, guest.meaning).await_hello()
