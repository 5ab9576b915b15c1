"""Answers made smaller for who takes gzip: JSON of some size, in a thread. What is small stays as it is."""

from __future__ import annotations

import asyncio
import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 4096
"""Bytes below which nothing is gained."""

FAST = 1
BEST = 9


def takes_gzip(headers: Headers) -> bool:
    """Whether the browser says so."""
    for entry in headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = entry.replace(" ", "").partition(";q=")
        if name in ("gzip", "*"):
            return weight.strip("0.") != "" or not weight
    return False


async def squeezed(content: bytes, level: int = FAST) -> bytes:
    """The same content as gzip: without a time, so that it is the same each time."""
    return await asyncio.to_thread(gzip.compress, content, level, mtime=0)


def same_tag(asked: str | None, tag: str) -> bool:
    """Whether If-None-Match names this ETag; how the content was packed makes no difference."""
    named = [each.strip().removeprefix("W/") for each in (asked or "").split(",")]
    return tag.removeprefix("W/") in named


def label(headers: MutableHeaders, length: int) -> None:
    """Say that the body is gzip, so many bytes long."""
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(length)
    if "etag" in headers and not headers["etag"].startswith("W/"):
        headers["ETag"] = "W/" + headers["etag"]  # the same in meaning, not in bytes


class Squeeze:
    """Middleware for what is answered in one piece. Streams, files and sockets pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and takes_gzip(Headers(scope=scope)):
            send = _Packer(send)
        await self.app(scope, receive, send)


class _Packer:
    """Holds the first line back until the body is seen."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _json(message):
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            body = message.get("body", b"")
            headers = MutableHeaders(scope=start)
            headers.add_vary_header("Accept-Encoding")
            if len(body) >= SMALLEST and not message.get("more_body", False):
                body = await squeezed(body)
                label(headers, len(body))
                message = {**message, "body": body}
            await self._send(start)
        await self._send(message)


def _json(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return "content-encoding" not in headers and headers.get("content-type") == "application/json"
