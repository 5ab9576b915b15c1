"""Snapshots as bytes: safetensors for the numbers, JSON for the rest. Nothing in them is ever executed.

    data = encode(snapshot)      # bytes for a file, a pipe or a download
    snapshot = decode(data)      # raises SnapshotError where the bytes are damaged

A snapshot is enough to go on exactly, and enough to predict: its `meta` holds the document, the facts about
the data, what preprocessing was fitted, and all state that is no tensor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from models.errors import SnapshotError

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
_KEY = "oqu"


@dataclass(frozen=True)
class Snapshot:
    """One moment of a run. `meta` is plain JSON; `tensors` are copies that nothing else writes to."""

    meta: dict[str, Any]
    tensors: dict[str, Tensor]
    kind: Literal["recovery", "timeline"] = "timeline"

    @property
    def step(self) -> int:
        """Steps done."""
        return int(self.meta["step"])

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return int(self.meta["epoch"])


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot as one block of bytes."""
    from safetensors.torch import save

    tensors, shared = _separate(snapshot.tensors)
    head = {"format": FORMAT, "kind": snapshot.kind, "meta": snapshot.meta, "shared": shared}
    data: bytes = save(tensors, metadata={_KEY: json.dumps(head)})
    return data


def decode(data: bytes) -> Snapshot:
    """The snapshot in these bytes. Raises SnapshotError."""
    from safetensors.torch import load

    try:
        head = json.loads(_metadata(data)[_KEY])
        tensors: dict[str, Tensor] = load(data)
        if head["format"] != FORMAT:
            raise SnapshotError(
                "snapshot.version",
                f"This snapshot has format {head['format']}; this version reads {FORMAT}.",
                hint="Open it with the version that wrote it.",
            )
        tensors.update({name: tensors[other] for name, other in head["shared"].items()})
        meta, kind = dict(head["meta"]), head["kind"]
        int(meta["step"]), int(meta["epoch"])
    except SnapshotError:
        raise
    except Exception as error:  # safetensors raises its own for each kind of damage
        raise SnapshotError(
            "snapshot.damaged",
            "The snapshot is damaged or is none.",
            hint="Go on from the snapshot before it.",
        ) from error
    return Snapshot(meta, tensors, "recovery" if kind == "recovery" else "timeline")


def _metadata(data: bytes) -> dict[str, str]:
    """The header's strings: 8 bytes of length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    if not 0 < length <= len(data) - 8:
        raise ValueError("the header is longer than the file")
    found: dict[str, str] = json.loads(data[8 : 8 + length])["__metadata__"]
    return found


def _separate(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Contiguous tensors with memory of their own, and which names share one tensor."""
    own: dict[str, Tensor] = {}
    shared: dict[str, str] = {}
    seen: dict[tuple[Any, ...], str] = {}
    for name, tensor in tensors.items():
        where = (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tensor.shape, tensor.stride())
        if tensor.numel() and where in seen:
            shared[name] = seen[where]
            continue
        seen[where] = name
        plain = tensor.detach().cpu().contiguous()
        whole = plain.untyped_storage().nbytes() == plain.numel() * plain.element_size()
        own[name] = plain if whole else plain.clone()
    return own, shared
