"""Brings a database to the tables of this version, through Alembic, keeping what is in it.

Alembic is imported only when there is something to do: a start that finds the tables current costs one query.
To write one: `alembic -c server/store/migrations/alembic.ini -x url=sqlite:///old.sqlite revision
--autogenerate --rev-id 0002 -m "Say what"`. They are numbered; the highest is the newest.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from server.errors import StorageError

FOLDER = Path(__file__).parent


def version(connection: Connection) -> str | None:
    """The migration the database is at; None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def known(folder: Path = FOLDER) -> set[str]:
    """The migrations there are."""
    return {path.stem.split("_")[0] for path in (folder / "versions").glob("[0-9]*.py")}


def head(folder: Path = FOLDER) -> str:
    """The newest of them."""
    return max(known(folder))


def refuse_newer(found: str | None, folder: Path = FOLDER) -> None:
    """Raises StorageError for a database that a newer Oqu has written."""
    if found is not None and found not in known(folder):
        raise StorageError(
            "store.newer",
            f"This data folder was written by a newer Oqu (tables {found}, known here up to {head(folder)}).",
            hint="Start the newer version, or point OQU_HOME at another folder.",
            found=found,
            known=head(folder),
        )


def upgrade(connection: Connection, folder: Path = FOLDER) -> None:
    """Bring the tables up to date, in the connection's own transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
