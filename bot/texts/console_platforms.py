"""Sentences for operators whose system or Python the bot does not run on, or whose Python lacks its packages.

Nothing is imported, as it may be missing there.
"""

from __future__ import annotations

from typing import Final

NO_WINDOWS: Final = (
    "Stillmotion does not run on Windows itself, where Python lacks fcntl, resource and signals of event loops: "
    "run it in WSL (wsl --install) or in a container."
)


def python_too_old(version: tuple[int, int]) -> str:
    """The bot was started with a Python that cannot read it."""
    return f"Stillmotion needs Python 3.11 or newer, and this is Python {version[0]}.{version[1]}."


def not_installed(module: str, python: str) -> str:
    """The bot was started in a checkout, with a Python that was not prepared for it."""
    return (
        f"{python} does not have the packages that Stillmotion needs ({module} is missing): "
        f"make run installs and starts it, or {python} -m pip install . does it for this Python."
    )
