"""A first reading of a table: what stands in each column. Streams the file; keeps counts, not rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError
from models.importing.base import MOST_CLASSES, MOST_FIELD_BYTES, MOST_ROWS, Source
from models.importing.text import MISSING, NUMBER, Layout

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 21
LARGEST = float(np.finfo(np.float32).max)
MOST_STRAY = 0.05
"""Share of text in a column that is still taken as numbers, its text as missing."""

Doubles = NDArray[np.float64]


@dataclass
class Column:
    """What a column holds. `values` counts different texts until there are too many."""

    name: str
    place: int
    present: int = 0
    missing: int = 0
    numbers: int = 0
    whole: bool = True
    low: float = np.inf
    high: float = -np.inf
    running: bool = True
    stray: tuple[int, str] | None = None
    values: dict[str, int] | None = field(default_factory=dict)

    @property
    def numeric(self) -> bool:
        """All of it numbers, but for a few cells."""
        stray = self.present - self.numbers
        return self.numbers > 0 and (
            stray == 0 or (self.numbers >= 20 and stray <= MOST_STRAY * self.present)
        )

    @property
    def is_index(self) -> bool:
        """Row numbers without a name, as tables are often saved with."""
        return self.running and self.numbers > 2 and self.name == f"column {self.place + 1}"

    def take(self, cells: pa.Array, first_row: int, comma: bool) -> None:
        """Count more cells, trimmed and with nulls for what is missing."""
        import pyarrow.compute as pc

        there = len(cells) - cells.null_count
        self.present += there
        self.missing += cells.null_count
        numbers = to_numbers(cells, comma)
        good = numbers[~np.isnan(numbers)]
        self.numbers += len(good)
        if len(good):
            self.low = min(self.low, float(good.min()))
            self.high = max(self.high, float(good.max()))
            self.whole = self.whole and bool((good == np.floor(good)).all())
        self.running = self.running and len(good) == len(cells) and bool((np.diff(good) == 1).all())
        if self.stray is None and len(good) < there:
            at = int(np.argmax(np.isnan(numbers) & np.asarray(pc.is_valid(cells))))
            self.stray = (first_row + at, cells[at].as_py()[:40])
        self._count(cells)

    def _count(self, cells: pa.Array) -> None:
        import pyarrow.compute as pc

        if self.values is None:
            return
        for entry in pc.value_counts(cells.drop_null()).to_pylist():
            self.values[entry["values"]] = self.values.get(entry["values"], 0) + entry["counts"]
            if len(self.values) > MOST_CLASSES:
                self.values = None
                return


def survey(source: Source, layout: Layout) -> tuple[list[Column], int]:
    """All columns, and the number of rows. Raises DataError with row and column."""
    columns = [Column(name, place) for place, name in enumerate(layout.names)]
    rows = 0
    for batch in batches(source, layout):
        if rows + batch.num_rows > MOST_ROWS:
            raise DataError(
                "import.rows",
                f"{source.name} has more than {MOST_ROWS} rows.",
                hint="Import a part of it.",
                file=source.name,
            )
        first = rows + 1 + layout.header
        for column in columns:
            cells = batch.column(column.place)
            _refuse_long(cells, first, column.name)
            column.take(tidy(cells), first, layout.delimiter != ",")
        rows += batch.num_rows
    if rows == 0:
        raise DataError(
            "import.no_rows",
            f"{source.name} has names of columns, but no rows.",
            hint="Add rows.",
            file=source.name,
        )
    return columns, rows


def batches(source: Source, layout: Layout) -> Iterator[pa.RecordBatch]:
    """The rows as text, some thousand at a time. Raises DataError at a ragged row, with its number."""
    import pyarrow as pa
    from pyarrow import csv

    ragged: list[csv.InvalidRow] = []

    def note(row: csv.InvalidRow) -> str:
        if not ragged:
            ragged.append(row)
        return "skip"

    try:
        reader = csv.open_csv(
            source.path,
            read_options=csv.ReadOptions(
                use_threads=False,
                block_size=BLOCK_BYTES,
                column_names=list(layout.names),
                skip_rows_after_names=int(layout.header),
            ),
            parse_options=csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(layout.names, pa.string()), strings_can_be_null=False
            ),
        )
        for batch in reader:
            _refuse_ragged(ragged, source)
            if batch.num_rows:
                yield batch
        _refuse_ragged(ragged, source)
    except pa.ArrowInvalid as error:
        _refuse_ragged(ragged, source)
        if "Empty CSV" in str(error):
            return
        raise DataError(
            "import.csv",
            f"{source.name} cannot be read as a table: a row does not end within {BLOCK_BYTES >> 20} MB.",
            hint='Look for a quotation mark " that is opened and not closed.',
            file=source.name,
        ) from error


def tidy(cells: pa.Array) -> pa.Array:
    """Without spaces around, and null where a value is missing."""
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(cells)
    missing, null = _constants()
    return pc.if_else(pc.is_in(pc.utf8_lower(trimmed), missing), null, trimmed)


@cache
def _constants() -> tuple[pa.Array, pa.Scalar]:
    """What stands for missing, and what takes its place; making them looks for pandas each time."""
    import pyarrow as pa

    return pa.array(MISSING), pa.scalar(None, pa.string())


def to_numbers(cells: pa.Array, comma: bool) -> Doubles:
    """Each cell's number; NaN where it is missing, no number, or too large for float32.

    `comma`: a decimal comma is understood as well, since commas do not part the columns.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        numbers = pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        if comma:
            cells = pc.replace_substring(cells, ",", ".")
        good = pc.match_substring_regex(cells, f"^(?:{NUMBER.pattern.replace('[.,]', '[.]')})$")
        numbers = pc.cast(pc.if_else(good, cells, _constants()[1]), pa.float64())
    values: Doubles = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.abs(values) <= LARGEST, values, np.nan)


def _refuse_ragged(ragged: Sequence[Any], source: Source) -> None:
    if not ragged:
        return
    row = ragged[0]
    raise DataError(
        "import.ragged",
        f"Row {row.number} of {source.name} has {row.actual_columns} values; {row.expected_columns} are expected.",
        hint="Look for a missing or a superfluous delimiter, or for text with a delimiter in it but no quotes.",
        row=row.number,
        file=source.name,
        expected=row.expected_columns,
        actual=row.actual_columns,
    )


def _refuse_long(cells: pa.Array, first_row: int, name: str) -> None:
    import pyarrow.compute as pc

    lengths = pc.binary_length(cells)
    if pc.max(lengths).as_py() <= MOST_FIELD_BYTES:
        return
    row = first_row + int(np.argmax(np.asarray(lengths)))
    raise DataError(
        "import.field",
        f"Row {row}, column {name!r}: the value is longer than {MOST_FIELD_BYTES // 1024} kB.",
        hint="A quotation mark may be opened and not closed.",
        row=row,
        column=name,
    )
