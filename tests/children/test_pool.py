"""Children that answer, fail, die, hang and lie: each ends in an answer or in a named fault."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.children.process import ChildFault, ChildSpec
from tests.children.pools import SPEC, children, fault_of, lines, pid_of, pool_of
from tests.e2e.actors.timing import until


def rarer(*values: Any) -> Any:
    """A row that is left to the slow tests."""
    return pytest.param(*values, marks=pytest.mark.slow)


SURROGATE = '{"result": {"value": "\\ud800"}}\n'


async def test_a_task_is_answered() -> None:
    async with pool_of() as pool:
        assert (await pool.ask("ada", "echo", value=["é", None, 1.5]))["value"] == ["é", None, 1.5]


async def test_a_child_does_several_tasks_and_is_replaced_after_some() -> None:
    async with pool_of(tasks_each=3) as pool:
        pids = [await pid_of(pool) for _ in range(7)]
    assert pids == [pids[0]] * 3 + [pids[3]] * 3 + [pids[6]]
    assert len(set(pids)) == 3


async def test_an_error_is_named_and_its_words_stay_in_the_child() -> None:
    async with pool_of() as pool:
        before = await pid_of(pool)
        assert await fault_of(pool, "raises") == (ChildFault.RAISED, "LookupError")
        assert await pid_of(pool) != before


async def test_memory_beyond_the_limit_is_a_fault_of_its_own() -> None:
    async with pool_of() as pool:
        assert (await pool.ask("ada", "takes", size_bytes=10_000_000))["taken_bytes"] == 10_000_000
        fault = await fault_of(pool, "takes", size_bytes=SPEC.memory_bytes)
        assert fault == (ChildFault.OUT_OF_MEMORY, "MemoryError")
        assert (await pool.ask("ada", "takes", size_bytes=10_000_000))["taken_bytes"] == 10_000_000


@pytest.mark.parametrize("number", [rarer(signal.SIGKILL), signal.SIGSEGV])
async def test_a_child_that_dies_once_is_replaced_and_the_task_done(number: int, notes: Path) -> None:
    async with pool_of() as pool:
        answer = await pool.ask("ada", "dies", notes=str(notes), number=number, times=1)
        assert answer == {"attempts": 2}


@pytest.mark.parametrize(
    ("number", "how"),
    [
        (signal.SIGKILL, "SIGKILL"),
        rarer(signal.SIGSEGV, "SIGSEGV"),
        rarer(signal.SIGABRT, "SIGABRT"),
        (40, "signal 40"),
    ],
)
async def test_a_child_that_dies_twice_dies_of_its_file(number: int, how: str, notes: Path) -> None:
    async with pool_of() as pool:
        fault = await fault_of(pool, "dies", notes=str(notes), number=number, times=9)
        assert fault == (ChildFault.DIED, how)
        assert len(lines(notes)) == 2
        assert await pid_of(pool)


async def test_a_child_that_ends_itself_is_told_by_its_status() -> None:
    async with pool_of() as pool:
        assert await fault_of(pool, "leaves", status=7) == (ChildFault.DIED, "exit status 7")
        assert await fault_of(pool, "leaves", status=0) == (ChildFault.DIED, "exit status 0")


async def test_a_child_that_is_killed_while_it_waits_is_replaced() -> None:
    async with pool_of() as pool:
        first = await pid_of(pool)
        psutil.Process(first).kill()
        assert await pid_of(pool) != first


@pytest.mark.parametrize(
    "content", ["raise RuntimeError", "def main(): pass", rarer("this is no Python"), rarer("")]
)
async def test_a_child_that_cannot_begin_is_a_fault(tmp_path: Path, content: str) -> None:
    (tmp_path / "child_of_a_test.py").write_text(content, "utf-8")
    spec = ChildSpec("child_of_a_test", SPEC.memory_bytes, import_paths=[tmp_path])
    async with pool_of(spec) as pool:
        fault, detail = await fault_of(pool, "echo", value=1)
    assert (fault, detail[:11]) == (ChildFault.DIED, "exit status")


async def test_what_the_machine_cannot_start_says_nothing_about_the_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    async with pool_of() as pool:
        await pool.warm()
        fault, _ = await fault_of(pool, "echo", value=1)
    assert fault is ChildFault.NOT_STARTED


@pytest.mark.parametrize("task", ["hangs", "burns"])
async def test_a_task_without_end_is_ended(task: str, notes: Path) -> None:
    async with pool_of(within_s=1.5) as pool:
        before = children()
        arguments = {"notes": str(notes)} if task == "hangs" else {}
        assert await fault_of(pool, task, **arguments) == (ChildFault.TIMED_OUT, "")
        assert children() <= before
        assert await pid_of(pool)


async def test_processor_time_that_is_used_up_counts_as_time(notes: Path) -> None:
    async with pool_of() as pool:
        used_up = signal.SIGXCPU
        fault = await fault_of(pool, "dies", notes=str(notes), number=used_up, times=9)
        assert fault == (ChildFault.TIMED_OUT, "SIGXCPU")
        assert len(lines(notes)) == 1


@pytest.mark.slow
async def test_a_child_ends_itself_when_its_processor_time_is_over() -> None:
    async with pool_of() as pool:
        fault = await fault_of(pool, "burns_on_all_cores", most_s=1)
        assert fault == (ChildFault.TIMED_OUT, "SIGXCPU")


async def test_what_a_task_prints_is_no_answer() -> None:
    async with pool_of() as pool:
        assert await pool.ask("ada", "prints") == {"value": "answered"}
        assert (await pool.ask("ada", "echo", value=2))["value"] == 2


@pytest.mark.parametrize(
    "text",
    [
        *(
            "hello\n",
            "{}\n",
            '{"result": 5}\n',
            SURROGATE,
            "[" * 60_000 + "\n",
            '{"result": ',
            "x" * 1_000_000,
        ),
        *map(rarer, ("\n", "\0\n", "[]\n", "null\n", '"result"\n', '{"result": null}\n', '{"fault": 5}\n')),
        *map(rarer, ('{"result": {}} {"result": {}}\n', "1" * 60_000 + "\n", '{"a":' * 10_000 + "\n")),
    ],
    ids=lambda text: repr(text[:20]),
)
async def test_nonsense_is_a_death_and_never_an_answer(text: str) -> None:
    async with pool_of() as pool:
        assert await fault_of(pool, "answers", text=text) == (ChildFault.DIED, "nonsense")
        assert await pid_of(pool)


@pytest.mark.parametrize("text", ['{"result": {"value"', '{"result": {}', ""])
async def test_half_an_answer_is_none(text: str) -> None:
    async with pool_of() as pool:
        fault = await fault_of(pool, "answers_half", text=text, status=3)
        assert fault == (ChildFault.DIED, "exit status 3")


async def test_the_name_of_an_error_is_short_whatever_it_is() -> None:
    async with pool_of() as pool:
        fault, detail = await fault_of(pool, "answers", text='{"fault": "' + "x" * 10_000 + '"}\n')
    assert (fault, detail) == (ChildFault.RAISED, "x" * 80)


async def test_a_child_reaches_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        host, port = server.getsockname()
        async with pool_of() as pool:
            fault = await fault_of(pool, "connects", host=host, port=port)
        assert fault == (ChildFault.RAISED, "PermissionError")
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_a_child_sees_nothing_of_its_parent(
    tmp_path: Path, working_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "hush")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (tmp_path / "open").open("w", encoding="utf-8"), socket.create_server(("127.0.0.1", 0)):
        async with pool_of() as pool:
            seen = await pool.ask("ada", "surroundings")
    # Python itself sets the one about the language, where the environment names none.
    assert set(seen["environment"]) - {"LC_CTYPE"} == {"MALLOC_ARENA_MAX"}
    assert "hush" not in str(seen)
    assert str(tmp_path) not in seen["path"]
    assert "" not in seen["path"]
    assert all(name.startswith("/proc/") for name in seen["open_files"])  # the list of them
    assert (Path(seen["folder"]).parent, seen["contents"]) == (working_folders, [])
    assert seen["core_bytes"] == 0


async def test_a_child_is_in_a_group_and_a_session_of_its_own() -> None:
    async with pool_of() as pool:
        pid = await pid_of(pool)
        seen = await pool.ask("ada", "surroundings")
    assert (seen["group"], seen["session"]) == (pid, pid)


async def test_a_child_gives_way_to_the_bot() -> None:
    async with pool_of() as pool:
        seen = await pool.ask("ada", "surroundings")
    assert seen["niceness"] - os.nice(0) == 5
    # The whole session, where Linux shares the processor among sessions: it tells nothing where it does not.
    assert seen["session_priority"].split()[1:] in (["nice", "5"], [])


async def test_the_folder_of_a_child_goes_with_it() -> None:
    async with pool_of(tasks_each=1) as pool:
        left = Path((await pool.ask("ada", "leaves_files"))["folder"])
        assert not left.exists()
        assert Path((await pool.ask("ada", "surroundings"))["folder"]) != left


async def test_a_child_without_work_ends() -> None:
    async with pool_of(idle_s=0.05) as pool:
        first = await pid_of(pool)
        await until(lambda: not psutil.pid_exists(first))
        assert await pid_of(pool) != first


async def test_a_cancelled_task_leaves_no_process(notes: Path) -> None:
    before = children()
    async with pool_of() as pool:
        hanging = asyncio.create_task(pool.ask("ada", "hangs", notes=str(notes)))
        await until(lambda: bool(lines(notes)))
        hanging.cancel()
        await asyncio.wait([hanging])
        assert hanging.cancelled()
        assert children() <= before
        assert await pid_of(pool)
