"""Everything that can go wrong in `server`, as one tree beside that of `models`, and the status of each:

ServerError                500   base; never raised itself
├── MalformedError         400   the request is not what HTTP or JSON allow
├── UnauthorizedError      401   a token is needed
├── ForbiddenError         403   a foreign page, or an address that is not ours
├── NotFoundError          404   no run, data set, snapshot, file or page of that name
├── MethodError            405   the address exists, but not for this method
├── ConflictError          409   not in this state; still in flight
│   └── FencedError        409   a late write of an attempt that has been replaced
├── TooLargeBody           413   more bytes than the limit of this address
├── ContentTypeError       415   a write that is not JSON, or an upload that is not raw
├── RequestError           422   parameters or body that do not fit the address
├── IdempotencyError       422   the key was used before, with another body
├── TooManyError           429   a limit of this server is reached for now
├── BusyError              503   the server is starting, ending, or the helper is late
└── StorageError           507   the disk is full

Errors of `models` (documents, data, snapshots, control) are answered by 4xx too: see `status_of`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pydantic import Field

from models.errors import (
    ControlError,
    DataError,
    DocumentError,
    OquError,
    Problem,
    ShapeError,
    SnapshotError,
    TooLargeError,
    WiringError,
)


class ServerError(OquError):
    """Base of what the server itself answers with."""

    status: ClassVar[int] = 500


class MalformedError(ServerError):
    """The request is not what HTTP or JSON allow."""

    status = 400


class UnauthorizedError(ServerError):
    """A token is needed."""

    status = 401


class ForbiddenError(ServerError):
    """A foreign page, or an address that is not ours."""

    status = 403


class NotFoundError(ServerError):
    """No run, data set, snapshot, file or page of that name."""

    status = 404


class MethodError(ServerError):
    """The address exists, but not for this method."""

    status = 405


class ConflictError(ServerError):
    """Not possible in this state, or still in flight."""

    status = 409


class FencedError(ConflictError):
    """A late write of an attempt that has been replaced by a newer one."""


class TooLargeBody(ServerError):  # noqa: N818 - named for the thing, beside models' TooLargeError
    """More bytes than the limit of this address."""

    status = 413


class ContentTypeError(ServerError):
    """A write that is not JSON, or an upload that is not a raw body."""

    status = 415


class RequestError(ServerError):
    """Parameters or a body that do not fit the address."""

    status = 422


class IdempotencyError(ServerError):
    """The key was used before, with another body."""

    status = 422


class TooManyError(ServerError):
    """A limit of this server is reached for now."""

    status = 429


class BusyError(ServerError):
    """The server is starting or ending, or what it waits for is late."""

    status = 503


class StorageError(ServerError):
    """The disk is full, or cannot be written."""

    status = 507


_MODELS: dict[type[OquError], int] = {
    DocumentError: 422,
    WiringError: 422,
    ShapeError: 422,
    TooLargeError: 422,
    DataError: 422,
    SnapshotError: 409,
    ControlError: 409,
}


def _family(base: type[ServerError]) -> Iterator[type[ServerError]]:
    yield base
    for child in base.__subclasses__():
        yield from _family(child)


def _by_name() -> dict[str, int]:
    named = {kind.__name__: status for kind, status in _MODELS.items()}
    return named | {kind.__name__: kind.status for kind in _family(ServerError)}


def status_of(error: OquError) -> int:
    """The HTTP status of an expected failure; one that came from another process is known by its name."""
    if isinstance(error, ServerError):
        return error.status
    for kind in type(error).__mro__:
        if kind in _MODELS:
            return _MODELS[kind]
    return _by_name().get(error.problem.error, 422)


class Failure(Problem):
    """The one shape of every error answer: the first problem, and all of them."""

    request_id: str = Field("", description="Stands in the server's log as well")
    problems: tuple[Problem, ...] = Field((), description="All problems found, the first one included")


def failure(problem: Problem, problems: Sequence[Problem] = (), request_id: str = "") -> Failure:
    """The answer to a problem, or to several of which the first is the face."""
    facts: dict[str, Any] = problem.model_dump()
    return Failure(**facts, request_id=request_id, problems=tuple(problems) or (problem,))


def failure_of(error: OquError, request_id: str = "") -> Failure:
    """The answer to an expected failure."""
    problems = error.problems if isinstance(error, DocumentError) else ()
    return failure(error.problem, problems, request_id)
