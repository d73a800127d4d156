"""Sentences for operators whose system the bot does not run on. Nothing is imported, as it may be missing there."""

from typing import Final

NO_WINDOWS: Final = (
    "Stillmotion does not run on Windows itself, where Python lacks fcntl, resource and signals of event loops: "
    "run it in WSL (wsl --install) or in a container."
)
