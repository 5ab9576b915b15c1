"""How runs, checks and the command line get at data sets and downloads: by the data folder, without a server."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import structlog

from models.errors import DataError, data_changed, data_not_here, data_unknown
from server.files import disk, hash_of, make_folder

if TYPE_CHECKING:
    from models.data.base import Dataset

log = structlog.get_logger(__name__)

LOCAL = "local"
"""The one owner until accounts come."""

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FolderDoor:
    """A `models.data.DataDoor` that needs no server: folders, an index of names, and a cache of downloads.

    `folders` says where the sets of one job are; without it names are looked up in the data folder.
    Nothing is fetched unless `downloads` says that a person asked for it.
    """

    home: Path | None
    folders: Mapping[str, Path] | None = None
    mirror: str | None = None
    downloads: bool = False
    owner: str = LOCAL

    def imported(self, name: str, sha256: str | None) -> Dataset:
        """The set of that name, mapped from the disk; `sha256` is the content it must have. Raises DataError."""
        from models.importing import open_dataset

        folder = self._folder(name, sha256)
        if folder is None:
            raise data_unknown(name, self._known())
        if sha256 is not None and folder.name != sha256:
            raise data_changed(name)
        if not folder.is_dir():
            raise DataError(
                "data.gone",
                f"The content of {name!r} is gone.",
                hint="Import it again.",
                path=("data",),
                name=name,
            )
        return open_dataset(folder)

    def downloaded(self, url: str, sha256: str, name: str) -> Path:
        """A file from the cache, else the mirror, else, if somebody asked, its address. Raises DataError."""
        if self.home is None:
            raise data_not_here(name, "No data folder is open here.")
        path = self.home / "downloads" / sha256
        if path.exists():
            return path
        if self.mirror and "://" not in self.mirror:
            return _taken(Path(self.mirror).expanduser() / name, path, sha256, name)
        if not self.downloads:
            raise data_not_here(
                name, "Train with it and it is downloaded, if this server may; or set OQU_MIRROR."
            )
        return _fetched(f"{self.mirror.rstrip('/')}/{name}" if self.mirror else url, path, sha256, name)

    def names(self) -> dict[str, str]:
        """The owner's data sets: name -> content."""
        index = None if self.home is None else self.home / "datasets" / "names.json"
        if index is None or not index.exists():
            return {}
        mine: dict[str, str] = orjson.loads(index.read_bytes()).get(self.owner, {})
        return mine

    def _folder(self, name: str, sha256: str | None) -> Path | None:
        if self.folders is not None and name in self.folders:
            return self.folders[name]
        content = sha256 or self.names().get(name)
        if self.home is None or content is None or not _HASH.fullmatch(content):
            return None
        return self.home / "datasets" / content

    def _known(self) -> str:
        names = sorted(self.folders if self.folders is not None else self.names())
        return (
            f"There are: {', '.join(names[:20])}." if names else "Import one first: oqu data add NAME FILE."
        )


def _taken(source: Path, target: Path, sha256: str, name: str) -> Path:
    """A file of a mirror that is a folder, after comparing its hash."""
    if not source.is_file():
        raise data_not_here(name, "The mirror folder of this server does not have it.")
    if hash_of(source) != sha256:
        raise DataError(
            "data.mirror", f"The mirror's {name} is not the right file.", hint="Replace it there.", name=name
        )
    with disk(target.parent):
        make_folder(target.parent)
        part = target.with_name(f"{sha256}.{secrets.token_hex(4)}.part")
        shutil.copyfile(source, part)
        part.rename(target)
    return target


def _fetched(url: str, target: Path, sha256: str, name: str) -> Path:
    """A file of a fixed address, by pooch, which compares its hash."""
    import pooch
    from requests import RequestException

    make_folder(target.parent)
    try:
        fetched = pooch.retrieve(url, f"sha256:{sha256}", f"{sha256}.fetched", str(target.parent))
    except (RequestException, ValueError, OSError) as error:
        log.warning("a download failed", url=url, error=str(error))
        raise DataError(
            "data.download",
            f"{name} could not be downloaded.",
            hint="Look at the Internet connection, or set OQU_MIRROR to a folder or address that has it.",
            path=("data",),
            name=name,
        ) from error
    return Path(fetched).rename(target)
