"""How commands talk to a server that runs on this machine: JSON and one streamed upload, from the standard library."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from models.errors import OquError, Problem
from server.address import Address
from server.errors import BusyError


class Client:
    """One server."""

    def __init__(self, address: Address, timeout: float = 900) -> None:
        self._address = address
        self._timeout = timeout

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """JSON in, JSON out. Raises what the server answered as an OquError."""
        content = None if body is None else orjson.dumps(body)
        return self._send(method, path, content, "application/json")

    def upload(self, path: str, file: Path) -> Any:
        """A file as a raw body, streamed."""
        with file.open("rb") as content:
            size = {"Content-Length": str(file.stat().st_size)}
            target = f"{path}?name={quote(file.name)}"
            return self._send("PUT", target, content, "application/octet-stream", size)

    def _send(self, method: str, path: str, body: Any, kind: str, more: dict[str, str] | None = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self._address.url).netloc, timeout=self._timeout)
        headers = {"Content-Type": kind, **(more or {})}
        if self._address.token:
            headers["Authorization"] = f"Bearer {self._address.token}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise BusyError(
                "server.silent", "The server does not answer.", hint="Look at the window where it runs."
            ) from error
        finally:
            connection.close()
        if response.status >= 400:
            raise _refused(content)
        return orjson.loads(content) if content else None


def _refused(content: bytes) -> OquError:
    problem = Problem.model_validate(orjson.loads(content))
    error = OquError(problem.key, problem.detail)
    error.problem = problem
    return error
