"""move_words - a move in words and in shares of its time axis, as the page's picture needs them."""

from __future__ import annotations

from collections.abc import Iterable

from harness.bed.check.moves import Move, Span
from harness.bed.check.timeline import span


def along(move: Move, at: float) -> str:
    """Where a moment stands on the axis, in percent, never outside it."""
    share = 100 * (at - move.start) / (move.stop - move.start)
    return f"{min(max(share, 0.0), 100.0):.2f}"


def share(move: Move, start: float, stop: float | None) -> str:
    """The percent of the axis between two moments; the shortest can still be seen."""
    end = move.stop if stop is None else stop
    return f"{max(float(along(move, end)) - float(along(move, start)), 0.25):.2f}"


def summary(move: Move) -> str:
    """carol moves from A to B in 13.6 ms; no usable tunnel SA for 0.3 ms; 1 ping lost"""
    times = [mark.time for mark in move.marks]
    took = f" in {span(max(times) - min(times))}" if len(times) > 1 else ""
    return (f"{move.node} moves from {move.old} to {move.new}{took}; {gap_words(move)}; "
            f"{ping_words(move)}")


def gap_words(move: Move) -> str:
    if not move.gaps:
        return "a usable tunnel SA all the time"
    return "no usable tunnel SA " + ", ".join(
        f"from {start:.4f} s on" if stop is None else f"for {span(stop - start)}"
        for start, stop in move.gaps)


def ping_words(move: Move) -> str:
    counts = ((len(move.lost), "lost"), (len(move.unsent), "never on a link"))
    missed = [f"{number} {word}" for number, word in counts if number]
    if not (move.answered or missed):
        return "no pings meanwhile"
    return f"pings: {len(move.answered)} answered, {', '.join(missed) or 'none lost'}"


def lane_words(move: Move, spans: Iterable[Span]) -> str:
    return "; ".join(f"{one.end} until {one.stop:.4f} s" if one.stop is not None and
                     one.stop < move.stop else f"{one.end} to the end" for one in spans)
