"""Which format files are in, by how they begin; names only settle what content leaves open."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from models import idx
from models.errors import DataError

NUMPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
KNOWN = "Known are CSV, a zip of class folders with pictures, IDX files, and NumPy's npy and npz."

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")

REFUSED: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a single picture", "Put the pictures into a folder per class, and zip these."),
    (b"\xff\xd8\xff", "a single picture", "Put the pictures into a folder per class, and zip these."),
    (b"GIF8", "a single picture", "Put the pictures into a folder per class, and zip these."),
    (b"BM", "a single picture", "Put the pictures into a folder per class, and zip these."),
    (b"PAR1", "a Parquet file", "Save it as CSV."),
    (b"\x89HDF", "an HDF5 file", "Save its arrays with numpy.savez."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save it as CSV."),
    (b"%PDF", "a PDF", "Save its table as CSV."),
    (b"Rar!", "a RAR archive", "Pack it as zip."),
    (b"7z\xbc\xaf", "a 7z archive", "Pack it as zip."),
    (b"BZh", "a bzip2 file", "Unpack it first."),
    (b"\xfd7zXZ", "an xz file", "Unpack it first."),
)


def recognise(files: Sequence[Path], names: Sequence[str]) -> str:
    """`csv`, `images`, `idx` or `arrays`. Raises DataError, with what to do, for anything else."""
    found = [_one(path, name) for path, name in zip(files, names, strict=True)]
    for format_, name in zip(found, names, strict=True):
        if format_ != found[0]:
            raise DataError(
                "import.mixed",
                f"{names[0]} is {found[0]}, {name} is {format_}: they do not belong together.",
                hint="Choose one file, or a pair of the same format.",
            )
    return found[0]


def _one(path: Path, name: str) -> str:
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise DataError("import.empty_file", f"{name} is empty.", hint="Choose another file.", file=name)
    if start.startswith(NUMPY):
        return "arrays"
    if start.startswith((ZIP, EMPTY_ZIP)):
        return _zip(path, name)
    if start.startswith(idx.GZIP):
        return _gzip(path, name)
    if idx.is_header(start):
        return "idx"
    for magic, what, remedy in REFUSED:
        if start.startswith(magic):
            raise _unknown(name, f"is {what}", remedy)
    if start[:1] == b"\x80" and b"." in start:
        raise _unknown(name, "is a Python pickle, which can run code when it is read", "Use numpy.savez.")
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unknown(name, "is in a format that is not known here", KNOWN)
    if name.lower().endswith(PICTURES):
        raise _unknown(name, "is called a picture but holds none", "Open it in a viewer, and save it again.")
    return "csv"


def _zip(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [entry for entry in archive.namelist() if not entry.endswith("/")]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DataError(
            "import.zip", f"{name} is a damaged zip file.", hint="Copy or pack it again.", file=name
        ) from error
    if "[Content_Types].xml" in inside:
        raise _unknown(name, "is an Excel workbook or another Office file", "Save the table as CSV.")
    if inside and all(entry.endswith(".npy") for entry in inside):
        return "arrays"
    if inside and all(entry.lower().endswith((".csv", ".tsv")) for entry in inside):
        raise _unknown(name, "is a zip of tables", "Unpack it and import the CSV file itself.")
    return "images"


def _gzip(path: Path, name: str) -> str:
    try:
        with gzip.open(path) as file:
            start = file.read(4)
    except (OSError, EOFError, zlib.error):
        start = b""
    if idx.is_header(start):
        return "idx"
    raise _unknown(name, "is a gzip file, but not one of IDX data", "Unpack it first.")


def _unknown(name: str, what: str, remedy: str) -> DataError:
    return DataError("import.format", f"{name} {what}.", hint=remedy, file=name)
