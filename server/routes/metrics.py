"""The measurements of a run as columns."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from server.answers import Answer, declared
from server.dependencies import OwnerDep, PartsDep, RunId

router = APIRouter(prefix="/api/runs", tags=["runs"])


class Series(BaseModel):
    """Equal-length columns; null where a value was not measured, or not finite and listed."""

    columns: dict[str, list[float | int | None]]
    nonfinite: dict[str, list[tuple[int, str]]] = {}


class MetricsAnswer(BaseModel):
    """All measurements up to an event."""

    series: dict[str, Series]
    through: int = Field(description="Number of the last event in here: `live?after=` goes on from it")


@router.get(
    "/{run_id}/metrics",
    response_model=MetricsAnswer,
    responses={
        **declared(404, 422),
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "Columns, or a table"},
    },
    summary="Measurements as columns",
)
async def metrics(
    run_id: RunId,
    parts: PartsDep,
    owner: OwnerDep,
    points: Annotated[
        int | None, Query(ge=2, le=100_000, description="Thin each series to at most that many rows")
    ] = None,
    format: Annotated[Literal["json", "csv"], Query(description="csv: one series as a table")] = "json",
    series: Annotated[Literal["epoch", "step"], Query(description="Which one, for csv")] = "epoch",
) -> Response:
    """Rows that a resumed run repeats appear once."""
    await parts.store.get_run(owner, run_id)
    found = await parts.store.metrics(run_id, points)
    if format == "json":
        return Answer(found)
    columns = _ordered(found["series"].get(series, {"columns": {}})["columns"])
    text = await asyncio.to_thread(_table, columns)
    name = f'attachment; filename="{run_id}-{series}.csv"'
    return Response(text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


def _ordered(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Where a row stands first, then what was measured, by name."""
    names = sorted(columns, key=lambda name: (name not in ("epoch", "step"), name))
    return {name: columns[name] for name in names}


def _table(columns: dict[str, list[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()
