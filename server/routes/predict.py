"""Use a run directly, and examine it on the part of the data that it never saw."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from server.answers import Answer, declared
from server.dependencies import OwnerDep, PartsDep, RunId
from server.handlers import StrictRoute
from server.routes.probes import SnapshotId

router = APIRouter(prefix="/api/runs", tags=["runs"], route_class=StrictRoute)


class PredictRequest(BaseModel):
    """Raw rows, as they were before preprocessing: by position, or by column name for tables."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    inputs: list[Any] = Field(min_length=1, max_length=10_000)
    snapshot: SnapshotId = None


class Prediction(BaseModel):
    """One entry per row."""

    outputs: list[Any] = Field(description="What the network says: logits or values")
    classes: list[str] | None = Field(None, description="The likeliest class of each row (classifiers)")
    probabilities: list[list[float | None]] | None = Field(None, description="Per class (classifiers)")


class ExamRequest(BaseModel):
    """Which snapshot takes the exam."""

    model_config = ConfigDict(extra="forbid")

    snapshot: SnapshotId = None


@router.post(
    "/{run_id}/predict",
    response_model=Prediction,
    responses=declared(404, 409, 503, write=True),
    summary="Predict with a run",
)
async def predict(run_id: RunId, body: PredictRequest, parts: PartsDep, owner: OwnerDep) -> Answer:
    """The run's own preprocessing is applied to each row."""
    return Answer(await parts.runs.look(owner, run_id, "predict", {"rows": body.inputs}, body.snapshot))


@router.post(
    "/{run_id}/exam",
    response_model=dict[str, Any],
    responses=declared(404, 409, 503, write=True),
    summary="The final exam",
)
async def exam(run_id: RunId, body: ExamRequest, parts: PartsDep, owner: OwnerDep) -> Answer:
    """Every metric on the test part. Look once: what is tuned on it is no test any more."""
    return Answer(await parts.runs.look(owner, run_id, "exam", {}, body.snapshot))
