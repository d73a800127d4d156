"""`/spicy`: its commands, typing them, and the audit log."""

from datetime import datetime
from typing import Any

from bot.moderation.audit.entries import AuditAction, AuditEntry, RecordedEntry
from bot.sandbox.discord import Reply, User
from tests.e2e.actors.buttons import told
from tests.e2e.actors.harness import Harness, utc_now

COMMANDS: list[tuple[str, dict[str, Any]]] = [
    ("queue", {}),
    ("log", {}),
    ("log", {"export": "json"}),
    ("trust", {"person": "ada", "list": "trusted"}),
    ("suspend", {"person": "ada", "hours": 1, "reason": "spam"}),
    ("words", {"action": "add", "term": "lighthouse"}),
    ("test", {"prompt": "a lighthouse"}),
    ("user", {"person": "ada"}),
    ("purge", {"person": "ada"}),
    ("stop", {}),
    ("resume", {}),
]


async def spicy(harness: Harness, command: str, user: User, *, force: bool = False, **options: Any) -> Reply:
    """Type one of the commands, and wait for its answer, which is always private."""
    given = {name: harness.user if value == "ada" else value for name, value in options.items()}
    reply = await harness.sandbox.discord.invoke(
        f"spicy {command}", user=user, channel=harness.channel, options=given, force=force
    )
    await told(reply)
    assert reply.ephemeral
    return reply


async def entries(harness: Harness) -> list[RecordedEntry]:
    """The whole log, oldest first."""
    return [one async for one in harness.app.moderation.audit_log.store.all_in_order()]


async def seed(harness: Harness, count: int, *, at: datetime | None = None, reason: str = "because") -> None:
    """Strikes in the log about ada, numbered in their reasons from 1."""
    when = at or utc_now()
    await harness.app.moderation.audit_log.append(
        *(
            AuditEntry(
                harness.guild.id,
                when,
                AuditAction.STRIKE_GIVEN,
                5,
                harness.user.id,
                None,
                f"{reason} {number}.",
            )
            for number in range(1, count + 1)
        )
    )
