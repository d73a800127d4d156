"""Private answers with a copy of a delivered video."""

from dataclasses import replace
from pathlib import Path

from bot.delivery.card import Card, Tone
from bot.delivery.messages import FileLabel, Post, ReplyAddress
from bot.jobs.job import Job
from bot.jobs.shown_video import video_file_of
from bot.texts.cards import MADE_BY_AI, options_line
from bot.texts.messages import Message
from bot.texts.quoting import quote_prompt


def copy_post(job: Job, reply: ReplyAddress, headline: Message, path: Path) -> Post:
    """Return the answer to a press that carries a file of the job's video, in the language of who pressed.

    Args:
        job: The job of the video.
        reply: The answer, which is private.
        headline: Its first line.
        path: The file, whose ending becomes that of the name that users see.
    """
    language = reply.language
    shown = replace(job, reply=replace(job.reply, language=language))
    card = Card(
        Tone.DONE,
        headline.in_language(language),
        quote_prompt(job.request.prompt),
        options_line(job.request, language),
        small_print=(MADE_BY_AI.in_language(language),),
        job_id=job.id,
        person_id=reply.person_id,
        private=True,
        language=language,
    )
    video = video_file_of(shown, path)
    labels = (
        FileLabel(label.name.removesuffix(".mp4") + path.suffix, label.description)
        for label in (video.label, video.unquoted)
    )
    label, unquoted = labels
    return Post(card, replace(video, label=label, unquoted=unquoted))
