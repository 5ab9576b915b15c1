"""How processes of the server talk: a JSON header and raw bytes, each with its length in front. No pickle."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import orjson

from server.plain import encode

_LENGTHS = struct.Struct(">IQ")
MAX_HEADER = 64 * 2**20
MAX_BODY = 16 * 2**30

Packet = tuple[dict[str, Any], bytes]


def pack(header: dict[str, Any], body: bytes = b"") -> bytes:
    """One packet."""
    text = encode(header)
    return _LENGTHS.pack(len(text), len(body)) + text + body


def send(sock: socket.socket, header: dict[str, Any], body: bytes = b"") -> None:
    """Write one packet; blocks until the other side's buffer has taken it."""
    text = encode(header)
    sock.sendall(_LENGTHS.pack(len(text), len(body)) + text)
    if body:
        sock.sendall(body)  # as it is: a snapshot is not copied once more


def receive(sock: socket.socket, first: bytes = b"") -> Packet | None:
    """Read one packet; blocks. None when the other side has closed, also in mid-packet.

    `first` is the packet's beginning where that was read already (together with a descriptor).
    """
    rest = _exactly(sock, _LENGTHS.size - len(first))
    lengths = None if rest is None else first + rest
    if lengths is None:
        return None
    head, tail = _LENGTHS.unpack(lengths)
    text = _exactly(sock, head)
    body = _exactly(sock, tail) if tail else b""
    if text is None or body is None:
        return None
    return orjson.loads(text), bytes(body)


def _exactly(sock: socket.socket, size: int) -> bytearray | None:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        try:
            taken = sock.recv_into(view)
        except ConnectionError:
            return None
        if not taken:
            return None
        view = view[taken:]
    return buffer


async def read(reader: asyncio.StreamReader) -> Packet | None:
    """Read one packet on the event loop. None when the other side has closed, also in mid-packet."""
    try:
        head, tail = _LENGTHS.unpack(await reader.readexactly(_LENGTHS.size))
        if head > MAX_HEADER or tail > MAX_BODY:
            return None
        text = await reader.readexactly(head)
        body = await reader.readexactly(tail) if tail else b""
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return orjson.loads(text), body
