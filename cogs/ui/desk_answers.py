"""What people are told of what came of a press."""

from collections.abc import Mapping
from typing import Final

from bot.jobs import Answer
from bot.texts import jobs as words
from bot.texts.sentences import Sentence

ANSWERS: Final[Mapping[Answer, Sentence]] = {
    Answer.DONE: words.CANCELLED,
    Answer.ASK: words.STOP_OR_KEEP,
    Answer.HANDING_OVER: words.BEING_HANDED_OVER,
    Answer.ALREADY_READY: words.ALREADY_READY,
    Answer.ALREADY_ENDED: words.ALREADY_ENDED,
    Answer.ALREADY_REPEATED: words.ALREADY_REPEATED,
    Answer.ALREADY_FETCHED: words.ALREADY_FETCHED,
    Answer.NOTHING_TO_FETCH: words.NOTHING_TO_FETCH,
    Answer.NOT_ALLOWED: words.NOT_YOURS,
    Answer.GONE: words.GONE,
    Answer.PUT_AWAY: words.PUT_AWAY,
}
