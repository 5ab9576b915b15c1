"""Packets between processes."""

import asyncio
import socket

import pytest

from server import wire


@pytest.fixture
def ends():
    pair = socket.socketpair()
    yield pair
    for end in pair:
        end.close()


def test_what_is_sent_arrives_as_it_was(ends):
    near, far = ends
    wire.send(near, {"a": [1, None, "ü"]}, b"\x00\xff")
    wire.send(near, {"b": 2})
    assert wire.receive(far) == ({"a": [1, None, "ü"]}, b"\x00\xff")
    assert wire.receive(far) == ({"b": 2}, b"")


def test_numbers_that_are_not_finite_become_null(ends):
    near, far = ends
    wire.send(near, {"loss": float("nan")})
    assert wire.receive(far) == ({"loss": None}, b"")


def test_a_closed_pipe_reads_as_none_also_in_mid_packet(ends):
    near, far = ends
    near.sendall(wire.pack({"a": 1}, b"body")[:-2])
    near.close()
    assert wire.receive(far) is None


async def _read_all(end: socket.socket) -> list[wire.Packet]:
    reader, writer = await asyncio.open_connection(sock=end)
    packets = []
    while (packet := await wire.read(reader)) is not None:
        packets.append(packet)
    writer.close()
    return packets


def test_the_event_loop_reads_the_same_packets(ends):
    near, far = ends
    body = bytes(range(256)) * 40
    near.sendall(wire.pack({"a": 1}) + wire.pack({"b": 2}, body) + b"\x00\x00")
    near.close()
    assert asyncio.run(_read_all(far)) == [({"a": 1}, b""), ({"b": 2}, body)]
