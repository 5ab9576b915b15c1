"""Data sources, one per file. A new file here is a new source everywhere."""

from typing import TYPE_CHECKING

from models.data.base import DataDoor, DataInfo, Dataset, DataSource, NoDoor
from models.kinds import scan, union

scan(__name__, __path__)

if TYPE_CHECKING:
    AnyData = DataSource
else:
    AnyData = union(DataSource)

__all__ = ["AnyData", "DataDoor", "DataInfo", "DataSource", "Dataset", "NoDoor"]
