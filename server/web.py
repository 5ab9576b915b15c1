"""The rules of the web, before any of our code runs: who may ask, how much, and in which form.

Everything passes `Guard`, plain ASGI middleware: Host and Origin from exact lists, the token where one is
set, the content type of writes, bytes counted before a parser sees them. Every answer leaves with a
request id and the headers that keep a browser safe. `socket` is the only place that accepts a websocket.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import hmac
import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
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
from server.errors import ContentTypeError, ForbiddenError, MalformedError, TooLargeBody, UnauthorizedError
from server.log import log
from server.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
COOKIE = "oqu_token"
OPEN = frozenset({"/api/health"})
"""Answered without a token: a container's health check has none."""

BODY_SECONDS = 30

_INFERENCE = re.compile(r"^/api/runs/[^/]+/predict$")
_UPLOAD = re.compile(r"^/api/datasets/[^/]+/content$")
_WRITES = frozenset({"POST", "PUT", "PATCH"})

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


class Rules:
    """Who may ask, decided from the connection's headers alone."""

    def __init__(
        self, hosts: Iterable[str] = (), origins: Iterable[str] = (), token: str | None = None
    ) -> None:
        self.hosts = frozenset(host.lower() for host in (*LOOPBACK, *hosts))
        self.origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        self.token = token or None
        self.cookie = hashlib.sha256(f"oqu cookie {token}".encode()).hexdigest() if token else ""

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """What the operator chose."""
        token = settings.token.get_secret_value() if settings.token else None
        return cls(settings.hosts, settings.origins, token)

    def admit(self, scope: Scope) -> None:
        """Raise where this connection may not go on."""
        headers = Headers(scope=scope)
        host = self.host(headers)
        self._origin(headers, host)
        if scope["path"] not in OPEN:
            self._token(headers)

    def host(self, headers: Headers) -> str:
        """The name we were asked by. Raises where it is not one of ours."""
        hosts = headers.getlist("host")
        host = hosts[0].lower() if len(hosts) == 1 else ""
        if host in self.hosts or re.sub(r":\d{1,5}$", "", host) in self.hosts:
            return host
        raise ForbiddenError(
            "request.host",
            "This server does not answer to that name.",
            hint="Use the address that was printed at the start, or add the name to OQU_HOSTS.",
        )

    def _origin(self, headers: Headers, host: str) -> None:
        origins = [origin.lower() for origin in headers.getlist("origin")]
        ours = {f"http://{host}", f"https://{host}"} | self.origins
        if any(origin not in ours for origin in origins):
            raise ForbiddenError(
                "request.origin",
                "A page of another site may not use this server.",
                hint="Open Oqu's own page, or add the other page's origin to OQU_ORIGINS.",
            )

    def _token(self, headers: Headers) -> None:
        if self.token is None or self._known(headers):
            return
        raise UnauthorizedError(
            "request.token",
            "A token is needed.",
            hint="Open the address with ?token=... that was printed at the start, "
            "or send the header Authorization: Bearer TOKEN.",
        )

    def _known(self, headers: Headers) -> bool:
        word, _, bearer = headers.get("authorization", "").partition(" ")
        if word.lower() == "bearer" and self.fits(bearer.strip()):
            return True
        return any(
            hmac.compare_digest(value.encode(), self.cookie.encode()) for value in _cookies(headers, COOKIE)
        )

    def fits(self, token: str) -> bool:
        """Whether this is the token; takes as long for a near miss as for a far one."""
        return self.token is not None and hmac.compare_digest(token.encode(), self.token.encode())


def _cookies(headers: Headers, name: str) -> list[str]:
    pairs = (pair.strip().partition("=") for line in headers.getlist("cookie") for pair in line.split(";"))
    return [value for key, _, value in pairs if key == name]


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


def _too_large(limit: int) -> TooLargeBody:
    return TooLargeBody(
        "request.too_large",
        f"The body has more than the {limit:,} bytes that this address takes.",
        hint="Send less at once; large data goes to PUT /api/datasets/{id}/content.",
        limit=limit,
    )


def _content_type(scope: Scope, headers: Headers) -> None:
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


class _Counted:
    """A body that is counted while it is read."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._read = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self._limit:
            raise _too_large(self._limit)
        return message


async def _whole(receive: Receive, limit: int) -> Receive:
    """Read a small body to its end before anybody parses it, then hand it on."""
    counted = _Counted(receive, limit)
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
        _content_type(scope, headers)
        limit = self.caps.at(scope)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise MalformedError(
                "request.length", "Content-Length is not a number.", hint="Send the body's size."
            )
        if int(length) > limit:
            raise _too_large(limit)
        body = _Counted(receive, limit) if streams(scope) else await _whole(receive, limit)
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
