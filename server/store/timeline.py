"""Which snapshots of a run may go: the time line stays bounded and log-spaced, its ends always kept."""

from __future__ import annotations

from collections.abc import Sequence

from server.store.base import SnapshotRecord


def superfluous(
    snapshots: Sequence[SnapshotRecord], recovery: int, timeline: int, timeline_bytes: int
) -> list[SnapshotRecord]:
    """The ones beyond the bounds, of a run's snapshots by step."""
    newest_last = [s for s in snapshots if s.kind == "recovery"]
    kept = [s for s in snapshots if s.kind == "timeline"]
    gone = newest_last[: max(len(newest_last) - recovery, 0)]
    while len(kept) > 2 and (len(kept) > timeline or sum(s.size for s in kept) > timeline_bytes):
        gone.append(kept.pop(_closest(kept)))
    return gone


def _closest(kept: Sequence[SnapshotRecord]) -> int:
    """The inner one whose neighbours are nearest to each other, on a logarithmic scale."""
    return min(range(1, len(kept) - 1), key=lambda i: (kept[i + 1].step + 1) / (kept[i - 1].step + 1))
