"""`python -m bot generate`: one job straight with the API."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.failure import CommandFailedError
from bot.cli.generate import TypedOrder, checked_request
from bot.cli.video_file import check_output
from bot.sandbox.dimilinks import (
    At,
    DropAfterAcceptance,
    FailedAtFirst,
    Fault,
    Html,
    HttpError,
    LateContent,
    SlowAnswer,
    SubmitStage,
    TaskOutcome,
    TaskPace,
    TaskShape,
    Truncated,
)
from bot.sandbox.sandbox import Sandbox
from bot.video import Preset, Resolution, Seconds, Size
from tests.cli.shell import TIMEOUT_S, Shell
from tests.e2e.actors.pictures import picture

COMMAND = ("generate", "a cat", "-o", "cat.mp4", "--yes")


def how_to_fetch(sandbox: Sandbox) -> str:
    """The last words of a command that bought a video and did not save it."""
    (submission,) = sandbox.dimilinks.request_log.submissions
    return (
        f"The video is bought as task {submission.task_id}. Fetch it at any time, free of charge: "
        f"python -m bot fetch {submission.task_id} -o FILE"
    )


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what a command does that is yet to be loaded."""
    async with asyncio.timeout(TIMEOUT_S):
        while not condition():  # noqa: ASYNC110 - plain records
            await asyncio.sleep(0.02)


async def test_a_prompt_and_a_picture_become_a_file(shell: Shell, sandbox: Sandbox, tmp_path: Path) -> None:
    source = tmp_path / "cat.png"
    source.write_bytes(picture())
    outcome = await shell.run(
        *("generate", "a cat", "--image", source, "--size", "1024x1024", "-o", "cat.mp4", "--yes"),
        environment={**sandbox.environment, "DIMILINKS_GROUP": "vip"},
    )
    assert outcome.status == 0, outcome.all
    assert (shell.folder / "cat.mp4").read_bytes()[4:8] == b"ftyp"
    (submission,) = sandbox.dimilinks.request_log.submissions
    assert (submission.prompt, submission.size, submission.group) == ("a cat", "1024x1024", "vip")
    assert len(submission.references) == 1
    assert submission.task_id in outcome.err
    assert "python -m bot fetch" not in outcome.err
    assert source.read_bytes() == picture()
    assert not list((shell.folder / "data" / "spool").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "bought"),
    [(b"y\n", 1), (b"n\n", 0), (b"\n", 0), (b"", 0)],
    ids=["yes", "no", "enter", "nobody"],
)
async def test_it_asks_before_it_spends(shell: Shell, sandbox: Sandbox, answer: bytes, bought: int) -> None:
    process = await shell.start(
        *("generate", "a cat", "-o", "cat.mp4"), environment=sandbox.environment, typing=True
    )
    async with asyncio.timeout(TIMEOUT_S):
        _out, err = await process.communicate(answer)
    assert process.returncode == (0 if bought else 1), err.decode()
    assert b"Buy one video of 6 seconds in 720p?" in err
    assert (b"Nothing was bought." in err) is not bool(bought)
    assert len(sandbox.dimilinks.request_log.submissions) == bought
    assert (shell.folder / "cat.mp4").exists() is bool(bought)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HttpError(402, "insufficient_balance", "余额不足"), "余额不足. Nothing was bought."),
        (HttpError(400, "invalid_request_error", "提示词无效"), "提示词无效. Nothing was bought."),
        (DropAfterAcceptance(), "It is not known whether it was charged"),
        (
            At(SubmitStage.AFTER_ACCEPTANCE, HttpError(500, "oops", "lost task_77")),
            "The service answered: ",
        ),
        (At(SubmitStage.AFTER_ACCEPTANCE, Html(504)), "<h1>502 Bad Gateway</h1>"),
    ],
)
async def test_an_error_of_the_service_is_told_and_nothing_is_repeated(
    shell: Shell, sandbox: Sandbox, fault: Fault, expected: str
) -> None:
    sandbox.dimilinks.faults.submit.append(fault)
    outcome = await shell.run(*COMMAND, environment=sandbox.environment)
    assert outcome.status == 1
    assert expected in outcome.err
    assert "Traceback" not in outcome.all
    assert sandbox.dimilinks.api_key not in outcome.all
    assert len(sandbox.dimilinks.request_log.requests) == 1
    assert not (shell.folder / "cat.mp4").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "expected"),
    [(TaskOutcome.FAILED, "上游生成失败"), (TaskOutcome.NEVER_FINISHES, None)],
    ids=["failed", "interrupted"],
)
async def test_every_end_after_the_purchase_says_how_to_fetch_it(
    shell: Shell, sandbox: Sandbox, end: TaskOutcome, expected: str | None
) -> None:
    sandbox.dimilinks.faults.outcomes.append(end)
    process = await shell.start(*COMMAND, environment=sandbox.environment)
    if expected is None:
        await until(lambda: bool(sandbox.dimilinks.request_log.polls))
        process.send_signal(signal.SIGINT)
    outcome = await shell.ended(process)
    assert outcome.status == (130 if expected is None else 1)
    assert (expected or "Submitted as") in outcome.err
    assert how_to_fetch(sandbox) in outcome.err.splitlines()
    assert "Traceback" not in outcome.all


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_an_interrupted_purchase_waits_for_the_answer_with_the_tasks_id(
    shell: Shell, sandbox: Sandbox, number: signal.Signals
) -> None:
    sandbox.dimilinks.faults.submit.append(SlowAnswer(2.0))
    process = await shell.start(*COMMAND, environment=sandbox.environment)
    await until(lambda: bool(sandbox.dimilinks.request_log.submissions))
    process.send_signal(number)
    outcome = await shell.ended(process)
    assert outcome.status == 130
    assert "waiting up to 240 seconds for the answer" in outcome.err
    assert outcome.err.splitlines()[-1] == how_to_fetch(sandbox)
    assert "Traceback" not in outcome.all


async def test_interrupted_before_the_request_has_left_it_buys_nothing(
    shell: Shell, sandbox: Sandbox
) -> None:
    connected = asyncio.Event()

    async def never_shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(never_shake_hands, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        silent = {**sandbox.environment, "DIMILINKS_BASE_URL": f"https://127.0.0.1:{port}/v1"}
        process = await shell.start(*COMMAND, environment=silent)
        async with asyncio.timeout(TIMEOUT_S):
            await connected.wait()
        process.send_signal(signal.SIGINT)
        outcome = await shell.ended(process)
    assert outcome.status == 130
    assert outcome.err.splitlines()[-1].endswith("Nothing was bought.")
    assert "waiting up to" not in outcome.err


async def interrupted_twice(process: Process, sandbox: Sandbox) -> None:
    await until(lambda: bool(sandbox.dimilinks.request_log.submissions))
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    async with asyncio.timeout(TIMEOUT_S):
        while b"waiting up to 240 seconds" not in await process.stderr.readline():
            pass
    process.send_signal(signal.SIGINT)


async def test_interrupted_twice_it_says_that_nobody_knows(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.faults.submit.append(SlowAnswer(TIMEOUT_S))
    process = await shell.start(*COMMAND, environment=sandbox.environment)
    await interrupted_twice(process, sandbox)
    outcome = await shell.ended(process)
    assert outcome.status == 130
    assert "It is not known whether it was charged" in outcome.err
    assert "Traceback" not in outcome.all


@pytest.mark.slow
async def test_a_broken_download_is_made_again(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.faults.content.append(Truncated(0.5))
    outcome = await shell.run(*COMMAND, environment=sandbox.environment)
    assert outcome.status == 0, outcome.all


@pytest.mark.parametrize("end", [FailedAtFirst(2), LateContent(1.0)], ids=["failed", "no content"])
@pytest.mark.slow
async def test_bad_news_that_pass_cost_no_video(
    shell: Shell, sandbox: Sandbox, end: FailedAtFirst | LateContent
) -> None:
    sandbox.dimilinks.faults.outcomes.append(end)
    outcome = await shell.run(*COMMAND, environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    assert (shell.folder / "cat.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize(
    "refusal",
    [
        HttpError(400, "invalid_request_error", "bad"),
        HttpError(401, "invalid_api_key", "no"),
        HttpError(403, "oops", "no"),
        HttpError(404, "not_found", "Invalid URL (GET /v1/tasks)"),
        HttpError(429),
        Html(403),
    ],
    ids=lambda refusal: f"{type(refusal).__name__} {refusal.status}",
)
@pytest.mark.slow
async def test_no_refused_question_gives_a_bought_video_up(
    shell: Shell, sandbox: Sandbox, refusal: HttpError | Html
) -> None:
    sandbox.dimilinks.faults.task.extend([refusal] * 2)
    outcome = await shell.run(*COMMAND, environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    assert (shell.folder / "cat.mp4").read_bytes()[4:8] == b"ftyp"
    assert len(sandbox.dimilinks.request_log.submissions) == 1


@pytest.mark.parametrize("missing", [True, False], ids=["unknown task", "error beside completed"])
@pytest.mark.slow
async def test_the_content_is_tried_whatever_the_task_says(
    shell: Shell,
    sandbox: Sandbox,
    missing: bool,  # noqa: FBT001
) -> None:
    fault = (
        HttpError(404, "task_not_exist", "task not found")
        if missing
        else TaskShape(extra={"error": {"code": "oops", "message": "oops"}}, extra_on="completed")
    )
    sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=0.1)
    sandbox.dimilinks.faults.task.extend([fault] * 50)
    outcome = await shell.run(*COMMAND, environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    assert (shell.folder / "cat.mp4").read_bytes()[4:8] == b"ftyp"


def typed(prompt: str = "a cat", images: int = 0, preset: Preset = Preset.NORMAL) -> TypedOrder:
    """What was typed, with everything filled in that a test does not care about."""
    files = tuple(Path(f"{number}.png") for number in range(images))
    return TypedOrder(prompt, files, Seconds.S6, Size.LANDSCAPE, Resolution.P720, preset, None)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (typed("  "), "the prompt is empty"),
        (typed("x" * 2501), "at most 2,500 are possible"),
        (typed("a \udcff cat"), "no text in UTF-8"),
        (typed(images=8), "at most 7 pictures are possible"),
        (typed(images=1, preset=Preset.SPICY), "the spicy preset takes no pictures"),
    ],
)
def test_a_request_that_cannot_be_made_is_explained_without_discord(
    tmp_path: Path, order: TypedOrder, expected: str
) -> None:
    with pytest.raises(CommandFailedError, match=expected) as failed:
        checked_request(order, tmp_path / "x.mp4", force=False)
    assert "Discord" not in str(failed.value)
    assert str(failed.value).endswith("Nothing was bought.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nowhere.png", "nowhere.png: it cannot be read (No such file or directory)"),
        (".", "it cannot be read (Is a directory)"),
        ("text.png", "text.png: it is no picture"),
        ("empty.png", "empty.png: it is empty"),
    ],
)
async def test_a_picture_that_cannot_be_used_buys_nothing(
    shell: Shell, sandbox: Sandbox, image: str, expected: str
) -> None:
    (shell.folder / "text.png").write_text("this is no picture")
    (shell.folder / "empty.png").touch()
    outcome = await shell.run(*COMMAND, "--image", image, environment=sandbox.environment)
    assert outcome.status == 1
    (line,) = outcome.all.splitlines()
    assert expected in line
    assert line.endswith("Nothing was bought.")
    assert sandbox.dimilinks.request_log.requests == []


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ("mine.mp4", "mine.mp4 exists already"),
        ("", "is a folder"),
        ("nowhere/cat.mp4", "cat.mp4 cannot be written: No such file or directory"),
        ("mine.mp4/cat.mp4", "cannot be written: Not a directory"),
        ("x" * 255, "cannot be written: File name too long"),
    ],
    ids=["taken", "folder", "no folder", "file as folder", "long name"],
)
def test_a_file_that_cannot_be_written_is_found(tmp_path: Path, out: str, expected: str) -> None:
    (tmp_path / "mine.mp4").write_text("mine")
    with pytest.raises(CommandFailedError, match=expected):
        check_output(tmp_path / out, force=False)
    check_output(tmp_path / "mine.mp4", force=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"mine.mp4": "mine"}


def test_a_device_or_pipe_is_never_replaced_by_a_video(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for out in (pipe, Path(os.devnull)):
        with pytest.raises(CommandFailedError, match="is no ordinary file"):
            check_output(out, force=True)
    assert list(tmp_path.iterdir()) == [pipe]


async def test_a_file_that_cannot_be_written_is_found_before_anything_is_bought(
    shell: Shell, sandbox: Sandbox
) -> None:
    outcome = await shell.run(
        *("generate", "a cat", "-o", "nowhere/cat.mp4", "--yes"), environment=sandbox.environment
    )
    assert outcome.status == 1
    assert outcome.all == "nowhere/cat.mp4 cannot be written: No such file or directory\n"
    assert sandbox.dimilinks.request_log.requests == []


async def test_a_data_folder_that_cannot_be_is_told(shell: Shell, sandbox: Sandbox) -> None:
    (shell.folder / "data").write_text("a file where the folder should be")
    (shell.folder / "cat.png").write_bytes(picture())
    outcome = await shell.run(*COMMAND, "--image", "cat.png", environment=sandbox.environment)
    assert outcome.status == 1
    assert "it cannot be copied to the data folder" in outcome.err
    assert "Traceback" not in outcome.all
    assert sandbox.dimilinks.request_log.requests == []


@pytest.mark.slow
@pytest.mark.parametrize("key", [None, "a\u2028key"])
async def test_without_a_usable_key_it_is_a_configuration_error(
    shell: Shell, sandbox: Sandbox, key: str | None
) -> None:
    environment = {**sandbox.environment, "DIMILINKS_API_KEY": key or ""}
    outcome = await shell.run(*COMMAND, environment=environment)
    assert outcome.status == 2
    assert outcome.err.startswith("bad configuration: DIMILINKS_API_KEY")
    assert "Traceback" not in outcome.all


def test_a_preset_in_the_prompt_is_taken_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = TypedOrder("a cat --mode=spicy", (), Seconds.S6, None, Resolution.P720, Preset.NORMAL, None)
    assert checked_request(order, tmp_path / "cat.mp4", force=False).prompt == "a cat"
    assert "A preset was taken out of the prompt" in capsys.readouterr().err
