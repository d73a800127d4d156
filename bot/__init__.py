"""Stillmotion: a self-hosted Discord bot that turns prompts and pictures into short videos."""
