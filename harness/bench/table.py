"""table - figures beside what they aim at."""

from __future__ import annotations

from dataclasses import asdict, dataclass

HEAD = ("figure", "measured", "min", "max", "aim", "of aim")


@dataclass(frozen=True)
class Figure:
    """`aim` is an upper limit in the same unit, or absent."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    min: float | None = None
    max: float | None = None

    @property
    def ratio(self) -> float | None:
        return round(self.value / self.aim, 3) if self.aim else None

    def as_json(self) -> dict[str, object]:
        row = {**asdict(self), "ratio": self.ratio}
        return {name: value for name, value in row.items() if value is not None}


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 1 else f"{value:.2f}"


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = figure.ratio
    word = "" if ratio is None else f"{ratio:.2f}" + ("" if ratio <= 1 else " missed")
    aim = f"{_number(figure.aim)} {figure.unit}" if figure.aim else ""
    return (figure.name, f"{_number(figure.value)} {figure.unit}", _number(figure.min),
            _number(figure.max), aim, word)


def text(figures: list[Figure]) -> str:
    rows = [HEAD, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = []
    for row in rows:
        rest = "  ".join(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))
        lines.append(f"{row[0]:{widths[0]}}  {rest}".rstrip())
    return "\n".join(lines)
