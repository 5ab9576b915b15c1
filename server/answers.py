"""How the server answers: JSON in which nothing is infinite, and one shape for every error."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from models.errors import OquError
from server.errors import Failure, ServerError, failure_of, status_of
from server.plain import encode


class Answer(Response):
    """A JSON answer from plain values, or from bytes that are JSON already."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return content if isinstance(content, bytes) else encode(content)


def refuse(body: Failure, status: int) -> Answer:
    """An error answer."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return Answer(body.model_dump(mode="json"), status, headers)


def refuse_error(error: OquError, request_id: str) -> Answer:
    """The answer to an expected failure."""
    return refuse(failure_of(error, request_id), status_of(error))


def unexpected(request_id: str) -> Answer:
    """The answer to a mistake of ours: no stack trace, no path, just where to look."""
    error = ServerError(
        "internal",
        "Something went wrong inside the server. Nothing that was accepted is lost.",
        hint=f"The server's log has the details under {request_id}.",
        request_id=request_id,
    )
    return refuse(failure_of(error, request_id), 500)


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
