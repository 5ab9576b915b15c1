"""Layer kinds, one per file, with torch.nn's names. A new file here is a new layer everywhere."""

from typing import TYPE_CHECKING

from models.kinds import scan, union
from models.layers.base import Layer

scan(__name__, __path__)

if TYPE_CHECKING:
    AnyLayer = Layer
else:
    AnyLayer = union(Layer)

__all__ = ["AnyLayer", "Layer"]
