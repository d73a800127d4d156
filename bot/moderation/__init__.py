"""What may be asked for, where, and by whom. Rules are pure functions from facts to a decision."""

from bot.moderation.store import Report, ReportStore

__all__ = ["Report", "ReportStore"]
