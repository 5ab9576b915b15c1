"""The live connection: every event once and in order, pictures on request, whatever the browser sends."""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import websockets.exceptions
from websockets.sync.client import ClientConnection, connect

from tests.running import FOREVER


@contextmanager
def following(api, run_id: str, after: object = 0) -> Iterator[ClientConnection]:
    address = str(api.client.base_url).replace("http", "ws").rstrip("/")
    with connect(f"{address}/api/runs/{run_id}/live?after={after}", max_size=None) as socket:
        yield socket


def events_of(socket: ClientConnection) -> Iterator[dict]:
    """Until the server closes."""
    try:
        while True:
            message = socket.recv(timeout=30)
            if isinstance(message, str):
                yield from json.loads(message)
    except websockets.exceptions.ConnectionClosed:
        return


def picture(socket: ClientConnection) -> tuple[dict, bytes]:
    while True:
        message = socket.recv(timeout=30)
        if isinstance(message, bytes):
            (length,) = struct.unpack(">I", message[:4])
            return json.loads(message[4 : 4 + length]), message[4 + length :]


def closed_with(socket: ClientConnection) -> int:
    for _ in events_of(socket):
        pass
    assert socket.close_code is not None
    return socket.close_code


@pytest.fixture
def learning(api):
    run_id = api.submit(FOREVER, run={"device": "cpu", "pace": {"unit": "epoch", "per_second": 60}})
    yield run_id
    api.delete(f"/api/runs/{run_id}")


def test_a_finished_run_is_replayed_as_the_store_has_it(api, done):
    with following(api, done) as socket:
        live = list(events_of(socket))
        assert socket.close_code == 1000
    assert live == api.get(f"/api/runs/{done}/events").json()["items"]


def test_following_goes_on_after_a_number(api, done):
    with following(api, done, after=3) as socket:
        assert next(events_of(socket))["seq"] == 4


def test_a_run_is_followed_from_its_first_event_to_its_last(api):
    run_id = api.submit(200)
    with following(api, run_id) as socket:
        live = list(events_of(socket))
    assert [event["seq"] for event in live] == list(range(1, len(live) + 1))
    assert live[-1]["kind"] == "ended"


def test_cutting_and_coming_back_misses_nothing(api):
    run_id = api.submit(400, run={"device": "cpu", "pace": {"unit": "epoch", "per_second": 400}})
    seen: list[dict] = []
    for _ in range(100):
        with following(api, run_id, after=seen[-1]["seq"] if seen else 0) as socket:
            for event in events_of(socket):
                seen.append(event)
                if event["seq"] % 7 == 0:
                    break
        if seen and seen[-1]["kind"] == "ended":
            break
    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    assert seen[-1]["kind"] == "ended"


def test_pictures_come_while_somebody_watches(api, learning):
    with following(api, learning) as socket:
        socket.send(json.dumps({"watch": "decision_map", "id": 7, "params": {}}))
        steps = []
        for _ in range(3):
            header, body = picture(socket)
            assert (header["id"], header["probe"]) == (7, "decision_map")
            assert len(body) == 4 * header["shape"][0] * header["shape"][1] * header["shape"][2]
            steps.append(header["step"])
        assert steps == sorted(steps)
        socket.send(json.dumps({"unwatch": 7}))


def test_two_browsers_may_use_the_same_numbers_for_different_pictures(api, learning):
    with following(api, learning) as one, following(api, learning) as two:
        one.send(json.dumps({"watch": "decision_map", "id": 1}))
        two.send(json.dumps({"watch": "confusion_matrix", "id": 1}))
        assert picture(one)[0]["probe"] == "decision_map"
        assert picture(two)[0]["probe"] == "confusion_matrix"


def test_an_unknown_probe_is_answered_with_a_problem_in_its_place(api, learning):
    with following(api, learning) as socket:
        socket.send(json.dumps({"watch": "nothing", "id": 3}))
        header, body = picture(socket)
        assert header["id"] == 3 and header["error"]["detail"] and body == b""


@pytest.mark.parametrize("run_id", ["0000000000000000", "a%20b", "x" * 100])
def test_an_unknown_run_closes_with_4404(api, run_id):
    with following(api, run_id) as socket:
        assert closed_with(socket) == 4404


@pytest.mark.parametrize("after", ["-1", "x", "1e9", "9" * 15])
def test_a_number_that_is_none_closes(api, done, after):
    with following(api, done, after) as socket:
        assert closed_with(socket) in (4400, 1000)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "null",
        "NaN",
        '{"watch": "x"}',
        '{"watch": "x", "id": -1}',
        '{"unwatch": "x"}',
        '{"watch": "x", "id": 1, "more": 1}',
        b"\x00\xff",
    ],
)
def test_a_message_that_is_none_closes_this_connection_only(api, learning, message):
    with following(api, learning) as other, following(api, learning) as socket:
        socket.send(message)
        assert closed_with(socket) == 4400
        assert next(events_of(other))["seq"] == 1


def test_a_message_that_is_too_large_closes(api, learning):
    with following(api, learning) as socket:
        socket.send(json.dumps({"watch": "x" * 100_000, "id": 1}))
        assert closed_with(socket) == 1009


def test_unwatching_what_nobody_watches_is_fine(api, learning):
    with following(api, learning) as socket:
        socket.send('{"unwatch": 5}')
        assert next(events_of(socket))["seq"] == 1
