"""Asking for a video: command, mention, forms, defaults."""
