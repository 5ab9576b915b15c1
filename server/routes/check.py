"""Check a document without running it, and look at its data before any training."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from models.data.base import DataInfo
from models.errors import Problem
from server.answers import Answer, declared
from server.dependencies import OwnerDep, PartsDep
from server.handlers import StrictRoute
from server.plain import encode
from server.routes.documents import DOCUMENT

router = APIRouter(prefix="/api", tags=["check"], route_class=StrictRoute)


class LayerPlan(BaseModel):
    """A layer as it will be built; null where a problem before it leaves that open."""

    id: str
    type: str
    inputs: list[str] = Field(description="Where its tensors come from, written out")
    input_shapes: list[list[int] | None] = Field(description="Without the batch")
    output_shape: list[int] | None
    parameters: int
    multiply_adds: int
    activation_bytes: int


class NetworkPlan(BaseModel):
    """A network as it will be built."""

    layers: list[LayerPlan]
    parameters: int
    multiply_adds: int = Field(description="For one example, forward")
    memory_bytes: int = Field(description="While it trains")
    output_shape: list[int] | None


class CheckAnswer(BaseModel):
    """Everything known about a document, and everything wrong with it."""

    errors: list[Problem]
    networks: dict[str, NetworkPlan]
    data: DataInfo | None = Field(None, description="Facts about the data, as the network will see them")
    digest: str | None = Field(None, description="Names the experiment; null while it has errors")
    remarks: list[Problem] = Field([], description="What works, but hardly as it was meant; refuses nothing")
    probes: list[str] = Field([], description="Ways of looking that make sense for it")


class PreviewRequest(BaseModel):
    """Whose data."""

    model_config = ConfigDict(extra="forbid")

    experiment: dict[str, Any] = Field(description="An experiment document")


class PartPreview(BaseModel):
    """Raw rows of one part, before preprocessing."""

    inputs: list[Any] = Field(description="At most 1,000 rows")
    targets: list[Any]
    rows: int = Field(description="How many the part has")


class PreviewAnswer(BaseModel):
    """The data of a document as they are before training."""

    info: DataInfo
    parts: dict[str, PartPreview]


@router.post(
    "/check",
    response_model=CheckAnswer,
    openapi_extra=DOCUMENT,
    responses=declared(503, write=True),
    summary="Check a document",
)
async def check(request: Request, parts: PartsDep, owner: OwnerDep) -> Answer:
    """Shapes, cost and every problem at once. Nothing is trained; 422 only where it is no JSON object."""
    return Answer(await parts.runs.check(owner, await request.body()))


@router.post(
    "/preview",
    response_model=PreviewAnswer,
    responses=declared(404, 503, write=True),
    summary="The data of a document",
)
async def preview(body: PreviewRequest, parts: PartsDep, owner: OwnerDep) -> Answer:
    """Raw rows of each part: points for the map, pictures, rows of a table."""
    return Answer(await parts.runs.preview(owner, encode(body.experiment)))
