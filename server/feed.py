"""Hands each event to everyone who watches a run, and live pictures to those who asked for them.

    async with feed.watch(run_id, after=17) as watcher:
        async for message in watcher:  # str: a JSON array of events; bytes: a picture
            ...

Nothing is lost or doubled, whatever happens here: a watcher gives out events in the order of their numbers
only, and fetches from the store whatever the feed did not bring. So a slow watcher may simply be forgotten
about: what waits for it is thrown away and it reads on from the store when it is ready.

An event is encoded once for all, and what comes within a few milliseconds goes out together: with a thousand
watchers the number of messages is what costs. Of a picture only the newest waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from models.events import Event

QUICK_SECONDS, BUSY_SECONDS, MANY_WATCHERS = 0.016, 0.033, 100
MESSAGE_BYTES = 256_000
"""Events are parted into messages of about this size: many clients refuse those above a megabyte."""
PAGE = 200

Line = tuple[int, str, bool]
"""The number of an event, its JSON, and whether it is the run's last."""

Replay = Callable[[str, int, int], Awaitable[Sequence[Line]]]
"""Reads the store: (run, after, limit) -> lines in order."""


class Picture(Protocol):
    """A live picture: `id` is the watch's, known to the worker."""

    @property
    def id(self) -> int: ...
    @property
    def header(self) -> dict[str, Any]: ...
    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True)
class _Batch:
    """Some events as one message, shared by all watchers."""

    lines: tuple[Line, ...]
    text: str

    @property
    def first(self) -> int:
        return self.lines[0][0]

    @property
    def last(self) -> int:
        return self.lines[-1][0]

    def after(self, seq: int) -> str:
        """Without those up to `seq`."""
        return self.text if self.first > seq else _array(line for line in self.lines if line[0] > seq)


class Feed:
    """All runs that somebody watches. Belongs to one event loop."""

    def __init__(self, replay: Replay, waiting_bytes: int = 1_000_000) -> None:
        self.replay = replay
        self.waiting_bytes = waiting_bytes
        self.overflows = 0
        self._channels: dict[str, _Channel] = {}

    @property
    def watchers(self) -> int:
        """How many watch, all runs together."""
        return sum(len(channel.watchers) for channel in self._channels.values())

    def watch(self, run_id: str, after: int = 0) -> Watcher:
        """Everything the run says after that number, what it said before included; ends with its last event."""
        return Watcher(self, run_id, after)

    def publish(self, run_id: str, events: Sequence[Event]) -> None:
        """Hand on events that are already stored."""
        channel = self._channels.get(run_id)
        if channel is not None:
            channel.add([(event.seq, event.model_dump_json(), event.kind == "ended") for event in events])

    def publish_frame(self, run_id: str, frame: Picture) -> None:
        """Hand on a live picture; one that is still waiting is replaced."""
        channel = self._channels.get(run_id)
        if channel is None:
            return
        encoded: dict[int, bytes] = {}
        for watcher in channel.watchers:
            for theirs in watcher.asked_as(frame.id):
                if theirs not in encoded:
                    encoded[theirs] = _encode(frame, theirs)
                watcher.take_frame(theirs, encoded[theirs])

    def join(self, watcher: Watcher) -> None:
        """From now on it is told."""
        self._channels.setdefault(watcher.run_id, _Channel(self)).watchers.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        """No longer; a run that nobody watches costs nothing."""
        channel = self._channels.get(watcher.run_id)
        if channel is not None:
            channel.watchers.discard(watcher)
            if not channel.watchers:
                channel.close()
                del self._channels[watcher.run_id]


class _Channel:
    """One run's watchers, and what waits for the next message to them."""

    def __init__(self, feed: Feed) -> None:
        self.watchers: set[Watcher] = set()
        self._feed = feed
        self._lines: list[Line] = []
        self._timer: asyncio.TimerHandle | None = None
        self._flushed = 0.0

    def add(self, lines: list[Line]) -> None:
        self._lines += lines
        if self._timer is None and self._lines:
            loop = asyncio.get_running_loop()
            pause = QUICK_SECONDS if self._feed.watchers <= MANY_WATCHERS else BUSY_SECONDS
            self._timer = loop.call_at(self._flushed + pause, self._flush)  # at once, after a silence

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush(self) -> None:
        self._timer, self._flushed = None, asyncio.get_running_loop().time()
        lines, self._lines = self._lines, []
        for part in _parts(lines):
            batch = _Batch(tuple(part), _array(part))
            for watcher in self.watchers:
                watcher.take(batch)


class Watcher:
    """One reader of one run. Use it as a context: it is told nothing before and nothing after."""

    def __init__(self, feed: Feed, run_id: str, after: int) -> None:
        self.run_id = run_id
        self.waiting_bytes = 0
        self._feed = feed
        self._sent = after
        self._batches: deque[_Batch] = deque()
        self._frames: dict[int, bytes] = {}
        self._asked: dict[int, int] = {}
        self._behind = True
        self._woken = asyncio.Event()

    async def __aenter__(self) -> Watcher:
        self._feed.join(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._feed.leave(self)

    # --- pictures -------------------------------------------------------------------------------

    def show(self, watch_id: int, theirs: int) -> None:
        """Pass on the pictures of this watch, under the number that the watcher gave it."""
        self._asked[theirs] = watch_id

    def hide(self, theirs: int) -> int | None:
        """No more of them; gives the watch that it was."""
        self._frames.pop(theirs, None)
        return self._asked.pop(theirs, None)

    @property
    def shown(self) -> list[int]:
        """The watches that are passed on, to be given back at the end."""
        return list(self._asked.values())

    def asked_as(self, watch_id: int) -> list[int]:
        """The watcher's own numbers of a watch."""
        return [theirs for theirs, mine in self._asked.items() if mine == watch_id]

    # --- what the feed calls --------------------------------------------------------------------

    def take(self, batch: _Batch) -> None:
        """Events; when too many wait, they are dropped and will be read from the store."""
        if self._behind:
            return
        self.waiting_bytes += len(batch.text)
        self._batches.append(batch)
        if self.waiting_bytes > self._feed.waiting_bytes:
            self._feed.overflows += 1
            self._fall_behind()
        self._woken.set()

    def take_frame(self, theirs: int, content: bytes) -> None:
        """A picture in place of the one that waits."""
        self._frames[theirs] = content
        self._woken.set()

    # --- reading --------------------------------------------------------------------------------

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        if await self._has_ended():
            return
        while True:
            async for text, last in self._events():
                yield text
                if last:
                    return
            while self._frames:
                yield self._frames.pop(next(iter(self._frames)))
                if self._batches or self._behind:
                    break
            else:
                self._woken.clear()
                await self._woken.wait()

    async def _events(self) -> AsyncIterator[tuple[str, bool]]:
        """Whatever can be given out now, in order: from the store where the feed left a gap."""
        while self._behind or self._batches:
            if self._behind:
                self._behind = False
                async for part in self._missed():
                    yield self._given(part), part[-1][2]
                continue
            batch = self._batches.popleft()
            self.waiting_bytes -= len(batch.text)
            if batch.first > self._sent + 1:
                self._fall_behind()
            elif batch.last > self._sent:
                text, self._sent = batch.after(self._sent), batch.last
                yield text, batch.lines[-1][2]

    async def _missed(self) -> AsyncIterator[list[Line]]:
        while page := await self._feed.replay(self.run_id, self._sent, PAGE):
            for part in _parts(page):
                yield part
            if len(page) < PAGE:
                return

    def _given(self, part: list[Line]) -> str:
        self._sent = part[-1][0]
        return _array(part)

    async def _has_ended(self) -> bool:
        """Whether the last event is known to the reader already. A number that is not there means: from the start."""
        if self._sent <= 0:
            return False
        known = await self._feed.replay(self.run_id, self._sent - 1, 1)
        if not known:
            self._sent = 0
        return bool(known) and known[0][2]

    def _fall_behind(self) -> None:
        self._batches.clear()
        self.waiting_bytes, self._behind = 0, True


def _array(lines: Iterator[Line] | Sequence[Line]) -> str:
    return f"[{','.join(text for _, text, _ in lines)}]"


def _parts(lines: Sequence[Line]) -> Iterator[list[Line]]:
    part: list[Line] = []
    size = 0
    for line in lines:
        if part and size + len(line[1]) > MESSAGE_BYTES:
            yield part
            part, size = [], 0
        part.append(line)
        size += len(line[1])
    if part:
        yield part


def _encode(frame: Picture, theirs: int) -> bytes:
    """Header length, header with the watcher's own number, body."""
    header = orjson.dumps({**frame.header, "id": theirs}, option=orjson.OPT_SERIALIZE_NUMPY)
    return len(header).to_bytes(4, "big") + header + frame.body
