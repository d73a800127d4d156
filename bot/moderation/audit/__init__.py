"""The append-only log of moderation: every decision, change of settings, strike and look at a hidden video."""
