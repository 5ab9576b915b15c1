"""The page appears before the rest of the server is loaded, under the same rules."""

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse

from server.front import Front
from server.page import STATIC
from server.settings import Settings
from server.web import Traffic


def browser(front: Front) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://localhost")


def test_the_page_does_not_wait_and_everything_else_does(tmp_path, runner):
    async def asked() -> None:
        front = Front(Settings(home=tmp_path), Traffic())
        async with browser(front) as web:
            page = await web.get("/")
            assert page.status_code == (200 if (STATIC / "index.html").exists() else 503)
            assert page.headers["content-security-policy"]
            waiting = asyncio.create_task(web.get("/api/health"))
            done, _ = await asyncio.wait([waiting], timeout=0.05)
            assert not done
            front.become(PlainTextResponse("the application"))
            assert (await waiting).text == "the application"
            assert (await web.get("/")).text == "the application"

    runner.run(asked())


def test_the_rules_hold_from_the_first_moment(tmp_path, runner):
    async def asked() -> list[int]:
        front = Front(Settings(home=tmp_path, token="s3cret"), Traffic())
        async with browser(front) as web:
            answers = [await web.get("/"), await web.get("/", headers={"Host": "evil.example"})]
            return [answer.status_code for answer in answers]

    assert runner.run(asked()) == [401, 403]


def test_who_waits_is_let_go_when_there_will_be_no_server(tmp_path, runner):
    async def asked() -> None:
        front = Front(Settings(home=tmp_path), Traffic())
        async with browser(front) as web:
            waiting = asyncio.create_task(web.get("/api/health"))
            await asyncio.sleep(0)
            front.give_up()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    runner.run(asked())
