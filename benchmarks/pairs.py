"""Paired measurements: A B A B ..., medians and ranges, so that a machine's drift hits both alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One line of the results: what was measured, of whom, in which unit."""

    work: str
    who: str
    values: tuple[float, ...]
    unit: str
    against: float | None = None

    def cells(self) -> list[str]:
        """As text: work, who, median, range, ratio to the peer."""
        low, high = min(self.values), max(self.values)
        ratio = f"{median(self.values) / self.against:.2f}" if self.against else ""
        return [
            self.work,
            self.who,
            f"{median(self.values):,.3g} {self.unit}",
            f"{low:,.3g} to {high:,.3g}",
            ratio,
        ]


def paired(work: str, unit: str, rivals: Mapping[str, Callable[[], float]], rounds: int = 5) -> list[Row]:
    """Run the rivals in turn; the first one is the peer that ratios refer to. One round warms up."""
    values: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(rounds + 1):
        for name, run in rivals.items():
            value = run()
            if number:
                values[name].append(value)
    peer = median(values[next(iter(rivals))])
    return [Row(work, name, tuple(measured), unit, peer) for name, measured in values.items()]


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    head = ["work", "who", "median", "range", "ratio to the first"]
    lines = [head, ["---"] * len(head), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
