"""The server's log, on standard error: for people only what needs them, as JSON every request.

Each line carries the number of the request where there is one; answers carry the same number.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import structlog

log: Any = structlog.get_logger()


def _serialise(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def configure(*, as_json: bool = False) -> None:
    """For people: warnings and worse, in words. As JSON: every request, one object a line."""
    ends: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_serialise)]
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *ends,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if as_json else logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # looked up late: tests replace it
    )
