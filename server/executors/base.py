"""What an executor is: it takes jobs and hands back what they say, until they end or are gone.

    async for message in executor.run(job): ...

A job whose messages end without an `Ended` event is lost: its process died. The caller decides whether to
try again; an executor never does.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from models.control import Command
from models.events import Event
from models.scene import Frame as Frame


class Job(BaseModel):
    """One attempt at one run: all that a worker needs to know, as JSON."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    attempt: int = 1
    document: dict[str, Any]
    resume: Path | None = None
    """The snapshot to go on from."""
    start: Path | None = None
    """The snapshot of another run whose weights the document begins with."""
    datasets: dict[str, Path] = {}
    """Folders of the imported sets that the document names."""
    home: Path | None = None
    """The data folder, for downloads that were made before."""
    mirror: str | None = None
    downloads: bool = False
    """Whether data may be fetched from their fixed addresses."""
    memory_limit: int | None = None
    """Bytes that the run may take on top of the warm process."""
    spent: float = 0.0
    """Seconds that attempts before this one have spent learning: the time limit counts them all."""
    cuda: bool = False
    """May use a GPU: such a process is started fresh, never forked."""
    heartbeat: float = 5.0
    """Seconds between two beats."""
    snapshot_every: float = 15.0
    """Seconds between two recovery snapshots; longer where they would cost more than one per cent."""


@dataclass(frozen=True)
class Events:
    """Something was said, in order. Not yet numbered."""

    events: list[Event]


@dataclass(frozen=True)
class SnapshotBytes:
    """A snapshot as it goes to the disk."""

    kind: Literal["recovery", "timeline"]
    step: int
    epoch: int
    content: bytes
    metrics: dict[str, float | int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Beat:
    """The worker lives. `idle` seconds ago its loop last gave a sign of life; 0 while paused."""

    idle: float = 0.0


Message = Events | SnapshotBytes | Frame | Beat


class Executor(Protocol):
    """Executes jobs. All methods belong to one event loop."""

    async def start(self) -> None:
        """Get warm. `run` works before that too, later."""
        ...

    def run(self, job: Job) -> AsyncGenerator[Message, None]:
        """Execute a job: its messages, until it has ended or is gone. Closing them ends the job at once.

        The job can be controlled from this call on.
        """
        ...

    def control(self, run_id: str, command: Command) -> bool:
        """Hand a command to a job. False where it is not running here."""
        ...

    def stop(self, run_id: str) -> None:
        """End a job: at the next step boundary, else by force after some seconds. Returns at once."""
        ...

    def kill(self, run_id: str) -> None:
        """End a job now, whatever it is doing. Returns at once; its messages end soon."""
        ...

    async def close(self) -> None:
        """End all jobs and all that was kept warm."""
        ...
