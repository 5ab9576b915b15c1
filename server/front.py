"""The first page at once: what stands before the application while it is still being loaded.

Loading all that the server is made of takes longer than a page needs to appear. So the page and its parts
are served from the first moment, under the same rules; whoever asks for anything else waits for the rest.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from server.bodies import Caps
from server.page import Page
from server.rules import Rules
from server.settings import Settings
from server.web import Guard, Traffic


class Front:
    """An ASGI application that becomes another one."""

    def __init__(self, settings: Settings, traffic: Traffic) -> None:
        self._page = Page()
        self._guarded = Guard(self._page, Rules.of(settings), Caps.of(settings), traffic)
        self._ready: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()

    def become(self, app: ASGIApp) -> None:
        """From now on this is the application."""
        self._ready.set_result(app)

    def give_up(self) -> None:
        """There will be none: those who wait are let go."""
        self._ready.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        early = not self._ready.done() and scope["type"] == "http" and self._page.has(scope["path"])
        app = self._guarded if early else await asyncio.shield(self._ready)
        await app(scope, receive, send)
