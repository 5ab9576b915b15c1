"""Everything that can go wrong in `models`, as one tree:

OquError
├── DocumentError      the experiment does not parse, or does not make sense
│   ├── WiringError    a cycle, an unknown or missing input, a layer that leads nowhere
│   ├── ShapeError     a layer cannot take what reaches it
│   └── TooLargeError  the estimate is above the limit; nothing was built
├── DataError          a data set cannot be imported, or cannot be used as asked
├── SnapshotError      a snapshot is damaged, or does not fit the network
└── ControlError       a change that a running experiment cannot take

Each error says where it is, what was expected and what to do. `problem` is its JSON form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

Path = Sequence[str | int]


class Where(BaseModel):
    """The place of a problem: the path in the document, the layer, or the row and column of a file."""

    model_config = ConfigDict(frozen=True)

    path: tuple[str | int, ...] = ()
    layer: str | None = None
    row: int | None = None
    column: str | None = None


class Problem(BaseModel):
    """An error as the browser receives it; `key` and `params` translate it, `detail` is the English."""

    model_config = ConfigDict(frozen=True)

    error: str
    key: str
    params: dict[str, Any] = {}
    detail: str
    where: Where = Where()
    hint: str = ""


class OquError(Exception):
    """Base of all expected failures.

    `key` is the catalogue key of the sentence, `detail` its English, `params` the facts in it,
    `hint` what to do next.
    """

    def __init__(
        self,
        key: str,
        detail: str,
        *,
        hint: str = "",
        path: Path = (),
        layer: str | None = None,
        row: int | None = None,
        column: str | None = None,
        **params: Any,
    ) -> None:
        super().__init__(detail)
        where = Where(path=tuple(path), layer=layer, row=row, column=column)
        self.problem = Problem(
            error=type(self).__name__,
            key=f"error.{key}",
            params=params,
            detail=detail,
            where=where,
            hint=hint,
        )

    def __str__(self) -> str:
        place = ".".join(str(part) for part in self.problem.where.path)
        words = [f"{place}: " if place else "", self.problem.detail]
        return "".join(words) + (f" {self.problem.hint}" if self.problem.hint else "")


class DocumentError(OquError):
    """The experiment does not parse, or does not make sense. May carry several problems."""

    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> DocumentError:
        """One error from several problems; the first one is its face."""
        first = problems[0]
        error = cls(first.key.removeprefix("error."), first.detail, hint=first.hint, **first.params)
        error.problem = first
        error.problems = tuple(problems)
        return error


class WiringError(DocumentError):
    """A cycle, an unknown or missing input, or a layer that leads nowhere."""


class ShapeError(DocumentError):
    """A layer cannot take what reaches it."""


class TooLargeError(DocumentError):
    """The estimate is above the limit; nothing was built."""


class DataError(OquError):
    """A data set cannot be imported, or cannot be used as asked."""


class SnapshotError(OquError):
    """A snapshot is damaged, or does not fit the network."""


class ControlError(OquError):
    """A change that a running experiment cannot take."""


def data_unknown(name: str, hint: str) -> DataError:
    """The error for a name that no imported set has."""
    return DataError(
        "data.unknown",
        f"There is no imported data set called {name!r}.",
        hint=hint,
        path=("data", "name"),
        name=name,
    )


def data_changed(name: str) -> DataError:
    """The error for a set whose content is not the one that a document pins."""
    return DataError(
        "data.changed",
        f"The data set {name!r} is not the one this experiment was made with.",
        hint="Leave out sha256 to take the data set as it is now.",
        path=("data", "sha256"),
        name=name,
    )


def data_not_here(name: str, hint: str) -> DataError:
    """The error for a file that has to be downloaded first."""
    return DataError("data.no_download", f"{name} is not here yet.", hint=hint, path=("data",), name=name)
