"""One seed in the document, many independent streams: data, split, initial weights, shuffling, dropout."""

from __future__ import annotations

import hashlib


def stream(seed: int, name: str) -> int:
    """A seed of its own for this purpose: 63 bits of a hash, so that streams never run into each other."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8]) >> 1
