"""CIFAR-10."""

import tarfile
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from models.data.base import DataDoor, DataInfo, Dataset
from models.data.downloads import Download, Downloaded
from models.errors import DataError

ARCHIVE = Download(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
MEMBERS = tuple(
    f"cifar-10-batches-bin/{name}.bin" for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
)
IMAGE = 3 * 32 * 32


class Cifar10(Downloaded):
    """CIFAR-10: 60,000 colour photographs, 32 by 32, of ten things (Krizhevsky, 2009). 170 MB to download.

    The binary version: each image is a byte for its class and 3,072 for red, green and blue.
    """

    title: ClassVar[str] = "CIFAR-10"

    type: Literal["cifar10"] = "cifar10"

    def images(self, door: DataDoor) -> Dataset:
        """The 50,000 meant for training, then the 10,000 meant for testing."""
        path = door.downloaded(ARCHIVE.url, ARCHIVE.sha256, ARCHIVE.name)
        rows = np.frombuffer(_content(path), np.uint8).reshape(-1, 1 + IMAGE)
        return Dataset(self.facts(), rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0].astype(np.int64))

    def facts(self) -> DataInfo:
        """The facts about all of them."""
        names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
        return DataInfo(
            task="classification",
            form="image",
            shape=(3, 32, 32),
            dtype="uint8",
            classes=names,
            rows=60_000,
        )


def _content(path: Path) -> bytes:
    """The six files of the archive, one after the other; nothing is unpacked to the disk."""
    with tarfile.open(path, "r:gz") as archive:
        found = {member.name: archive.extractfile(member) for member in archive if member.name in MEMBERS}
        try:
            return b"".join(file.read() for name in MEMBERS if (file := found[name]) is not None)
        except KeyError as error:
            raise DataError("data.archive", f"{path.name} lacks {error.args[0]}.", name=path.name) from error
