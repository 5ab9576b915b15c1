"""The addresses of the API, one file per resource. Each parses, calls and returns; nothing is decided here."""

from __future__ import annotations

from fastapi import APIRouter

from server.routes import (
    catalog,
    check,
    control,
    datasets,
    events,
    live,
    metrics,
    predict,
    probes,
    runs,
    snapshots,
    system,
    zoo,
)

ROUTERS: tuple[APIRouter, ...] = (
    catalog.router,
    check.router,
    zoo.router,
    runs.router,
    control.router,
    events.router,
    live.router,
    metrics.router,
    snapshots.router,
    probes.router,
    predict.router,
    datasets.router,
    system.router,
)
"""In the order in which the document lists them."""
