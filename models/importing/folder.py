"""The folder of an imported set: inputs.npy, targets.npy, info.json. Written in pieces, read by memory map."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from models.data.base import DataInfo, Dataset
from models.errors import DataError

FILES = ("info.json", "inputs.npy", "targets.npy")
HEADER_BYTES = 192


class ArrayFile:
    """An npy file that is written row by row: the header, with the number of rows, comes last."""

    def __init__(self, path: Path, dtype: str, row: tuple[int, ...]) -> None:
        self.dtype = np.dtype(dtype).newbyteorder("<")
        self.row = row
        self.rows = 0
        self._file = path.open("wb")
        self._file.write(b" " * HEADER_BYTES)

    def append(self, rows: NDArray[Any]) -> None:
        """More rows (n, *row)."""
        if rows.shape[1:] != self.row:
            raise ValueError(f"rows of shape {rows.shape[1:]} in a file of {self.row}")
        self._file.write(np.ascontiguousarray(rows, dtype=self.dtype).tobytes())
        self.rows += len(rows)

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._file.seek(0)
            self._file.write(self._header())
        self._file.close()

    def _header(self) -> bytes:
        """Version 1.0, padded to a fixed length: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"""
        facts = {"descr": self.dtype.str, "fortran_order": False, "shape": (self.rows, *self.row)}
        text = repr(facts).encode()
        length = HEADER_BYTES - 10
        return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text.ljust(length - 1) + b"\n"


def write_info(info: DataInfo, folder: Path) -> None:
    """The facts, always in the same order, so that the same content has the same hash."""
    text = json.dumps(info.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, indent=1)
    (folder / "info.json").write_text(text + "\n", encoding="utf-8")


def open_dataset(folder: Path) -> Dataset:
    """The set in a folder, its arrays mapped, not read. Raises DataError where it is damaged."""
    try:
        info = DataInfo.model_validate_json((folder / "info.json").read_bytes())
        inputs, targets = (
            np.load(folder / name, mmap_mode="r", allow_pickle=False)
            for name in ("inputs.npy", "targets.npy")
        )
    except (OSError, ValueError, EOFError, ValidationError) as error:
        raise _damaged() from error
    wide = () if info.task == "classification" else (len(info.targets),)
    if inputs.shape != (info.rows, *info.shape) or targets.shape != (info.rows, *wide):
        raise _damaged()
    if inputs.dtype != info.dtype or targets.dtype != (np.float32 if wide else np.int64):
        raise _damaged()
    return Dataset(info, inputs, targets)


def digest(folder: Path) -> str:
    """The hash of a set's content: of its three files, each with its name and length before it."""
    total = hashlib.sha256()
    for name in FILES:
        path = folder / name
        total.update(f"{name} {path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def _damaged() -> DataError:
    return DataError("import.damaged", "The imported set is damaged.", hint="Import it again.")
