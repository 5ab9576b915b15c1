"""Artefacts by content hash in a folder: what `put` has returned from is on the disk, whole, for good.

A file's name is the sha256 of its bytes, so it is never changed, only there or not. It is written beside
its place, forced to the disk, read back and compared, and then renamed.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import structlog

from models.errors import SnapshotError
from server.errors import ConflictError, StorageError

log = structlog.get_logger(__name__)

_HASH = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20
_OLD = 3600.0


class Files:
    """A folder of files by hash, in one level of subfolders.

    Its methods block: call them in a thread. Two runs may share a file, so whoever deletes one must not do it
    between another's `put` and the row that needs it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, sha256: str) -> Path:
        """Where the file of that hash is, or would be. The only way from a name to a path."""
        if not _HASH.fullmatch(sha256):
            raise SnapshotError(
                "file.name", "That is no name of a file.", hint="A file is named by its sha256."
            )
        return self.folder / sha256[:2] / sha256

    def put(self, content: bytes | Path) -> str:
        """Keep these bytes, or those of a file; gives their sha256. Raises StorageError."""
        sha256 = hash_of(content)
        target = self.path_of(sha256)
        if target.exists() and hash_of(target) == sha256:
            os.utime(target)  # young again: a sweep leaves it until its row is there
            return sha256
        with disk(self.folder):
            make_folder(target.parent)
            part = target.with_name(f"{sha256}.{secrets.token_hex(4)}.part")
            try:
                _write(part, content)
                if hash_of(part) != sha256:
                    raise StorageError(
                        "file.changed",
                        "What the disk gives back is not what was written.",
                        hint="Look at the disk's health.",
                    )
                part.rename(target)
            finally:
                part.unlink(missing_ok=True)
            sync_folder(target.parent)
        return sha256

    def open(self, sha256: str) -> bytes:
        """The bytes, compared with their hash. Raises SnapshotError when they are damaged or gone."""
        try:
            content = self.path_of(sha256).read_bytes()
        except FileNotFoundError as error:
            raise _gone(sha256) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _damaged(sha256)
        return content

    def verify(self, sha256: str) -> Path:
        """The path, after comparing the bytes with their hash. Raises SnapshotError like `open`."""
        path = self.path_of(sha256)
        if not path.exists():
            raise _gone(sha256)
        if hash_of(path) != sha256:
            raise _damaged(sha256)
        return path

    def delete(self, sha256: str) -> None:
        """Remove a file that no row needs any more; nothing happens where there is none."""
        self.path_of(sha256).unlink(missing_ok=True)

    def sweep(self, needed: Collection[str], older_than: float = _OLD) -> int:
        """Remove what a crash left behind: half-written files, and whole ones that no row needs."""
        before, count = time.time() - older_than, 0
        for path in self.folder.glob("??/*"):
            if path.name not in needed and path.stat().st_mtime <= before:
                path.unlink(missing_ok=True)
                count += 1
        if count:
            log.info("orphaned files removed", count=count)
        return count


def _gone(sha256: str) -> SnapshotError:
    return SnapshotError(
        "file.gone", f"The file {sha256[:12]} is gone.", hint="Use another one.", sha256=sha256
    )


def _damaged(sha256: str) -> SnapshotError:
    detail = f"The file {sha256[:12]} is damaged: its bytes are not those that were written."
    return SnapshotError("file.damaged", detail, hint="Use the one before.", sha256=sha256)


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _write(path: Path, content: bytes | Path) -> None:
    with path.open("xb") as file:
        for chunk in _chunks(content):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def hash_of(content: bytes | Path) -> str:
    """The sha256 of bytes, or of a file's."""
    digest = hashlib.sha256()
    for chunk in _chunks(content):
        digest.update(chunk)
    return digest.hexdigest()


def make_folder(folder: Path) -> None:
    """The folder and those above it, known to the disk."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk: a file without one is lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Say in words what the disk refuses."""
    try:
        yield
    except OSError as error:
        log.error("the disk refused", folder=str(folder), error=str(error))
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                "disk_full",
                "The disk is full: nothing was stored.",
                hint="Free some space in the data folder.",
            ) from error
        raise StorageError(
            "disk_unusable", "The data folder cannot be written.", hint="Look at its disk and its rights."
        ) from error


class HomeLock:
    """Keeps a data folder to one server process, until it closes or dies in whatever way.

    The lock is the kernel's and goes with the process; processes that the server starts by exec do not have it.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / "oqu.lock"
        self._file: BinaryIO | None = None

    def acquire(self) -> None:
        """Raises ConflictError when another server has it."""
        with disk(self.path.parent):
            make_folder(self.path.parent)
            file = self.path.open("ab+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            pid = file.read(20).decode("ascii", "replace").strip()
            file.close()
            raise ConflictError(
                "home.in_use",
                f"Another Oqu (process {pid or 'unknown'}) works in this data folder.",
                hint="Use that one, or point OQU_HOME at another folder.",
                pid=pid,
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let another server have it."""
        if self._file is not None:
            self._file.close()
            self._file = None
