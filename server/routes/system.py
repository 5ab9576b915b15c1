"""What the server says about itself: health, versions, limits, counts for Prometheus."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from server.answers import declared
from server.dependencies import PartsDep

if TYPE_CHECKING:
    from prometheus_client.core import Metric

router = APIRouter(tags=["system"])


class Health(BaseModel):
    """The server answers."""

    status: str = "ok"


class Versions(BaseModel):
    """What runs here; answers depend on it to the last bit."""

    oqu: str
    python: str
    torch: str
    platform: str


@router.get("/api/health", responses=declared(), summary="Is the server up")
async def health() -> Health:
    """Answers as soon as runs are accepted. Needs no token."""
    return Health()


@router.get("/api/version", responses=declared(), summary="Versions")
async def versions() -> Versions:
    """The versions that results depend on."""
    return _versions()


@cache
def _versions() -> Versions:
    return Versions(
        oqu=_version("oqu"),
        python=platform.python_version(),
        torch=_version("torch"),
        platform=platform.platform(),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


@router.get("/api/limits", responses=declared(), summary="Every cap in force")
async def limits(parts: PartsDep) -> dict[str, float | int | None]:
    """By the name of its setting; null where the machine decides."""
    caps: dict[str, float | int | None] = parts.settings.limits()
    return caps


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **declared(),
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Counts"},
    },
    summary="Counts for Prometheus",
)
async def metrics(parts: PartsDep) -> Response:
    """Requests, sockets and runs by state, in Prometheus' text format."""
    runs = await parts.store.count_runs()
    text = await asyncio.to_thread(_exposition, parts, runs)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _exposition(parts: Any, runs: dict[str, int]) -> bytes:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Now(Collector):
        def collect(self) -> Iterator[Metric]:
            return _measured(parts, runs)

    registry = CollectorRegistry()
    registry.register(Now())
    return generate_latest(registry)


def _measured(parts: Any, runs: dict[str, int]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    requests = CounterMetricFamily("oqu_requests", "Requests answered", labels=["method", "status"])
    for (method, status), count in sorted(parts.traffic.requests.items()):
        requests.add_metric([method, str(status)], count)
    yield requests
    yield CounterMetricFamily("oqu_request_seconds", "Time spent answering", value=parts.traffic.seconds)
    yield GaugeMetricFamily("oqu_sockets", "Open websockets", value=parts.traffic.sockets)
    states = GaugeMetricFamily("oqu_runs", "Runs by state", labels=["state"])
    for state, count in sorted(runs.items()):
        states.add_metric([state], count)
    yield states
