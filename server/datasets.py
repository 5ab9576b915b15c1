"""Data sets that people bring: received as they come, imported by the helper, kept by content.

    uploads/<id>/0, 1, …, files.json     what was sent, and what it was called: kept, so that another column
                                         can be chosen as the target later
    datasets/<sha256>/inputs.npy, …      prepared, never changed, mapped into memory by every run that uses it
    datasets/names.json                  which name means which content: for workers and the command line

No name that somebody sent becomes a path. Runs get at all this through `server.doors`, without a database.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from weakref import WeakValueDictionary

import orjson
import structlog

from models.errors import DataError
from server.errors import ConflictError, TooLargeBody
from server.files import disk, make_folder, sync_folder
from server.settings import Settings
from server.store.base import DatasetRecord, Store

log = structlog.get_logger(__name__)

Call = Callable[[str, dict[str, Any], float | None], Awaitable[Any]]
"""Ask the helper process: name, payload, seconds it may take."""

MAX_FILES = 8
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Upload:
    """A file as it was sent. `name` is only shown and looked at, never used as a path."""

    name: str
    size: int
    sha256: str


class Datasets:
    """The server's side of data sets: files in the data folder, rows in the store."""

    def __init__(self, store: Store, settings: Settings, call: Call) -> None:
        self._store = store
        self._settings = settings
        self._call = call
        self._folder = settings.home / "datasets"
        self._uploads = settings.home / "uploads"
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._keeping = asyncio.Lock()

    async def open(self) -> None:
        """Make the folders; remove what a crash or a deletion left behind."""
        with disk(self._folder):
            make_folder(self._folder)
            make_folder(self._uploads)
        known = {record.id for record in await self._store.all_datasets()}
        await asyncio.to_thread(_remove_others, self._uploads, known)
        await self._collect()
        await self._index()

    async def create(self, owner: str, name: str) -> DatasetRecord:
        """An empty one. Raises ConflictError if the owner has one of that name."""
        if not name.strip():
            raise DataError("data.name", "A data set needs a name.", hint="Give it one.", path=("name",))
        return await self._store.create_dataset(owner, name.strip())

    async def receive(self, owner: str, ref: str, name: str, content: AsyncIterator[bytes]) -> list[Upload]:
        """Take in a file as it streams, straight to the disk; gives all files of the set so far.

        A file of the same name is replaced; the first one after an import begins anew. Raises TooLargeBody,
        StorageError, NotFoundError, ConflictError.
        """
        record = await self._store.get_dataset(owner, ref)
        name = name.encode("utf-8", "replace").decode()[-200:] or "data"
        async with self._lock(record.id):
            pending = _Pending(self._uploads / record.id)
            with disk(self._uploads):
                await asyncio.to_thread(pending.open)
            if len({name, *(upload.name for upload in pending.files)}) > MAX_FILES:
                raise ConflictError(
                    "dataset.files", f"A data set is at most {MAX_FILES} files.", hint="Send one zip instead."
                )
            room = self._settings.upload_bytes - sum(u.size for u in pending.files if u.name != name)
            return await pending.receive(name, content, room, self._settings.upload_bytes)

    async def uploads(self, owner: str, ref: str) -> list[Upload]:
        """The files that were sent."""
        record = await self._store.get_dataset(owner, ref)
        return await asyncio.to_thread(lambda: _Pending(self._uploads / record.id).files)

    async def preview(self, owner: str, ref: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """How it would be understood: first rows, column types, class balance, problems. Changes nothing."""
        record = await self._store.get_dataset(owner, ref)
        async with self._lock(record.id):
            answer: dict[str, Any] = await self._call("import_preview", self._asked(record, options), None)
            return answer

    async def finish(self, owner: str, ref: str, options: Mapping[str, Any] | None = None) -> DatasetRecord:
        """Import what was received, with these options, and keep it. Raises DataError, StorageError."""
        record = await self._store.get_dataset(owner, ref)
        async with self._lock(record.id):
            asked = self._asked(record, options)
            into = self._folder / f".import-{secrets.token_hex(8)}"
            try:
                with disk(self._folder):
                    make_folder(into)
                info = await self._call(
                    "import_data", asked | {"into": str(into)}, self._settings.import_seconds
                )
                return await self._keep(record, into, info)
            finally:
                await asyncio.to_thread(shutil.rmtree, into, True)

    async def add(
        self, owner: str, name: str, files: Sequence[Path], options: Mapping[str, Any] | None = None
    ) -> DatasetRecord:
        """All in one, from files on this machine; nothing is left of it where it fails."""
        record = await self.create(owner, name)
        try:
            for file in files:
                await self.receive(owner, record.id, file.name, read_blocks(file))
            return await self.finish(owner, record.id, options)
        except BaseException:
            await self.delete(owner, record.id)
            raise

    async def delete(self, owner: str, ref: str) -> None:
        """Forget it. Its content stays as long as a run that can be looked at learnt from it."""
        record = await self._store.get_dataset(owner, ref)
        async with self._lock(record.id):
            await self._store.delete_dataset(owner, record.id)
            await asyncio.to_thread(shutil.rmtree, self._uploads / record.id, True)
        await self._collect()
        await self._index()

    async def _keep(self, record: DatasetRecord, made: Path, info: Mapping[str, Any]) -> DatasetRecord:
        """The folder under its hash, then the row; what it replaces goes when nothing needs it."""
        async with self._keeping:
            with disk(self._folder):
                sha256, size = await asyncio.to_thread(_settle, made, self._folder)
            kept = await self._store.put_dataset_content(record.owner, record.id, sha256, size, info)
        await asyncio.to_thread(_Pending(self._uploads / record.id).imported)
        await self._collect()
        await self._index()
        log.info("data set imported", id=record.id, rows=info.get("rows"), bytes=size)
        return kept

    async def _collect(self) -> None:
        """Remove contents that no data set and no run needs, and half-made ones."""
        async with self._keeping:
            needed = await self._store.dataset_hashes()
            making = {path.name for path in self._folder.glob(".import-*")} if self._locks else set()
            await asyncio.to_thread(_remove_others, self._folder, needed | making | {"names.json"})

    async def _index(self) -> None:
        async with self._keeping:
            names: dict[str, dict[str, str]] = {}
            for record in await self._store.all_datasets():
                if record.sha256 is not None:
                    names.setdefault(record.owner, {})[record.name] = record.sha256
            with disk(self._folder):
                await asyncio.to_thread(_write_whole, self._folder / "names.json", orjson.dumps(names))

    def _asked(self, record: DatasetRecord, options: Mapping[str, Any] | None) -> dict[str, Any]:
        pending = _Pending(self._uploads / record.id)
        if not pending.files:
            raise ConflictError(
                "dataset.empty", "Nothing was received for this data set yet.", hint="Send its content first."
            )
        files, names = pending.paths, [upload.name for upload in pending.files]
        return {"files": [str(file) for file in files], "names": names, "options": dict(options or {})}

    def _lock(self, dataset_id: str) -> asyncio.Lock:
        """One thing at a time happens to a data set."""
        return self._locks.setdefault(dataset_id, asyncio.Lock())


class _Pending:
    """The folder of what was sent for a data set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = folder / "files.json"
        state = orjson.loads(self._index.read_bytes()) if self._index.exists() else {}
        self._done: bool = state.get("imported", False)
        self._places: dict[str, str] = state.get("places", {})
        self.files = [Upload(**file) for file in state.get("files", [])]

    @property
    def paths(self) -> list[Path]:
        """Where the files are, in the order they were sent."""
        return [self.folder / self._places[upload.name] for upload in self.files]

    def open(self) -> None:
        """Ready for a file; what was imported before gives way."""
        if self._done:
            shutil.rmtree(self.folder)
            self._done, self._places, self.files = False, {}, []
        make_folder(self.folder)
        _remove_others(self.folder, {self._index.name, *self._places.values()})  # cut off half-way

    async def receive(self, name: str, content: AsyncIterator[bytes], room: int, limit: int) -> list[Upload]:
        """One file more. It counts only when it is whole and on the disk."""
        place = self.folder / secrets.token_hex(8)
        digest, size, block = hashlib.sha256(), 0, bytearray()
        try:
            with place.open("xb") as file:
                async for chunk in content:
                    size += len(chunk)
                    if size > room:
                        raise TooLargeBody(
                            "upload.too_large",
                            f"This is more than the {limit / 1e6:.0f} MB that a data set may have.",
                            hint="Send a part of it, or ask the operator for a higher OQU_UPLOAD_BYTES.",
                            limit=limit,
                        )
                    digest.update(chunk)
                    block += chunk
                    if len(block) >= _BLOCK:
                        with disk(self.folder):
                            await asyncio.to_thread(file.write, block)
                        block = bytearray()
                with disk(self.folder):
                    await asyncio.to_thread(_finish, file, block)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
        replaced = self._places.get(name)
        self.files = [u for u in self.files if u.name != name]
        self.files.append(Upload(name, size, digest.hexdigest()))
        self._places[name] = place.name
        with disk(self.folder):
            await asyncio.to_thread(self._save)
        if replaced:
            (self.folder / replaced).unlink(missing_ok=True)
        return self.files

    def imported(self) -> None:
        """The next file begins anew."""
        self._done = True
        self._save()

    def _save(self) -> None:
        files = [{"name": u.name, "size": u.size, "sha256": u.sha256} for u in self.files]
        state = {"imported": self._done, "files": files, "places": self._places}
        _write_whole(self._index, orjson.dumps(state))


async def read_blocks(file: Path) -> AsyncIterator[bytes]:
    """A file of this machine as it would stream in."""
    with file.open("rb") as source:
        while block := await asyncio.to_thread(source.read, _BLOCK):
            yield block


def _settle(made: Path, folder: Path) -> tuple[str, int]:
    """Force an imported folder to the disk and give it its hash as its name; gives that and its size."""
    from models.importing import digest

    size = 0
    for path in made.iterdir():
        size += path.stat().st_size
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(made)
    target = folder / digest(made)
    if not target.exists():
        made.rename(target)
        sync_folder(folder)
    return target.name, size


def _finish(file: BinaryIO, block: bytes | bytearray) -> None:
    file.write(block)
    file.flush()
    os.fsync(file.fileno())


def _write_whole(path: Path, content: bytes) -> None:
    """Replace a small file so that it is the old one or the new one, whatever happens."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with part.open("xb") as file:
        _finish(file, content)
    part.replace(path)
    sync_folder(path.parent)


def _remove_others(folder: Path, needed: set[str]) -> None:
    for path in folder.iterdir():
        if path.name in needed:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
