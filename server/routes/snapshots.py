"""A run's time line."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from server.answers import Answer, declared
from server.dependencies import OwnerDep, PartsDep, RunId

router = APIRouter(prefix="/api/runs", tags=["runs"])


class SnapshotItem(BaseModel):
    """A point in a run to look back to."""

    id: str
    step: int
    epoch: int
    kind: Literal["recovery", "timeline"]
    sha256: str
    size: int
    metrics: dict[str, float | int | None]


class SnapshotsAnswer(BaseModel):
    """By step, oldest first."""

    items: list[SnapshotItem]


@router.get(
    "/{run_id}/snapshots",
    response_model=SnapshotsAnswer,
    responses=declared(404, 422),
    summary="The time line",
)
async def snapshots(run_id: RunId, parts: PartsDep, owner: OwnerDep) -> Answer:
    """Any of them can be looked at, predicted with, or begun from."""
    await parts.store.get_run(owner, run_id)
    found = await parts.store.snapshots(run_id)
    return Answer(
        {"items": [{name: getattr(one, name) for name in SnapshotItem.model_fields} for one in found]}
    )
