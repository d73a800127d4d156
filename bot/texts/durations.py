"""Durations and sizes in words."""

from typing import Final

_REST_STEP_S: Final = 5


def clock(duration_s: float) -> str:
    """`83.2` as `1:23`; an hour and more as `1:02:03`; below zero (a clock that jumped) as `0:00`."""
    minutes, seconds = divmod(max(0, int(duration_s)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def seconds(duration_s: float) -> str:
    """`6.04` as `6`, `6.1` as `6.1`."""
    return f"{duration_s:.1f}".removesuffix(".0")


def rest(duration_s: float) -> str:
    """An estimate in steps of five seconds, so that a card does not change with every small correction."""
    steps = max(1, round(duration_s / _REST_STEP_S))
    return clock(steps * _REST_STEP_S)


def megabytes(size_bytes: int) -> str:
    """`10_240_000` as `10.2 MB`; decimal, as Discord's and the service's limits are spoken of."""
    return f"{size_bytes / 1_000_000:.1f} MB"
