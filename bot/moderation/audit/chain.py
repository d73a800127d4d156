"""Hash chain of the audit log: each entry's digest covers the digest of the entry before.

An entry's digest is the SHA-256 of one JSON object: the entry's number, the digest before and all of its
fields, the moment as whole microseconds since 1970 in UTC, keys sorted, no spaces, in UTF-8. Of the prompt it
contains only `prompt_sha256`, so that a user's prompts can be removed without changing any digest.

A digest of the prompt alone would reveal it to anyone who tries likely prompts. Therefore a prompt is *sealed*:
prefixed with 256 random bits, as `salt:text`. The column `prompt` holds the sealed prompt, `prompt_sha256` is its
SHA-256, and the salt is stored nowhere else. Emptying that one column removes text and salt together, and the
remaining digest cannot be matched by guessing.

Reason and details are covered as they are. When they have to go, the entry is *emptied* and keeps its digest, and a
new entry, the seal, names its number with the digest of what is left of it (`sealing.py`). So what is left is still
covered, and nobody can empty an entry without an entry that says so.

The chain reveals entries that were changed, removed, inserted or swapped. It cannot reveal that the newest
entries were cut off or that the whole chain was computed anew; for that, a digest must be known from elsewhere:
from the file of `checkpoint.py`, the log channel, or an earlier export.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail, RecordedEntry
from bot.storage.plain_text import plain

FIRST_NUMBER: Final = 1
FIRST_PREVIOUS: Final = "0" * 64
"""Stands in for the digest before the first entry."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SEAL: Final = ":"
SEALED: Final = "sealed"
"""Detail of a seal."""
SEALING: Final = frozenset({AuditAction.PERSON_DATA_REMOVED, AuditAction.SERVER_DATA_REMOVED})
"""Actions of seals, which are never emptied themselves."""


class Flaw(StrEnum):
    """Kind of break in the chain."""

    NUMBER_SKIPPED = "number_skipped"
    UNREADABLE = "unreadable"
    """A column holds something that the bot never writes."""
    PREVIOUS_DIFFERS = "previous_differs"
    """The entry names another digest before it than that entry has."""
    DIGEST_DIFFERS = "digest_differs"
    """The entry's fields do not match its own digest."""
    PROMPT_DIFFERS = "prompt_differs"
    """The prompt does not match its digest."""
    KNOWN_DIGEST_MISSING = "known_digest_missing"
    """A digest that is known from elsewhere does not stand in the chain: entries were cut off or computed anew."""


@dataclass(frozen=True)
class Break:
    """The first entry at which the chain is broken, and the kind of break."""

    number: int
    flaw: Flaw


@dataclass(frozen=True)
class Checkpoint:
    """An entry that stood in the log: its number, and its digest or the first digits of that."""

    number: int
    sha256: str

    def is_of(self, recorded: RecordedEntry) -> bool:
        """Return True if this is an entry's."""
        return self.number == recorded.number and recorded.sha256.startswith(self.sha256)


class Chain:
    """Verifies entries one after the other, from the first one on, up to the first break."""

    def __init__(self) -> None:
        self.entries = 0
        """Number of entries verified so far."""
        self._previous = FIRST_PREVIOUS
        self._emptied: dict[int, str] = {}
        """Digests of what is left of emptied entries, until their seal comes."""

    def follow(self, number: int, recorded: RecordedEntry | None) -> Break | None:
        """Verify the next entry.

        Args:
            number: The entry's number.
            recorded: The entry, or None if its row is unreadable.

        Returns:
            The break, or None if the entry continues the chain.
        """
        expected = FIRST_NUMBER + self.entries
        if number != expected:
            # A larger number means that the expected entry is missing; a smaller one is itself out of place.
            return Break(min(number, expected), Flaw.NUMBER_SKIPPED)
        if recorded is None:
            return Break(number, Flaw.UNREADABLE)
        flaw = self._flaw_of(recorded)
        if flaw is not None:
            return Break(number, flaw)
        self._match_seals(recorded)
        self.entries += 1
        self._previous = recorded.sha256
        return None

    def finish(self) -> Break | None:
        """Return the first emptied entry for which no seal vouches, once all entries were followed."""
        return Break(min(self._emptied), Flaw.DIGEST_DIFFERS) if self._emptied else None

    def _match_seals(self, recorded: RecordedEntry) -> None:
        for number, left in seals_in(recorded).items():
            if self._emptied.get(number) == left:
                del self._emptied[number]

    def _flaw_of(self, recorded: RecordedEntry) -> Flaw | None:
        if recorded.previous_sha256 != self._previous:
            return Flaw.PREVIOUS_DIFFERS
        found = digest(self._previous, recorded, recorded.number, prompt_sha256=recorded.prompt_sha256)
        if recorded.sealed_by is not None:
            self._emptied[recorded.number] = found
        elif recorded.sha256 != found:
            return Flaw.DIGEST_DIFFERS
        # Without the prompt there is nothing to compare: it was removed, and only its digest is kept.
        if recorded.prompt is None:
            return None
        salt = recorded.prompt_salt
        if salt is None or prompt_digest(sealed(salt, recorded.prompt)) != recorded.prompt_sha256:
            return Flaw.PROMPT_DIFFERS
        return None


def digest(previous: str, entry: AuditEntry, number: int, *, prompt_sha256: str | None) -> str:
    """Compute the digest of an entry.

    Args:
        previous: The digest of the entry before.
        entry: The entry.
        number: The entry's number in the log.
        prompt_sha256: The digest of its sealed prompt, or None if it has no prompt.
    """
    return _sha256(canonical(previous, entry, number, prompt_sha256=prompt_sha256))


def canonical(previous: str, entry: AuditEntry, number: int, *, prompt_sha256: str | None) -> str:
    """Return the JSON text of which `digest` is the SHA-256, for a new entry as for a stored one."""
    # The keys are part of every stored digest: a renamed or added one would break all existing logs.
    return canonical_json(
        {
            "number": number,
            "previous_sha256": previous,
            "guild_id": entry.guild_id,
            "at": microseconds(entry.at),
            "deed": entry.action.value,
            "actor_id": entry.actor_id,
            "person_id": entry.person_id,
            "job_id": entry.job_id,
            "reason": entry.reason,
            "details": entry.details,
            "prompt_sha256": prompt_sha256,
        }
    )


def seals_in(recorded: RecordedEntry) -> Mapping[int, str]:
    """Return the digests of what is left of emptied entries, by their numbers, for which an entry vouches."""
    named = recorded.details.get(SEALED) if recorded.action in SEALING else None
    if not isinstance(named, Mapping):
        return {}
    return {int(number): str(left) for number, left in named.items() if number.isdecimal()}


def canonical_json(value: Detail) -> str:
    """Write a value as JSON in a single way. Raises `TypeError` or `ValueError` for values that JSON lacks."""
    return json.dumps(
        value,
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
        default=_plain,
    )


def presentable(entry: AuditEntry) -> AuditEntry:
    """Return the entry as it will read after storing: in UTC, details as JSON, texts as any database has them.

    Raises:
        ValueError: The entry's moment has no time zone.
    """
    # Discord's JSON may contain halves of surrogate pairs, and a prompt a zero byte. They are replaced, because
    # failing here would lose a moderator's decision over one character.
    if entry.at.utcoffset() is None:
        raise ValueError("a moment without a time zone")
    return replace(
        entry,
        at=entry.at.astimezone(UTC),
        job_id=None if entry.job_id is None else plain(entry.job_id),
        reason=plain(entry.reason),
        details=json.loads(plain(canonical_json(entry.details))),
        prompt=None if entry.prompt is None else plain(entry.prompt),
    )


def microseconds(at: datetime) -> int:
    """Convert a moment to microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    """Convert microseconds since 1970 to a moment in UTC. Raises `OverflowError` if it is out of range."""
    return _EPOCH + number * _MICROSECOND


def sealed(salt: str, prompt: str) -> str:
    """Join salt and prompt to the stored form. The salt must not contain a colon."""
    return f"{salt}{_SEAL}{prompt}"


def unsealed(kept: str) -> tuple[str | None, str]:
    """Split a stored prompt into salt and text. The salt is None if the prompt is not sealed."""
    salt, seal, prompt = kept.partition(_SEAL)
    return (salt, prompt) if seal else (None, kept)


def prompt_digest(kept: str) -> str:
    """Compute the digest of a sealed prompt, which stays when the prompt is removed."""
    return _sha256(kept)


def _plain(value: Any) -> Any:  # noqa: ANN401 - the hook of `json`
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    if isinstance(value, Sequence):
        return list(cast("Sequence[Any]", value))
    raise TypeError(f"an entry's details cannot hold a {type(value).__name__}")


def _sha256(text: str) -> str:
    # `presentable` removed halves of surrogate pairs from everything that the bot wrote. A row that was changed
    # from outside may hold some; it then fails the comparison instead of raising UnicodeEncodeError here.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
