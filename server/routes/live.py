"""The live connection to a run: its events as they come, and the pictures that the browser asks for.

Text frames are JSON arrays of numbered events, binary frames are pictures. The browser sends
`{"watch": "decision_map", "id": 1, "params": {}}` and `{"unwatch": 1}`. After the run's last event the
server closes with 1000; with 4404 where there is no such run, 4400 for a message that is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from models.errors import OquError
from server.dependencies import ID, OwnerDep, Parts, PartsDep
from server.errors import NotFoundError, failure_of
from server.feed import Watcher
from server.plain import encode
from server.web import socket

router = APIRouter(prefix="/api/runs", tags=["runs"])

Number = Annotated[int, Field(ge=0, le=2**53)]


class Watch(BaseModel):
    """Pictures of this probe, please, under this number."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    watch: str = Field(min_length=1, max_length=64)
    id: Number
    params: dict[str, Any] = Field({}, max_length=50)


class Unwatch(BaseModel):
    """No more of them."""

    model_config = ConfigDict(extra="forbid")

    unwatch: Number


_MESSAGE: TypeAdapter[Watch | Unwatch] = TypeAdapter(Watch | Unwatch)
Ended = Literal[1000, 1001, 4400, 4404]


@router.websocket("/{run_id}/live")
@socket
async def live(
    websocket: WebSocket,
    run_id: str,
    parts: PartsDep,
    owner: OwnerDep,
    after: Annotated[str, Query(max_length=16)] = "0",
) -> None:
    """Follow a run from the event after a number."""
    try:
        if re.fullmatch(ID, run_id) is None:
            raise NotFoundError("run.unknown", "There is no such run.")
        await parts.store.get_run(owner, run_id)
    except NotFoundError as error:
        await websocket.close(4404, error.problem.detail)
        return
    if not (after.isascii() and after.isdigit()):
        await websocket.close(4400, "after is the number of an event.")
        return
    async with parts.feed.watch(run_id, int(after)) as watcher:
        await _Connection(websocket, parts, owner, run_id, watcher).serve()


class _Connection:
    """One browser that follows one run."""

    def __init__(self, websocket: WebSocket, parts: Parts, owner: str, run_id: str, watcher: Watcher) -> None:
        self._websocket = websocket
        self._parts = parts
        self._owner = owner
        self._run_id = run_id
        self._watcher = watcher

    async def serve(self) -> None:
        """Both directions, until one of them ends."""
        directions = [asyncio.create_task(self._tell()), asyncio.create_task(self._hear())]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            code = next(task.result() for task in directions if task.done())
        finally:
            for task in directions:
                task.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            for watch_id in self._watcher.shown:
                await self._parts.runs.unwatch(self._run_id, watch_id)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it has gone itself
            await self._websocket.close(code)

    async def _tell(self) -> Ended:
        try:
            async for message in self._watcher:
                if isinstance(message, str):
                    await self._websocket.send_text(message)
                else:
                    await self._websocket.send_bytes(message)
        except (RuntimeError, WebSocketDisconnect):
            return 1001
        return 1000

    async def _hear(self) -> Ended:
        while True:
            try:
                said = _MESSAGE.validate_json(await self._websocket.receive_text())
                await (self._watch(said) if isinstance(said, Watch) else self._unwatch(said.unwatch))
            except (ValidationError, KeyError):  # KeyError: bytes instead of text
                return 4400
            except (RuntimeError, WebSocketDisconnect):
                return 1001

    async def _watch(self, asked: Watch) -> None:
        await self._unwatch(asked.id)
        try:
            mine = await self._parts.runs.watch(self._owner, self._run_id, asked.watch, asked.params)
        except OquError as error:
            header = encode({"id": asked.id, "probe": asked.watch, "error": failure_of(error).model_dump()})
            self._watcher.take_frame(asked.id, len(header).to_bytes(4, "big") + header)
            return
        self._watcher.show(mine, asked.id)

    async def _unwatch(self, theirs: int) -> None:
        mine = self._watcher.hide(theirs)
        if mine is not None:
            await self._parts.runs.unwatch(self._run_id, mine)
