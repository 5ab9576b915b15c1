"""The API's contract, complete: routes from FastAPI, and the experiment document with every kind in it.

oqu openapi > openapi.json
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from server.answers import WORDS, Answer
from server.plain import encode

ADDRESS = "/api/openapi.json"
REFUSED = {
    "description": WORDS[422],
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; the same bytes for the same code."""
    made: dict[str, Any] = app.openapi()
    schemas = made["components"]["schemas"]
    _one_shape(made["paths"], schemas)
    for name, schema in _experiment().items():
        schemas.setdefault(name, schema)
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{}, {"token": []}]
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    return made


def text(app: FastAPI) -> str:
    """The document as it is committed: keys in order, one line each."""
    return json.dumps(document(app), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _one_shape(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """FastAPI declares a shape of its own for parameters that do not fit; `server.answers` gives them ours."""
    for methods in paths.values():
        for operation in methods.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                operation["responses"]["422"] = REFUSED
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


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
