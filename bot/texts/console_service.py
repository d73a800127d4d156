"""Sentences about the running bot that `systemctl status` shows its operator."""

from typing import Final

OPENING: Final = "Opening the database"
WAITING_FOR_DISCORD: Final = "Waiting for Discord"
IN_RESERVE: Final = "In reserve: other gateways are connected to Discord"
STOPPING: Final = "Stopping: uploads and purchases under way may end"


def running(servers: int, jobs: int) -> str:
    """The bot is connected to Discord, and has this many jobs that are not at rest."""
    of_servers = f"{servers} server" if servers == 1 else f"{servers} servers"
    of_jobs = f"{jobs} job" if jobs == 1 else f"{jobs} jobs"
    return f"Running, in {of_servers}, with {of_jobs} under way"
