"""Bring data: name a set, send its files, look at them, import them.

    POST /api/datasets {"name": "flowers"}                       -> id
    PUT  /api/datasets/{id}/content?name=flowers.csv             the raw file; once per file, an IDX pair has two
    POST /api/datasets/{id}/preview {"options": {}}              how it would be understood
    POST /api/datasets/{id}/import {"options": {"target": "species"}}

From then on a document names it: {"type": "dataset", "name": "flowers"}.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from models.data.base import DataInfo
from server.answers import Answer, declared
from server.dependencies import ID, OwnerDep, Parts, PartsDep
from server.handlers import StrictRoute

if TYPE_CHECKING:
    from server.store.base import DatasetRecord

router = APIRouter(prefix="/api/datasets", tags=["datasets"], route_class=StrictRoute)

DatasetId = Annotated[str, Path(pattern=ID, description="The data set's id")]
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")]


class NewDataset(BaseModel):
    """How documents will call it."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class Options(BaseModel):
    """How to understand the files; what is left out is found out."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    options: dict[str, Any] = Field(
        {},
        max_length=50,
        description="Settings of one of the catalogue's `imports`; its `type` too, where the guess is wrong",
        examples=[{"target": "species"}],
    )


class UploadedFile(BaseModel):
    """A file as it was sent."""

    name: str
    size: int
    sha256: str


class DatasetItem(BaseModel):
    """A data set; it can be used once it is ready."""

    id: str
    name: str
    state: Literal["empty", "ready"]
    sha256: str | None = Field(description="Names its content; documents are pinned to it")
    bytes: int = Field(description="On the disk, prepared")
    created: datetime
    info: DataInfo | None


class DatasetAnswer(DatasetItem):
    """A data set with the files that were sent."""

    files: list[UploadedFile]


class DatasetsAnswer(BaseModel):
    """By name."""

    items: list[DatasetItem]


class FilesAnswer(BaseModel):
    """All files of the set so far."""

    files: list[UploadedFile]


def _item(record: DatasetRecord) -> dict[str, Any]:
    facts = {name: getattr(record, name) for name in DatasetItem.model_fields if name != "bytes"}
    return facts | {"bytes": record.size}


async def _answer(parts: Parts, owner: str, record: DatasetRecord) -> dict[str, Any]:
    return _item(record) | {"files": await parts.datasets.uploads(owner, record.id)}


@router.get("", response_model=DatasetsAnswer, responses=declared(), summary="All data sets")
async def list_datasets(parts: PartsDep, owner: OwnerDep) -> Answer:
    """Those that were brought here; bundled and made-up data stand in the catalogue."""
    return Answer({"items": [_item(each) for each in await parts.store.list_datasets(owner)]})


@router.post(
    "",
    status_code=201,
    response_model=DatasetAnswer,
    responses=declared(409, 507, write=True),
    summary="A new, empty data set",
)
async def create_dataset(body: NewDataset, parts: PartsDep, owner: OwnerDep) -> Answer:
    """Send its files next."""
    record = await parts.datasets.create(owner, body.name)
    return Answer(await _answer(parts, owner, record), 201, {"Location": f"/api/datasets/{record.id}"})


@router.get(
    "/{dataset_id}", response_model=DatasetAnswer, responses=declared(404, 422), summary="One data set"
)
async def read_dataset(dataset_id: DatasetId, parts: PartsDep, owner: OwnerDep) -> Answer:
    """Its facts and the files that were sent."""
    return Answer(await _answer(parts, owner, await parts.store.get_dataset(owner, dataset_id)))


@router.put(
    "/{dataset_id}/content",
    response_model=FilesAnswer,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file itself",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    responses=declared(404, 409, 507, write=True),
    summary="Send a file",
)
async def put_content(
    dataset_id: DatasetId,
    request: Request,
    parts: PartsDep,
    owner: OwnerDep,
    name: Annotated[
        str, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$", description="What the file is called")
    ] = "data",
) -> Answer:
    """A raw body, streamed to the disk. A file of the same name is replaced."""
    return Answer({"files": await parts.datasets.receive(owner, dataset_id, name, request.stream())})


@router.get(
    "/{dataset_id}/preview",
    response_model=dict[str, Any],
    responses=declared(404, 409, 422, 503),
    summary="How the files would be understood",
)
async def preview_dataset(dataset_id: DatasetId, parts: PartsDep, owner: OwnerDep) -> Answer:
    """First rows, types of columns, balance of classes, problems."""
    return Answer(await parts.datasets.preview(owner, dataset_id, {}))


@router.post(
    "/{dataset_id}/preview",
    response_model=dict[str, Any],
    responses=declared(404, 409, 503, write=True),
    summary="The same with options",
)
async def preview_with_options(
    dataset_id: DatasetId, body: Options, parts: PartsDep, owner: OwnerDep
) -> Answer:
    """Changes nothing: try another target, another size."""
    return Answer(await parts.datasets.preview(owner, dataset_id, body.options))


@router.post(
    "/{dataset_id}/import",
    response_model=DatasetAnswer,
    responses=declared(404, 409, 503, 507, write=True),
    summary="Import the files",
)
async def import_dataset(dataset_id: DatasetId, body: Options, parts: PartsDep, owner: OwnerDep) -> Answer:
    """After this, documents can name it. The files are kept, so that other options can be tried."""
    record = await parts.datasets.finish(owner, dataset_id, body.options)
    return Answer(await _answer(parts, owner, record))


@router.delete(
    "/{dataset_id}", status_code=204, responses=declared(404, 409, 422), summary="Forget a data set"
)
async def delete_dataset(dataset_id: DatasetId, parts: PartsDep, owner: OwnerDep) -> Response:
    """Its content stays as long as a run that can be looked at learnt from it."""
    await parts.datasets.delete(owner, dataset_id)
    return Response(status_code=204)
