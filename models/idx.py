"""IDX, the format of MNIST's files: two zero bytes, the type, the number of sizes, the sizes, the values.

Described at http://yann.lecun.com/exdb/mnist/, bottom of the page. Files may be gzipped.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_BYTES = 2 * 1024**3
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Header:
    """What stands at the top: type and sizes, of which the first is the number of rows."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.dtype.itemsize * math.prod(self.shape[1:])


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """The file, inflated where it is gzipped. A broken one raises DataError."""
    with path.open("rb") as file:
        zipped = file.read(2) == GZIP
        file.seek(0)
        try:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if zipped else file
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                "import.gzip", f"{name} is cut off or damaged.", hint="Copy or download it again.", file=name
            ) from error


def is_header(start: bytes) -> bool:
    """Whether a file that starts so may be IDX."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in TYPES and 1 <= start[3] <= 6


def read_header(file: BinaryIO, name: str) -> Header:
    """Type and sizes. Raises DataError where it is none, or says it is too big."""
    start = file.read(4)
    if not is_header(start):
        raise DataError(
            "import.idx", f"{name} is no IDX file.", hint="It should start with 00 00.", file=name
        )
    sizes = file.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise DataError("import.idx_short", f"{name} ends within its header.", file=name)
    header = Header(np.dtype(TYPES[start[2]]), tuple(int(n) for n in np.frombuffer(sizes, ">u4")))
    if math.prod(header.shape) * header.dtype.itemsize > MOST_BYTES or 0 in header.shape[1:]:
        raise DataError(
            "import.idx_size",
            f"{name} says it holds {' x '.join(map(str, header.shape))} values.",
            hint=f"{MOST_BYTES // 1024**3} GB are the most, and no size may be 0.",
            file=name,
        )
    return header


def blocks(file: BinaryIO, header: Header, name: str) -> Iterator[NDArray[np.generic]]:
    """The rows, some at a time. Raises DataError unless exactly as many follow as the header says."""
    rows_at_once = max(1, (1 << 22) // header.row_bytes)
    for start in range(0, header.shape[0], rows_at_once):
        rows = min(rows_at_once, header.shape[0] - start)
        data = file.read(rows * header.row_bytes)
        if len(data) < rows * header.row_bytes:
            raise _wrong_length(name, f"ends after {start + len(data) // header.row_bytes} rows", header)
        yield np.frombuffer(data, header.dtype).reshape(rows, *header.shape[1:])
    if file.read(1):
        raise _wrong_length(name, "goes on after the last one", header)


def read(path: Path, name: str) -> NDArray[np.generic]:
    """The whole file as one array."""
    with opened(path, name) as file:
        header = read_header(file, name)
        parts = list(blocks(file, header, name))
    return np.concatenate(parts) if parts else np.empty(header.shape, header.dtype)


def _wrong_length(name: str, what: str, header: Header) -> DataError:
    return DataError(
        "import.idx_length",
        f"{name} says it holds {header.shape[0]} rows, but {what}.",
        hint="Copy or download it again.",
        file=name,
    )
