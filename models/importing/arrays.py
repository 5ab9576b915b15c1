"""NumPy arrays: an npz with inputs and targets, or a pair of npy files. Numbers only, never objects."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.base import DataInfo
from models.errors import DataError
from models.importing import archive as archives
from models.importing.archive import DamagedEntryError
from models.importing.base import MOST_BYTES, MOST_ROWS, Importer, Source
from models.importing.folder import ArrayFile
from models.importing.meaning import Channels, Choice, Facts, facts_of, shown

INPUTS = ("x", "inputs", "input", "data", "images", "features", "samples", "arr_0")
TARGETS = ("y", "targets", "target", "labels", "label", "classes", "arr_1")
PARTS = ("", "_train", "_test", "_val", "_valid", "train_", "test_", "val_")
BLOCK_BYTES = 1 << 23
MOST_TARGET_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Array:
    """An array that was looked at, not read: its header fits the bytes that follow."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    file: BinaryIO
    start: int

    def blocks(self) -> Iterator[NDArray[Any]]:
        """The rows, some at a time."""
        if self.fortran and len(self.shape) > 1:
            yield self.whole()
            return
        row_bytes = self.dtype.itemsize * math.prod(self.shape[1:])
        at_once = max(1, BLOCK_BYTES // max(row_bytes, 1))
        self.file.seek(self.start)
        for first in range(0, self.shape[0], at_once):
            rows = min(at_once, self.shape[0] - first)
            yield np.frombuffer(self.file.read(rows * row_bytes), self.dtype).reshape(rows, *self.shape[1:])

    def whole(self) -> NDArray[Any]:
        """All of it: for targets, and for arrays stored column by column."""
        size = self.dtype.itemsize * math.prod(self.shape)
        if size > MOST_TARGET_BYTES:
            raise DataError(
                "import.npy_whole",
                f"{self.name} must be read as a whole, and is above {MOST_TARGET_BYTES // 1024**2} MB.",
                hint="Save it with numpy.ascontiguousarray.",
                file=self.name,
            )
        self.file.seek(self.start)
        values = np.frombuffer(self.file.read(size), self.dtype)
        return values.reshape(self.shape, order="F" if self.fortran else "C")


class Arrays(Importer):
    """NumPy arrays: an npz that holds inputs and targets (x and y, in whatever usual words), or two npy files.

    Numbers only. Targets may be classes, numbers, or one-hot rows. `x_train` and `x_test` are joined.
    """

    title: ClassVar[str] = "NumPy arrays"
    category: ClassVar[str] = "Arrays"

    type: Literal["arrays"] = "arrays"
    inputs: str | None = Field(
        None, max_length=200, title="Inputs", description="Name of the array or file; found when absent"
    )
    targets: str | None = Field(
        None, max_length=200, title="Targets", description="Name of the array or file; found when absent"
    )
    task: Choice = Field("auto", title="Task")
    channels: Channels = Field(
        "auto", title="Channels of pictures", description="Before or after height and width"
    )

    def write(self, sources: Sequence[Source], into: Path) -> DataInfo:
        """Block by block."""
        with ExitStack() as stack:
            pairs = self._pairs(sources, stack)
            facts = self._facts(pairs)
            with ArrayFile(into / "inputs.npy", facts.info.dtype, facts.info.shape) as out:
                for inputs, _ in pairs:
                    for block in inputs.blocks():
                        out.append(facts.arranged(block))
        facts.write_targets(into)
        return facts.info.model_copy(update={"problems": facts.problems()})

    def look(self, sources: Sequence[Source]) -> dict[str, Any]:
        """The first rows; all targets are counted."""
        with ExitStack() as stack:
            pairs = self._pairs(sources, stack)
            facts = self._facts(pairs)
            options = {**self.model_dump(), "inputs": pairs[0][0].name, "targets": pairs[0][1].name}
            return {**shown(facts, next(pairs[0][0].blocks())), "options": options}

    def _facts(self, pairs: Sequence[tuple[Array, Array]]) -> Facts:
        targets = np.concatenate([array.whole() for _, array in pairs])
        first = pairs[0][0]
        shape = (len(targets), *first.shape[1:])
        return facts_of(shape, first.dtype, targets, task=self.task, channels=self.channels)

    def _pairs(self, sources: Sequence[Source], stack: ExitStack) -> list[tuple[Array, Array]]:
        """Inputs with their targets. Raises DataError unless they fit each other."""
        arrays = [array for source in sources for array in _arrays(source, stack)]
        if self.inputs or self.targets:
            pairs = [(_named(arrays, self.inputs, INPUTS), _named(arrays, self.targets, TARGETS))]
        else:
            pairs = _guessed(arrays)
        for inputs, targets in pairs:
            _fit(inputs, targets)
        first_inputs, first_targets = pairs[0]
        for inputs, targets in pairs[1:]:
            if (inputs.shape[1:], inputs.dtype) != (first_inputs.shape[1:], first_inputs.dtype) or (
                targets.shape[1:] != first_targets.shape[1:]
            ):
                raise DataError(
                    "import.parts_differ",
                    f"{inputs.name} has another shape or type than {first_inputs.name}.",
                    hint="Name the arrays to take in the options `inputs` and `targets`.",
                )
        return pairs


def _arrays(source: Source, stack: ExitStack) -> list[Array]:
    """The arrays of an npy or npz file."""
    plain = stack.enter_context(source.path.open("rb"))
    zipped = plain.read(2) == b"PK"
    plain.seek(0)
    if not zipped:
        return [_opened(plain, source.path.stat().st_size, source.name)]
    archive = stack.enter_context(archives.opened(source))
    arrays = []
    for entry in archive.entries:
        if not entry.filename.endswith(".npy"):
            raise DataError(
                "import.npz_entry", f"{entry.filename!r} in {source.name} is no array.", file=source.name
            )
        try:
            file = stack.enter_context(TemporaryFile())  # noqa: SIM115 - the stack closes it
            archive.copy(entry, file)
        except DamagedEntryError as error:
            raise DataError(
                "import.npz_damaged", f"{entry.filename!r} in {source.name}: {error}.", hint="Save it again."
            ) from error
        file.seek(0)
        arrays.append(_opened(file, entry.file_size, entry.filename.removesuffix(".npy")))
    if not arrays:
        raise DataError(
            "import.npz_empty", f"{source.name} holds no arrays.", hint="Save x and y.", file=source.name
        )
    return arrays


def _opened(file: BinaryIO, size: int, name: str) -> Array:
    """Header first; its shape must equal the bytes that follow, and its type must be one of numbers."""
    try:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = read(file)
    except (ValueError, EOFError, SyntaxError, RecursionError, MemoryError) as error:
        raise DataError(
            "import.npy", f"{name} is no npy array, or a damaged one.", hint="Save it again.", file=name
        ) from error
    if dtype.hasobject or dtype.kind not in "buif" or dtype.itemsize > 8:
        held = "Python objects, which can run code when they are read" if dtype.hasobject else str(dtype)[:40]
        raise DataError(
            "import.npy_type",
            f"{name} holds {held}.",
            hint="Save an array of numbers: numpy.asarray(x, dtype='float32'); classes as whole numbers.",
            file=name,
        )
    start = file.tell()
    wanted = dtype.itemsize * math.prod(shape)
    if wanted != size - start or any(n < 0 for n in shape):
        raise DataError(
            "import.npy_length",
            f"{name} says it holds {' x '.join(map(str, shape))} values, {wanted} bytes; {size - start} follow.",
            hint="Save or copy it again.",
            file=name,
        )
    if wanted > MOST_BYTES or not shape or not 0 < shape[0] <= MOST_ROWS:
        raise DataError(
            "import.npy_size",
            f"{name} has the shape {list(shape)}.",
            hint=f"1 to {MOST_ROWS} rows and {MOST_BYTES // 1024**3} GB can be imported.",
            file=name,
        )
    return Array(name, tuple(shape), dtype, fortran, file, start)


def _guessed(arrays: Sequence[Array]) -> list[tuple[Array, Array]]:
    """x and y by their usual names, in parts (train, test) where there are; else two by their shapes."""
    by_name = {Path(array.name).stem.lower(): array for array in arrays}
    pairs = []
    for part in PARTS:
        inputs = next((by_name[name] for name in _words(INPUTS, part) if name in by_name), None)
        targets = next((by_name[name] for name in _words(TARGETS, part) if name in by_name), None)
        if inputs and targets:
            pairs.append((inputs, targets))
    if pairs:
        return pairs
    if len(arrays) == 2:
        fewer, more = sorted(arrays, key=lambda array: (math.prod(array.shape[1:]), len(array.shape)))
        if math.prod(fewer.shape[1:]) < math.prod(more.shape[1:]):
            return [(more, fewer)]
    raise DataError(
        "import.which_arrays",
        f"Which arrays are inputs and targets? There {'is' if len(arrays) == 1 else 'are'} "
        f"{', '.join(array.name for array in arrays[:20])}.",
        hint="Name them in the options `inputs` and `targets`; two npy files are chosen together.",
        path=("options", "inputs"),
    )


def _words(names: Sequence[str], part: str) -> list[str]:
    return [part + name if part.endswith("_") else name + part for name in names]


def _named(arrays: Sequence[Array], name: str | None, usual: Sequence[str]) -> Array:
    wanted = [name] if name else list(usual)
    for array in arrays:
        if array.name in wanted or Path(array.name).stem in wanted:
            return array
    raise DataError(
        "import.no_array",
        f"There is no array {' or '.join(wanted)!r}.",
        hint=f"There are {', '.join(array.name for array in arrays[:20])}.",
        path=("options", "inputs" if usual is INPUTS else "targets"),
    )


def _fit(inputs: Array, targets: Array) -> None:
    if inputs.shape[0] != targets.shape[0]:
        raise DataError(
            "import.rows_differ",
            f"{inputs.name} has {inputs.shape[0]} rows, {targets.name} has {targets.shape[0]}.",
            hint="Choose inputs and targets that belong together.",
        )
