"""A data set that was imported here."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from models.data.base import DataDoor, DataInfo, Dataset, DataSource
from models.data.choose import at_most, only_classes, with_classes

ClassName = Annotated[str, Field(min_length=1, max_length=200)]


class Imported(DataSource):
    """A data set that was imported here: a CSV file, a zip of pictures, IDX files or NumPy arrays."""

    title: ClassVar[str] = "Imported data"
    category: ClassVar[str] = "Own data"

    type: Literal["dataset"] = "dataset"
    name: str = Field(min_length=1, max_length=120, title="Name", description="As it was given at the import")
    sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        title="Content",
        description="Hash of the content meant; written at submission",
        json_schema_extra={"advanced": True},
    )
    classes: list[ClassName] | None = Field(
        None, min_length=2, max_length=1000, title="Classes", description="All when absent"
    )
    limit: int | None = Field(
        None, ge=2, le=5_000_000, title="Rows at most", description="Drawn by seed; all when absent"
    )

    @field_validator("classes")
    @classmethod
    def _each_class_once(cls, classes: list[str] | None) -> list[str] | None:
        if classes is not None and len(set(classes)) < len(classes):
            raise ValueError("a class is named twice")
        return classes

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """The rows asked for. Raises DataError where there is no such set, or its content is another."""
        return at_most(only_classes(door.imported(self.name, self.sha256), self.classes), self.limit, seed)

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts, with the rows that the filter and the limit leave; inputs are not read."""
        data = door.imported(self.name, self.sha256)
        info = data.info
        if self.classes is not None:
            rows = int(
                np.isin(
                    data.targets, [info.classes.index(c) for c in self.classes if c in info.classes]
                ).sum()
            )
            info = with_classes(info, self.classes).model_copy(update={"rows": rows})
        return info.model_copy(update={"rows": min(info.rows, self.limit or info.rows)})
