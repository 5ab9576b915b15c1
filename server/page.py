"""The built page: its addresses lead to one file, its parts carry a hash in their names and are kept a year."""

from __future__ import annotations

import asyncio
import mimetypes
import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from models.errors import OquError
from server.answers import refuse_error
from server.errors import MethodError, NotFoundError
from server.squeeze import BEST, label, same_tag, squeezed, takes_gzip

STATIC = Path(__file__).parent / "static"
YEAR = "public, max-age=31536000, immutable"
NOT_BUILT = (
    "Oqu's server runs, but its page is not built. Run `make setup` in the project's folder and reload.\n"
    "The API works without it: /api/openapi.json lists its addresses.\n"
)
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
PACKED = frozenset({".html", ".js", ".css", ".svg", ".json", ".map"})


class Page:
    """An ASGI application: files by exact name from a list made at the start, the index for everything else.

    No name from an address ever becomes a path.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        self._files: dict[str, Path] = {}
        self._small: dict[Path, tuple[str, bytes]] = {}
        self._listed = -1.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404})
            return
        try:
            answer = await self._packed(scope, self._answer(scope))
        except OquError as error:
            answer = refuse_error(error, str(scope.get("oqu.request_id", "")))
            if isinstance(error, MethodError):
                answer.headers["Allow"] = "GET, HEAD"
        await answer(scope, receive, send)

    def has(self, path: str) -> bool:
        """Whether this is the page or one of its parts, by exact name."""
        return path == "/" or path in self._list()

    def _answer(self, scope: Scope) -> Response:
        path: str = scope["path"]
        if path == "/api" or path.startswith("/api/"):
            raise _nothing()
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodError("request.method", "This address is only read.", hint="Send a GET.")
        files = self._list()
        found = files.get(path)
        if found is None and "." in path.rsplit("/", 1)[-1]:
            raise _nothing()
        found = found or files.get("/index.html")
        if found is None:
            return PlainTextResponse(NOT_BUILT, 503)
        kind = TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0]
        headers = {"Cache-Control": YEAR if path.startswith("/assets/") else "no-cache"}
        answer = FileResponse(found, headers=headers, media_type=kind, stat_result=found.stat())
        if same_tag(Headers(scope=scope).get("if-none-match"), answer.headers["etag"]):
            kept = {name: answer.headers[name] for name in ("etag", "cache-control")}
            return Response(status_code=304, headers={**kept, "Vary": "Accept-Encoding"})
        return answer

    async def _packed(self, scope: Scope, answer: Response) -> Response:
        """Text as gzip, where that is taken: each file is packed once."""
        if not isinstance(answer, FileResponse) or Path(answer.path).suffix not in PACKED:
            return answer
        answer.headers["Vary"] = "Accept-Encoding"
        headers = Headers(scope=scope)
        if not takes_gzip(headers) or "range" in headers:
            return answer
        path, tag = Path(answer.path), answer.headers["etag"]
        kept = self._small.get(path)
        if kept is None or kept[0] != tag:
            kept = self._small[path] = (tag, await squeezed(await asyncio.to_thread(path.read_bytes), BEST))
        small = Response(kept[1] if scope["method"] == "GET" else b"", headers=dict(answer.headers))
        label(small.headers, len(kept[1]))
        return small

    def _list(self) -> dict[str, Path]:
        """All files by address; listed again when the page was built anew."""
        index = self._folder / "index.html"
        changed = index.stat().st_mtime if index.exists() else 0.0
        if changed != self._listed:
            self._files = {
                f"/{path.relative_to(self._folder).as_posix()}": path
                for root, _, names in os.walk(self._folder)
                for path in (Path(root) / name for name in names)
            }
            self._listed = changed
            self._small.clear()
        return self._files


def _nothing() -> NotFoundError:
    return NotFoundError(
        "request.address",
        "There is nothing at this address.",
        hint="GET /api/openapi.json lists all addresses.",
    )
