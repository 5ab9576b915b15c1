"""The application as a whole: what it imports, the page it serves, the data folder it keeps to itself."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from server.app import create_app, opened
from server.errors import ConflictError
from server.settings import Settings

HEAVY = ("torch", "sklearn", "pyarrow", "PIL", "plotly", "scipy", "alembic")


def test_the_web_process_does_without_what_is_heavy():
    code = f"import server.app, server.commands.serve, sys; print([m for m in {HEAVY} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_running_server_has_not_loaded_torch(server):
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "libtorch" not in maps


@pytest.fixture
def page(tmp_path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Oqu</title>")
    (folder / "assets" / "index-abc123.js").write_text("export {};")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def get(tmp_path, runner, page):
    def got(path: str, method: str = "GET", static: Path = page, **headers: str) -> httpx.Response:
        async def once() -> httpx.Response:
            app = create_app(Settings(home=tmp_path), static)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as web:
                return await web.request(method, path, headers=headers)

        return runner.run(once())

    return got


@pytest.mark.parametrize("path", ["/", "/runs/abc", "/zoo", "/data", "/models", "/index.html"])
def test_every_place_of_the_page_leads_to_its_one_file(get, path):
    response = get(path)
    assert "<title>Oqu</title>" in response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"


def test_parts_with_a_hash_in_their_name_are_kept_for_a_year(get):
    response = get("/assets/index-abc123.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert "max-age=31536000" in response.headers["cache-control"]


def test_the_index_is_asked_for_again_and_not_sent_again(get):
    etag = get("/").headers["etag"]
    again = get("/", **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/assets/index-abc123.js"])
def test_the_page_is_sent_as_gzip_where_that_is_taken(get, page, path):
    plain, packed = get(path, **{"Accept-Encoding": "identity"}), get(path, **{"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["etag"] == "W/" + plain.headers["etag"]
    for tag in (packed.headers["etag"], plain.headers["etag"]):
        assert get(path, **{"If-None-Match": tag}).status_code == 304
    head = get(path, "HEAD", **{"Accept-Encoding": "gzip"})
    assert (head.content, head.headers["content-length"]) == (b"", packed.headers["content-length"])


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br", ""])
def test_who_does_not_take_gzip_gets_none(get, accepted):
    assert "content-encoding" not in get("/", **{"Accept-Encoding": accepted}).headers


def test_a_page_built_anew_is_packed_anew(tmp_path, runner, page):
    app = create_app(Settings(home=tmp_path), page)

    async def twice() -> list[str]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as web:
            first = await web.get("/")
            (page / "index.html").write_text("<!doctype html><title>Newer</title>")
            return [first.text, (await web.get("/")).text]

    assert ["Oqu" in text for text in runner.run(twice())] == [True, False]


@pytest.mark.parametrize(
    "path",
    ["/assets/none.js", "/robots.txt", "/../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/api/none"],
)
def test_what_is_not_there_is_a_404_in_the_one_shape(get, path):
    response = get(path)
    assert response.status_code == 404
    assert response.json()["error"] == "NotFoundError"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_the_page_is_only_read(get, method):
    response = get("/zoo", method, **{"Content-Type": "application/json"})
    assert (response.status_code, response.json()["error"]) == (405, "MethodError")


def test_a_page_that_is_not_built_says_how_to_build_it(get, tmp_path):
    response = get("/", static=tmp_path / "nowhere")
    assert response.status_code == 503
    assert "make setup" in response.text


def test_the_page_is_found_once_it_is_built(tmp_path, runner):
    static = tmp_path / "late"
    app = create_app(Settings(home=tmp_path), static)

    async def twice() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as web:
            first = await web.get("/")
            static.mkdir()
            (static / "index.html").write_text("<!doctype html>")
            return [first.status_code, (await web.get("/")).status_code]

    assert runner.run(twice()) == [503, 200]


def test_a_data_folder_has_one_server(tmp_path, runner):
    async def two() -> None:
        settings = Settings(home=tmp_path)
        async with opened(settings), opened(settings):
            pass

    with pytest.raises(ConflictError, match="Another Oqu"):
        runner.run(two())
