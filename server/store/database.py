"""One connection, one thread: every transaction of the server passes through here, one after another.

SQLite up to 3.51.2 can damage its write-ahead log when several connections commit and checkpoint at once,
so there is one, and it locks the file. Durability: a transaction that was reported is on the disk.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from server.errors import BusyError, ServerError, StorageError
from server.store import migrations

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Database:
    """An SQLAlchemy engine with one connection, used from one thread of its own."""

    def __init__(self, url: str, migrations_folder: Path = migrations.FOLDER) -> None:
        self.url = make_url(url)
        if self.url.drivername in ("postgresql", "postgres"):
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.migrations = migrations_folder
        self._engine: Engine | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    @property
    def file(self) -> Path | None:
        """SQLite's file; None for another database."""
        return Path(self.url.database) if self.url.drivername == "sqlite" and self.url.database else None

    async def open(self) -> None:
        """Connect and bring the tables up to date."""
        await self._call(self._open)

    async def close(self) -> None:
        """Finish what was asked and close. A second call does nothing."""
        try:
            await self._call(self._close)
        except BusyError:
            return
        self._thread.shutdown()

    async def do(self, work: Callable[[Connection], T]) -> T:
        """One transaction: all of it or nothing."""
        return await self._call(lambda: self._transaction(work))

    async def _call(self, work: Callable[[], T]) -> T:
        try:
            waiting = asyncio.get_running_loop().run_in_executor(self._thread, work)
        except RuntimeError as error:  # the thread has ended
            raise BusyError(
                "store.closed", "The server is closing.", hint="Try again in a moment."
            ) from error
        return await waiting

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        if self._engine is None:
            raise BusyError("store.closed", "The store is not open.", hint="Try again in a moment.")
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            raise _known(error) or error from error

    def _open(self) -> None:
        if self.file:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        self._engine = (
            _sqlite(self.url) if self.file else create_engine(self.url, **_POOL, pool_pre_ping=True)
        )
        try:
            self._migrate(self._engine)
        except BaseException as error:
            self._close()
            if isinstance(error, DBAPIError):
                raise _known(error) or error from error
            raise

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _migrate(self, engine: Engine) -> None:
        with engine.begin() as connection:
            found, head = migrations.version(connection), migrations.head(self.migrations)
        if found == head:
            return
        migrations.refuse_newer(found, self.migrations)
        if found is not None:
            self._back_up(engine, found)
        log.info("tables brought up to date", found=found, head=head)
        with engine.connect() as connection:
            # to change a table, SQLite's is copied and dropped: that must not take what hangs on its rows
            self._foreign_keys(connection, "OFF")
            with connection.begin():
                migrations.upgrade(connection, self.migrations)
                if self.file and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise StorageError(
                        "store.upgrade", "The upgrade would have lost rows; nothing was changed."
                    )
            self._foreign_keys(connection, "ON")

    def _foreign_keys(self, connection: Connection, value: str) -> None:
        if self.file:
            _raw(connection).execute(f"PRAGMA foreign_keys={value}")

    def _back_up(self, engine: Engine, found: str) -> None:
        """A copy beside the database; PostgreSQL has tools of its own, so there it is only said."""
        if self.file is None:
            log.warning("upgrading a PostgreSQL database: its backup is the operator's", found=found)
            return
        folder = self.file.parent / "backups"
        folder.mkdir(exist_ok=True)
        target = folder / f"{self.file.stem}-{found}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.sqlite"
        part = target.with_suffix(".part")
        with engine.connect() as connection:
            copy = sqlite3.connect(part)
            try:
                _raw(connection).backup(copy)
            finally:
                copy.close()
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.rename(target)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        log.info("backup made before the upgrade", file=target.name)


_POOL: dict[str, Any] = {"pool_size": 1, "max_overflow": 0}


def _sqlite(url: Any) -> Engine:
    engine = create_engine(url, **_POOL, connect_args={"timeout": 1})

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say
        connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows ASCII only
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _known(error: DBAPIError) -> ServerError | None:
    """What an operator can mend, in words; None for a mistake of ours."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or getattr(error.orig, "sqlstate", "") == "53100":
        return StorageError(
            "disk_full", "The disk is full: nothing was stored.", hint="Free some space in the data folder."
        )
    if code in (
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    ):
        return StorageError(
            "store.unusable",
            "The database cannot be used.",
            hint="Look at the data folder's disk and rights.",
        )
    if code == sqlite3.SQLITE_BUSY:
        return BusyError(
            "store.locked",
            "Another program has the database open.",
            hint="Close it; one server, one data folder.",
        )
    if error.connection_invalidated:
        return BusyError("store.gone", "The database does not answer.", hint="Try again in a moment.")
    return None
