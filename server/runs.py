"""Runs: submit, control, record, recover. Joins executor, helper, store, files and feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from server.store.base import RunRecord

Action = Literal["pause", "resume", "step", "epoch", "stop", "set", "pace"]


class RunsDoor(Protocol):
    """What routes ask of runs. The owner is always the first argument."""

    async def start(self) -> None:
        """Recover what was unfinished, and begin to schedule."""
        ...

    async def close(self) -> None:
        """Stop scheduling and end the workers; what is unfinished goes on at the next start."""
        ...

    async def submit(
        self, owner: str, document: bytes | str | dict[str, Any], idempotency_key: str | None = None
    ) -> RunRecord:
        """Check, store, queue. Raises DocumentError with all problems, IdempotencyError, ConflictError."""
        ...

    async def control(
        self, owner: str, run_id: str, action: Action, *, set: dict[str, Any] | None = None, pace: Any = None
    ) -> RunRecord:
        """Steer a run. The change is stored before this returns. `pace` is {"unit", "per_second"} or None."""
        ...

    async def delete(self, owner: str, run_id: str) -> None:
        """Stop it if need be, and forget it with all it wrote."""
        ...

    async def watch(self, owner: str, run_id: str, probe: str, params: dict[str, Any]) -> int:
        """Ask for live pictures. The id in their frames: the same for everyone who asks the same."""
        ...

    async def unwatch(self, run_id: str, watch_id: int) -> None:
        """One watcher less; the last one ends the pictures."""
        ...

    async def look(
        self,
        owner: str,
        run_id: str,
        what: Literal["probe", "predict", "exam"],
        payload: dict[str, Any],
        snapshot: str | None = None,
    ) -> Any:
        """Call the helper on a snapshot of a run (id; the newest when None). See server.helper for payloads."""
        ...
