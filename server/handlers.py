"""Every failure inside a route becomes an answer in the one shape; JSON bodies are read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from models.errors import OquError, Problem, Where
from server.answers import refuse, refuse_error, unexpected
from server.errors import (
    MalformedError,
    MethodError,
    NotFoundError,
    RequestError,
    ServerError,
    failure,
    failure_of,
)


class StrictRequest(Request):
    """Reads JSON strictly: no NaN, no broken Unicode, bounded depth."""

    async def json(self) -> Any:
        """The body as plain values."""
        return orjson.loads(await self.body())


class StrictRoute(APIRoute):
    """A route whose JSON body is read strictly."""

    def get_route_handler(self) -> Any:
        """The handler around FastAPI's own."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strict


def request_id(request: Request) -> str:
    """The number under which the log knows this request."""
    return str(request.scope.get("oqu.request_id", ""))


async def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, OquError)
    return refuse_error(error, request_id(request))


def _problem(error: Mapping[str, Any]) -> Problem:
    """One of pydantic's findings in our words' shape; what was sent is not sent back."""
    path = tuple(part for part in error["loc"] if isinstance(part, str | int))
    kind = str(error["type"])
    expected = {k: v for k, v in error.get("ctx", {}).items() if isinstance(v, str | int | float | bool)}
    if kind == "json_invalid":
        return RequestError(
            "request.json",
            f"This is not JSON: {expected.get('error', 'it ends early')}.",
            hint="Send one JSON value, without comments, NaN or a comma at the end.",
            path=path,
        ).problem
    return Problem(
        error="RequestError",
        key=f"error.request.{kind}",
        params=expected,
        detail=f"{'.'.join(str(part) for part in path[1:]) or path[0]}: {error['msg']}.",
        where=Where(path=path),
        hint="GET /api/openapi.json describes what this address takes.",
    )


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [_problem(found) for found in error.errors()]
    return refuse(failure(problems[0], problems, request_id(request)), RequestError.status)


_HTTP: dict[int, tuple[type[ServerError], str, str, str]] = {
    400: (MalformedError, "request.body", "The body cannot be read.", "Send one JSON value."),
    404: (
        NotFoundError,
        "request.address",
        "There is nothing at this address.",
        "GET /api/openapi.json lists all addresses.",
    ),
    405: (
        MethodError,
        "request.method",
        "This address does not take this method.",
        "GET /api/openapi.json lists the methods of each address.",
    ),
}


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind, key, detail, hint = _HTTP.get(error.status_code, (RequestError, "request", str(error.detail), ""))
    answer = refuse(failure_of(kind(key, detail, hint=hint), request_id(request)), error.status_code)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _unexpected(request: Request, _error: Exception) -> Response:
    return unexpected(request_id(request))


async def _gone(request: Request, _error: Exception) -> Response:
    error = MalformedError("request.cut", "The body ended early.", hint="Send it again.")
    return refuse_error(error, request_id(request))


def install(app: FastAPI) -> None:
    """Answer every failure in the one shape."""
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(OquError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
