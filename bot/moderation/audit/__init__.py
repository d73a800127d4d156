"""The append-only log of moderation: every decision, change of settings, strike and look at a hidden video."""

from bot.moderation.audit.chain import Break, Chain, Flaw, verify
from bot.moderation.audit.entries import Deed, Detail, Entry, Recorded
from bot.moderation.audit.export import as_csv, as_json_lines
from bot.moderation.audit.rows import UnreadableEntryError
from bot.moderation.audit.store import (
    EVERYTHING,
    AuditFilter,
    AuditStore,
    LogReport,
    append_within,
    verify_log,
)
from bot.moderation.audit.trail import AuditedTransaction, AuditTrail

__all__ = [
    "EVERYTHING",
    "AuditFilter",
    "AuditStore",
    "AuditTrail",
    "AuditedTransaction",
    "Break",
    "Chain",
    "Deed",
    "Detail",
    "Entry",
    "Flaw",
    "LogReport",
    "Recorded",
    "UnreadableEntryError",
    "append_within",
    "as_csv",
    "as_json_lines",
    "verify",
    "verify_log",
]
