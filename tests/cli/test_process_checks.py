"""Lines of `python -m bot check` about processes that share a database."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cli.process_checks import lines_of
from bot.storage.processes import COMMAND, DatabaseProcess, ProcessReport, QueueState
from bot.texts import console_processes as words

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
IDLE = QueueState(untaken=0, oldest_untaken_s=0.0, taken=0, oldest_beat_s=0.0, in_line=0)


def process(
    role: str | None,
    name: str = "host:7",
    *,
    beat_s: float | None = 20.0,
    groups: tuple[int, ...] = (),
    leads: bool = False,
    since_s: float = 3600.0,
) -> DatabaseProcess:
    beat_at = NOW - timedelta(seconds=beat_s) if beat_s is not None else None
    began_at = NOW - timedelta(seconds=since_s)
    return DatabaseProcess(role, name, began_at, beat_at, groups=groups, leads=leads)


GATEWAY = process("gateway", groups=(0,), leads=True)
RESERVE = process("gateway", "host:8")
WORKER = process("worker", "host:9")


def told(
    *processes: DatabaseProcess, queue: QueueState | None = IDLE, shards: int | None = 1
) -> tuple[dict[str, str], set[str]]:
    """The lines by their names, and the names of those that warn."""
    lines = list(lines_of(ProcessReport(NOW, processes, queue, shards)))
    assert all(line.passed for line in lines), "none of it stops a start"
    return {line.name: line.told for line in lines}, {line.name for line in lines if line.warns}


def test_processes_that_are_well_are_listed_and_nothing_warns() -> None:
    lines = [
        (line.name, line.told) for line in lines_of(ProcessReport(NOW, (GATEWAY, RESERVE, WORKER), IDLE, 1))
    ]
    since = "on the database since 2026-11-29 11:00 UTC"
    assert lines == [
        ("processes", "2 gateways, 1 worker"),
        ("shards", "1, all with gateways"),
        ("gateway", f"host:7, {since}, last heartbeat 20 s ago; 1 shard of 1: 0; leader"),
        ("gateway", f"host:8, {since}, last heartbeat 20 s ago; waits to take over"),
        ("worker", f"host:9, {since}, last heartbeat 20 s ago"),
        ("queue", "0 with workers, of these 0 in line there; 0 not taken yet"),
    ]
    assert told(GATEWAY, RESERVE, WORKER)[1] == set()


def test_a_gateway_without_worker_and_workers_without_gateway_warn() -> None:
    lines, warning = told(GATEWAY)
    assert (warning, lines["processes"]) == ({"processes"}, f"1 gateway, 0 workers; {words.NO_WORKER}")
    for others in ((), (RESERVE,)):
        lines, warning = told(WORKER, *others)
        assert ("processes" in warning, words.NO_GATEWAY in lines["processes"]) == (True, True)


def test_shards_that_no_gateway_has_and_a_missing_leader_warn() -> None:
    first = process("gateway", groups=(0, 1, 2), leads=True)
    second = process("gateway", "host:8", groups=(4, 7))
    lines, warning = told(first, second, WORKER, shards=8)
    assert lines["shards"].startswith("8, of which no gateway has 3, 5-6;")
    assert warning == {"shards"}
    assert "; 2 shards of 8: 4, 7" in lines["gateway"]
    many = process("gateway", groups=(0,), leads=True)
    assert "; 2 shards of 64: 0, 32" in told(many, WORKER, shards=64)[0]["gateway"]
    lines, warning = told(process("gateway", groups=(0,)), WORKER)
    assert (warning, lines["leader"]) == ({"leader"}, words.NO_LEADER)
    assert told(RESERVE, WORKER, shards=None)[0]["shards"] == words.SHARDS_NOT_SETTLED


@pytest.mark.parametrize(
    ("standing_still", "warns"),
    [
        (process("worker", beat_s=179.0), False),
        (process("worker", beat_s=240.0), True),
        (process("worker", beat_s=None, since_s=10.0), False),
        (process("worker", beat_s=None), True),
    ],
)
def test_a_worker_whose_heartbeat_is_old_warns(standing_still: DatabaseProcess, *, warns: bool) -> None:
    lines, warning = told(GATEWAY, standing_still)
    assert (("worker" in warning), "too long" in lines["worker"]) == (warns, warns)


def test_one_process_a_command_and_none_are_told() -> None:
    assert told(process("run"), queue=None)[0]["processes"] == words.ALONE
    assert told(queue=None) == ({"processes": words.NONE_RUNS}, set())
    lines, warning = told(process(COMMAND, beat_s=None), queue=None)
    assert (lines["processes"], warning) == ("0 gateways, 0 workers, 1 other", set())


def test_sessions_that_the_operator_names_are_counted_and_warn_of_nothing() -> None:
    lines, warning = told(process(None), process(None, "other"))
    assert lines.keys() == {"processes", "queue"}
    assert (words.PROCESSES_UNKNOWN in lines["processes"], warning) == (True, set())


@pytest.mark.parametrize(
    ("queue", "expected", "warns"),
    [
        (QueueState(2, 5.0, 3, 8.0, 1), "3 with workers, of these 1 in line there; 2 not taken yet, ", False),
        (QueueState(2, 300.0, 0, 0.0, 0), "2 not taken yet, the oldest for 5 min", True),
        (QueueState(0, 0.0, 3, 7200.0, 1), "its worker has not been heard for 2 h", True),
    ],
)
def test_what_waits_too_long_in_the_queue_warns(queue: QueueState, expected: str, *, warns: bool) -> None:
    lines, warning = told(GATEWAY, WORKER, queue=queue)
    assert expected in lines["queue"]
    assert ("queue" in warning) is warns


def test_without_a_queue_it_is_said_who_makes_it() -> None:
    assert told(RESERVE, queue=None)[0]["queue"] == words.QUEUE_NOT_MADE
