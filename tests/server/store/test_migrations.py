"""The tables and their migrations agree, and an upgrade keeps what is there (on both databases)."""

from __future__ import annotations

import shutil
import sqlite3
import textwrap

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from models.events import Ended
from server.errors import StorageError
from server.store import migrations
from server.store.base import SnapshotRecord
from server.store.database import Database
from server.store.sql import SqlStore
from server.store.tables import metadata

from .conftest import row

pytestmark = pytest.mark.anyio

SECOND = """
'''Change a column: SQLite does it by copying the table and dropping the old one.'''
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{number}", "{before}", None, None

def upgrade():
    with op.batch_alter_table("runs") as batch:
        batch.alter_column("name", type_=sa.String(300))
        batch.add_column(sa.Column("colour", sa.String(10), server_default="blue", nullable=False))
    {more}
"""


def newer(tmp_path, more=""):
    """The migrations of a later version."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, folder)
    before = migrations.head()
    number = f"{int(before) + 1:04}"
    text = SECOND.format(more=more, number=number, before=before)
    (folder / "versions" / f"{number}_colour.py").write_text(textwrap.dedent(text))
    return folder


async def filled(store):
    run, _ = await store.create_run("local", '{"version":1}', "d", "Spiral", 3)
    await store.claim_next()
    await store.append(run.id, 1, [row(1), row(2)])
    await store.add_snapshot(
        run.id, 1, SnapshotRecord(step=1, epoch=1, kind="recovery", sha256="a" * 64, size=1)
    )
    await store.append(run.id, 1, [Ended(state="completed")])
    return await store.find_run(run.id)


async def test_tables_and_migrations_agree(store):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await store.database.do(differences) == []


def test_the_newest_migration_is_alembics_head():
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.head()]


async def test_a_second_start_changes_nothing(url):
    for _ in range(2):
        store = SqlStore(url)
        await store.open()
        await store.close()


async def test_an_upgrade_keeps_everything_and_makes_a_backup_first(url, tmp_path):
    store = SqlStore(url)
    await store.open()
    run = await filled(store)
    events = await store.events(run.id)
    await store.close()

    store.database = Database(url, newer(tmp_path))
    await store.open()
    assert await store.find_run(run.id) == run
    assert await store.events(run.id) == events
    assert len(await store.snapshots(run.id)) == 1
    colours = await store.database.do(lambda c: c.execute(text("SELECT colour FROM runs")).scalars().all())
    assert colours == ["blue"]
    await store.close()

    if store.database.file:
        (backup,) = (tmp_path / "backups").glob(f"oqu-{migrations.head()}-*.sqlite")
        copy = sqlite3.connect(backup)
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(migrations.head(),)]
        assert copy.execute("SELECT count(*) FROM events").fetchone() == (4,)
        copy.close()


async def test_an_upgrade_that_fails_changes_nothing(url, tmp_path):
    store = SqlStore(url)
    await store.open()
    run = await filled(store)
    await store.close()
    broken = SqlStore(url)
    broken.database = Database(url, newer(tmp_path, more="raise RuntimeError('power cut')"))
    with pytest.raises(RuntimeError, match="power cut"):
        await broken.open()
    await broken.close()
    store = SqlStore(url)
    await store.open()
    assert await store.find_run(run.id) == run
    await store.close()


async def test_a_database_of_a_newer_oqu_is_refused_and_left_alone(url, tmp_path):
    store = SqlStore(url)
    store.database = Database(url, newer(tmp_path))
    await store.open()
    await store.close()
    old = SqlStore(url)
    with pytest.raises(StorageError, match="newer Oqu"):
        await old.open()
    await old.close()
