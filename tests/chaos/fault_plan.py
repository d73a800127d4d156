"""What goes wrong in a chaos run: when the bot is killed, and what else fails meanwhile."""

from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.dimilinks import Hang, SlowAnswer
from bot.sandbox.sandbox import Sandbox


class KillPoint(StrEnum):
    """When a kill strikes."""

    RANDOM = "random"
    SUBMITTING = "submitting"
    """The request is on its way, nothing is bought yet."""
    BOUGHT = "bought"
    """The request was taken, its answer is not there yet."""
    ANSWERED = "answered"
    """The answer just left."""
    GENERATING = "generating"
    READY = "ready"
    """The video is being fetched."""
    DELIVERING = "delivering"
    """The video is being posted, or was just posted."""
    FINISHING = "finishing"
    """The file that is posted is being made."""
    UPLOADING = "uploading"
    """It is made, and on its way."""


FILE_POINTS = (KillPoint.FINISHING, KillPoint.UPLOADING)
"""Kill points of runs with large films."""


@dataclass(frozen=True)
class FaultPlan:
    """What else goes wrong while the bot is killed."""

    api_faults: float = 0.0
    discord_faults: float = 0.0
    token_lifetime_s: float = 900.0
    outage_s: float = 0.0
    repeated_events: float = 0.0
    """Share of users' events that Discord delivers twice."""
    odd_answers: float = 0.0
    """Share of requests, to either side, with an answer that says something else than what was done."""
    day_long_retry_after: bool = False
    """True if one poll is told to come back in a day, which holds polls back for a minute."""
    large_films: bool = False
    """True if half of the videos are larger than Discord allows, and have to be compressed."""
    pictures: float = 0.2
    """Share of commands that bring a picture."""
    picture_deaths: float = 0.0
    """Share of looks, twenty a second, at which a child that prepares pictures is killed."""


def slow_down(sandbox: Sandbox, kill_point: KillPoint) -> None:
    """Have what the kill is to strike take a little longer."""
    faults = sandbox.dimilinks.faults
    match kill_point:
        case KillPoint.SUBMITTING:
            faults.submit.append(Hang(0.3))
        case KillPoint.BOUGHT:
            faults.submit.append(SlowAnswer(0.3))
        case KillPoint.READY:
            faults.content.append(Hang(0.3))
        case KillPoint.DELIVERING | KillPoint.UPLOADING:
            sandbox.discord.latency_s = 0.1
        case KillPoint.RANDOM | KillPoint.ANSWERED | KillPoint.GENERATING | KillPoint.FINISHING:
            pass


def speed_up(sandbox: Sandbox) -> None:
    """Undo `slow_down`."""
    sandbox.dimilinks.faults.submit.clear()
    sandbox.dimilinks.faults.content.clear()
    sandbox.discord.latency_s = 0.0
