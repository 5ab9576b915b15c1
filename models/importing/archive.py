"""Zip files from strangers: looked through before anything is read, and read as streams, never unpacked.

Refused: names that lead out of the archive, links, encrypted entries, archives within, too much of anything.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from models.errors import DataError
from models.importing.base import MOST_BYTES, MOST_ENTRIES, MOST_RATIO, RATIO_FROM, Source

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar", ".npz")
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
MOST_DIRECTORY = MOST_ENTRIES * 512
END, END64 = b"PK\x05\x06", b"PK\x06\x06"
PIECE = 1 << 16


class DamagedEntryError(Exception):
    """An entry that cannot be unpacked; the others may be fine."""


class Archive:
    """An open zip file whose entries have been looked through."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.name = name
        self.read_bytes = 0
        self._zip = archive
        self.entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _hidden(entry)]
        if len(archive.infolist()) > MOST_ENTRIES:
            raise _refused(
                name, f"{name} has {len(archive.infolist())} entries; {MOST_ENTRIES} are the most."
            )
        for entry in archive.infolist():
            self._check(entry)
        if sum(entry.file_size for entry in self.entries) > MOST_BYTES:
            raise _refused(name, f"{name} is more than {MOST_BYTES // 1024**3} GB when unpacked.")

    def read(self, entry: zipfile.ZipInfo) -> bytes:
        """One entry's content. Raises DamagedEntryError, or DataError where it holds more than it said."""
        return b"".join(self._pieces(entry))

    def copy(self, entry: zipfile.ZipInfo, file: BinaryIO) -> None:
        """One entry's content into an open file, piece by piece. Raises as `read` does."""
        for piece in self._pieces(entry):
            file.write(piece)

    def _pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """What comes out is counted, whatever the archive says of itself."""
        size = 0
        try:
            with self._zip.open(entry) as file:
                while piece := file.read(PIECE):
                    size += len(piece)
                    self.read_bytes += len(piece)
                    if size > entry.file_size or self.read_bytes > MOST_BYTES:
                        raise _refused(self.name, f"{_shown(entry)} holds more than the archive says.")
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise DamagedEntryError("it is damaged in the archive") from error

    def _check(self, entry: zipfile.ZipInfo) -> None:
        what = _fault(entry)
        if what:
            words = f"{_shown(entry)} in {self.name} {what}."
            if entry.filename.endswith(".npy"):
                raise _refused(self.name, words, "Save it with numpy.savez, which does not compress.")
            raise _refused(self.name, words)


@contextmanager
def opened(source: Source) -> Iterator[Archive]:
    """The archive, after its entries have been looked through. Raises DataError."""
    _refuse_long_directory(source)
    try:
        archive = zipfile.ZipFile(source.path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise DataError(
            "import.zip",
            f"{source.name} is no zip file, or a damaged one.",
            hint="Copy or pack it again.",
            file=source.name,
        ) from error
    with archive:
        yield Archive(archive, source.name)


def _refuse_long_directory(source: Source) -> None:
    """The list of entries is read as a whole by zipfile: see that it is not a bomb itself."""
    with source.path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    at = tail.rfind(END)
    length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if length == 0xFFFFFFFF:
        at = tail.rfind(END64)
        length = int.from_bytes(tail[at + 40 : at + 48], "little") if at >= 0 else 0
    if length > MOST_DIRECTORY:
        raise _refused(source.name, f"{source.name} has more than {MOST_ENTRIES} entries.")


def _fault(entry: zipfile.ZipInfo) -> str:
    """What is wrong with an entry, in words; empty when nothing is."""
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        return "has a name that leads out of the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link"
    if entry.flag_bits & 1:
        return "is encrypted"
    if name.lower().endswith(ARCHIVES):
        return "is an archive within the archive"
    if entry.compress_type not in METHODS:
        return "is packed in an uncommon way; plain deflate is understood"
    if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        return f"is packed more than {MOST_RATIO} : 1"
    return ""


def _hidden(entry: zipfile.ZipInfo) -> bool:
    """What file managers leave behind."""
    parts = PurePosixPath(entry.filename).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or parts[-1:] in (
        ("Thumbs.db",),
        ("desktop.ini",),
    )


def _shown(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    return repr(name if len(name) <= 120 else name[:117] + "…")


def _refused(
    file: str,
    words: str,
    hint: str = "Pack plain files in class folders, and nothing else, without a password.",
) -> DataError:
    return DataError("import.zip_refused", words, hint=hint, file=file)
