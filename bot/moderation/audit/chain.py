"""What makes the log tell when somebody changed it: every entry's digest covers the digest before.

An entry's digest is the SHA-256 of one JSON object: the entry's number, the digest before and all of its
fields, the moment as whole microseconds since 1970 in UTC, keys sorted, no spaces, in UTF-8. Of the prompt it
holds only `prompt_sha256`, so that a person's prompts can be removed while every digest stays what it was.

A digest of the prompt alone would give it away to whoever tries likely prompts. So a prompt is *sealed*: put
behind 256 random bits, as `salt:text`. The column `prompt` holds the sealed prompt, `prompt_sha256` is the
SHA-256 of just that, and nothing else holds the salt. Emptying that one column removes text and salt at once,
and what remains can be matched by no guess.

A chain tells of entries changed, taken out, put in or swapped. It cannot tell that the newest were cut off, nor
that all of it was computed anew: for that, a digest has to be known from elsewhere, as from an earlier export.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from bot.moderation.audit.entries import Detail, Entry, Recorded

FIRST_NUMBER: Final = 1
FIRST_PREVIOUS: Final = "0" * 64
"""What the first entry has in place of a digest before."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SEAL: Final = ":"


class Flaw(StrEnum):
    """How an entry does not fit."""

    NUMBER_SKIPPED = "number_skipped"
    UNREADABLE = "unreadable"
    """A column holds something that the bot never writes."""
    PREVIOUS_DIFFERS = "previous_differs"
    DIGEST_DIFFERS = "digest_differs"
    PROMPT_DIFFERS = "prompt_differs"


@dataclass(frozen=True)
class Break:
    """The first entry that does not fit, and how."""

    number: int
    flaw: Flaw


class Chain:
    """Follows the log from its first entry on, one after the other, for as long as they fit."""

    def __init__(self) -> None:
        self.entries = 0
        """How many fitted so far."""
        self._previous = FIRST_PREVIOUS

    def follow(self, number: int, recorded: Recorded | None) -> Break | None:
        """What is wrong with the next entry, which is None if nobody can read it."""
        expected = FIRST_NUMBER + self.entries
        if number != expected:
            return Break(min(number, expected), Flaw.NUMBER_SKIPPED)
        if recorded is None:
            return Break(number, Flaw.UNREADABLE)
        flaw = self._flaw_of(recorded)
        if flaw is not None:
            return Break(number, flaw)
        self.entries += 1
        self._previous = recorded.sha256
        return None

    def _flaw_of(self, recorded: Recorded) -> Flaw | None:
        if recorded.previous_sha256 != self._previous:
            return Flaw.PREVIOUS_DIFFERS
        found = digest(self._previous, recorded, recorded.number, prompt_sha256=recorded.prompt_sha256)
        if recorded.sha256 != found:
            return Flaw.DIGEST_DIFFERS
        if recorded.prompt is None:
            return None
        salt = recorded.prompt_salt
        if salt is None or prompt_digest(sealed(salt, recorded.prompt)) != recorded.prompt_sha256:
            return Flaw.PROMPT_DIFFERS
        return None


def verify(recorded: Iterable[Recorded]) -> Break | None:
    """The first break of a whole log, which begins with its first entry; None for one that is unbroken."""
    chain = Chain()
    for entry in recorded:
        broken = chain.follow(entry.number, entry)
        if broken is not None:
            return broken
    return None


def digest(previous: str, entry: Entry, number: int, *, prompt_sha256: str | None) -> str:
    """The digest of an entry that is given this number after `previous`."""
    return _sha256(canonical(previous, entry, number, prompt_sha256=prompt_sha256))


def canonical(previous: str, entry: Entry, number: int, *, prompt_sha256: str | None) -> str:
    """The JSON whose digest stands for an entry; the same for what is to be kept and for what was kept."""
    return canonical_json(
        {
            "number": number,
            "previous_sha256": previous,
            "guild_id": entry.guild_id,
            "at": microseconds(entry.at),
            "deed": entry.deed.value,
            "actor_id": entry.actor_id,
            "person_id": entry.person_id,
            "job_id": entry.job_id,
            "reason": entry.reason,
            "details": entry.details,
            "prompt_sha256": prompt_sha256,
        }
    )


def canonical_json(value: Detail) -> str:
    """The one way to write this value. Raises `TypeError` or `ValueError` for what JSON cannot say."""
    return json.dumps(
        value,
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
        default=_plain,
    )


def presentable(entry: Entry) -> Entry:
    """The entry as it will be read again: in UTC, its details plain, and every text one that UTF-8 can carry.

    Discord's JSON may hold halves of characters; a decision is not to get lost over one. Raises `ValueError`
    for a moment without a time zone.
    """
    if entry.at.utcoffset() is None:
        raise ValueError("a moment without a time zone")
    return replace(
        entry,
        at=entry.at.astimezone(UTC),
        job_id=None if entry.job_id is None else _whole(entry.job_id),
        reason=_whole(entry.reason),
        details=json.loads(_whole(canonical_json(entry.details))),
        prompt=None if entry.prompt is None else _whole(entry.prompt),
    )


def microseconds(at: datetime) -> int:
    """The moment as a whole number."""
    return (at - _EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    """The moment that `microseconds` made this number of. Raises `OverflowError` if there is none."""
    return _EPOCH + number * _MICROSECOND


def sealed(salt: str, prompt: str) -> str:
    """A prompt as it is kept; the salt has no colon."""
    return f"{salt}{_SEAL}{prompt}"


def unsealed(kept: str) -> tuple[str | None, str]:
    """Salt and text of a prompt as it is kept; no salt if nobody sealed it."""
    salt, seal, prompt = kept.partition(_SEAL)
    return (salt, prompt) if seal else (None, kept)


def prompt_digest(kept: str) -> str:
    """What stays of a sealed prompt when it is removed."""
    return _sha256(kept)


def _plain(value: Any) -> Any:  # noqa: ANN401 - the hook of `json`
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    if isinstance(value, Sequence):
        return list(cast("Sequence[Any]", value))
    raise TypeError(f"an entry's details cannot hold a {type(value).__name__}")


def _sha256(text: str) -> str:
    # Halves of characters are in no text that the bot writes; in what somebody else did, they fit no digest.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()
