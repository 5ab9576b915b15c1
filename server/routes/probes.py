"""Look at one snapshot of a run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from server.answers import Answer, declared
from server.dependencies import ID, OwnerDep, PartsDep, RunId
from server.handlers import StrictRoute

router = APIRouter(prefix="/api/runs", tags=["runs"], route_class=StrictRoute)

SnapshotId = Annotated[str | None, Field(pattern=ID, description="null: the newest")]
TILES = "application/octet-stream"


class Look(BaseModel):
    """What to look at."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    snapshot: SnapshotId = None
    params: dict[str, Any] = Field({}, max_length=50, description="The probe's own settings")


class Figure(BaseModel):
    """A Plotly figure; arrays as base64 typed arrays."""

    model_config = ConfigDict(extra="allow")

    data: list[dict[str, Any]]
    layout: dict[str, Any]


@router.post(
    "/{run_id}/probes/{probe}",
    response_model=Figure,
    responses={
        **declared(404, 409, 503, write=True),
        200: {
            "content": {TILES: {"schema": {"type": "string", "format": "binary"}}},
            "description": "A Plotly figure, or tiles: 4-byte header length, JSON header, bytes",
        },
    },
    summary="A picture of one snapshot",
)
async def probe(
    run_id: RunId,
    probe: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="A probe of the catalogue")],
    body: Look,
    parts: PartsDep,
    owner: OwnerDep,
    form: Annotated[Literal["figure", "tiles"], Query(description="What to answer")] = "figure",
) -> Response:
    """The same picture that a live watcher gets, at any point of the time line."""
    payload = {"probe": probe, "params": body.params, "form": form}
    found = await parts.runs.look(owner, run_id, "probe", payload, body.snapshot)
    return Response(found, media_type=TILES) if form == "tiles" else Answer(found)
