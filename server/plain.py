"""JSON bytes from anything that may stand in an answer: also what orjson itself refuses to write."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

Default = Callable[[Any], Any]
"""Makes plain values of what is none; raises TypeError where it cannot."""


def encode(content: Any, default: Default | None = None) -> bytes:
    """JSON bytes; NaN and infinities become null."""
    try:
        return orjson.dumps(content, default, orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # integers beyond 64 bits, halves of surrogate pairs: echoes of odd input
        return json.dumps(_tame(content, default or str), allow_nan=False).encode()


def _tame(content: Any, default: Default) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, str | int | bool | None):
        return content
    if isinstance(content, Mapping):
        return {str(key): _tame(value, default) for key, value in content.items()}
    if isinstance(content, Sequence):
        return [_tame(value, default) for value in content]
    return _tame(default(content), default)
