"""Conversion between audit entries and rows of the table `audit`.

A row with any content becomes an entry or is refused with its number. `store.py` calls it.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from bot.moderation.audit import chain
from bot.moderation.audit.entries import AuditAction, AuditEntry, RecordedEntry
from bot.storage.errors import StorageDamagedError

_SALT_BYTES: Final = 32


class UnreadableEntryError(StorageDamagedError):
    """An entry holds something that the bot never writes, so it was changed from outside."""

    def __init__(self, number: int) -> None:
        super().__init__(f"entry {number} of the audit log cannot be read; somebody changed it")
        self.number = number


def recorded_after(previous: str, entry: AuditEntry, number: int) -> RecordedEntry:
    """Prepare a new entry for storing: compute its digests and salt its prompt.

    Args:
        previous: The digest of the entry before.
        entry: The new entry.
        number: Its number in the log.
    """
    kept = chain.presentable(entry)
    salt = None if kept.prompt is None else secrets.token_hex(_SALT_BYTES)
    prompt_sha256 = (
        None if kept.prompt is None or salt is None else chain.prompt_digest(chain.sealed(salt, kept.prompt))
    )
    return RecordedEntry(
        **vars(kept),
        number=number,
        prompt_salt=salt,
        prompt_sha256=prompt_sha256,
        previous_sha256=previous,
        sha256=chain.digest(previous, kept, number, prompt_sha256=prompt_sha256),
    )


def values(recorded: RecordedEntry) -> Mapping[str, object]:
    """Return an entry's row. Its details are under `written`, as the exact text that the digest covers."""
    salt, prompt = recorded.prompt_salt, recorded.prompt
    row = vars(recorded) | {
        "action": recorded.action.value,
        "written": chain.canonical_json(recorded.details),
        "prompt": None if salt is None or prompt is None else chain.sealed(salt, prompt),
    }
    return {name: value for name, value in row.items() if name not in {"details", "prompt_salt"}}


class _Row(BaseModel):
    """Column types of a row. They are checked because SQLite stores a value of any type in any column."""

    model_config = ConfigDict(strict=True)

    number: int
    guild_id: int
    at: int
    actor_id: int | None
    action: str
    person_id: int | None
    job_id: str | None
    reason: str
    details: str
    prompt: str | None
    prompt_sha256: str | None
    previous_sha256: str
    sha256: str
    sealed_by: int | None


def recorded_in(mapping: Mapping[Any, Any]) -> RecordedEntry:
    """Read an entry from a row with the raw values of its columns. Raises `UnreadableEntryError`."""
    try:
        row = _Row.model_validate(dict(mapping))
        details = json.loads(row.details)
        # The digest covers the details as parsed. Any other way to write them was not the bot's.
        if not row.details.startswith("{") or chain.canonical_json(details) != row.details:
            raise ValueError("not as it is written")  # noqa: TRY301 - for the one remedy below
        salt, prompt = (None, None) if row.prompt is None else chain.unsealed(row.prompt)
        fields = row.model_dump()
        fields |= {"at": chain.moment(row.at), "action": AuditAction(row.action), "details": details}
        fields |= {"prompt": prompt, "prompt_salt": salt}
        return RecordedEntry(**fields)
    # RecursionError: details nested so deeply that json cannot parse them.
    except (ValueError, OverflowError, RecursionError):
        raise UnreadableEntryError(mapping["number"]) from None
