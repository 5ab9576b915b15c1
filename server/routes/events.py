"""All that a run has said, by number."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from models.events import Event
from server.answers import Answer, declared
from server.dependencies import OwnerDep, Parts, PartsDep, RunId
from server.store.base import StoredEvent

router = APIRouter(prefix="/api/runs", tags=["runs"])

_PROGRESS = '"kind":"progress"'


class EventsAnswer(BaseModel):
    """Events in order; without gaps unless progress was left out."""

    items: list[Event]
    last: int = Field(description="Number of the last one looked at; ask for those after it next")


@router.get(
    "/{run_id}/events",
    response_model=EventsAnswer,
    responses=declared(404, 422),
    summary="Events after a number",
)
async def events(
    run_id: RunId,
    parts: PartsDep,
    owner: OwnerDep,
    after: Annotated[int, Query(ge=0, le=2**53, description="Number of the last event you have")] = 0,
    limit: Annotated[int, Query(ge=1, le=5000, description="At most that many")] = 1000,
    progress: Annotated[bool, Query(description="Measurements too; /metrics has them as columns")] = True,
) -> Answer:
    """The same objects as the websocket sends. Empty `items` means that you have all there are."""
    await parts.store.get_run(owner, run_id)
    lines, last = await _read(parts, run_id, after, limit, progress)
    return Answer(f'{{"items":[{",".join(line.text for line in lines)}],"last":{last}}}'.encode())


async def _read(
    parts: Parts, run_id: str, after: int, limit: int, progress: bool
) -> tuple[list[StoredEvent], int]:
    """Pages of the store until there are enough; the last number that was looked at."""
    found: list[StoredEvent] = []
    while len(found) < limit:
        page = await parts.store.lines(run_id, after, limit)
        for line in page:
            after = line.seq
            if progress or _PROGRESS not in line.text[:80]:
                found.append(line)
            if len(found) == limit:
                break
        if not page:
            break
    return found, after
