"""Sentences for the operator, sent as direct messages."""

from typing import Final

from bot.texts.quoting import quote_prompt

_WORDS_SHOWN_CHARS: Final = 1000

SUBMITTING_RESUMED: Final = (
    "Stillmotion: the video service takes requests again. Waiting requests go on by themselves."
)


def submitting_paused(why: str, waiting: int) -> str:
    """Submitting pauses because the service refused the bot itself. The waiting jobs stay."""
    return (
        f"Stillmotion: {why} Submitting is paused for the whole bot; {waiting} requests wait and none is lost. "
        "I try again by myself and go on as soon as it works."
    )


KEY_REJECTED: Final = "DimiLinks does not accept DIMILINKS_API_KEY."
OUT_OF_MONEY: Final = "the account at DimiLinks is out of money."
MODEL_NOT_ALLOWED: Final = "DimiLinks does not allow this key to use the video model."
MISCONFIGURED: Final = "DimiLinks refuses requests at DIMILINKS_BASE_URL; see the log."


def video_reported(reason: str, added: str, job_id: str, link: str | None) -> str:
    """A user reported a video. `added` is what the user wrote."""
    said = f" They say: {quote_prompt(added, _WORDS_SHOWN_CHARS)}" if added.strip() else ""
    where = f" {link}" if link else ""
    return f"Stillmotion: a video was reported: {reason}.{said} Job `{job_id}`.{where}"
