"""Words in the files of finished videos."""

from typing import Final

from bot.texts.messages import sentence

PRODUCER: Final = "Stillmotion"
"""Name of who had the video made, in the tag for programs."""
COMMENT: Final = sentence("Made by AI with Stillmotion")
"""Comment of a file, which players and file managers show."""
