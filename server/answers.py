"""How the server answers: JSON in which nothing is infinite, and one shape for every error."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from models.errors import OquError, Problem, Where
from server.errors import (
    Failure,
    MalformedError,
    MethodError,
    NotFoundError,
    RequestError,
    ServerError,
    failure,
    failure_of,
    status_of,
)


def encode(content: Any) -> bytes:
    """JSON bytes; NaN and infinities become null."""
    try:
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # integers beyond 64 bits, halves of surrogate pairs: rare, and echoed input only
        return json.dumps(_tame(content), allow_nan=False).encode()


def _tame(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {str(key): _tame(value) for key, value in content.items()}
    if isinstance(content, Sequence) and not isinstance(content, str):
        return [_tame(value) for value in content]
    return content if isinstance(content, str | int | bool | None) else str(content)


class Answer(Response):
    """A JSON answer from plain values, or from bytes that are JSON already."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return content if isinstance(content, bytes) else encode(content)


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


def refuse(body: Failure, status: int) -> Answer:
    """An error answer."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return Answer(body.model_dump(mode="json"), status, headers)


def refuse_error(error: OquError, request_id: str) -> Answer:
    """The answer to an expected failure."""
    return refuse(failure_of(error, request_id), status_of(error))


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


def unexpected(request_id: str) -> Answer:
    """The answer to a mistake of ours: no stack trace, no path, just where to look."""
    error = ServerError(
        "internal",
        "Something went wrong inside the server. Nothing that was accepted is lost.",
        hint=f"The server's log has the details under {request_id}.",
        request_id=request_id,
    )
    return refuse(failure_of(error, request_id), 500)


async def _unexpected(request: Request, _error: Exception) -> Response:
    return unexpected(request_id(request))


def install(app: FastAPI) -> None:
    """Answer every failure in the one shape."""
    app.add_exception_handler(OquError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


WORDS = {
    400: "The body is not JSON",
    401: "A token is needed",
    403: "A foreign page or address",
    404: "Nothing of that name",
    409: "Not possible in this state",
    413: "More bytes than the limit",
    415: "Another content type is needed",
    422: "It does not fit; the problems say where",
    429: "Too many for now",
    503: "Not ready, or late",
    507: "The disk is full",
}
ALWAYS = (401, 403)
WRITES = (400, 413, 415, 422)


def declared(*statuses: int, write: bool = False) -> dict[int | str, dict[str, Any]]:
    """The expected failures of a route, for its `responses`."""
    wanted = sorted({*ALWAYS, *(WRITES if write else ()), *statuses})
    return {status: {"model": Failure, "description": WORDS[status]} for status in wanted}
