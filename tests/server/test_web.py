"""Who may ask, how much, and in which form: against the real application, before any of its routes."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import websockets.exceptions
import websockets.sync.client
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute, WebSocketRoute

import server as package
from server.app import create_app
from server.settings import Settings

HOST = "127.0.0.1:8000"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
JSON = {"Content-Type": "application/json"}


def client(home: Path, app: FastAPI | None = None, **settings) -> httpx.AsyncClient:
    """Asks an application whose parts are not open: what gets past the rules fails differently."""
    app = app or create_app(Settings(home=home, **settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}")


@pytest.fixture
def ask(tmp_path, runner):
    """Ask once: `ask("GET", "/", headers={...}, settings={...})`."""

    def asked(method: str, path: str, settings: dict | None = None, **request) -> httpx.Response:
        async def once() -> httpx.Response:
            async with client(tmp_path, **(settings or {})) as web:
                return await web.request(method, path, **request)

        return runner.run(once())

    return asked


def is_refusal(response: httpx.Response, status: int, key: str) -> bool:
    body = response.json()
    same = body["request_id"] == response.headers["x-request-id"]
    return same and (response.status_code, body["key"]) == (status, f"error.{key}") and bool(body["hint"])


# --- Host ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000"])
def test_loopback_names_are_ours_at_any_port(ask, host):
    assert ask("GET", "/api/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.",
        "127.0.0.1:8000:1",
        "",
        "localhost:x",
        "a@localhost",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/health", "/api/runs", "/metrics"])
def test_a_foreign_host_is_refused_everywhere(ask, host, path):
    assert is_refusal(ask("GET", path, headers={"Host": host}), 403, "request.host")


def test_a_school_can_add_its_name(ask):
    headers = {"Host": "oqu.school.kz"}
    assert ask("GET", "/api/health", {"hosts": "oqu.school.kz"}, headers=headers).status_code == 200


def test_two_hosts_are_none(ask):
    headers = [("Host", HOST), ("Host", "localhost")]
    assert is_refusal(ask("GET", "/api/health", headers=headers), 403, "request.host")


# --- Origin -------------------------------------------------------------------------------------

FOREIGN = ["https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8000", "file://"]


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("method", METHODS)
def test_a_page_of_another_site_is_refused_for_every_method(ask, method, origin):
    response = ask(method, "/api/runs", headers={"Origin": origin, **JSON})
    assert response.status_code == 403
    assert method == "HEAD" or is_refusal(response, 403, "request.origin")
    assert "access-control-allow-origin" not in response.headers


def test_our_own_page_is_admitted(ask):
    assert ask("GET", "/api/health", headers={"Origin": f"http://{HOST}"}).status_code == 200


def test_an_added_origin_is_admitted(ask):
    settings = {"origins": "https://lesson.example/"}
    headers = {"Origin": "https://lesson.example"}
    assert ask("GET", "/api/health", settings, headers=headers).status_code == 200


# --- content type -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"],
)
def test_a_write_that_does_not_say_json_is_refused(ask, method, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    response = ask(method, "/api/runs", content=b"{}", headers=headers)
    assert is_refusal(response, 415, "request.content_type")


def test_an_upload_is_a_raw_body(ask):
    response = ask("PUT", "/api/datasets/abc/content", content=b"a,b", headers=JSON)
    assert is_refusal(response, 415, "request.content_type")
    assert "application/octet-stream" in response.json()["detail"]


# --- bytes --------------------------------------------------------------------------------------


async def dripping(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 10_000):
        yield b" " * 10_000


@pytest.mark.parametrize(("path", "limit"), [("/api/check", 1_000_000), ("/api/runs/x/predict", 4_000_000)])
@pytest.mark.parametrize("announced", [True, False])
def test_too_many_bytes_are_refused_before_a_parser_sees_them(ask, path, limit, announced):
    size = limit + 100_000
    content = b" " * size if announced else dripping(size)
    assert is_refusal(ask("POST", path, content=content, headers=JSON), 413, "request.too_large")


def test_an_upload_that_says_it_is_too_large_is_refused_unread(ask):
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(10**12)}
    response = ask("PUT", "/api/datasets/abc/content", content=dripping(0), headers=headers)
    assert is_refusal(response, 413, "request.too_large")


def test_limits_are_settings(ask):
    response = ask("POST", "/api/check", {"json_bytes": 10}, content=b" " * 11, headers=JSON)
    assert is_refusal(response, 413, "request.too_large")


# --- token --------------------------------------------------------------------------------------

TOKEN = {"token": "s3cret"}


def test_without_the_token_only_health_is_answered(ask):
    assert ask("GET", "/api/health", TOKEN).status_code == 200
    for path in ("/", "/api/runs", "/metrics", "/api/openapi.json", "/assets/index.js"):
        response = ask("GET", path, TOKEN)
        assert is_refusal(response, 401, "request.token")
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic s3cret", "s3cret", "Bearer ", "Bearer s3cret2"])
def test_a_wrong_token_is_none(ask, header):
    assert ask("GET", "/api/version", TOKEN, headers={"Authorization": header}).status_code == 401


def test_the_token_admits_as_a_bearer(ask):
    assert ask("GET", "/api/version", TOKEN, headers={"Authorization": "Bearer s3cret"}).status_code == 200


def test_the_printed_address_leaves_a_cookie_and_not_the_token(ask):
    response = ask("GET", "/zoo?token=s3cret&x=1", TOKEN)
    assert (response.status_code, response.headers["location"]) == (303, "/zoo?x=1")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "s3cret" not in cookie
    headers = {"Cookie": cookie.partition(";")[0]}
    assert ask("GET", "/api/version", TOKEN, headers=headers).status_code == 200


def test_the_printed_address_never_leads_to_another_site(ask):
    assert (
        ask("GET", f"http://{HOST}//evil.example/?token=s3cret", TOKEN).headers["location"]
        == "/evil.example/"
    )


def test_a_wrong_token_in_the_address_is_refused(ask):
    assert ask("GET", "/?token=wrong", TOKEN).status_code == 401


def test_a_person_without_the_token_reads_a_sentence(ask):
    response = ask("GET", "/", TOKEN, headers={"Accept": "text/html"})
    assert response.status_code == 401
    assert response.text.startswith("A token is needed.")


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/nothing", "/assets/none.js"])
def test_every_answer_is_safe_for_a_browser(ask, path):
    headers = ask("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r"[0-9a-f]{16}", headers["x-request-id"])
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == "'none'"


def test_a_mistake_of_ours_shows_no_trace_and_no_path(tmp_path, runner, capsys):
    app = create_app(Settings(home=tmp_path))

    async def broken() -> None:
        raise RuntimeError(f"secret at {__file__}")

    app.routes.insert(0, APIRoute("/api/broken", broken))

    async def asked() -> httpx.Response:
        async with client(tmp_path, app) as web:
            return await web.get("/api/broken")

    response = runner.run(asked())
    assert is_refusal(response, 500, "internal")
    assert "secret" not in response.text and ".py" not in response.text
    said = capsys.readouterr()
    assert "secret" in said.out + said.err  # the log has it


# --- websockets ---------------------------------------------------------------------------------


def websocket_routes(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        if isinstance(route, APIWebSocketRoute | WebSocketRoute):
            yield route
        inner = getattr(getattr(route, "original_router", None), "routes", None) or getattr(
            route, "routes", None
        )
        yield from websocket_routes(inner or [])


def test_every_websocket_is_accepted_by_the_one_wrapper(tmp_path):
    found = list(websocket_routes(create_app(Settings(home=tmp_path)).routes))
    assert found, "the walk over the routes finds none: it must be mended"
    for route in found:
        assert getattr(route.endpoint, "__oqu_socket__", False), (
            f"{route.path} does not use server.web.socket"
        )


def test_nothing_else_accepts_a_websocket():
    folder = Path(package.__file__).parent
    accepting = [path.name for path in folder.rglob("*.py") if re.search(r"\.accept\(\)", path.read_text())]
    assert accepting == ["web.py"]


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
def test_a_foreign_page_gets_no_websocket(server, headers):
    address = server.url.replace("http", "ws") + "/api/runs/abc/live"
    with (
        pytest.raises(websockets.exceptions.InvalidStatus) as refused,
        websockets.sync.client.connect(address, additional_headers=headers),
    ):
        pass
    assert refused.value.response.status_code == 403
