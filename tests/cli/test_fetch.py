"""`python -m bot fetch`: the video of any task, free of charge."""

import aiohttp
import pytest
from pydantic import SecretStr
from yarl import URL

from bot.cli.failure import CommandFailedError
from bot.cli.video_file import TaskFollower
from bot.dimilinks import DimiLinks
from bot.sandbox.dimilinks import Endpoint, HttpError, Truncated
from bot.sandbox.sandbox import Sandbox
from tests.cli.shell import Shell


async def bought(shell: Shell, sandbox: Sandbox) -> str:
    """A task of the account."""
    outcome = await shell.run(
        "generate", "a cat", "-o", "bought.mp4", "--yes", environment=sandbox.environment
    )
    assert outcome.status == 0, outcome.all
    (submission,) = sandbox.dimilinks.request_log.submissions
    return submission.task_id


@pytest.mark.slow
async def test_a_video_is_saved_again_and_nothing_is_bought(shell: Shell, sandbox: Sandbox) -> None:
    task_id = await bought(shell, sandbox)
    sandbox.dimilinks.faults.task.append(HttpError(503))
    sandbox.dimilinks.faults.content.append(Truncated(0.5))
    outcome = await shell.run("fetch", task_id, "-o", "again.mp4", environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    assert "Saved again.mp4" in outcome.err
    assert (shell.folder / "again.mp4").read_bytes() == (shell.folder / "bought.mp4").read_bytes()
    assert len(sandbox.dimilinks.request_log.submissions) == 1


@pytest.mark.slow
async def test_a_file_is_replaced_only_where_that_is_asked_for(shell: Shell, sandbox: Sandbox) -> None:
    task_id = await bought(shell, sandbox)
    (shell.folder / "mine.mp4").write_text("mine")
    asked = len(sandbox.dimilinks.request_log.requests)
    refused = await shell.run("fetch", task_id, "-o", "mine.mp4", environment=sandbox.environment)
    assert refused.status == 1
    assert refused.err == "mine.mp4 exists already; name another file, or add --force to replace it\n"
    assert (shell.folder / "mine.mp4").read_text() == "mine"
    assert len(sandbox.dimilinks.request_log.requests) == asked
    outcome = await shell.run("fetch", task_id, "-o", "mine.mp4", "--force", environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    assert (shell.folder / "mine.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.slow
async def test_a_task_that_nobody_knows_is_told_so(shell: Shell, sandbox: Sandbox) -> None:
    outcome = await shell.run("fetch", "task_no_such", "-o", "x.mp4", environment=sandbox.environment)
    assert outcome.status == 1
    lines = outcome.err.splitlines()
    assert (
        lines[0] == "The video service does not know this task; asking again for 20 s, as it may be mistaken"
    )
    assert lines[-1].startswith("No video: the video service does not know this task")
    assert list(shell.folder.glob("x.mp4*")) == []


async def test_a_service_that_refuses_for_long_is_told_in_its_words(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.faults.task.extend([HttpError(401, "invalid_api_key", "无效的令牌")] * 50)
    service, out = sandbox.dimilinks, shell.folder / "x.mp4"
    async with aiohttp.ClientSession() as session:
        api = DimiLinks(session, base_url=URL(service.base_url), api_key=SecretStr(service.api_key))
        with pytest.raises(CommandFailedError, match="401 invalid_api_key: 无效的令牌"):
            await TaskFollower(api, "task_1", out, patience_s=0.5).run()
    assert len(service.request_log.requests) > 1


@pytest.mark.slow
async def test_a_video_that_is_cut_while_its_task_is_unknown_is_fetched_again(
    shell: Shell, sandbox: Sandbox
) -> None:
    task_id = await bought(shell, sandbox)
    service, out = sandbox.dimilinks, shell.folder / "again.mp4"
    service.faults.rate(Endpoint.TASK, 1.0, [HttpError(404, "task_not_found", "任务不存在")])
    service.faults.content.append(Truncated(0.5))
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        api = DimiLinks(session, base_url=URL(service.base_url), api_key=SecretStr(service.api_key))
        # Longer than the second try of a content that nobody promised would be waited for.
        assert (await TaskFollower(api, task_id, out, patience_s=4.0).run()).size_bytes > 0


@pytest.mark.slow
@pytest.mark.parametrize("task_id", ["", "  ", "two words", "a\nb", "x" * 300, "\udcff"])
async def test_what_cannot_be_a_task_is_refused_at_once(shell: Shell, sandbox: Sandbox, task_id: str) -> None:
    outcome = await shell.run("fetch", task_id, "-o", "x.mp4", environment=sandbox.environment)
    assert outcome.status == 1
    (line,) = outcome.all.splitlines()
    assert line.startswith("this cannot be a task's id")
    assert sandbox.dimilinks.request_log.requests == []


@pytest.mark.slow
async def test_without_a_key_it_is_a_configuration_error(shell: Shell) -> None:
    outcome = await shell.run("fetch", "task_1", "-o", "x.mp4")
    assert outcome.status == 2
    assert outcome.err.startswith("bad configuration: DIMILINKS_API_KEY")
