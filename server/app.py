"""Wires the parts of the server together, opens them in order, and mounts the API and the page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI

from server import handlers, openapi
from server.bodies import Caps
from server.catalog import Catalog
from server.datasets import Datasets
from server.dependencies import Parts
from server.executors.local import LocalExecutor
from server.feed import Feed
from server.files import Files, HomeLock
from server.forks import ForkServer
from server.helper import Helper
from server.log import log
from server.page import STATIC, Page
from server.routes import ROUTERS
from server.rules import Rules
from server.runs import Runs
from server.settings import Settings
from server.squeeze import Squeeze
from server.store.sql import SqlStore
from server.web import Guard, Traffic


def create_app(
    settings: Settings,
    static: Path = STATIC,
    traffic: Traffic | None = None,
    forks: ForkServer | None = None,
) -> FastAPI:
    """The application. Its lifespan opens the data folder: one server at a time."""
    counts = traffic or Traffic()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings, counts, forks) as parts:
            app.state.parts = parts
            yield

    app = FastAPI(
        title="Oqu",
        summary="A self-hosted playground for neural networks",
        version=version("oqu"),
        openapi_url=None,  # served by server.openapi, complete
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nothing is sent anywhere
    )
    app.add_middleware(Squeeze)
    app.add_middleware(Guard, rules=Rules.of(settings), caps=Caps.of(settings), traffic=counts)
    handlers.install(app)
    for router in ROUTERS:
        app.include_router(router)
    openapi.install(app)
    app.router.default = Page(static)  # no mount: it would hide which methods an address takes
    return app


@asynccontextmanager
async def opened(
    settings: Settings, traffic: Traffic | None = None, forks: ForkServer | None = None
) -> AsyncIterator[Parts]:
    """All parts, ready to take requests; what needs torch gets warm meanwhile. Closed in the reverse order.

    `forks` may have been launched already.
    """
    async with AsyncExitStack() as stack:
        forks = forks or ForkServer()
        stack.push_async_callback(forks.close)
        lock = HomeLock(settings.home)
        lock.acquire()
        stack.callback(lock.release)
        store = SqlStore(settings.database)
        await store.open()
        stack.push_async_callback(store.close)
        helper = Helper(forks, check_seconds=settings.check_seconds, import_seconds=settings.import_seconds)
        stack.push_async_callback(helper.close)
        executor = LocalExecutor(forks)
        stack.push_async_callback(executor.close)
        files, feed = Files(settings.home / "files"), Feed(store.lines, settings.watcher_bytes)
        datasets = Datasets(store, settings, helper.call)
        await datasets.open()
        runs = Runs(settings, store, feed, files, executor, helper, build=build())
        await runs.start()
        stack.push_async_callback(runs.close)
        for work in (_warm(executor, helper), _sweep(store, files)):
            stack.push_async_callback(_cancelled, asyncio.create_task(work))
        yield Parts(
            settings=settings,
            traffic=traffic or Traffic(),
            catalog=Catalog(),
            store=store,
            files=files,
            feed=feed,
            helper=helper,
            datasets=datasets,
            runs=runs,
        )


def build() -> str:
    """What results depend on to the last bit."""
    return f"oqu {version('oqu')}, torch {version('torch')}"


async def _warm(executor: LocalExecutor, helper: Helper) -> None:
    try:
        await executor.start()
        await helper.start()
    except Exception:
        log.exception("the warm processes did not start")


async def _sweep(store: SqlStore, files: Files) -> None:
    """Remove files that a crash left without a row."""
    try:
        await asyncio.to_thread(files.sweep, await store.file_hashes())
    except Exception:
        log.exception("orphaned files were not removed")


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
