"""When a run looks up from learning: at which steps and epochs there is something else to do.

A function of the document, the data and the shapes, never of the clock, so that it is the same in each repetition.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.learners.base import EACH_EPOCH_UNTIL

if TYPE_CHECKING:
    from models.learners.base import Costs, Learner, Session

TIMELINE = 48
"""Snapshots on the time line at most, the first and the last not counted."""
TIMELINE_BYTES = 256 * 2**20
REPORT_SECONDS = 0.1
"""Where an epoch takes several times this long, steps are reported about this often."""


def timeline(steps: int, count: int) -> list[int]:
    """At which steps the time line has snapshots: dense at first, then at equal ratios."""
    if steps < 1 or count < 1:
        return []
    ratio = steps ** (1 / max(1, count - 1))
    return sorted({round(ratio**i) for i in range(count)})


@dataclass(frozen=True)
class Agenda:
    """What is due when. Made anew when a setting changes."""

    learner: Learner
    steps_per_epoch: int
    evaluation_period: int
    timeline: list[int]
    """Steps after which a snapshot is kept."""
    report_every: int
    """Steps between two reports within an epoch; 0 where epochs are short."""

    @classmethod
    def of(cls, learner: Learner, session: Session, costs: Costs) -> Agenda:
        """With the learner's settings of now."""
        per_epoch = session.steps_per_epoch
        size = sum(value.nbytes for value in session.tensors().values()) * 4 + 16_384
        count = max(4, min(TIMELINE, TIMELINE_BYTES // size))
        every = max(1, round(REPORT_SECONDS / costs.step_seconds(-(-session.rows // per_epoch))))
        return cls(
            learner=learner,
            steps_per_epoch=per_epoch,
            evaluation_period=session.evaluation_period,
            timeline=timeline(per_epoch * learner.epochs, count),
            report_every=every if every * 4 <= per_epoch else 0,
        )

    def next_step(self, step: int) -> int:
        """The first step after this one with something to do: a snapshot or a report, else an epoch on."""
        i = bisect.bisect_right(self.timeline, step)
        stops = self.timeline[i : i + 1]
        if self.report_every:
            stops.append((step // self.report_every + 1) * self.report_every)
        return min(stops, default=step + self.steps_per_epoch)

    def reports(self, step: int) -> bool:
        """Whether the loss is said after this step."""
        return self.report_every > 0 and step % self.report_every == 0

    def evaluates(self, epoch: int) -> bool:
        """Whether the weights are measured after so many epochs; see `evaluation_period`."""
        early = self.learner.evaluate_every == "auto" and epoch <= EACH_EPOCH_UNTIL
        return early or epoch % self.evaluation_period == 0 or epoch >= self.learner.epochs
