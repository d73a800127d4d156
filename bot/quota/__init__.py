"""Quota: the operator's daily caps on bought seconds of video, and the seconds reserved and bought so far."""

from bot.quota.allowance import Allowance, Shortage, ShortageOf, day_after, day_of, judge
from bot.quota.ledger import Claim, Ledger

__all__ = ["Allowance", "Claim", "Ledger", "Shortage", "ShortageOf", "day_after", "day_of", "judge"]
