"""Refusals of the bot as a whole by the video service, and waits that it asked for: seen, and told."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.dimilinks import BadKeyError, DimiLinks, DimiLinksError, Pace, RequestKind
from bot.jobs.cards import Stage
from bot.jobs.submission_pause import PauseReason
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.submit_errors import OPERATOR_WORDS
from bot.metrics import Metrics
from bot.texts import explanations, operator
from bot.texts.explanations import Explanation
from bot.video import MODEL

_ABSENT_TASK: Final = "stillmotion-probe"
"""No task has this id: an accepted key answers 404 to it, and nothing is bought by asking."""
_REQUESTS_OF_STAGE: Final[Mapping[Stage, RequestKind]] = {
    Stage.QUEUED: RequestKind.SUBMISSION,
    Stage.RETRYING: RequestKind.SUBMISSION,
    Stage.WAITING: RequestKind.POLL,
    Stage.GENERATING: RequestKind.POLL,
    Stage.DOWNLOADING: RequestKind.DOWNLOAD,
}
_SHOWN_HOLD_S: Final = 15.0
"""Waits from which on a card explains them."""
_TOLD_HOLD_S: Final = 60.0
"""Waits from which on the operator hears of them."""
_LOOK_EVERY_S: Final = 10.0


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ServiceWatch:
    """Tells users and the operator of waits for the service. `run` belongs to one task."""

    api: DimiLinks
    rate: Pace
    alarms: OperatorAlarms
    metrics: Metrics
    waiting: Callable[[], int]
    """Number of requests that wait to be submitted."""
    tells_of_hold: Callable[[RequestKind], Awaitable[bool]]
    """Returns True if no other process tells the operator that this kind of request waits."""
    now: Callable[[], datetime]

    def explain_hold(self, stage: Stage) -> Explanation | None:
        """Return why the requests of a stage wait, where the service asked for a wait that is worth a word."""
        kind = _REQUESTS_OF_STAGE.get(stage)
        hold = self.rate.hold(kind, self.now()) if kind is not None else None
        if hold is None or hold.asked_s < _SHOWN_HOLD_S:
            return None
        return explanations.service_asks_to_wait(bought=kind is not RequestKind.SUBMISSION)

    async def run(self) -> None:
        """Tell the operator of long waits that the service asked for, until cancelled.

        Once the service has told of a task, its list of models is read as well: only a list that named the video
        model tells something when it does not any more.
        """
        looked_at_list = False
        while True:
            for kind in RequestKind:
                hold = self.rate.hold(kind, self.now())
                key = f"hold:{kind}"
                if hold is None:
                    self.alarms.end(key)
                elif hold.asked_s > _TOLD_HOLD_S and await self.tells_of_hold(kind):
                    self.alarms.begin(key, operator.service_asks_to_wait(kind.value, round(hold.asked_s)))
            if not looked_at_list and self.api.told_task_id is not None:
                looked_at_list = True
                with suppress(DimiLinksError, TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await self.api.models()
            await asyncio.sleep(_LOOK_EVERY_S)

    def tell_of_pause(self, reason: PauseReason | None) -> None:
        """Tell the operator that submitting pauses, or, without a reason, that it goes on, where that is news."""
        self.measure_pause(reason)
        if reason is None:
            for ended in PauseReason:
                self.alarms.end(f"pause:{ended}", operator.SUBMITTING_RESUMED)
        else:
            self.alarms.begin(f"pause:{reason}", self._words_of_pause(reason))

    def measure_pause(self, reason: PauseReason | None) -> None:
        """Have the metrics say that this process's submitting pauses, or, without a reason, that it goes on."""
        self.metrics.paused(paused=reason is not None)

    def tell_news_of_pause(self, reason: PauseReason | None) -> None:
        """Tell the operator what no other process tells: the reason of a pause, or, without one, its end."""
        self.alarms.tell(operator.SUBMITTING_RESUMED if reason is None else self._words_of_pause(reason))

    def _words_of_pause(self, reason: PauseReason) -> str:
        return operator.submitting_paused(OPERATOR_WORDS[reason], self.waiting())

    async def is_pointless_probe(self, reason: PauseReason) -> bool:
        """Return True if a free question shows that a submission would be refused or lost now."""
        try:
            match reason:
                case PauseReason.NO_CHANNEL:
                    return MODEL not in await self.api.models() and self.api.has_listed_model
                case PauseReason.KEY_REJECTED:
                    await self.api.task(_ABSENT_TASK, RequestKind.QUESTION)
                    return False
                case (
                    PauseReason.SERVICE_AWAY
                    | PauseReason.OUT_OF_MONEY
                    | PauseReason.MONEY_IN_DOUBT
                    | PauseReason.MODEL_NOT_ALLOWED
                    | PauseReason.MISCONFIGURED
                    | PauseReason.UNKNOWN
                ):
                    pass
        except DimiLinksError as error:
            if error.in_own_voice:
                return reason is PauseReason.KEY_REJECTED and isinstance(error, BadKeyError)
        # Whatever the pause is about, a submission that leaves into an outage is lost.
        return not await self._answers()

    async def _answers(self) -> bool:
        """Return True if the service itself answers a question: about a task, where possible one that it knew."""
        # No poll: those wait in their own line, and a pause that the service asked of them is none of submissions.
        about_task = self.api.task(self.api.told_task_id or _ABSENT_TASK, RequestKind.QUESTION)
        return await _is_answered(about_task) or await _is_answered(self.api.models())


async def _is_answered(question: Awaitable[object]) -> bool:
    """Ask a free question. Returns True if the service itself answers, be it with an error."""
    try:
        await question
    except DimiLinksError as error:
        return error.in_own_voice
    return True
