"""What a worker does when the unforeseen happens: it says so and ends, always."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from server import wire
from server.executors.base import Job
from tests.running import spiral

BROKEN = """
import socket, sys
from server import worker
from models.events import Finding

def learning(job, control):
    yield Finding(code="odd", step=1, epoch=0, detail="So far so good.")
    {failure}

worker.learning = learning
worker.serve(socket.socket(fileno=int(sys.argv[1])))
"""


@pytest.mark.parametrize(
    "failure, reason, words",
    [
        ("raise ValueError('Expected more than 1 value per channel')", "internal", "unforeseen"),
        ("raise KeyError('x')", "internal", "unforeseen"),
        ("raise MemoryError", "out_of_memory", "memory"),
        ("raise OSError(28, 'No space left')", "disk_full", "disk is full"),
    ],
)
def test_an_exception_in_a_step_ends_the_run_in_words(failure, reason, words):
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    with ours, theirs:
        code = BROKEN.format(failure=failure)
        worker = subprocess.Popen(
            [sys.executable, "-c", code, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
        )
        theirs.close()
        wire.send(ours, {"job": Job(run_id="a", document=spiral(1)).model_dump(mode="json")})
        said = []
        while (packet := wire.receive(ours)) is not None:
            said += packet[0].get("events", [])
        _, errors = worker.communicate(timeout=20)
    assert [event["kind"] for event in said] == ["finding", "ended"]
    assert (said[-1]["state"], said[-1]["reason"]) == ("failed", reason)
    assert words in said[-1]["detail"] and said[-1]["hint"]
    assert worker.returncode == 0
    assert (b"Traceback" in errors) == (reason != "out_of_memory")
