"""Backups of the bot's data as one file: taken while it runs, put back while it is stopped."""
