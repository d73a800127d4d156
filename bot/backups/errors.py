"""Errors of backups. Each text is one line for the operator."""


class BackupFailedError(Exception):
    """The backup was not taken, or not put back. What was there before is as it was."""
