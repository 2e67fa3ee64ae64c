"""wire - what passed on the links and in the kernels, and what a scenario expects of it."""

from __future__ import annotations

from harness.bed.check import timeline
from harness.bed.decode import esp_wire, ike_wire
from harness.bed.stage.stage import Failed, Stage


class Wire(Stage):
    _read: tuple[dict[str, tuple[int, int]], timeline.Timeline] | None = None

    @property
    def timeline(self) -> timeline.Timeline:
        """All that happened so far, on one clock, to be asked what came when.

        Who asks twice before anything more is written has the same one twice.
        """
        self.capture.settle()
        stats = ((path.name, path.stat()) for path in self.results.iterdir())
        written = {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats}
        if self._read is None or self._read[0] != written:
            self._read = written, timeline.build(self.results)
        return self._read[1]

    def ike_messages(self, since: str | float) -> list[ike_wire.Ike]:
        """Every IKE message on any link after a checkpoint or a moment of the guest's clock."""
        self.capture.settle()
        start = self.checkpoints[since].time if isinstance(since, str) else since
        found = [m for path in self.capture.links.values() for m in ike_wire.messages(path)
                 if m.time > start]
        return sorted(found, key=lambda message: message.time)

    def expect_no_ike_messages(self, since: str) -> None:
        repeated = self._repeated(since)
        found = [m for m in self.ike_messages(since) if m.identity not in repeated]
        if found:
            raise Failed(f"{len(found)} IKE messages since {since}, the first is {found[0]}")
        self.story.note(f"no IKE message since {since}")

    def expect_esp_continues(self, link: str, moved: int) -> None:
        """On the link no ESP number is left out or repeated, and `moved` SAs changed their ends.

        A declared fault does leave one out, or repeats it.
        """
        self.capture.settle()
        path = self.capture.links[link]
        sentences = [] if self.faults.declared else list(esp_wire.breaks(path))
        spis = esp_wire.moved(path)
        if len(spis) != moved:
            sentences.append(f"{len(spis)} SAs went on between new addresses, not {moved}")
        if sentences:
            raise Failed("\n".join(sentences))
        self.story.note(f"{moved} SAs went on between new addresses, their numbers continued")

    def _repeated(self, since: str) -> set[tuple]:
        """What a declared fault may have sent once more: the messages before a checkpoint."""
        if not self.faults.declared:
            return set()
        return {m.identity for m in self.ike_messages(0.0)
                if m.time <= self.checkpoints[since].time}

    def expect_ike_exchanges(self, wanted: list[str]) -> None:
        """The requests of the whole run, repetitions left out, are these."""
        seen = {(m.spi_i, m.id, m.exchange): m for m in self.ike_messages(0.0) if not m.response}
        found = [m.exchange for m in seen.values()]
        if found != wanted:
            raise Failed(f"the IKE exchanges are {', '.join(found)}, not {', '.join(wanted)}")
        self.story.note(f"the IKE exchanges were {', '.join(found)}")
