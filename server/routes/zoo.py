"""The zoo: experiments shipped with Oqu."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel

from server.answers import Answer, declared
from server.errors import NotFoundError

router = APIRouter(prefix="/api/zoo", tags=["zoo"])


class ZooItem(BaseModel):
    """One experiment on the shelf."""

    slug: str
    name: str
    summary: str
    tags: list[str]
    level: str


class ZooAnswer(BaseModel):
    """The shelf, in the order in which to read it."""

    items: list[ZooItem]


@router.get("", responses=declared(), summary="Shipped experiments")
async def list_zoo() -> ZooAnswer:
    """What each is about; the document itself is one address further."""
    return ZooAnswer(items=[ZooItem(**item) for item in await asyncio.to_thread(_items)])


@router.get(
    "/{slug}",
    response_model=dict[str, Any],
    response_description="The experiment document",
    responses=declared(404),
    summary="One shipped experiment",
)
async def read_zoo(slug: Annotated[str, Path(max_length=64, description="Its short name")]) -> Answer:
    """Ready to be sent to POST /api/runs."""
    if slug not in {item["slug"] for item in await asyncio.to_thread(_items)}:
        raise NotFoundError(
            "zoo.unknown",
            f"The zoo has no experiment called {slug!r}.",
            hint="GET /api/zoo lists them.",
            slug=slug,
        )
    return Answer(await asyncio.to_thread(_experiment, slug))


def _items() -> list[dict[str, Any]]:
    from models import zoo

    fields = ZooItem.model_fields
    return [{name: item[name] for name in fields} for item in zoo.items()]


def _experiment(slug: str) -> Any:
    from models import zoo

    return zoo.document(slug)
