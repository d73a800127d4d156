"""`python -m bot fetch`: saves the video of any task of the account. Costs nothing."""

from pathlib import Path
from typing import Final

from bot.app import open_api
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.operator_input import checked_task_id
from bot.cli.screen import tell
from bot.cli.video_file import TaskFollower, check_output
from bot.settings import BadConfigurationError, Settings
from bot.texts import console

_PATIENCE_S: Final = 20.0
"""Seconds for which a service that does not know the task, refuses or is silent is asked again."""


async def fetch(settings: Settings, task_id: str, out: Path, *, force: bool) -> None:
    """Wait for a task's video, if it is still being made, and save it.

    Args:
        settings: The API key.
        task_id: The task.
        out: File for the video.
        force: True if a file of this name may be replaced.

    Raises:
        CommandFailedError: There is no video, or the file cannot be written.
    """
    task_id = checked_task_id(task_id)
    check_output(out, force=force)
    try:
        async with open_api(settings) as api:
            video = await TaskFollower(api, task_id, out, patience_s=_PATIENCE_S).run()
    except BadConfigurationError as error:
        raise CommandFailedError(
            console.bad_configuration(str(error)), ExitStatus.BAD_CONFIGURATION
        ) from None
    tell(console.saved(str(video.path), video.size_bytes))
