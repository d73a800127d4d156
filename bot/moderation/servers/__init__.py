"""Servers' rules: kept, at hand, and changed."""
