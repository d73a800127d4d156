"""Earlier prompts of a user, offered again while they type."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from bot.jobs.history import JobHistory
from bot.texts.quoting import clip

_OFFERED: Final = 25
"""Discord, *Autocomplete*: at most 25 choices."""
_CHOICE_CHARS: Final = 100
"""Discord, *Application Command Option Choice*: what is shown and what is sent, at most."""
_LOOKED_THROUGH: Final = 200
_MARK: Final = "\N{CLOCKWISE OPEN CIRCLE ARROW}"
_REMEMBERED: Final = 2000


@dataclass(frozen=True)
class PromptChoice:
    """One earlier prompt: what is shown of it, and what is sent in its place when it is chosen."""

    shown: str
    sent: str


class PromptHistory:
    """Offers earlier prompts, and finds those again that are too long to be sent as they are.

    Users are offered their own prompts alone. Methods raise `bot.storage.errors.StorageError`.
    """

    def __init__(self, history: JobHistory) -> None:
        self._history = history
        self._offered: OrderedDict[tuple[int, str], str] = OrderedDict()

    async def offer(self, person_id: int, typed: str) -> tuple[PromptChoice, ...]:
        """Return the newest of a user's prompts that contain what they have typed so far."""
        wanted = typed.strip().casefold()
        offered: list[PromptChoice] = []
        for recent in await self._history.recent_prompts(person_id, _LOOKED_THROUGH):
            if wanted in recent.prompt.casefold():
                offered.append(self._recalled(person_id, recent.job_id, recent.prompt))
            if len(offered) == _OFFERED:
                break
        return tuple(offered)

    def is_mark(self, sent: str) -> bool:
        """Return True if this stands for an earlier prompt."""
        return sent.startswith(_MARK) and len(sent) == len(_MARK) + 32

    async def prompt(self, person_id: int, sent: str) -> str | None:
        """Return the prompt that was meant; None for one that is not theirs or no longer kept."""
        known = self._offered.get((person_id, sent))
        if known is not None:
            return known
        return await self._history.prompt_of(sent.removeprefix(_MARK), person_id)

    def _recalled(self, person_id: int, job_id: str, prompt: str) -> PromptChoice:
        shown = clip(prompt, _CHOICE_CHARS)
        if shown == prompt:
            return PromptChoice(shown, prompt)
        sent = _MARK + job_id
        self._offered[person_id, sent] = prompt
        while len(self._offered) > _REMEMBERED:
            self._offered.popitem(last=False)
        return PromptChoice(shown, sent)
