"""Sentences for the operator, sent as direct messages."""

from collections.abc import Sequence
from typing import Final

from bot.texts.durations import megabytes
from bot.texts.quoting import quote_vendor, quote_within

_WORDS_SHOWN_CHARS: Final = 1000
_JOBS_NAMED: Final = 5

SUBMITTING_RESUMED: Final = (
    "Stillmotion: the video service takes requests again. Waiting requests go on by themselves."
)


def submitting_paused(why: str, waiting: int) -> str:
    """Submitting pauses because the service refused the bot itself. The waiting jobs stay."""
    return (
        f"Stillmotion: {why} Submitting is paused for the whole bot; {waiting} requests wait and none is lost. "
        "I try again by myself and go on as soon as it works."
    )


OTHER_PROCESS: Final = (
    "Stillmotion: another process runs with this bot's Discord token and answers its users. What it answered I "
    "leave alone. Stop one of the two; commands may otherwise go to either."
)


def purchase_unknown(job_id: str) -> str:
    """It is not known if a request was bought; the operator may find out."""
    return (
        f"Stillmotion: the video service did not say if it took a request (job `{job_id}`). I do not repeat it. "
        "`python -m bot unknown` lists such requests with what was answered; `resolve` settles them."
    )


def task_never_told(job_id: str) -> str:
    """A job ended while the service had told nothing of its task."""
    return (
        f"Stillmotion: the video service told nothing of the task that I found in its answer (job `{job_id}`), and "
        "a video may be paid for. `python -m bot unknown` shows that answer; `python -m bot fetch` saves the video "
        "of any task."
    )


def refused_alone(message: str, job_id: str) -> str:
    """The service refused one request twice with words that the bot does not know; submitting goes on."""
    return (
        f"Stillmotion: the video service refused a request twice (job `{job_id}`) and I do not know these words: "
        f"{quote_vendor(message)} It was ended, and nothing was charged. Other requests go on."
    )


def refused_unread(message: str, job_id: str) -> str:
    """Something in front of the service refused one request twice before it had arrived whole."""
    return (
        f"Stillmotion: something in front of the video service refused a request twice (job `{job_id}`) before it "
        f"had arrived whole ({quote_vendor(message)}). It was ended, and nothing was charged. Other requests go on."
    )


def money_low(message: str, job_id: str) -> str:
    """The balance does not do for one request, but did for another."""
    return (
        f"Stillmotion: the balance at DimiLinks is too low for a request (job `{job_id}`; "
        f"{quote_vendor(message)}). It was ended, and nothing was charged. Cheaper requests go on."
    )


def polls_refused(why: str) -> str:
    """Questions about bought videos are refused."""
    return f"Stillmotion: {why} I cannot see how the videos that are being made are doing, and keep asking."


POLLS_ANSWERED: Final = "Stillmotion: the video service answers questions about bought videos again."


REQUEST_KINDS: Final = {
    "submission": "new requests",
    "poll": "questions about videos being made",
    "question": "questions whether it takes requests",
    "download": "downloads of videos",
}
"""Kinds of requests to the service, by their names in the log (`bot.dimilinks.holds.RequestKind`)."""


def service_asks_to_wait(kind: str, asked_s: int) -> str:
    """The service asked for a long pause of one kind of request."""
    return (
        f"Stillmotion: the video service asked for a pause of {asked_s} seconds ({REQUEST_KINDS[kind]}). "
        "I try once a minute, and the deadlines of jobs hold all the same."
    )


KEY_REJECTED: Final = "DimiLinks does not accept DIMILINKS_API_KEY."
OUT_OF_MONEY: Final = "the account at DimiLinks is out of money."
MODEL_NOT_ALLOWED: Final = "DimiLinks does not allow this key to use the video model."
SERVICE_AWAY: Final = "something in front of DimiLinks answers in its place."
NO_CHANNEL: Final = "DimiLinks has no channel for the video model at present."
MISCONFIGURED: Final = "DimiLinks refuses requests at DIMILINKS_BASE_URL; see the log."


def refused_for_unknown_reason(message: str) -> str:
    """The service refuses with words that the bot does not know; a sentence of other messages."""
    return f"DimiLinks refuses my questions, and I do not know why ({quote_vendor(message)})."


PAUSED_FOR_UNKNOWN_REASON: Final = (
    "a newer version of the bot has paused for a reason that this one does not know."
)


def database_replaced(path: str) -> str:
    """The database's file, or its tables on a server, were deleted or replaced under the bot."""
    return (
        f"Stillmotion: the database at `{path}` was deleted or replaced while I run. I buy and post nothing until "
        "the same one is back, or until you have stopped me, put the right one there, and started me again."
    )


RESTORED_UNSEEN: Final = (
    "Stillmotion: a backup was restored, and I cannot see the replies of some videos that were bought before: they "
    "were deleted, or are closed to me. I do not post these videos by myself. They wait in `/jobs` for whoever "
    "asked for them; the log names each (`restored_video_laid_aside`)."
)


def restored_ended(job_id: str) -> str:
    """A job of a restored backup was ended that may have been bought, or posted, after the backup."""
    return (
        f"Stillmotion: a backup was restored, and job `{job_id}` was ended since. After the backup it may have "
        "been bought and posted: its reply shows that, or I cannot see it. I take no video out of such a reply; "
        "moderators can delete it there. The log names each of these jobs (`restored_job_ended`)."
    )


def purchase_notes_left(job_ids: Sequence[str]) -> str:
    """Notes of purchases fit no row of the database."""
    named = ", ".join(f"`{job_id}`" for job_id in job_ids[:_JOBS_NAMED])
    more = f" and {len(job_ids) - _JOBS_NAMED} more" if len(job_ids) > _JOBS_NAMED else ""
    return (
        f"Stillmotion: I bought videos of which the database knows nothing (jobs {named}{more}). Nothing repeats "
        "them; their task ids are in the folder `purchases` and in the log (`purchase_note_left`), and "
        "`python -m bot fetch` saves such a video."
    )


def media_limit_reached(kept_bytes: int) -> str:
    """Videos that may not be deleted take all the space that there is for videos."""
    return (
        f"Stillmotion: videos that wait in `/jobs`, are hidden, or are being posted take {megabytes(kept_bytes)}, "
        "which is all that `MEDIA_LIMIT_GB` allows. I refuse new requests until there is room; nothing is lost."
    )


def disk_full(free_bytes: int, wanted_bytes: int) -> str:
    """The disk has not enough free space for another request."""
    return (
        f"Stillmotion: the disk of the data folder has {megabytes(free_bytes)} left, and another request may need "
        f"{megabytes(wanted_bytes)}. I refuse new requests until there is room; nothing is lost."
    )


ROOM_AGAIN: Final = "Stillmotion: there is room for videos again, and I accept new requests."


def row_unreadable(table: str) -> str:
    """A row of the database cannot be read; the bot runs on without it."""
    return (
        f"Stillmotion: a row of the table `{table}` cannot be read. I leave it as it is, delete nothing of it, and "
        "allow nothing that it may forbid; everything else goes on. The log names the row (`row_unreadable`)."
    )


def audit_log_cut(number: int) -> str:
    """The audit log lacks an entry that stood in it."""
    return (
        f"Stillmotion: entry {number} of the audit log is missing or was changed since I last ran. If you put an "
        "older copy of the database back, that is why; otherwise somebody removed entries. `python -m bot check` "
        "says so until you delete the file `audit-log.digest.lost-…` in the data folder."
    )


def video_reported(reason: str, added: str, job_id: str, link: str | None) -> str:
    """A user reported a video. `added` is what the user wrote."""
    said = f" They say: {quote_within(added, _WORDS_SHOWN_CHARS)}" if added.strip() else ""
    where = f" {link}" if link else ""
    return f"Stillmotion: a video was reported: {reason}.{said} Job `{job_id}`.{where}"
