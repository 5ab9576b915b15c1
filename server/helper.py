"""Warm processes for what needs torch but is no run: checks, previews, predictions, pictures, imports.

    await helper.call("check", {"document": {...}})

Names and payloads (paths as text; `datasets` maps a name to its folder):

    check           {document, memory_limit, datasets} -> the answer of POST /api/check
    preview         {document, datasets} -> {"info", "parts"}
    probe           {snapshot, probe, params, form: "figure" | "tiles", datasets} -> dict, or bytes for tiles
    predict         {snapshot, rows} -> dict
    exam            {snapshot, datasets} -> dict
    import_preview  {files, names, options} -> dict
    import_data     {files, names, options, into} -> DataInfo as a dict

An OquError raised there is raised here again, with its problem. Three lanes keep what is quick from
waiting behind what is long. A call that is late ends its process; the next call gets a new one at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import traceback
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import orjson
import structlog
from pydantic import BaseModel

from models.errors import DocumentError, OquError, Problem, TooLargeError
from server import wire
from server.errors import BusyError
from server.forks import Child, ForkServer
from server.memory import limit_memory
from server.plain import encode

if TYPE_CHECKING:
    from models.data.base import DataDoor
    from models.scene import Scene

log = structlog.get_logger()

MAX_WAITING = 200
"""Calls in one lane, waiting or under way; more are refused."""

MAX_WAIT = 30.0
"""Seconds that a call waits for its turn."""

MEMORY = 4 * 2**30
"""Bytes that one process may take on top of the warm one."""

PREVIEW_ROWS = 1000


@dataclass(frozen=True)
class _Call:
    """One name: its lane, and the seconds it may take."""

    lane: str
    deadline: float
    torch: bool = True
    """Where it needs none, it does not wait for it: in a new server's first seconds it has its own lane."""


CALLS: dict[str, _Call] = {
    "warm": _Call("quick", 120),
    "check": _Call("quick", 2),
    "preview": _Call("quick", 20, torch=False),
    "probe": _Call("look", 30),
    "predict": _Call("look", 20),
    "exam": _Call("look", 120),
    "import_preview": _Call("import", 30),
    "import_data": _Call("import", 600),
}
LANES: dict[str, int] = {"quick": 2, "look": 2, "import": 1}
"""Processes per lane, at most. The first is used while it is free: what it has cached stays warm."""


class _Process:
    """One helper process, and the connection to it."""

    def __init__(self, child: Child, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._child = child
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, born: Awaitable[Child]) -> _Process:
        child = await born
        return cls(child, *await asyncio.open_connection(sock=child.socket, limit=2**20))

    async def ask(self, name: str, payload: dict[str, Any]) -> wire.Packet | None:
        """The answer; None when the process died."""
        try:
            self._writer.write(wire.pack({"call": name}, encode(payload)))
            await self._writer.drain()
        except ConnectionError:
            return None
        return await wire.read(self._reader)

    @property
    def alive(self) -> bool:
        return not self._child.ended.done() and not self._reader.at_eof()

    def end(self) -> None:
        self._child.kill()
        self._writer.close()


class _Lane:
    """Some processes that take calls in turn."""

    def __init__(self, birth: Callable[[], Awaitable[Child]], size: int) -> None:
        self._birth = birth
        self._turn = asyncio.Semaphore(size)
        self._idle: list[_Process] = []
        self.waiting = 0

    async def call(self, name: str, payload: dict[str, Any], deadline: float) -> wire.Packet:
        """One call, from its turn to its answer. A process that died is replaced once."""
        try:
            await asyncio.wait_for(self._turn.acquire(), MAX_WAIT)
        except TimeoutError:
            raise _busy() from None
        try:
            for _ in range(2):
                packet = await self._once(name, payload, deadline)
                if packet is not None:
                    return packet
            raise BusyError(
                "helper.died", "The helper process died twice on this.", hint="Try something smaller."
            )
        finally:
            self._turn.release()

    async def _once(self, name: str, payload: dict[str, Any], deadline: float) -> wire.Packet | None:
        process = await self._process()
        answered = False
        try:
            packet = await asyncio.wait_for(process.ask(name, payload), deadline)
            answered = packet is not None
            return packet
        except TimeoutError:
            raise TooLargeError(
                "helper.late",
                f"This took longer than {deadline:g} s and was stopped.",
                hint="Make it smaller, or try again when the machine is less busy.",
                seconds=deadline,
            ) from None
        finally:
            if answered:
                self._idle.append(process)
            else:
                log.warning("a helper process is replaced", call=name)
                process.end()

    async def _process(self) -> _Process:
        while self._idle:
            process = self._idle.pop()
            if process.alive:
                return process
            process.end()
        try:
            return await _Process.start(self._birth())
        except (ConnectionError, TimeoutError) as error:
            raise BusyError(
                "helper.start", "No helper process can be started.", hint="The server's log has the details."
            ) from error

    async def retire(self) -> None:
        """End the process of a lane for one, after what it does now."""
        async with self._turn:
            self._idle.append(await self._process())
            self.end()

    def end(self) -> None:
        while self._idle:
            self._idle.pop().end()


class HelperDoor(Protocol):
    """How the rest of the server asks for torch."""

    async def call(self, name: str, payload: dict[str, Any], deadline: float | None = None) -> Any:
        """Call a function of the table above."""
        ...


class Helper:
    """The helper processes, and the door to them."""

    def __init__(
        self, forks: ForkServer, *, check_seconds: float = 2.0, import_seconds: float = 600.0
    ) -> None:
        self._forks = forks
        self._forks = forks
        self._lanes = {name: _Lane(lambda: forks.child("helper"), size) for name, size in LANES.items()}
        self._early = _Lane(forks.first, 1)
        self._deadlines = {name: call.deadline for name, call in CALLS.items()}
        self._deadlines |= {"check": check_seconds, "import_data": import_seconds}
        self._calls: set[asyncio.Task[wire.Packet]] = set()

    async def start(self) -> None:
        """Get warm: the first check is as quick as the second."""
        await self.call("warm", {})
        await self._early.retire()

    async def call(self, name: str, payload: dict[str, Any], deadline: float | None = None) -> Any:
        """Call a function of the table above.

        Raises what it raised, TooLargeError when it was late, BusyError when too many wait or it died twice.
        """
        early = not CALLS[name].torch and not self._forks.warm
        lane = self._early if early else self._lanes[CALLS[name].lane]
        if lane.waiting >= MAX_WAITING:
            raise _busy()
        lane.waiting += 1
        # A caller that goes away does not take the call with it: its answer would be the next caller's.
        task = asyncio.create_task(lane.call(name, payload, deadline or self._deadlines[name]))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        task.add_done_callback(lambda _: setattr(lane, "waiting", lane.waiting - 1))
        header, body = await asyncio.shield(task)
        if "problem" in header:
            raise _raised(header)
        if "failed" in header:
            raise BusyError(
                "helper.failed",
                f"Something unforeseen happened ({header['failed']}).",
                hint="The server's log has the details. Please report it.",
            )
        return body if header["raw"] else orjson.loads(body)

    async def close(self) -> None:
        """End the processes."""
        for task in self._calls:
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        for lane in (self._early, *self._lanes.values()):
            lane.end()


def _busy() -> BusyError:
    return BusyError("helper.busy", "Too many ask at once.", hint="Try again in a moment.")


def _family(kind: type[OquError]) -> Iterator[type[OquError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _raised(header: dict[str, Any]) -> OquError:
    """The error as it was raised over there."""
    problem = Problem.model_validate(header["problem"])
    kind = {kind.__name__: kind for kind in _family(OquError)}.get(problem.error, OquError)
    error = kind(problem.key.removeprefix("error."), problem.detail)
    error.problem = problem
    if isinstance(error, DocumentError):
        error.problems = tuple(Problem.model_validate(each) for each in header["problems"])
    return error


# In the helper process.


def serve(sock: socket.socket) -> None:
    """Answer calls, one after the other, until the server is gone."""
    with contextlib.suppress(OSError):
        os.nice(1)
        Path("/proc/self/oom_score_adj").write_text("500")
    limit_memory(MEMORY)
    while (packet := wire.receive(sock)) is not None:
        header, body = packet
        try:
            wire.send(sock, *_answer(header["call"], orjson.loads(body)))
        except OSError:
            return


def _answer(name: str, payload: dict[str, Any]) -> wire.Packet:
    try:
        result = TABLE[name](payload)
    except OquError as error:
        problems = getattr(error, "problems", ()) or (error.problem,)
        facts = {"problem": error.problem.model_dump(), "problems": [each.model_dump() for each in problems]}
        return facts, b""
    except MemoryError:
        return _too_large(), b""
    except Exception as error:
        if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):
            return _too_large(), b""
        traceback.print_exc()
        return {"failed": type(error).__name__}, b""
    if isinstance(result, bytes):
        return {"raw": True}, result
    return {"raw": False}, encode(result, _plain)


def _too_large() -> dict[str, Any]:
    error = TooLargeError(
        "helper.memory", "This needs more memory than there is.", hint="Choose smaller sizes, or less data."
    )
    return {"problem": error.problem.model_dump(), "problems": []}


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, np.ndarray | np.generic):  # what is not contiguous
        return value.tolist()
    raise TypeError(type(value).__name__)


def _door(payload: dict[str, Any]) -> DataDoor:
    from server.doors import FolderDoor

    folders = {name: Path(folder) for name, folder in payload.get("datasets", {}).items()}
    home = payload.get("home")
    return FolderDoor(Path(home) if home else None, folders, payload.get("mirror"))


def _warm(_: dict[str, Any]) -> dict[str, Any]:
    import models.check
    import models.training  # noqa: F401

    return {}


def _check(payload: dict[str, Any]) -> dict[str, Any]:
    from models.check import check

    return check(payload["document"], _door(payload), payload.get("memory_limit"))


def _preview(payload: dict[str, Any]) -> dict[str, Any]:
    """The first rows of each part, as a page shows data before anything is learnt."""
    from models.experiment import parse
    from models.prepare import prepare

    prepared = prepare(parse(payload["document"]), _door(payload))
    source = prepared.source
    parts = {}
    for name, part in prepared.parts.items():
        rows = part.rows[:PREVIEW_ROWS]
        shown = {"inputs": source.inputs[rows], "targets": source.targets[rows], "rows": len(part.rows)}
        parts[name] = shown
    return {"info": prepared.raw_info, "parts": parts}


_scenes: OrderedDict[tuple[str, bool], Scene] = OrderedDict()


def _scene(payload: dict[str, Any], *, data: bool) -> Scene:
    """The network of a snapshot; the last two are kept, since people look at one from many sides."""
    from models.scene import scene_of
    from models.snapshots import decode

    key = (payload["snapshot"], data)
    if key not in _scenes:
        content = Path(payload["snapshot"]).read_bytes()
        _scenes[key] = scene_of(decode(content), _door(payload) if data else None)
        while len(_scenes) > 2:
            _scenes.popitem(last=False)
    _scenes.move_to_end(key)
    return _scenes[key]


def _probe(payload: dict[str, Any]) -> dict[str, Any] | bytes:
    from models import probes
    from models.scene import Frame

    scene = _scene(payload, data=True)
    name, params = payload["probe"], payload.get("params", {})
    if payload.get("form", "figure") == "figure":
        return probes.figure(name, params, scene)
    header, array = probes.tiles(name, params, scene)
    return Frame.of(header, array, probe=name, scene=scene).encode()


def _predict(payload: dict[str, Any]) -> dict[str, Any]:
    from models.predict import predict

    return predict(_scene(payload, data=False), payload["rows"])


def _exam(payload: dict[str, Any]) -> dict[str, Any]:
    from models.predict import exam

    return dict(exam(_scene(payload, data=True)))


def _import_preview(payload: dict[str, Any]) -> dict[str, Any]:
    from models.importing import preview

    return preview([Path(file) for file in payload["files"]], payload["names"], payload["options"])


def _import_data(payload: dict[str, Any]) -> dict[str, Any]:
    from models.importing import import_files

    files = [Path(file) for file in payload["files"]]
    info = import_files(files, payload["names"], payload["options"], Path(payload["into"]))
    return info.model_dump(mode="json")


TABLE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "warm": _warm,
    "check": _check,
    "preview": _preview,
    "probe": _probe,
    "predict": _predict,
    "exam": _exam,
    "import_preview": _import_preview,
    "import_data": _import_data,
}
