"""Every setting of the server, described once: from the environment (`OQU_…`), or given by the command line.

OQU_HOME=/srv/oqu OQU_HOSTS=oqu.school.kz oqu serve --host 0.0.0.0
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic.config import JsonDict
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_CAP: JsonDict = {"cap": True}


def _listed(value: object) -> object:
    """`a, b` as `("a", "b")`: a list in an environment variable is written with commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """What an operator can choose. Fields marked as caps are shown by `GET /api/limits`."""

    model_config = SettingsConfigDict(env_prefix="OQU_", frozen=True, extra="ignore", allow_inf_nan=False)

    home: Path = Field(
        default_factory=lambda: user_data_path("oqu", appauthor=False),
        title="Data folder",
        description="Holds the database, snapshots, data sets, downloads and backups. One server at a time; "
        "the user's data folder when absent",
    )
    host: str = Field("127.0.0.1", title="Address", description="Any other than loopback needs a token")
    port: int = Field(8000, ge=0, le=65535, title="Port", description="0 takes a free one")
    token: SecretStr | None = Field(
        None, title="Token", description="Asked of everybody when the server is reachable from other machines"
    )
    hosts: Names = Field(
        (), title="Host names", description="Names besides loopback by which browsers reach this"
    )
    origins: Names = Field(
        (), title="Origins", description="Pages besides our own that may call, https://… each"
    )

    database_url: str | None = Field(
        None, title="Database", description="postgresql://…; one SQLite file in the data folder when absent"
    )
    mirror: str | None = Field(
        None, title="Mirror", description="Folder or base URL from which downloads are taken by file name"
    )
    downloads: bool = Field(
        True,
        title="Downloads",
        description="Whether data sources may be downloaded when somebody asks for one",
    )
    log_json: bool = Field(False, title="Logs as JSON", description="One JSON object per line, for machines")

    max_runs: int | None = Field(
        None,
        ge=1,
        title="Runs at once",
        description="By memory and cores when absent",
        json_schema_extra=_CAP,
    )
    max_queued: int = Field(
        20_000, ge=1, title="Runs waiting", description="429 above", json_schema_extra=_CAP
    )
    run_memory_bytes: int | None = Field(
        None,
        ge=1,
        title="Memory of a run",
        description="An experiment whose estimate is above is refused; by the machine's memory when absent",
        json_schema_extra=_CAP,
    )
    json_bytes: int = Field(1_000_000, ge=1, title="JSON body", json_schema_extra=_CAP)
    inference_bytes: int = Field(4_000_000, ge=1, title="Inference body", json_schema_extra=_CAP)
    upload_bytes: int = Field(500_000_000, ge=1, title="Upload", json_schema_extra=_CAP)
    message_bytes: int = Field(64_000, ge=1, title="Websocket message from a browser", json_schema_extra=_CAP)
    check_seconds: float = Field(2, gt=0, title="Time to check a document", json_schema_extra=_CAP)
    import_seconds: float = Field(600, gt=0, title="Time to import a data set", json_schema_extra=_CAP)

    snapshot_seconds: float = Field(15, gt=0, title="Between recovery snapshots", json_schema_extra=_CAP)
    timeline_snapshots: int = Field(60, ge=2, title="Snapshots on a time line", json_schema_extra=_CAP)
    timeline_bytes: int = Field(200_000_000, ge=0, title="Bytes of a time line", json_schema_extra=_CAP)
    heartbeat_seconds: float = Field(5, gt=0, title="Between a worker's heartbeats", json_schema_extra=_CAP)
    lease_seconds: float = Field(
        20, gt=0, title="Silence after which a worker is lost", json_schema_extra=_CAP
    )
    attempts: int = Field(
        3,
        ge=1,
        title="Attempts",
        description="Lost in a row without a new snapshot in between",
        json_schema_extra=_CAP,
    )
    watcher_bytes: int = Field(
        1_000_000,
        ge=1,
        title="Waiting for a watcher",
        description="Above, it replays from the store",
        json_schema_extra=_CAP,
    )

    @model_validator(mode="after")
    def _absolute(self) -> Self:
        object.__setattr__(self, "home", self.home.expanduser().absolute())
        return self

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.home / 'oqu.sqlite'}"

    def limits(self) -> dict[str, Any]:
        """Every cap in force, by name."""
        extras = {name: field.json_schema_extra for name, field in type(self).model_fields.items()}
        return {name: getattr(self, name) for name, extra in extras.items() if extra is _CAP}
