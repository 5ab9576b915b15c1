"""How routes take an experiment document: as raw bytes, so that its own parser sees every mistake in it."""

from __future__ import annotations

from typing import Any

DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "An experiment document",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Experiment"}}},
    }
}
"""For `openapi_extra`: the schema of the body that the route reads itself."""
