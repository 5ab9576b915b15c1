"""Large JSON is sent as gzip; small answers, streams and foreign encodings are left alone."""

import gzip

import httpx
import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse

from server.squeeze import SMALLEST, Squeeze, same_tag

LARGE = {"numbers": list(range(SMALLEST))}


def asked(runner, answer, **headers):
    async def once():
        transport = httpx.ASGITransport(Squeeze(answer))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as web:
            return await web.get("/", headers=headers)

    return runner.run(once())


def test_large_json_is_packed_and_says_so(runner):
    plain = JSONResponse(LARGE, headers={"ETag": '"1"'})
    answer = asked(runner, plain)
    assert answer.json() == LARGE
    assert answer.headers["content-encoding"] == "gzip"
    assert (answer.headers["etag"], answer.headers["vary"]) == ('W/"1"', "Accept-Encoding")
    assert int(answer.headers["content-length"]) < len(plain.body) / 2
    assert same_tag(answer.headers["etag"], '"1"')


async def streamed(scope, receive, send):
    async def parts():
        yield b"[" + b"1," * SMALLEST
        yield b"1]"

    await StreamingResponse(parts(), media_type="application/json")(scope, receive, send)


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"small": 1}),
        streamed,
        Response(b"0" * 2 * SMALLEST, media_type="application/octet-stream"),
    ],
)
def test_other_answers_pass_as_they_are(runner, answer):
    assert "content-encoding" not in asked(runner, answer).headers


def test_what_is_packed_already_is_not_packed_again(runner):
    packed = gzip.compress(b"1" * 2 * SMALLEST, 0)
    headers = {"Content-Encoding": "gzip"}
    answer = asked(runner, Response(packed, headers=headers, media_type="application/json"))
    assert answer.text == "1" * 2 * SMALLEST


def test_who_takes_no_gzip_gets_none(runner):
    answer = asked(runner, JSONResponse(LARGE), **{"Accept-Encoding": "identity"})
    assert answer.json() == LARGE and "content-encoding" not in answer.headers
