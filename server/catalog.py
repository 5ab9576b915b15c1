"""The catalogue as bytes: what the registries of `models` hold, collected once, at first use."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from server.plain import encode


def collect() -> dict[str, list[dict[str, Any]]]:
    """Every kind's entry, by the name of its family in the catalogue."""
    from models import experiment, importing, probes  # noqa: F401 - they fill the registries
    from models.kinds import entries

    families = {
        "layers": "layer",
        "data": "data",
        "preprocess": "preprocess",
        "learners": "learner",
        "optimizers": "optimizer",
        "losses": "loss",
        "schedules": "schedule",
        "initializers": "initializer",
        "probes": "probe",
        "exports": "export",
        "imports": "import",
    }
    return {name: entries(family) for name, family in families.items()}


class Catalog:
    """Collected in a thread once; then the same bytes for everybody."""

    def __init__(self) -> None:
        self._made: tuple[bytes, str] | None = None
        self._lock = asyncio.Lock()

    async def read(self) -> tuple[bytes, str]:
        """The JSON, and its ETag."""
        async with self._lock:
            if self._made is None:
                self._made = await asyncio.to_thread(_made)
        return self._made


def _made() -> tuple[bytes, str]:
    content = encode(collect())
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
