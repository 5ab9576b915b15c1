"""Preprocessing kinds, one per file."""

from typing import TYPE_CHECKING

from models.kinds import scan, union
from models.preprocess.base import Preprocess

scan(__name__, __path__)

if TYPE_CHECKING:
    AnyPreprocess = Preprocess
else:
    AnyPreprocess = union(Preprocess)

__all__ = ["AnyPreprocess", "Preprocess"]
