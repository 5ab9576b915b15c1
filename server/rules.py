"""Who may ask: the host and origin that a connection names, and the token where one is set."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import Scope

from server.errors import ForbiddenError, UnauthorizedError
from server.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
COOKIE = "oqu_token"
OPEN = frozenset({"/api/health"})
"""Answered without a token: a container's health check has none."""


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
