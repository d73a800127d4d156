"""Presences that the bot showed, and the limit on changing them (DOCS topic "Gateway", "Update Presence")."""

import asyncio
from dataclasses import dataclass, field

from bot.sandbox.discord.request_log import DiscordRequestLog
from bot.sandbox.discord.signals import Signal
from bot.sandbox.discord.wire import JsonObject, as_array, as_object

UPDATES = 5
WITHIN_S = 20.0
_TEXT_CHARS = 128


@dataclass(frozen=True)
class ShownPresence:
    """A presence as the bot sent it; `at_s` is the moment by the loop's clock."""

    at_s: float
    session_id: str
    status: str
    text: str


@dataclass(eq=False)
class Presences:
    """Records every update of every session. More than 5 in 20 seconds of one session break the rules."""

    request_log: DiscordRequestLog
    shown: list[ShownPresence] = field(default_factory=list[ShownPresence])
    changed: Signal = field(default_factory=Signal)

    def take(self, session_id: str, data: object) -> None:
        """Record an update."""
        content = as_object(data) or {}
        activities = [as_object(one) or {} for one in as_array(content.get("activities")) or []]
        text = " | ".join(_text_of(one) for one in activities)
        if content.get("status") not in {"online", "idle", "dnd", "invisible", "offline"}:
            self.request_log.violate("a presence without a status")
        if len(text) > _TEXT_CHARS:
            self.request_log.violate(f"a presence of {len(text)} characters")
        at_s = asyncio.get_running_loop().time()
        self.shown.append(ShownPresence(at_s, session_id, str(content.get("status")), text))
        lately = [one for one in self.shown if one.session_id == session_id and at_s - one.at_s < WITHIN_S]
        if len(lately) > UPDATES:
            self.request_log.violate(f"{len(lately)} presences within {WITHIN_S:.0f} s")
        self.changed.ring()

    @property
    def texts(self) -> list[str]:
        """All texts that were shown, in order."""
        return [one.text for one in self.shown]

    async def wait_for(self, text: str, timeout_s: float) -> None:
        """Wait until the bot shows a text, or has shown it before."""

        def found() -> bool | None:
            return True if text in self.texts else None

        await self.changed.until(found, timeout_s, f"the presence {text!r}")


def _text_of(activity: JsonObject) -> str:
    return str(activity.get("state") or activity.get("name") or "")
