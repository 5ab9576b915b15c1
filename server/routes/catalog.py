"""The catalogue: every kind that a document may name, with its schema."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from server.answers import Answer, declared
from server.dependencies import PartsDep
from server.squeeze import same_tag

router = APIRouter(prefix="/api/catalog", tags=["catalog"])


class Entry(BaseModel):
    """One kind. Families add facts of their own, such as a layer's `arity`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Its name in documents")
    title: str
    help: str
    category: str
    key: str = Field(description="Prefix of its sentences in a language's catalogue")
    schema_: dict[str, Any] = Field(alias="schema", description="JSON Schema of its settings")


class LayerEntry(Entry):
    """A layer kind."""

    arity: tuple[int, int] = Field(description="Fewest and most inputs")


class ProbeEntry(Entry):
    """A way of looking."""

    live: bool = Field(description="Whether it can be watched while a network learns")


class CatalogAnswer(BaseModel):
    """Everything that can stand in a document, by family, in the order of names."""

    layers: list[LayerEntry]
    data: list[Entry]
    preprocess: list[Entry]
    learners: list[Entry]
    optimizers: list[Entry]
    losses: list[Entry]
    schedules: list[Entry]
    initializers: list[Entry]
    probes: list[ProbeEntry]
    exports: list[Entry]
    imports: list[Entry]


@router.get(
    "",
    response_model=CatalogAnswer,
    responses={**declared(), 304: {"description": "You have it already"}},
    summary="All kinds with their schemas",
)
async def catalog(parts: PartsDep, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Palette, forms and help of the page follow from this. Its ETag changes with the version only."""
    content, etag = await parts.catalog.read()
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if same_tag(if_none_match, etag):
        return Response(status_code=304, headers={**headers, "Vary": "Accept-Encoding"})
    return Answer(content, headers=headers)
