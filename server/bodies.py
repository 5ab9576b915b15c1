"""How much may be sent, and in which form: bytes are counted before a parser sees them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from server.errors import ContentTypeError, MalformedError, TooLargeBody
from server.settings import Settings

BODY_SECONDS = 30

_INFERENCE = re.compile(r"^/api/runs/[^/]+/predict$")
_UPLOAD = re.compile(r"^/api/datasets/[^/]+/content$")
_WRITES = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True)
class Caps:
    """How many bytes a body may have."""

    json: int = 1_000_000
    inference: int = 4_000_000
    upload: int = 500_000_000

    @classmethod
    def of(cls, settings: Settings) -> Caps:
        """What the operator chose."""
        return cls(settings.json_bytes, settings.inference_bytes, settings.upload_bytes)

    def at(self, scope: Scope) -> int:
        """At this address."""
        if streams(scope):
            return self.upload
        return self.inference if _INFERENCE.match(scope["path"]) else self.json


def streams(scope: Scope) -> bool:
    """Whether this address takes a raw body that is read piece by piece."""
    return bool(scope["method"] == "PUT" and _UPLOAD.match(scope["path"]))


def too_large(limit: int) -> TooLargeBody:
    return TooLargeBody(
        "request.too_large",
        f"The body has more than the {limit:,} bytes that this address takes.",
        hint="Send less at once; large data goes to PUT /api/datasets/{id}/content.",
        limit=limit,
    )


def check_content_type(scope: Scope, headers: Headers) -> None:
    """Writes must say that they are JSON (or a raw upload): a foreign page's form cannot."""
    if scope["method"] not in _WRITES:
        return
    wanted = "application/octet-stream" if streams(scope) else "application/json"
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        raise ContentTypeError(
            "request.content_type",
            f"This address takes {wanted} only.",
            hint=f"Send the header Content-Type: {wanted}.",
            expected=wanted,
            given=given[:100],
        )


class Counted:
    """A body that is counted while it is read."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._read = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self._limit:
            raise too_large(self._limit)
        return message


async def whole(receive: Receive, limit: int) -> Receive:
    """Read a small body to its end before anybody parses it, then hand it on."""
    counted = Counted(receive, limit)
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await counted()
                if message["type"] == "http.disconnect":
                    break
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise MalformedError(
            "request.slow", f"The body did not arrive within {BODY_SECONDS} seconds.", hint="Send it again."
        ) from None
    first: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay
