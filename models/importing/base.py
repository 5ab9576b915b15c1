"""What an import format is: its options, a look, and the writing of a set. And the limits of them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from models.data.base import DataInfo
from models.errors import DataError
from models.kinds import Kind

MOST_ROWS = 5_000_000
MOST_COLUMNS = 2_000
MOST_CLASSES = 1_000
MOST_FIELD_BYTES = 64 * 1024
MOST_BYTES = 2 * 1024**3
MOST_ENTRIES = 50_000
MOST_RATIO = 100
RATIO_FROM = 1024**2
MOST_PIXELS = 16_000_000
MOST_PROBLEMS = 50
SHOWN_ROWS = 20
SHOWN_IMAGES = 20
SHOWN_SIDE = 64


@dataclass(frozen=True)
class Source:
    """A file, and the name it had where it came from."""

    path: Path
    name: str


class Importer(Kind):
    """Base of all import formats."""

    family: ClassVar[str] = "import"

    type: str

    def write(self, sources: Sequence[Source], into: Path) -> DataInfo:
        """Write inputs.npy and targets.npy into the folder. Raises DataError."""
        raise NotImplementedError

    def look(self, sources: Sequence[Source]) -> dict[str, Any]:
        """`info`, `options` as resolved, `rows` or `images` to show, `balance`, `problems`."""
        raise NotImplementedError


def one_file(sources: Sequence[Source], what: str) -> Source:
    """The only file. Raises DataError where there are several."""
    if len(sources) != 1:
        raise DataError(
            "import.one_file",
            f"{what} is one file, not {len(sources)}.",
            hint="Import them one after the other.",
        )
    return sources[0]


def by_number(name: str) -> tuple[int, float, str]:
    """Sorts class names: numbers by their value, then words."""
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


def few(problems: Sequence[str]) -> tuple[str, ...]:
    """The first problems, and how many more there are."""
    more = len(problems) - MOST_PROBLEMS
    return (*problems[:MOST_PROBLEMS], *([f"… and {more} more."] if more > 0 else []))
