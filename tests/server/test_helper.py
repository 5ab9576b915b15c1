"""The helper processes: quick answers, errors as they were raised, deadlines, deaths."""

import asyncio
import os
import signal

import pytest

from models.errors import DataError, DocumentError, SnapshotError, TooLargeError
from server import helper as module
from server.errors import BusyError
from server.forks import ForkServer
from server.helper import CALLS, TABLE, Helper
from tests.running import spiral


@pytest.fixture
def helper(runner, forks):
    made = Helper(forks)
    runner.run(made.start())
    yield made
    runner.run(made.close())


def process(helper: Helper, lane: str = "quick") -> int:
    return helper._lanes[lane]._idle[-1]._child.pid


def test_every_name_has_a_function_and_a_lane():
    assert CALLS.keys() == TABLE.keys()


def test_a_check_is_answered_by_a_warm_process(runner, helper):
    answer = runner.run(helper.call("check", {"document": spiral(3)}))
    assert answer["errors"] == []
    assert [layer["type"] for layer in answer["networks"]["model"]["layers"]][:2] == ["Linear", "Tanh"]


def test_an_error_comes_back_as_it_was_raised(runner, helper):
    with pytest.raises(DocumentError) as error:
        runner.run(helper.call("check", {"document": "no JSON"}))
    assert error.value.problem.hint
    document = spiral(3)
    document["data"] = {"type": "nothing"}
    document["seed"] = -1
    with pytest.raises(DocumentError) as error:
        runner.run(helper.call("preview", {"document": document}))
    assert len(error.value.problems) == 2
    with pytest.raises(DataError) as error:
        document = spiral(3) | {"data": {"type": "dataset", "name": "nothing"}}
        runner.run(helper.call("preview", {"document": document}))
    assert error.value.problem.params == {"name": "nothing"}


def test_a_preview_does_not_wait_for_torch(runner):
    async def test():
        forks = ForkServer()
        helper = Helper(forks)
        checking = asyncio.create_task(helper.call("check", {"document": spiral(3)}))
        early = await helper.call("preview", {"document": spiral(3)})
        assert not forks.warm and not checking.done()
        child = helper._early._idle[-1]
        assert (await checking)["errors"] == [] and forks.warm
        await helper.start()
        await asyncio.wait_for(child._child.ended, 10)  # it has done its duty
        assert await helper.call("preview", {"document": spiral(3)}) == early
        await helper.close()
        await forks.close()

    runner.run(test())


def test_a_preview_shows_raw_rows_of_each_part(runner, helper):
    answer = runner.run(helper.call("preview", {"document": spiral(3)}))
    assert answer["info"]["shape"] == [2]
    part = answer["parts"]["train"]
    assert len(part["inputs"]) == len(part["targets"]) == part["rows"]
    assert len(part["inputs"][0]) == 2


def test_a_late_call_is_stopped_and_the_next_one_is_answered(runner, helper):
    before = process(helper)
    os.kill(before, signal.SIGSTOP)
    with pytest.raises(TooLargeError):
        runner.run(helper.call("check", {"document": spiral(3)}, deadline=0.2))
    assert runner.run(helper.call("check", {"document": spiral(3)}))["errors"] == []
    assert process(helper) != before


def test_a_call_whose_process_dies_is_asked_again(runner, helper):
    async def test():
        before = process(helper)
        os.kill(before, signal.SIGSTOP)
        call = asyncio.create_task(helper.call("check", {"document": spiral(3)}, 30))
        await asyncio.sleep(0)
        os.kill(before, signal.SIGKILL)
        assert (await call)["errors"] == []
        assert process(helper) != before

    runner.run(test())


def test_a_caller_that_goes_away_disturbs_nobody(runner, helper):
    async def test():
        calls = [asyncio.create_task(helper.call("check", {"document": spiral(i + 1)})) for i in range(6)]
        await asyncio.sleep(0.005)
        for call in calls[::2]:
            call.cancel()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        digests = {answer["digest"] for answer in answers[1::2]}
        assert len(digests) == 3
        again = await helper.call("check", {"document": spiral(2)})
        assert again["digest"] == answers[1]["digest"]

    runner.run(test())


def test_too_many_callers_are_sent_away(runner, helper, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 3)

    async def test():
        calls = [helper.call("check", {"document": spiral(3)}) for _ in range(8)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(answer, BusyError) for answer in answers) == 5
        assert sum(isinstance(answer, dict) for answer in answers) == 3

    runner.run(test())


def test_a_bug_is_a_clear_error_and_the_process_lives_on(runner, helper):
    before = process(helper)
    with pytest.raises(BusyError) as error:
        runner.run(helper.call("check", {}))
    assert "KeyError" in error.value.problem.detail
    assert runner.run(helper.call("check", {"document": spiral(3)}))["errors"] == []
    assert process(helper) == before


def test_a_damaged_snapshot_is_an_error_of_its_own(runner, helper, tmp_path):
    path = tmp_path / "snapshot"
    path.write_bytes(b"nothing")
    with pytest.raises(SnapshotError):
        runner.run(helper.call("predict", {"snapshot": str(path), "rows": [[0, 0]]}))


def test_files_are_understood_and_imported(runner, helper, tmp_path):
    file = tmp_path / "upload"
    file.write_text("width,height,kind\n" + "1.5,2,a\n3,4,b\n" * 20)
    payload = {"files": [str(file)], "names": ["flowers.csv"], "options": {}}
    assert runner.run(helper.call("import_preview", payload))
    into = tmp_path / "made"
    into.mkdir()
    info = runner.run(helper.call("import_data", {**payload, "into": str(into)}))
    assert info["rows"] == 40 and info["classes"] == ["a", "b"]
    assert (into / "inputs.npy").exists()


def test_memory_that_runs_out_is_said_in_words(monkeypatch):
    def greedy(_: object) -> None:
        raise MemoryError

    monkeypatch.setitem(TABLE, "preview", greedy)
    header, _ = module._answer("preview", {})
    assert header["problem"]["error"] == "TooLargeError" and header["problem"]["hint"]
