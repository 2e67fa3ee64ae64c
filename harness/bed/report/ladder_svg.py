"""ladder_svg - a ladder as a drawing by itself; dark and light follow the reader."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from harness.bed.check.ladder import ARROW, BAR, LOCAL, STEP, Rung, columns

LEFT, MARGIN, HEAD = 130, 130, 44
# Between two columns: alone they have room, of several each has enough for its labels.
GAP_OF_TWO, GAP = 880, 740
HEIGHTS = {ARROW: 30, LOCAL: 22, STEP: 26, BAR: 34}
TIP, LOOP = 8, 14
STYLE = """\
.ladder{font:12px system-ui,"DejaVu Sans",sans-serif;fill:var(--ink);\
--ink:#1d2126;--line:#4d555f;--ike:#6b4400;--bind:#3340a0;--kern:#265c2b;\
--sheet:#ffffff;--band:#ecebe6}
.ladder text.t,.ladder text.s{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:11px}
.ladder text.t{fill:var(--line)}.ladder text.n{font-size:14px;font-weight:600}
.ladder .rail{stroke:var(--line);stroke-width:1}.ladder .sheet{fill:var(--sheet)}
.ladder .IKE{stroke:var(--ike)}.ladder .BU,.ladder .BA,.ladder .MH{stroke:var(--bind)}
.ladder .other{stroke:var(--line)}.ladder .k{stroke:var(--kern)}
.ladder .bar{fill:var(--band)}.ladder text.b{font-weight:600}
.ladder path,.ladder line{fill:none;stroke-width:1.5}
@media (prefers-color-scheme:dark){.ladder{--ink:#e9e6df;--line:#b4bcc6;--ike:#edbe6c;\
--bind:#b7c1ff;--kern:#a4d8a4;--sheet:#1b1e22;--band:#2a2d32}}
"""


def draw(rungs: list[Rung], start: float, title: str) -> str:
    """The drawing of a ladder; times are since `start`."""
    names = columns(rungs)
    step = GAP_OF_TWO if len(names) <= 2 else GAP
    rails = {name: LEFT + step * number for number, name in enumerate(names)}
    width = LEFT + step * max(len(names) - 1, 1) + MARGIN
    body: list[str] = []
    at = HEAD
    for rung in rungs:
        body += _rung(rung, at, rails, start)
        at += HEIGHTS[rung.kind]
    head = [f'<line class="rail" x1="{x:.0f}" x2="{x:.0f}" y1="30" y2="{at}"/>'
            f'<text class="n" x="{x:.0f}" y="20" text-anchor="middle">{escape(name)}</text>'
            for name, x in rails.items()]
    return (f'<svg class="ladder" xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {width} {at + 10}" width="{width}" height="{at + 10}">'
            f"<title>{escape(title)}</title><style>{STYLE}</style>"
            '<rect class="sheet" width="100%" height="100%"/>'
            + "".join(head + body) + "</svg>\n")


def _text(x: float, y: float, words: str, kind: str, anchor: str = "middle") -> str:
    return (f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">'
            f"{escape(words)}</text>")


def _rung(rung: Rung, at: int, rails: dict[str, float], start: float) -> Iterable[str]:
    base = at + HEIGHTS[rung.kind] - 8
    when = _text(LEFT - 70, base, f"{rung.time - start:.3f}", "t", "end")
    label = rung.label + (f"  ×{rung.count}" if rung.count > 1 else "")
    if rung.kind == BAR:
        right = max(rails.values(), default=LEFT)
        middle = (LEFT + right) / 2
        return [f'<rect class="bar" x="{LEFT - 60}" y="{at + 4}" width="{right - LEFT + 120}" '
                f'height="{HEIGHTS[BAR] - 8}" rx="3"/>', when, _text(middle, base - 3, label, "b")]
    here = rails.get(rung.at, LEFT)
    last = here == max(rails.values(), default=0) and len(rails) > 1
    if rung.kind == STEP or rung.at not in rails:
        x, anchor = (here - TIP, "end") if last else (here + TIP, "start")
        return [when, _text(x, base, label, "s", anchor)]
    if rung.kind == LOCAL or rung.to not in rails or rung.to == rung.at:
        return [when, *_loop(here, base, label, last)]
    return [when, *_arrow(here, rails[rung.to], base, label, rung.sort)]


def _arrow(here: float, there: float, y: float, label: str, sort: str) -> Iterable[str]:
    back = TIP if there < here else -TIP
    yield (f'<path class="{escape(sort)}" d="M{here:.0f} {y}H{there:.0f}m{back} -4l{-back} 4'
           f'l{back} 4"/>')
    yield _text((here + there) / 2, y - 5, label, "a")


def _loop(here: float, y: float, label: str, leftwards: bool) -> Iterable[str]:
    """A message between a node and its own kernel."""
    side = -1 if leftwards else 1
    yield (f'<path class="k" d="M{here:.0f} {y - 9}h{side * LOOP}v7h{-side * (LOOP - 3)}'
           f'm{side * 5} -3l{-side * 5} 3l{side * 5} 3"/>')
    yield _text(here + side * (LOOP + 8), y, label, "k-word", "end" if leftwards else "start")
