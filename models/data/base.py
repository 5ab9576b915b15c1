"""What a data source is: settings, and arrays with the facts about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.errors import data_not_here, data_unknown
from models.kinds import Kind

Task = Literal["classification", "regression"]
Form = Literal["points", "table", "image", "vector"]
"""How an input looks to a person: points in the plane, rows of a table, pictures, plain numbers."""


class Feature(BaseModel):
    """One column of a table. A category's value is stored as the index of its name; missing is NaN."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Literal["number", "category"] = "number"
    categories: tuple[str, ...] = ()
    missing: int = 0


class DataInfo(BaseModel):
    """The facts about a data set that pages, shapes and predictions need."""

    model_config = ConfigDict(frozen=True)

    task: Task
    form: Form
    shape: tuple[int, ...] = Field(description="Of one input: (features,), (C, H, W)")
    dtype: Literal["float32", "uint8"] = Field(
        "float32", description="uint8: 0 to 255, in the network 0 to 1"
    )
    classes: tuple[str, ...] = ()
    targets: tuple[str, ...] = Field((), description="Names of the target columns of a regression")
    features: tuple[Feature, ...] = ()
    rows: int = 0
    problems: tuple[str, ...] = Field((), description="What was found wrong and mended or left, in words")


@dataclass(frozen=True)
class Dataset:
    """Arrays in memory or mapped from disk.

    `inputs` (N, *shape): float32, or uint8 for images (0 to 255, scaled to 0..1 when a batch is made).
    `targets` (N,) int64 class indices, or (N, k) float32.
    """

    info: DataInfo
    inputs: NDArray[np.float32] | NDArray[np.uint8]
    targets: NDArray[np.int64] | NDArray[np.float32]


class DataDoor(Protocol):
    """How a data source gets at what lies outside the document: imported sets and downloads."""

    def imported(self, name: str, sha256: str | None) -> Dataset:
        """The imported set of that name; `sha256` pins its content. Raises DataError."""
        ...

    def downloaded(self, url: str, sha256: str, name: str) -> Path:
        """A file from a fixed, hash-checked address, or from the mirror that a school configured."""
        ...


@dataclass(frozen=True)
class NoDoor:
    """A door that leads nowhere: for data that needs nothing from outside."""

    reason: str = field(default="no data folder is open here")

    def imported(self, name: str, sha256: str | None) -> Dataset:
        """Always refuses."""
        raise data_unknown(name, self.reason)

    def downloaded(self, url: str, sha256: str, name: str) -> Path:
        """Always refuses."""
        raise data_not_here(name, self.reason)


class DataSource(Kind):
    """Base of all data sources."""

    family: ClassVar[str] = "data"

    type: str
    validation_fraction: float = Field(0.2, ge=0, lt=1, title="Validation part")
    test_fraction: float = Field(
        0.0, ge=0, lt=1, title="Test part", description="Looked at in the final exam only"
    )
    seed: int | None = Field(
        None, ge=0, lt=2**32, title="Seed of the data", description="The experiment's seed when absent"
    )

    @model_validator(mode="after")
    def _something_is_left_to_learn_from(self) -> DataSource:
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError("validation and test part together must be less than 1")
        return self

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """All rows, before they are split. `seed` is this source's own stream."""
        raise NotImplementedError

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts alone. Override where loading is slow: this is called while people type."""
        return self.load(0, door).info
