"""Stillmotion: a self-hosted Discord bot that turns prompts and pictures into short videos."""

__version__ = "0.1.0"
"""The version, stated here alone: packages, `--version` and content credentials take it from here."""
