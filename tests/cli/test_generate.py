"""`python -m bot generate`: one job straight with the API."""

from pathlib import Path

import pytest

from bot.sandbox.dimilinks import DropAfterAcceptance, Fault, HttpError, TaskOutcome, Truncated
from bot.sandbox.sandbox import Sandbox
from tests.cli.shell import Shell
from tests.e2e.actors.pictures import picture


async def test_a_prompt_and_a_picture_become_a_file(shell: Shell, sandbox: Sandbox, tmp_path: Path) -> None:
    source = tmp_path / "cat.png"
    source.write_bytes(picture())
    outcome = await shell.run(
        *("generate", "a cat", "--image", source, "--size", "1024x1024", "-o", "cat.mp4"),
        environment={**sandbox.environment, "DIMILINKS_GROUP": "vip"},
    )
    assert outcome.status == 0, outcome.all
    assert (shell.folder / "cat.mp4").read_bytes()[4:8] == b"ftyp"
    (submission,) = sandbox.dimilinks.request_log.submissions
    assert (submission.prompt, submission.size, submission.group) == ("a cat", "1024x1024", "vip")
    assert len(submission.references) == 1
    assert submission.task_id in outcome.err
    assert source.read_bytes() == picture()
    assert not list((shell.folder / "data" / "spool").iterdir())


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HttpError(402, "insufficient_balance", "余额不足"), "余额不足"),
        (HttpError(400, "invalid_request_error", "提示词无效"), "提示词无效"),
        (DropAfterAcceptance(), "It is not known whether it was charged"),
    ],
)
async def test_an_error_of_the_service_is_told_and_nothing_is_repeated(
    shell: Shell, sandbox: Sandbox, fault: Fault, expected: str
) -> None:
    sandbox.dimilinks.faults.submit.append(fault)
    outcome = await shell.run("generate", "a cat", "-o", "cat.mp4", environment=sandbox.environment)
    assert outcome.status == 1
    assert expected in outcome.err
    assert sandbox.dimilinks.api_key not in outcome.all
    assert len(sandbox.dimilinks.request_log.requests) == 1
    assert not (shell.folder / "cat.mp4").exists()


async def test_a_task_that_fails_is_told_with_the_reason(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.faults.outcomes.append(TaskOutcome.FAILED)
    outcome = await shell.run("generate", "a cat", "-o", "cat.mp4", environment=sandbox.environment)
    assert outcome.status == 1
    assert "上游生成失败" in outcome.err


async def test_a_broken_download_is_made_again(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.faults.content.append(Truncated(0.5))
    outcome = await shell.run("generate", "a cat", "-o", "cat.mp4", environment=sandbox.environment)
    assert outcome.status == 0, outcome.all


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("  ",), "The prompt is empty."),
        (("a cat", "--image", "nowhere.png"), "nowhere.png"),
        (("a cat", "--image", "cat.png", "--preset", "spicy"), "The *spicy* preset takes no pictures"),
    ],
)
async def test_bad_input_buys_nothing(
    shell: Shell, sandbox: Sandbox, arguments: tuple[str, ...], expected: str
) -> None:
    outcome = await shell.run("generate", *arguments, "-o", "x.mp4", environment=sandbox.environment)
    assert outcome.status == 1
    assert expected in outcome.err
    assert sandbox.dimilinks.request_log.requests == []


async def test_without_a_key_it_is_a_configuration_error(shell: Shell) -> None:
    outcome = await shell.run("generate", "a cat", "-o", "x.mp4")
    assert outcome.status == 2
    assert outcome.err.startswith("bad configuration: DIMILINKS_API_KEY")
