"""`oqu data`: bring data from the command line, through the server when one runs, else into the data folder itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.errors import DataError
from server.address import running
from server.client import Client
from server.settings import Settings
from server.store.base import LOCAL


def add(name: str, files: Sequence[Path], options: dict[str, Any], console: Console) -> int:
    """Import files under a name. Raises OquError; then nothing is left of it."""
    for file in files:
        if not file.is_file():
            raise DataError("data.file", f"There is no file {file}.", hint="Look at its path.")
    settings = Settings()
    address = running(settings.home)
    with console.status(f"Importing {escape(name)} ..."):
        if address is not None:
            made = _through(Client(address), name, files, options)
        else:
            made = asyncio.run(_into(settings, name, files, options))
    info = made["info"]
    what = f"{len(info['classes'])} classes" if info["classes"] else f"target {', '.join(info['targets'])}"
    shape = " x ".join(str(size) for size in info["shape"])
    console.print(f"[green]{escape(name)}[/green]: {info['rows']:,} rows of {shape}, {info['task']}, {what}")
    for problem in info["problems"]:
        console.print(f"  [yellow]{escape(problem)}[/yellow]")
    console.print(f'Use it in an experiment: "data": {{"type": "dataset", "name": "{escape(name)}"}}')
    return 0


def _through(client: Client, name: str, files: Sequence[Path], options: dict[str, Any]) -> Any:
    made = client.ask("POST", "/api/datasets", {"name": name})
    address = f"/api/datasets/{made['id']}"
    try:
        for file in files:
            client.upload(f"{address}/content", file)
        return client.ask("POST", f"{address}/import", {"options": options})
    except BaseException:
        client.ask("DELETE", address)
        raise


async def _into(settings: Settings, name: str, files: Sequence[Path], options: dict[str, Any]) -> Any:
    async with _datasets(settings) as (datasets, _):
        record = await datasets.add(LOCAL, name, files, options)
        return {"info": record.info}


def show(console: Console) -> int:
    """All data sets as a table."""
    settings = Settings()
    address = running(settings.home)
    if address is not None:
        items = Client(address).ask("GET", "/api/datasets")["items"]
    else:
        items = asyncio.run(_listed(settings))
    table = Table("name", "rows", "shape", "task", "MB", box=None)
    for item in items:
        info = item["info"]
        facts = ("", "", item["state"])
        if info:
            facts = (f"{info['rows']:,}", " x ".join(str(size) for size in info["shape"]), info["task"])
        table.add_row(item["name"], *facts, f"{item['bytes'] / 1e6:.1f}")
    console.print(table if items else "No data sets yet: oqu data add NAME FILE")
    return 0


async def _listed(settings: Settings) -> list[dict[str, Any]]:
    async with _datasets(settings) as (_, store):
        records = await store.list_datasets(LOCAL)
    return [{"name": r.name, "state": r.state, "bytes": r.size, "info": r.info} for r in records]


@asynccontextmanager
async def _datasets(settings: Settings) -> AsyncIterator[Any]:
    """The data folder, opened for this command alone; imports happen in this process."""
    from server.datasets import Datasets
    from server.files import HomeLock
    from server.store.sql import SqlStore

    lock = HomeLock(settings.home)
    lock.acquire()
    store = SqlStore(settings.database)
    try:
        await store.open()
        datasets = Datasets(store, settings, _here)
        await datasets.open()
        yield datasets, store
    finally:
        await store.close()
        lock.release()


async def _here(name: str, payload: dict[str, Any], _deadline: float | None) -> Any:
    from server.helper import TABLE

    return await asyncio.to_thread(TABLE[name], payload)
