"""Torch, loaded at first use: declaring a kind must stay cheap, so kinds import `torch` and `nn` from here.

from models.lazy import torch, nn

class Linear(Layer):
    def build(self, ...): return nn.Linear(...)     # torch is imported here, not above
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F  # noqa: N812
    from torch import nn
else:

    class _Lazy:
        """Stands for a module until an attribute is asked of it."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            if attribute.startswith("__"):
                raise AttributeError(attribute)
            value = getattr(importlib.import_module(self._name), attribute)
            self.__dict__[attribute] = value
            return value

    torch = _Lazy("torch")
    nn = _Lazy("torch.nn")
    F = _Lazy("torch.nn.functional")

__all__ = ["F", "nn", "torch"]
