"""What the downloaded picture sets share. The hashes are those of the files as published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field

from models import idx
from models.data.base import DataDoor, DataInfo, Dataset, DataSource
from models.data.choose import at_most


@dataclass(frozen=True)
class Download:
    """A file at a fixed address."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """Of the file."""
        return self.url.rsplit("/", 1)[-1]


class Downloaded(DataSource):
    """Base of the downloaded picture sets."""

    category: ClassVar[str] = "Downloads"

    limit: int | None = Field(
        None, ge=100, le=100_000, title="Images at most", description="Drawn by seed; all when absent"
    )

    def images(self, door: DataDoor) -> Dataset:
        """All of them."""
        raise NotImplementedError

    def facts(self) -> DataInfo:
        """The facts about all of them."""
        raise NotImplementedError

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """The images asked for. Raises DataError where they are neither here nor to be had."""
        return at_most(self.images(door), self.limit, seed)

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts; nothing is downloaded for them."""
        facts = self.facts()
        return facts.model_copy(update={"rows": min(facts.rows, self.limit or facts.rows)})


class Idx28(Downloaded):
    """Base of MNIST and its likenesses: 70,000 grey images of 28 by 28, in four IDX files."""

    files: ClassVar[tuple[Download, ...]] = ()
    names: ClassVar[tuple[str, ...]] = ()

    def images(self, door: DataDoor) -> Dataset:
        """The 60,000 meant for training, then the 10,000 meant for testing."""
        paths = [door.downloaded(file.url, file.sha256, file.name) for file in self.files]
        arrays = [idx.read(path, file.name) for path, file in zip(paths, self.files, strict=True)]
        inputs = np.concatenate(arrays[0::2])[:, None].astype(np.uint8, copy=False)
        return Dataset(self.facts(), inputs, np.concatenate(arrays[1::2]).astype(np.int64))

    def facts(self) -> DataInfo:
        """The facts about all of them."""
        return DataInfo(
            task="classification",
            form="image",
            shape=(1, 28, 28),
            dtype="uint8",
            classes=self.names,
            rows=70_000,
        )
