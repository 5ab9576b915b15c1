"""Runs: submit, list, read, delete."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from models.events import Reason, State
from server.answers import Answer, declared
from server.dependencies import OwnerDep, PartsDep, RunId
from server.routes.documents import DOCUMENT

if TYPE_CHECKING:
    from server.store.base import RunRecord, RunSummary

router = APIRouter(prefix="/api/runs", tags=["runs"])

Metrics = dict[str, float | int | None]


class RunItem(BaseModel):
    """A run as a list shows it."""

    id: str
    number: int = Field(description="Counts up; for `before`")
    name: str
    digest: str = Field(description="Names the experiment: equal documents have equal digests")
    state: State
    reason: Reason | None = Field(description="Why it failed")
    detail: str = Field(description="The same in words")
    hint: str = Field(description="What to do about it")
    attempt: int
    epoch: int
    epochs: int | None = Field(description="As many as it will learn; null where that is open")
    step: int
    metrics: Metrics = Field(description="The last value of each column; null where it was not finite")
    created: datetime
    started: datetime | None
    ended: datetime | None
    build: str


class RunAnswer(RunItem):
    """A run with its document: all defaults written out, imported data pinned."""

    document: dict[str, Any]


class RunsAnswer(BaseModel):
    """A page of runs, newest first."""

    items: list[RunItem]
    next: int | None = Field(description="`before` of the next page; null at the end")


def item(run: RunSummary) -> dict[str, Any]:
    """A run as the list shows it."""
    return {name: getattr(run, name) for name in RunItem.model_fields}


def answer(run: RunRecord) -> dict[str, Any]:
    """A run as its own address shows it."""
    return {**item(run), "document": orjson.loads(run.document)}


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key and body give the same run, however often they are sent",
    ),
]


@router.post(
    "",
    status_code=201,
    response_model=RunAnswer,
    openapi_extra=DOCUMENT,
    responses=declared(404, 409, 429, 503, 507, write=True),
    summary="Train an experiment",
)
async def submit(request: Request, parts: PartsDep, owner: OwnerDep, idempotency_key: Key = None) -> Answer:
    """Takes the document itself. After 201 the run is kept, whatever happens to the server."""
    run = await parts.runs.submit(owner, await request.body(), idempotency_key)
    return Answer(answer(run), 201, {"Location": f"/api/runs/{run.id}"})


@router.get("", response_model=RunsAnswer, responses=declared(422), summary="All runs, newest first")
async def list_runs(
    parts: PartsDep,
    owner: OwnerDep,
    limit: Annotated[int, Query(ge=1, le=500, description="Runs on a page")] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the page before")] = None,
    state: Annotated[State | None, Query(description="Only runs in this state")] = None,
    search: Annotated[
        str | None, Query(max_length=120, pattern=r"^[^\x00]*$", description="Part of the name")
    ] = None,
) -> Answer:
    """A page at a time."""
    runs = await parts.store.list_runs(owner, limit, before, state, search)
    following = runs[-1].number if len(runs) == limit else None
    return Answer({"items": [item(run) for run in runs], "next": following})


@router.get("/{run_id}", response_model=RunAnswer, responses=declared(404, 422), summary="One run")
async def read_run(run_id: RunId, parts: PartsDep, owner: OwnerDep) -> Answer:
    """Its state, its last measurements, its document."""
    return Answer(answer(await parts.store.get_run(owner, run_id)))


@router.delete("/{run_id}", status_code=204, responses=declared(404, 409, 422), summary="Forget a run")
async def delete_run(run_id: RunId, parts: PartsDep, owner: OwnerDep) -> Response:
    """Stops it if need be; its events and snapshots go too."""
    await parts.runs.delete(owner, run_id)
    return Response(status_code=204)
