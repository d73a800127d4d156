"""Tells people about the bot: `/help`, `/about`, the greeting, and its status."""
