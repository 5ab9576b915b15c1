"""The mailbox of a run: nothing is lost, and nothing waits that should not."""

from __future__ import annotations

import threading
import time

from models.control import Command, Control, Pace, Watch


def test_commands_come_in_the_order_they_were_put_and_polling_never_blocks() -> None:
    control = Control()
    assert control.poll() is None and not control.waiting
    for action in ("pause", "resume", "stop"):
        control.put(Command(action))
    assert control.waiting
    assert [command.action for command in iter(control.poll, None)] == ["pause", "resume", "stop"]
    assert not control.waiting


def test_waiting_ends_when_somebody_says_something() -> None:
    control = Control()
    threading.Timer(0.02, control.put, [Command("resume")]).start()
    assert control.wait().action == "resume"


def test_a_pace_is_still_kept_after_waiting() -> None:
    control = Control(Pace(unit="epoch", per_second=20))
    control.put(Command("resume"))
    control.wait()
    assert control.poll() is None
    began = time.monotonic()
    for _ in range(5):  # the first may catch up
        control.hold("epoch")
    assert time.monotonic() - began >= 0.09
    control.hold("step")
    assert time.monotonic() - began < 5


def test_holding_ends_with_a_command() -> None:
    control = Control(Pace(per_second=0.01))
    threading.Timer(0.02, control.put, [Command("pause")]).start()
    began = time.monotonic()
    for _ in range(3):
        control.hold("epoch")
    assert time.monotonic() - began < 30 and control.waiting


def test_a_watch_is_due_at_most_so_often_and_rests_longer_after_slow_pictures() -> None:
    control = Control()
    assert control.due() == []
    watch = control.watches[1] = Watch(1, "decision_map")
    assert control.due() == [watch]
    assert control.due() == []
    control.spent(watch, 10)
    assert watch.next_at - time.monotonic() > 80
