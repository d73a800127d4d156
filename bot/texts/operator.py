"""What the operator is told, in a direct message and in the log's words for people."""

from typing import Final

SUBMITTING_RESUMED: Final = (
    "Stillmotion: the video service takes requests again. Waiting requests go on by themselves."
)


def submitting_paused(why: str, waiting: int) -> str:
    """The service refused the bot itself; nothing is lost meanwhile."""
    return (
        f"Stillmotion: {why} Submitting is paused for the whole bot; {waiting} requests wait and none is lost. "
        "I try again by myself and go on as soon as it works."
    )


KEY_REJECTED: Final = "DimiLinks does not accept DIMILINKS_API_KEY."
OUT_OF_MONEY: Final = "the account at DimiLinks is out of money."
MODEL_NOT_ALLOWED: Final = "DimiLinks does not allow this key to use the video model."
MISCONFIGURED: Final = "DimiLinks refuses requests at DIMILINKS_BASE_URL; see the log."
