"""Puts posts before users, and falls back where Discord does not take them."""
