"""Steer a run while it learns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from models.control import Pace
from server.answers import Answer, declared
from server.dependencies import OwnerDep, PartsDep, RunId
from server.handlers import StrictRoute
from server.routes.runs import RunAnswer, answer

router = APIRouter(prefix="/api/runs", tags=["runs"], route_class=StrictRoute)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Plain(_Request):
    """Hold it, let it go on, do one step or one epoch, end it."""

    action: Literal["pause", "resume", "step", "epoch", "stop"]


class Change(_Request):
    """Change settings by their paths in the document; recorded at the step, so that a replay repeats it."""

    action: Literal["set"]
    set: dict[str, Any] = Field(
        min_length=1, max_length=50, examples=[{"learner.optimizer.lr": 0.002}], description="Path -> value"
    )


class Speed(_Request):
    """Hold a run to a pace, or let it go at full speed."""

    action: Literal["pace"]
    pace: Pace | None = Field(description="null: as fast as it can")


Control = Annotated[Plain | Change | Speed, Field(discriminator="action")]


@router.post(
    "/{run_id}/control",
    response_model=RunAnswer,
    responses=declared(404, 409, write=True),
    summary="Pause, resume, step, stop, change",
)
async def control(run_id: RunId, body: Control, parts: PartsDep, owner: OwnerDep) -> Answer:
    """A change is stored before it is acknowledged, and applied at the next step boundary."""
    changes = body.set if isinstance(body, Change) else None
    pace = body.pace.model_dump() if isinstance(body, Speed) and body.pace is not None else None
    run = await parts.runs.control(owner, run_id, body.action, set=changes, pace=pace)
    return Answer(answer(run))
