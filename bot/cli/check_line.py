"""Result of one check."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckLine:
    """Outcome of one check; `told` is the text of its line."""

    name: str
    passed: bool
    told: str
    warns: bool = False
    """True if it passed, but the operator should look at it."""
