"""Answers to users who acted on a job, by the result of the action."""

from collections.abc import Mapping
from typing import Final

from bot.services.action_results import ActionResult
from bot.texts import jobs as words
from bot.texts.messages import Message

ANSWERS: Final[Mapping[ActionResult, Message]] = {
    ActionResult.DONE: words.CANCELLED,
    ActionResult.CANCELLED_IN_DOUBT: words.CANCELLED_IN_DOUBT,
    ActionResult.ASK: words.STOP_OR_KEEP,
    ActionResult.HANDING_OVER: words.BEING_HANDED_OVER,
    ActionResult.ALREADY_READY: words.ALREADY_READY,
    ActionResult.ALREADY_ENDED: words.ALREADY_ENDED,
    ActionResult.ALREADY_REPEATED: words.ALREADY_REPEATED,
    ActionResult.ALREADY_FETCHED: words.ALREADY_FETCHED,
    ActionResult.NOT_ASKED: words.NOT_ASKED,
    ActionResult.NOT_ALLOWED: words.NOT_YOURS,
    ActionResult.GONE: words.GONE,
    ActionResult.PUT_AWAY: words.PUT_AWAY,
}
