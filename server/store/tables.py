"""The tables. A change here needs a migration beside it; a test compares the two.

Rows of a run hang on its `number`, which only grows and gives lists and the queue their order: clocks
jump, numbers do not. Times are seconds since 1970 and are shown, never compared.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

# SQLite counts on its own in a column of exactly this type only
Counter = BigInteger().with_variant(Integer(), "sqlite")


def _run() -> Column[int]:
    return Column("run", Counter, ForeignKey("runs.number", ondelete="CASCADE"), nullable=False)


runs = Table(
    "runs",
    metadata,
    Column("number", Counter, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("build", String(100), nullable=False),
    Column("dataset", String(64)),  # content the document pins
    Column("start", String(64)),  # snapshot file the document begins with
    Column("state", String(16), nullable=False),
    Column("reason", String(32)),
    Column("detail", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("strikes", Integer, nullable=False),
    Column("claimed", BigInteger),  # grows with each claim: who was served last
    Column("epoch", BigInteger, nullable=False),
    Column("epochs", BigInteger),
    Column("step", BigInteger, nullable=False),
    Column("metrics", Text, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("seconds", Double, nullable=False, server_default="0"),  # spent learning, pauses left out
    Column("ended", Double),
    UniqueConstraint("id"),
    CheckConstraint(
        "state IN ('queued', 'running', 'paused', 'completed', 'cancelled', 'failed')", name="state_known"
    ),
    Index(None, "owner", "number"),
    Index(None, "state", "owner", "number"),
    Index(None, "owner", "claimed"),
    Index(None, "dataset"),
    Index(None, "start"),
    sqlite_autoincrement=True,
)

documents = Table(  # apart, so that a run's row, which changes with every block of events, stays small
    "documents",
    metadata,
    Column(
        "run", Counter, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("document", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    _run(),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    PrimaryKeyConstraint("run", "seq"),
    sqlite_with_rowid=False,
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", String(32), primary_key=True),
    _run(),
    Column("kind", String(16), nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("metrics", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    UniqueConstraint("run", "kind", "step"),
    CheckConstraint("kind IN ('recovery', 'timeline')", name="kind_known"),
    Index(None, "sha256"),
)

controls = Table(
    "controls",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    _run(),
    Column("step", BigInteger),
    Column("changes", Text, nullable=False),
    Column("created", Double, nullable=False),
    Index(None, "run"),
)

keys = Table(
    "keys",
    metadata,
    Column("owner", String(64), nullable=False),
    Column("key", String(255), nullable=False),
    Column("body_hash", String(64), nullable=False),
    _run(),
    PrimaryKeyConstraint("owner", "key"),
    Index(None, "run"),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", String(120), nullable=False),
    Column("sha256", String(64)),
    Column("size", BigInteger, nullable=False),
    Column("info", Text),
    Column("created", Double, nullable=False),
    UniqueConstraint("owner", "name"),
    Index(None, "sha256"),
)
