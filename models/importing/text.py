"""How a table is written: encoding, delimiter, header. Found from its beginning."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from models.errors import DataError
from models.importing.base import MOST_COLUMNS, Source

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES = 1 << 18
SAMPLE_ROWS = 200
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "?")
"""What stands for a missing value, in small letters."""

Header = Literal["auto", "yes", "no"]


@dataclass(frozen=True)
class Layout:
    """How to read a file: its delimiter, its columns' names, and whether the first row is these names."""

    delimiter: str
    names: tuple[str, ...]
    header: bool
    problems: tuple[str, ...] = ()


def refuse_unreadable(source: Source) -> tuple[str, ...]:
    """UTF-16, other encodings and binary files, by the line where it shows. Reads the file once.

    Gives what is odd but allowed, in words.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, quotes = 1, 0
    with source.path.open("rb") as file:
        while True:
            block = file.read(1 << 20)
            if line == 1 and block.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise DataError(
                    "import.utf16",
                    f"{source.name} is written in UTF-16.",
                    hint='Save it as UTF-8: in Excel "CSV UTF-8", in an editor under "Save as".',
                    file=source.name,
                )
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise _not_text(source, line + block.count(b"\n", 0, error.start)) from error
            if b"\0" in block:
                raise _not_text(source, line + block.count(b"\n", 0, block.index(b"\0")))
            if not block:
                break
            line += block.count(b"\n")
            quotes += block.count(b'"')
    return ('There is a quotation mark " without its partner: rows after it may have run together.',) * (
        quotes % 2
    )


def layout_of(source: Source, delimiter: str | None, header: Header) -> Layout:
    """Delimiter, header and names. Raises DataError for an empty file, one column, or too many."""
    with source.path.open("rb") as file:
        start = file.read(SAMPLE_BYTES)
        whole = len(start) < SAMPLE_BYTES
    text = start.decode("utf-8-sig", errors="ignore")
    if not text.strip():
        raise DataError(
            "import.empty_file", f"{source.name} is empty.", hint="Choose another file.", file=source.name
        )
    delimiter = delimiter or _delimiter(text, whole)
    rows = _rows(text, delimiter, whole)
    first = [cell.strip() for cell in rows[0]]
    if len(first) < 2:
        raise DataError(
            "import.one_column",
            f"{source.name} has one column only.",
            hint="It needs one to learn from and one to foretell, parted by comma, semicolon, tab or |.",
            file=source.name,
        )
    if len(first) > MOST_COLUMNS:
        raise DataError(
            "import.columns",
            f"{source.name} has {len(first)} columns; {MOST_COLUMNS} are the most.",
            hint="Leave some out.",
            file=source.name,
        )
    named = _has_header(rows) if header == "auto" else header == "yes"
    names, problems = _names(first if named else [""] * len(first))
    return Layout(delimiter, names, named, problems if named else ())


def _delimiter(text: str, whole: bool) -> str:
    """The one that cuts most rows into the same number of columns, more than one."""

    def agreement(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in _rows(text, delimiter, whole))
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]))
        return (rows / widths.total() if width > 1 else 0.0, width)

    return max(DELIMITERS, key=agreement)


def _rows(text: str, delimiter: str, whole: bool) -> list[list[str]]:
    """The first rows; the last is left out where the sample may have cut it."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) > SAMPLE_ROWS:
                break
    except csv.Error:  # a field above the reader's limit: said with row and column when all is read
        pass
    cut = not whole and 1 < len(rows) <= SAMPLE_ROWS
    return (rows[:-1] if cut else rows) or [[text[:100]]]


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Names are no numbers, none is empty twice, and none stands again below itself."""
    first = [cell.strip() for cell in rows[0]]
    if any(NUMBER.fullmatch(cell) for cell in first) or sum(not cell for cell in first) > 1:
        return False
    if len(rows) == 1:
        return True
    below = list(zip(*(row for row in rows[1:] if len(row) == len(first)), strict=True))
    if any(NUMBER.fullmatch(cell.strip()) for column in below for cell in column[:20]):
        return True
    return not any(name in column for name, column in zip(first, below, strict=False))


def _names(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Each column under a name of its own, and what had to be changed for it."""
    names: list[str] = []
    problems: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())[:200] or f"column {place}"
        if name in names:
            problems.append(f"There are two columns {name!r}; the second is called '{name} ({place})'.")
            name = f"{name} ({place})"
        names.append(name)
    return tuple(names), tuple(problems)


def _not_text(source: Source, line: int) -> DataError:
    return DataError(
        "import.encoding",
        f"{source.name} is not UTF-8 text: line {line} holds bytes that are no letters.",
        hint='Save it as UTF-8: in Excel "CSV UTF-8".',
        row=line,
        file=source.name,
    )
