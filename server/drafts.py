"""Documents at the door, before there is a run: checked, previewed, their data pinned by content.

What needs torch is asked of the helper.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from models import experiment as documents
from models.data.base import DataSource
from models.data.dataset import Imported
from models.documents import load
from models.errors import DataError, DocumentError, OquError, Problem, data_changed, data_unknown
from models.replay import refuse_other_weights
from server.errors import NotFoundError
from server.files import Files
from server.helper import HelperDoor
from server.recording import prepared_folders
from server.settings import Settings
from server.store.base import Store

SUBMIT_CHECK_SECONDS = 10.0
"""Deadline of the check at submission: longer than while somebody types, since nothing is lost by waiting."""

IMPORT_IT = "Import it first, or choose another."


class Drafts:
    """What can be said of a document, and what it needs from outside."""

    def __init__(self, settings: Settings, store: Store, files: Files, helper: HelperDoor) -> None:
        self._settings = settings
        self._store = store
        self._files = files
        self._helper = helper

    async def check(self, owner: str, document: bytes, memory_limit: int) -> dict[str, Any]:
        """Problems, shapes, cost. Raises DocumentError if it is no document at all."""
        payload = await self._draft(owner, document) | {"memory_limit": memory_limit}
        answer: dict[str, Any] = await self._helper.call("check", payload)
        return answer

    async def preview(self, owner: str, document: bytes) -> dict[str, Any]:
        """The first rows of each part of its data. Raises DocumentError, DataError."""
        answer: dict[str, Any] = await self._helper.call("preview", await self._draft(owner, document))
        return answer

    async def _draft(self, owner: str, document: bytes) -> dict[str, Any]:
        """A document that may be wrong, as text, so that it is judged as it was written; and its data's place."""
        loaded, _ = load(document)
        data = loaded.get("data")
        folders = {}
        if isinstance(data, dict) and data.get("type") == "dataset":
            with contextlib.suppress(OquError, ValueError):  # said at its place by the check
                folders = await self._folders(owner, Imported.model_validate(data))
        return {"document": document.decode("utf-8-sig"), **self._places(folders)}

    async def pinned(self, owner: str, experiment: documents.Experiment) -> documents.Experiment:
        """The same experiment with its imported data named by content."""
        data = experiment.data
        if not isinstance(data, Imported):
            return experiment
        try:
            dataset = await self._store.get_dataset(owner, data.name)
        except NotFoundError:
            raise data_unknown(data.name, IMPORT_IT) from None
        if dataset.sha256 is None:
            raise DataError(
                "data.empty",
                f"The data set {data.name!r} has no content yet.",
                hint="Upload it first.",
                path=("data", "name"),
            )
        if data.sha256 not in (None, dataset.sha256):
            raise data_changed(data.name)
        pinned = data.model_copy(update={"sha256": dataset.sha256})
        return experiment.model_copy(update={"data": pinned})

    async def checked(self, owner: str, experiment: documents.Experiment, memory_limit: int) -> int:
        """The estimate in bytes. Raises DocumentError with all that is wrong, too big included."""
        if experiment.start is not None and not self._files.path_of(experiment.start.snapshot).exists():
            raise DocumentError(
                "start.unknown",
                "There is no such snapshot here.",
                hint="Choose a snapshot of one of your runs.",
                path=("start", "snapshot"),
            )
        payload = {
            "document": experiment.model_dump(mode="json"),
            "memory_limit": memory_limit,
            **await self.outside(owner, experiment.data),
        }
        answer = await self._helper.call("check", payload, SUBMIT_CHECK_SECONDS)
        if answer["errors"]:
            raise DocumentError.of([Problem.model_validate(error) for error in answer["errors"]])
        return sum(network["memory_bytes"] for network in answer["networks"].values())

    async def refuse_other_weights(
        self, owner: str, now: documents.Experiment, changes: dict[str, Any], wanted: documents.Experiment
    ) -> None:
        """Say at once what the worker would refuse: a network that learns keeps the weights it has."""
        outside = await self.outside(owner, now.data)
        answers = [
            await self._helper.call(
                "check", {"document": each.model_dump(mode="json"), **outside}, SUBMIT_CHECK_SECONDS
            )
            for each in (now, wanted)
        ]
        refuse_other_weights(now, changes, *answers)

    async def outside(self, owner: str, data: DataSource | None) -> dict[str, Any]:
        """Where another process finds what these data name; for none of them, the places alone."""
        return self._places({} if data is None else await self._folders(owner, data))

    def _places(self, folders: dict[str, Path]) -> dict[str, Any]:
        """Data sets by folder, and where downloads are kept."""
        return {
            "datasets": {name: str(folder) for name, folder in folders.items()},
            "home": str(self._settings.home),
            "mirror": self._settings.mirror,
        }

    async def _folders(self, owner: str, data: DataSource) -> dict[str, Path]:
        """Where the prepared content of imported data lies."""
        sha256 = None
        if isinstance(data, Imported) and data.sha256 is None:
            try:
                sha256 = (await self._store.get_dataset(owner, data.name)).sha256
            except NotFoundError:
                raise data_unknown(data.name, IMPORT_IT) from None
        return prepared_folders(self._settings, data, sha256)
