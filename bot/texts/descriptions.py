"""Descriptions of attachments (alt text) for users who do not see them. Discord renders no markdown there.

A description has at most 1,024 characters (Discord, *Attachment Object*), here also if each counts as two.
"""

from typing import Final

from bot.texts import durations
from bot.texts.messages import Language, sentence
from bot.texts.quoting import clip, split_links

_PROMPT_CHARS: Final = 400

AUDIT_EXPORT: Final = sentence("A file with entries of the moderation log")
WORDS_EXPORT: Final = sentence("A file with the server's list of words")


def of_video(duration_s: float, prompt: str | None, language: Language) -> str:
    """Describe a finished video; without a prompt where that is not to be shown."""
    seconds = durations.seconds(duration_s)
    if prompt is None:
        return sentence("A video of {seconds} s, made by AI", seconds=seconds).in_language(language)
    told = sentence("A video of {seconds} s, made by AI: “{prompt}”", seconds=seconds, prompt=_quoted(prompt))
    return told.in_language(language)


def of_picture(number: int, count: int, prompt: str, language: Language) -> str:
    """Describe a picture that a user sent with a request, the `number`th of `count`."""
    told = sentence(
        "Picture {number} of {count} for a video to be made by AI: “{prompt}”",
        number=number,
        count=count,
        prompt=_quoted(prompt),
    )
    return told.in_language(language)


def of_frame(number: int, count: int, prompt: str, language: Language) -> str:
    """Describe a picture that is a frame of an earlier video, the `number`th of `count`."""
    told = sentence(
        "Picture {number} of {count} for a video to be made by AI, a frame of another video: “{prompt}”",
        number=number,
        count=count,
        prompt=_quoted(prompt),
    )
    return told.in_language(language)


def _quoted(prompt: str) -> str:
    return split_links(clip(prompt, _PROMPT_CHARS))
