"""Entries of the audit log: an action, its time, its actor, the user it concerns, and the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

Detail: TypeAlias = "str | int | bool | Sequence[Detail] | Mapping[str, Detail] | None"
"""Value of a detail: any JSON without fractions."""


PARTS: Final = "parts"
"""Detail that names the other actions of the same press: one press is one entry."""


class AuditAction(StrEnum):
    """Logged action. The values are stored and covered by digests: a name may change, a value must not."""

    RULES_CHANGED = "rules_changed"
    SPICY_SWITCHED_ON = "spicy_switched_on"
    SPICY_SWITCHED_OFF = "spicy_switched_off"
    SPICY_STOPPED = "spicy_stopped"
    SPICY_RESUMED = "spicy_resumed"
    REQUEST_REFUSED = "request_refused"
    REQUEST_HELD = "request_held"
    VOTE_CAST = "vote_cast"
    VOTE_TAKEN_BACK = "vote_taken_back"
    VOTE_LAPSED = "vote_lapsed"
    """The voter was no longer a moderator, or had left, when another vote was counted."""
    REQUEST_APPROVED = "request_approved"
    REQUEST_DENIED = "request_denied"
    REQUEST_EXPIRED = "request_expired"
    REQUEST_CANCELLED = "request_cancelled"
    """By a moderator, who cancelled another user's request."""
    VIDEO_REPORTED = "video_reported"
    REPORTS_DISMISSED = "reports_dismissed"
    """A moderator left a reported video as it is, which was not hidden."""
    VIDEO_HIDDEN = "video_hidden"
    HIDDEN_VIDEO_VIEWED = "hidden_video_viewed"
    HIDDEN_PICTURE_VIEWED = "hidden_picture_viewed"
    """The frame of a spicy video with which a request begins, which its question does not show everywhere."""
    VIDEO_RESTORED = "video_restored"
    VIDEO_REMOVED = "video_removed"
    VIDEO_DELETED = "video_deleted"
    VIDEOS_PURGED = "videos_purged"
    STRIKE_GIVEN = "strike_given"
    SUSPENDED = "suspended"
    SUSPENSION_LIFTED = "suspension_lifted"
    APPEALED = "appealed"
    APPEAL_DECIDED = "appeal_decided"
    TRUSTED = "trusted"
    BLOCKED = "blocked"
    UNLISTED = "unlisted"
    TERM_ADDED = "term_added"
    TERM_REMOVED = "term_removed"
    TERMS_IMPORTED = "terms_imported"
    TERM_MATCHED = "term_matched"
    """A prompt had a term that only alerts."""
    REPORTS_MUTED = "reports_muted"
    CONSENT_CONFIRMED = "consent_confirmed"
    """Only in the logs of earlier versions."""
    LOG_EXPORTED = "log_exported"
    PERSON_DATA_REMOVED = "person_data_removed"
    SERVER_DATA_REMOVED = "server_data_removed"
    """Of a server that the bot left."""
    BANNED = "banned"
    KICKED = "kicked"
    LEFT = "left"
    TIMED_OUT = "timed_out"


class ActionGroup(StrEnum):
    """Kind of logged actions, to filter by. The values are part of custom ids and must not change."""

    DECISIONS = "decisions"
    SETTINGS = "settings"
    STRIKES = "strikes"
    REPORTS = "reports"
    WORDS = "words"


ACTIONS_BY_GROUP: Final[Mapping[ActionGroup, frozenset[AuditAction]]] = {
    ActionGroup.DECISIONS: frozenset(
        {
            AuditAction.REQUEST_REFUSED,
            AuditAction.REQUEST_HELD,
            AuditAction.VOTE_CAST,
            AuditAction.VOTE_TAKEN_BACK,
            AuditAction.VOTE_LAPSED,
            AuditAction.REQUEST_APPROVED,
            AuditAction.REQUEST_DENIED,
            AuditAction.REQUEST_EXPIRED,
            AuditAction.REQUEST_CANCELLED,
            AuditAction.HIDDEN_PICTURE_VIEWED,
            AuditAction.CONSENT_CONFIRMED,
        }
    ),
    ActionGroup.SETTINGS: frozenset(
        {
            AuditAction.RULES_CHANGED,
            AuditAction.SPICY_SWITCHED_ON,
            AuditAction.SPICY_SWITCHED_OFF,
            AuditAction.SPICY_STOPPED,
            AuditAction.SPICY_RESUMED,
            AuditAction.LOG_EXPORTED,
            AuditAction.PERSON_DATA_REMOVED,
            AuditAction.SERVER_DATA_REMOVED,
        }
    ),
    ActionGroup.STRIKES: frozenset(
        {
            AuditAction.STRIKE_GIVEN,
            AuditAction.SUSPENDED,
            AuditAction.SUSPENSION_LIFTED,
            AuditAction.APPEALED,
            AuditAction.APPEAL_DECIDED,
            AuditAction.TRUSTED,
            AuditAction.BLOCKED,
            AuditAction.UNLISTED,
            AuditAction.BANNED,
            AuditAction.KICKED,
            AuditAction.LEFT,
            AuditAction.TIMED_OUT,
        }
    ),
    ActionGroup.REPORTS: frozenset(
        {
            AuditAction.VIDEO_REPORTED,
            AuditAction.REPORTS_DISMISSED,
            AuditAction.VIDEO_HIDDEN,
            AuditAction.HIDDEN_VIDEO_VIEWED,
            AuditAction.VIDEO_RESTORED,
            AuditAction.VIDEO_REMOVED,
            AuditAction.VIDEO_DELETED,
            AuditAction.VIDEOS_PURGED,
            AuditAction.REPORTS_MUTED,
        }
    ),
    ActionGroup.WORDS: frozenset(
        {
            AuditAction.TERM_ADDED,
            AuditAction.TERM_REMOVED,
            AuditAction.TERMS_IMPORTED,
            AuditAction.TERM_MATCHED,
        }
    ),
}


@dataclass(frozen=True)
class AuditEntry:
    """One logged action.

    A prompt belongs in `prompt` and nowhere else, which is emptied without a seal (`sealing.py`).
    """

    guild_id: int
    """The server, or 0 for the whole bot."""
    at: datetime
    action: AuditAction
    actor_id: int | None
    """The acting user, or None for the bot itself."""
    person_id: int | None = None
    """The user whom the action concerns and who wrote the prompt. Without one, the actor wrote it."""
    job_id: str | None = None
    reason: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict[str, Detail])
    prompt: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class RecordedEntry(AuditEntry):
    """An entry as it is stored. `bot/moderation/audit/chain.py` says what the digests cover."""

    number: int
    """Numbers count from 1, without gaps."""
    prompt_salt: str | None = field(default=None, repr=False)
    """Random text that keeps the prompt from being guessed by its digest. Removed together with the prompt."""
    prompt_sha256: str | None
    """Digest of prompt and salt. Stays when the prompt is removed; None if there never was one."""
    previous_sha256: str
    sha256: str
    sealed_by: int | None = None
    """Number of the entry that vouches for this one since its reason and details were deleted."""
