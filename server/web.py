"""The rules of the web, before any of our code runs.

Everything passes `Guard`, plain ASGI middleware: who may ask is in `server.rules`, how much and in which form
in `server.bodies`. Every answer leaves with a request id and the headers that keep a browser safe. `socket`
is the only place that accepts a websocket.
"""

from __future__ import annotations

import functools
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from models.errors import OquError
from server.answers import refuse_error, unexpected
from server.bodies import Caps, Counted, check_content_type, streams, too_large, whole
from server.errors import MalformedError
from server.log import log
from server.rules import COOKIE, Rules

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Mantine's variables and Plotly's rules are style elements
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass
class Traffic:
    """Counts for /metrics."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: float = 0.0
    sockets: int = 0

    def note(self, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self.requests[method, status] += 1
        self.seconds += seconds


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, rules: Rules, caps: Caps, traffic: Traffic) -> None:
        self.app = app
        self.rules = rules
        self.caps = caps
        self.traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["oqu.request_id"] = secrets.token_hex(8)
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self.rules.admit(scope)
        except OquError as error:
            await receive()  # websocket.connect
            log.info(
                "socket refused", path=scope["path"], error=error.problem.key, request=scope["oqu.request_id"]
            )
            if "websocket.http.response" in scope.get("extensions", {}):
                await WebSocket(scope, receive, send).send_denial_response(
                    refuse_error(error, scope["oqu.request_id"])
                )
            else:
                await send({"type": "websocket.close", "code": 4403})
            return
        scope["oqu.admitted"] = True
        self.traffic.sockets += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.traffic.sockets -= 1

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        reply = _Reply(scope, send)
        number = scope["oqu.request_id"]
        try:
            await self._answer(scope, receive, reply)
        except OquError as error:
            await reply.instead(refuse_error(error, number))
        except Exception:
            log.exception("unexpected", request=number, method=scope["method"], path=scope["path"])
            await reply.instead(unexpected(number))
        seconds = time.perf_counter() - begun
        self.traffic.note(scope["method"], reply.status, seconds)
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=reply.status,
            ms=round(seconds * 1000, 1),
            request=number,
        )

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        entry = self._entry(scope)
        if entry is not None:
            await entry(scope, receive, send)
            return
        self.rules.admit(scope)
        headers = Headers(scope=scope)
        check_content_type(scope, headers)
        limit = self.caps.at(scope)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise MalformedError(
                "request.length", "Content-Length is not a number.", hint="Send the body's size."
            )
        if int(length) > limit:
            raise too_large(limit)
        body = Counted(receive, limit) if streams(scope) else await whole(receive, limit)
        await self.app(scope, body, send)

    def _entry(self, scope: Scope) -> Response | None:
        """The printed address with its token: remember it in a cookie and go on without it."""
        if self.rules.token is None or scope["method"] != "GET" or b"token=" not in scope["query_string"]:
            return None
        pairs = parse_qsl(scope["query_string"].decode("latin-1"))
        if scope["path"].startswith("/api") or not any(k == "token" and self.rules.fits(v) for k, v in pairs):
            return None
        self.rules.host(Headers(scope=scope))
        rest = urlencode([(key, value) for key, value in pairs if key != "token"])
        path = "/" + scope["path"].lstrip("/")  # `//elsewhere` would lead to another site
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(COOKIE, self.rules.cookie, max_age=30 * 86400, httponly=True, samesite="lax")
        return answer


class _Reply:
    """Sends an answer with the safe headers, and remembers how it went."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._scope["oqu.request_id"]
            for name, value in SAFE.items():
                headers.setdefault(name, value)
            if self._scope["path"].startswith("/api"):
                headers.setdefault("Cache-Control", "no-store")
        await self._send(message)

    async def instead(self, answer: Response) -> None:
        """This answer, unless another has begun; then nothing can be said any more."""
        if self.status:
            return
        if "text/html" in Headers(scope=self._scope).get("accept", "") and answer.status_code in (401, 403):
            answer = PlainTextResponse(_words(answer), answer.status_code)
        await answer(self._scope, _nothing, self)


def _words(answer: Response) -> str:
    problem = orjson.loads(answer.body)
    return f"{problem['detail']} {problem['hint']}\n"


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


Handler = Callable[..., Awaitable[None]]


def socket(endpoint: Handler) -> Handler:
    """Decorates every websocket endpoint: the only place that accepts one, after the rules were asked."""

    @functools.wraps(endpoint)
    async def accepted(websocket: WebSocket, *args: Any, **kwargs: Any) -> None:
        if not websocket.scope.get("oqu.admitted"):
            await websocket.close(4403)
            return
        await websocket.accept()
        await endpoint(websocket, *args, **kwargs)

    accepted.__oqu_socket__ = True  # type: ignore[attr-defined]
    return accepted
