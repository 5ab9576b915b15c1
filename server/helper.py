"""Warm processes for what needs torch but is no run: checks, previews, predictions, pictures, imports.

    await helper.call("check", {"document": {...}})

Names and payloads (paths as text; `datasets` maps a name to its folder):

    check           {document, memory_limit, datasets} -> the answer of POST /api/check
    preview         {document, datasets} -> {"info", "parts"}
    probe           {snapshot, probe, params, form: "figure" | "tiles", datasets} -> dict, or bytes for tiles
    predict         {snapshot, rows, datasets} -> dict
    exam            {snapshot, datasets} -> dict
    import_preview  {files, names, options} -> dict
    import_data     {files, names, options, into} -> DataInfo as a dict

An OquError raised there is raised here again, with its problem.
"""

from __future__ import annotations

from typing import Any, Protocol


class HelperDoor(Protocol):
    """How the rest of the server asks for torch."""

    async def start(self) -> None:
        """Get warm."""
        ...

    async def call(self, name: str, payload: dict[str, Any], deadline: float | None = None) -> Any:
        """Call a function of the table above. Raises its OquError, or BusyError when it is late or died."""
        ...

    async def close(self) -> None:
        """End the processes."""
        ...
