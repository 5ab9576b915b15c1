"""What routes ask for by type: the parts of the running server, the owner, and ids that are safe to look up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from server.feed import Feed
from server.files import Files
from server.helper import HelperDoor
from server.runs import Runs
from server.settings import Settings
from server.store.base import LOCAL, Store
from server.web import Traffic

if TYPE_CHECKING:
    from server.catalog import Catalog
    from server.datasets import Datasets


@dataclass(kw_only=True)
class Parts:
    """The running server, opened by `server.app`'s lifespan."""

    settings: Settings
    traffic: Traffic
    catalog: Catalog
    store: Store
    files: Files
    feed: Feed
    helper: HelperDoor
    datasets: Datasets
    runs: Runs


async def _parts(connection: HTTPConnection) -> Parts:
    parts: Parts = connection.app.state.parts
    return parts


async def _owner() -> str:
    return LOCAL


PartsDep = Annotated[Parts, Depends(_parts)]
OwnerDep = Annotated[str, Depends(_owner)]
ID = r"^[A-Za-z0-9_-]{1,64}$"
RunId = Annotated[str, Path(pattern=ID, description="The run's id")]
