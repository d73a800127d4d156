"""Quota: how many seconds of video the operator lets be bought, and what is reserved and spent of them."""

from bot.quota.allowance import Allowance, Shortage, ShortageOf, day_after, day_of, judge
from bot.quota.ledger import Claim, Ledger

__all__ = ["Allowance", "Claim", "Ledger", "Shortage", "ShortageOf", "day_after", "day_of", "judge"]
