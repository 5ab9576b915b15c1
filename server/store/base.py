"""The door to the database: what the server asks of a store, and the rows it gets back.

The server is the only writer. A person's request carries the owner first and sees that owner's rows only;
what a run's own driver writes carries the run and its attempt, which is the fence: a write of an attempt
that is over is refused with FencedError.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from models.events import Event, State
from server.doors import LOCAL as LOCAL

SnapshotKind = Literal["recovery", "timeline"]
DatasetState = Literal["empty", "ready"]


def new_id() -> str:
    """A name for a row: random, so that it tells nothing and two servers never make the same."""
    return secrets.token_hex(8)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSummary:
    """A run as a list shows it. `metrics` holds the last value of each column, None if not finite."""

    id: str
    number: int
    owner: str
    name: str
    digest: str
    state: State
    reason: str | None
    detail: str
    hint: str
    attempt: int
    epoch: int
    epochs: int | None
    step: int
    metrics: dict[str, float | int | None]
    created: datetime
    started: datetime | None
    ended: datetime | None
    cancel_requested: bool
    build: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord(RunSummary):
    """A run with its document. `strikes` counts attempts lost since the last snapshot, `seconds` what was
    spent learning until the last snapshot or the last loss of a worker."""

    document: str
    last_seq: int
    strikes: int
    seconds: float = 0.0


class StoredEvent(NamedTuple):
    """An event as it is sent: its number, its JSON, and whether it is the run's last."""

    seq: int
    text: str
    last: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotRecord:
    """The row of a snapshot whose file is already safe on the disk."""

    step: int
    epoch: int
    kind: SnapshotKind
    sha256: str
    size: int
    metrics: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class ControlRecord:
    """A change somebody made while a run learned. `step` is None until the worker has said when it was applied."""

    id: int
    step: int | None
    set: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetRecord:
    """An imported data set. `sha256` names the prepared content; `info` is its models.data.DataInfo as JSON."""

    id: str
    owner: str
    name: str
    state: DatasetState
    sha256: str | None
    size: int
    info: dict[str, Any] | None
    created: datetime


class Store(Protocol):
    """All that the server keeps. Each method is one transaction; what it returned from is on the disk."""

    async def open(self) -> None:
        """Connect; bring the tables up to date, after a backup of what is there."""

    async def close(self) -> None:
        """Finish what was asked and close."""

    # --- runs -----------------------------------------------------------------------------------

    def idempotent(
        self, owner: str, key: str | None, body_hash: str
    ) -> AbstractAsyncContextManager[RunRecord | None]:
        """Hold a submission's key while it is worked on; gives the run that this key already made, if any.

        Raises ConflictError while another submission with the key is in flight, IdempotencyError if the key
        came with another body before. Without a key it gives None.
        """
        ...

    async def create_run(
        self,
        owner: str,
        document: str,
        digest: str,
        name: str,
        epochs: int | None,
        idempotency_key: str | None = None,
        body_hash: str = "",
        build: str = "",
    ) -> tuple[RunRecord, bool]:
        """A queued run, and True; or the run that the same key and body made before, and False.

        Raises IdempotencyError if the key came with another body.
        """
        ...

    async def get_run(self, owner: str, run_id: str) -> RunRecord:
        """Raises NotFoundError."""
        ...

    async def find_run(self, run_id: str) -> RunRecord:
        """The run whoever owns it: for the server's own errands. Raises NotFoundError."""
        ...

    async def list_runs(
        self,
        owner: str,
        limit: int = 50,
        before: int | None = None,
        state: str | None = None,
        search: str | None = None,
    ) -> list[RunSummary]:
        """Newest first. `before` is the `number` of the last run of the page before; `search` is part of a name."""
        ...

    async def delete_run(self, owner: str, run_id: str) -> list[str]:
        """Delete an ended run; gives the hashes of files that nothing needs any more.

        Raises NotFoundError, or ConflictError while it is not ended.
        """
        ...

    async def count_runs(self) -> dict[str, int]:
        """Runs by state, of all owners."""
        ...

    async def request_cancel(self, owner: str, run_id: str) -> RunRecord:
        """Note that somebody wants it to end; survives a crash. No change to a run that has ended."""
        ...

    # --- the queue ------------------------------------------------------------------------------

    async def claim_next(self) -> RunRecord | None:
        """The next queued run, now running, with its attempt raised by one; None when none waits.

        Fair: the owner with the fewest runs under way, then the one served longest ago; their oldest run.
        """
        ...

    async def unfinished(self) -> list[RunRecord]:
        """Running and paused runs of all owners: after a start, those that somebody must go on with."""
        ...

    async def reclaim(self, run_id: str, attempt: int, *, strike: bool, seconds: float = 0.0) -> RunRecord:
        """Give up on `attempt` and begin the next: the attempt raised by one, state running.

        `seconds` more were spent learning.

        `strike` counts it as lost by the worker (a restart of the server does not). The caller appends
        Resumed with the new attempt. Raises FencedError if `attempt` is not the current one.
        """
        ...

    # --- events ---------------------------------------------------------------------------------

    async def append(self, run_id: str, attempt: int, events: Sequence[Event]) -> list[Event]:
        """Number and keep events, and bring the run's row up to date, in one transaction.

        Raises FencedError when `attempt` is over or the run has ended, NotFoundError.
        """
        ...

    async def events(self, run_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
        """The events after that number, in order."""
        ...

    async def lines(self, run_id: str, after: int = 0, limit: int = 1000) -> list[StoredEvent]:
        """The same as they are sent, without parsing: for replay."""
        ...

    async def last_seq(self, run_id: str) -> int:
        """The number of the run's last event; 0 when it has said nothing."""
        ...

    async def metrics(self, run_id: str, points: int | None = None) -> dict[str, Any]:
        """`{"series": {"epoch": {"columns": {…}, "nonfinite": {…}}, …}, "through": seq}`.

        Rows voided by `resumed` are dropped. With `points`, at most that many rows per series, the first and
        the last among them. A column not measured in a row is None there.
        """
        ...

    # --- snapshots and control ------------------------------------------------------------------

    async def add_snapshot(
        self, run_id: str, attempt: int, snapshot: SnapshotRecord, seconds: float = 0.0
    ) -> Event:
        """The row of a snapshot and its event, in one transaction; ends the count of strikes.

        `seconds` more were spent learning.

        Raises FencedError, NotFoundError.
        """
        ...

    async def snapshots(self, run_id: str, kind: SnapshotKind | None = None) -> list[SnapshotRecord]:
        """By step, oldest first."""
        ...

    async def prune_snapshots(
        self, run_id: str, recovery: int = 2, timeline: int = 60, timeline_bytes: int = 200_000_000
    ) -> list[str]:
        """Drop rows beyond the bounds; gives the hashes of files that nothing needs any more.

        Of the time line the first and the last are always kept, and the rest stay log-spaced.
        """
        ...

    async def add_control(self, run_id: str, step: int | None, changes: Mapping[str, Any]) -> ControlRecord:
        """Keep a change before it is acknowledged."""
        ...

    async def apply_control(self, run_id: str, control_id: int, step: int) -> None:
        """Note at which step the worker applied it."""
        ...

    async def controls(self, run_id: str) -> list[ControlRecord]:
        """In the order they were made."""
        ...

    async def file_hashes(self) -> set[str]:
        """Every file that a row needs. What else is in the folder is an orphan."""
        ...

    # --- data sets ------------------------------------------------------------------------------

    async def create_dataset(self, owner: str, name: str) -> DatasetRecord:
        """An empty one. Raises ConflictError if the owner has one of that name."""
        ...

    async def put_dataset_content(
        self, owner: str, dataset_id: str, sha256: str, size: int, info: Mapping[str, Any]
    ) -> DatasetRecord:
        """Its content is safe on the disk under this hash. Raises NotFoundError."""
        ...

    async def get_dataset(self, owner: str, ref: str) -> DatasetRecord:
        """By id or by name. Raises NotFoundError."""
        ...

    async def list_datasets(self, owner: str) -> list[DatasetRecord]:
        """By name."""
        ...

    async def all_datasets(self) -> list[DatasetRecord]:
        """Of all owners: for the server's own errands."""
        ...

    async def delete_dataset(self, owner: str, dataset_id: str) -> None:
        """Raises NotFoundError, or ConflictError while a run that has not ended uses it."""
        ...

    async def dataset_hashes(self) -> set[str]:
        """Every data set content that a data set or a run needs."""
        ...
