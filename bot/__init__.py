"""Stillmotion: a self-hosted Discord bot that turns prompts and pictures into short videos."""

__version__ = "0.1.0"
