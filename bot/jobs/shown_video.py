"""The finished video of a job as users see it: what the file is, its name and its description."""

import re
import unicodedata
from pathlib import Path
from typing import Final

from bot.delivery.messages import FileLabel, VideoFile
from bot.jobs.job import Job
from bot.jobs.request_facts import shows_spicy
from bot.texts import descriptions

NAME_CHARS: Final = 60
"""Maximum length of a file's name."""
_NO_WORDS: Final = "video"
_NOT_KEPT: Final = re.compile(r"[^a-z0-9]+")


def ending_of(job: Job) -> str:
    """Return the end of the name of the job's video, as it was in all versions."""
    return f"-{job.id[:8]}.mp4"


def shown_name_of(prompt: str, ending: str) -> str:
    """Return a name of at most `NAME_CHARS` characters that begins with words of a prompt.

    Discord finds files that components show by names of ASCII letters, digits, dots, dashes and underscores alone
    (*Uploading Files*), so of other scripts only what has a plain form, such as accented letters, is kept.
    """
    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode().lower()
    words = _NOT_KEPT.sub("-", plain).strip("-")
    room = NAME_CHARS - len(ending)
    if len(words) > room:
        kept, _, _ = words[: room + 1].rpartition("-")
        words = kept or words[:room]
    return f"{words or _NO_WORDS}{ending}"


def description_of(job: Job, *, quotes: bool = True) -> str:
    """Return the description of the job's video in the language of its reply."""
    return descriptions.of_video(duration_of(job), job.request.prompt if quotes else None, job.reply.language)


def duration_of(job: Job) -> float:
    """Return the seconds of the job's video, as far as its file was read; else those that were asked for."""
    found = job.file_facts.duration_s if job.file_facts is not None else None
    return found or float(job.request.seconds)


def video_file_of(job: Job, path: Path) -> VideoFile:
    """Return the job's video at `path` as users see it: behind a spoiler if it is spicy."""
    ending = ending_of(job)
    return VideoFile(
        path,
        path.stat().st_size,
        spoiler=shows_spicy(job),
        label=FileLabel(shown_name_of(job.request.prompt, ending), description_of(job)),
        unquoted=FileLabel(f"{_NO_WORDS}{ending}", description_of(job, quotes=False)),
        ending=ending,
    )
