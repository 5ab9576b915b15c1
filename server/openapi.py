"""The API's contract, complete: routes from FastAPI, and the experiment document with every kind in it.

oqu openapi > openapi.json
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from server.answers import Answer, encode

ADDRESS = "/api/openapi.json"


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; the same bytes for the same code."""
    made: dict[str, Any] = app.openapi()
    schemas = made["components"]["schemas"]
    for name, schema in _experiment().items():
        schemas.setdefault(name, schema)
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{}, {"token": []}]
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    return made


def text(app: FastAPI) -> str:
    """The document as it is committed: keys in order, one line each."""
    return json.dumps(document(app), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _experiment() -> dict[str, Any]:
    from models.experiment import Experiment

    schema = Experiment.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = schema.pop("$defs", {})
    return {"Experiment": schema, **definitions}


def install(app: FastAPI) -> None:
    """Serve the document."""
    made: list[bytes] = []

    async def read(_: Request) -> Response:
        if not made:
            made.append(await asyncio.to_thread(lambda: encode(document(app))))
        return Answer(made[0])

    app.add_route(ADDRESS, read, include_in_schema=False)
