"""How often a drill is made, and what it prints at its end."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


def times(few: int, many: int) -> int:
    """Few in every test run, many with OQU_DRILLS=large."""
    return many if os.environ.get("OQU_DRILLS") == "large" else few


@dataclass
class Tally:
    """What was done to the system, and what was lost by it."""

    drill: str
    faults: int = 0
    runs: int = 0
    equal: int = 0
    lost: int = 0
    recoveries: list[float] = field(default_factory=list)

    def print(self) -> None:
        """One line, for whoever runs drills by hand."""
        said = [f"{self.faults} faults", f"{self.runs} runs", f"{self.equal} equal", f"{self.lost} lost"]
        print(f"\n{self.drill}: {', '.join(said)}; recovery {spread(self.recoveries)}")


def spread(seconds: Sequence[float]) -> str:
    """Middle, 95th of a hundred, longest."""
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"p50 {statistics.median(ordered):.3f} s, p95 {p95:.3f} s, max {ordered[-1]:.3f} s"
