"""Carries one job from any state to its end."""
