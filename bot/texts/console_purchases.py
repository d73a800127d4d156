"""Sentences of the commands that buy, fetch and look up videos: `generate`, `fetch`, `unknown`, `resolve`."""

from collections.abc import Sequence
from typing import Final

from bot.video import PROMPT_MAX_CHARS, REFERENCE_LIMIT_BYTES

_LISTED: Final = 5
"""Ids that are named where a beginning is ambiguous."""

# The file.


def output_exists(path: str) -> str:
    """There is a file of that name."""
    return f"{path} exists already; name another file, or add --force to replace it"


def output_is_folder(path: str) -> str:
    """The path is that of a folder."""
    return f"{path} is a folder; name the mp4 in it"


def output_is_no_file(path: str) -> str:
    """The path is that of a device, a pipe or a socket, which a video would replace."""
    return f"{path} is no ordinary file; name another one"


def output_unusable(path: str, reason: str) -> str:
    """The file could not be written."""
    return f"{path} cannot be written: {reason}"


def not_saved(path: str, reason: str) -> str:
    """The disk did not take the video."""
    return f"it could not be saved as {path}: {reason}"


# Before the purchase.

PROMPT_EMPTY: Final = "the prompt is empty"
PRESET_IN_PROMPT: Final = "A preset was taken out of the prompt; choose it with --preset."
PROMPT_NO_TEXT: Final = "the prompt holds bytes that are no text in UTF-8"
SPICY_WITH_IMAGES: Final = "the spicy preset takes no pictures; leave out --image, or choose another --preset"
NOT_CONFIRMED: Final = "Nothing was bought. Answer y to buy, or add --yes."
IMAGE_EMPTY: Final = "it is empty"
IMAGE_TOO_LARGE: Final = "it is too large"
NO_IMAGE: Final = "it is no picture"
IMAGE_FORMAT: Final = "this format cannot be used; PNG, JPEG and WebP can"
IMAGE_TRUNCATED: Final = "it is damaged or incomplete"
IMAGE_VIDEO: Final = "it is a video, not a picture"
IMAGE_SMALL: Final = "it is too small; both sides need 32 pixels or more"
IMAGE_NARROW: Final = "it is too narrow; one side may be six times the other at most"
IMAGE_COMPLEX: Final = "it takes more time or memory to read than a picture should (CHILD_MEMORY_MB)"
IMAGE_PIXELS: Final = "it has too many pixels"
IMAGE_NOT_READ: Final = "it cannot be read"
IMAGE_NOT_COPIED: Final = "it cannot be copied to the data folder"
IMAGE_UNUSABLE: Final = (
    f"it cannot be made a picture that the service takes (below {REFERENCE_LIMIT_BYTES // 1_000_000} MB)"
)


def not_bought(reason: str) -> str:
    """There is no video, and nothing was charged."""
    return f"No video: {reason}. Nothing was bought."


def prompt_too_long(length_chars: int) -> str:
    """The prompt has more characters than the API takes."""
    return f"the prompt has {length_chars:,} characters; at most {PROMPT_MAX_CHARS:,} are possible"


def image_refused(name: str, why: str, detail: str) -> str:
    """A file cannot be used as a picture."""
    return f"{name}: {why} ({detail})" if detail else f"{name}: {why}"


def ask_to_buy(seconds: str, resolution: str) -> str:
    """Question before money is spent."""
    return f"Buy one video of {seconds} seconds in {resolution}? It is charged to the account of DIMILINKS_API_KEY."


# The purchase.

INTERRUPTED: Final = "the command was interrupted before the request had left"
NO_ANSWER_YET: Final = "no answer came before the command was interrupted"


def waiting_for_answer(longest_s: float) -> str:
    """The command was interrupted while its request is under way."""
    return (
        f"The request is being handed over and may be charged already: waiting up to {longest_s:.0f} seconds for "
        "the answer, which has the task's id. Interrupt again to give it up."
    )


def submitted(task_id: str) -> str:
    """The service accepted the request, which is charged now."""
    return f"Submitted as {task_id}; it is charged from here on."


def how_to_fetch(task_id: str, answer: str = "") -> str:
    """A video was bought, and the command ends without it. `answer` is what the service said if that is all."""
    doubt = f"The service has told nothing of the task. It answered: {answer}\n" if answer else ""
    return (
        f"{doubt}The video is bought as task {task_id}. Fetch it at any time, free of charge: "
        f"python -m bot fetch {task_id} -o FILE"
    )


def charged_unknown(reason: str, answer: str = "") -> str:
    """There is no video, and it may have been bought."""
    told = f"No video: {reason}. It is not known whether it was charged; nothing is repeated by itself."
    if not answer:
        return told
    return f"{told}\nThe service answered: {answer}\nIf a task's id is in it: python -m bot fetch TASK_ID -o FILE"


# The task.

NO_TASK_ID: Final = "this cannot be a task's id: it has blanks, other invisible characters, or is too long"
TASK_GONE: Final = "the video service does not know this task; it is another account's, or no longer kept"


def doubted(longest_s: float) -> str:
    """The service says that it does not know the task, which is not believed at once: the video was paid for."""
    return f"The video service does not know this task; asking again for {longest_s:.0f} s, as it may be mistaken"


def asking_again(reason: str) -> str:
    """The service was not reached, and is asked again."""
    return f"Asking again ({reason})"


def not_ready_in_time(longest_s: float) -> str:
    """The task was watched for so long."""
    return f"it did not become ready within {round(longest_s / 60)} minutes"


def blocked_by_service(message: str) -> str:
    """The service's content rules stopped the video, in its own words."""
    return f"the video service's own filter stopped it: {message}"


def task_failed(message: str) -> str:
    """The service could not make the video."""
    return f"the video service could not make it: {message or 'it gave no reason'}"


def video_absent(message: str) -> str:
    """The service calls the task completed and has no video."""
    return f"the video service says that it is done, but has no video: {message or 'it gave no reason'}"


# Requests of unknown outcome.

RESOLVE_HOW: Final = "say either --task ID, if the request bought that task, or --not-bought"
_NO_ANSWER: Final = "(nothing)"


def unknown_job(
    job_id: str,
    *,
    asked: str,
    submitted: str | None,
    person_id: int,
    guild_id: int | None,
    prompt: str,
    answer: str,
    task_id: str | None = None,
) -> str:
    """One request of unknown outcome, or one with a task of which the service told nothing. Times are texts.

    Everything is free of control characters.
    """
    where = f"in server {guild_id}" if guild_id is not None else "in a direct message"
    return (
        f"{job_id}\n"
        f"  asked      {asked} by user {person_id} {where}\n"
        f"  handed on  {submitted or 'at an unknown time'}\n"
        f"  prompt     {prompt}\n"
        f"  answer     {answer or _NO_ANSWER}"
        + (f"\n  watched    {task_id}, of which the service has told nothing" if task_id is not None else "")
    )


def unknown_jobs(count: int) -> str:
    """Number of the requests listed above, and what can be done about them."""
    if not count:
        return "No request is of unknown outcome."
    listed = "1 request is" if count == 1 else f"{count} requests are"
    return (
        f"{listed} of unknown outcome. Look for them in the DimiLinks console, then say for each\n"
        "  python -m bot resolve JOB --task ID      if it bought that task\n"
        "  python -m bot resolve JOB --not-bought   if it bought nothing"
    )


def never_told_jobs(count: int) -> str:
    """Number of the requests listed above with tasks of which the service told nothing, and what can be done."""
    listed = "1 request ended" if count == 1 else f"{count} requests ended"
    return (
        f"{listed} while the service had told nothing of the task. If the answer or the console has another one,\n"
        "  python -m bot fetch TASK_ID -o FILE      saves its video, free of charge"
    )


def no_such_job(job_id: str) -> str:
    """There is no request of this id."""
    return f"no request has the id {job_id!r}; `python -m bot unknown` lists those of unknown outcome"


def unreadable_job(job_id: str) -> str:
    """The request's row is damaged, or of another version."""
    return f"nothing was changed: what is kept of request {job_id} cannot be read by this version"


def ambiguous_job(beginning: str, found: Sequence[str]) -> str:
    """Several requests have ids that begin so."""
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return f"several requests begin with {beginning}: {', '.join(found[:_LISTED])}{more}"


def not_unknown(job_id: str, state: str) -> str:
    """The outcome of the request is known."""
    return f"nothing was changed: the outcome of request {job_id} is known, it is {state}"


def task_taken(task_id: str, job_id: str) -> str:
    """The task is another request's."""
    return f"nothing was changed: task {task_id} belongs to request {job_id}"


def task_attached(job_id: str, task_id: str) -> str:
    """The request is watched again."""
    return f"Request {job_id} goes on as task {task_id}: its video goes to whoever asked for it."


def noted_not_bought(job_id: str) -> str:
    """The request counts no longer."""
    return f"Request {job_id} is noted as not bought: its seconds count no longer."


def order_waits(job_id: str) -> str:
    """The bot has not looked at the order yet."""
    return (
        f"the decision about request {job_id} is kept, but the bot has not carried it out yet; it does so when it "
        "looks next, at the latest when it starts"
    )
